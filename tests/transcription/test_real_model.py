"""A real model on real speech, by the jobs: Dickens, Austen and Kennedy, one after another, out of an .mp4."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa
from conftest import Desk

from imece import service, storage
from transcription import hearing

EXAMPLE = Path(__file__).parents[2] / "examples" / "readings.mp4"


@pytest.fixture
def desk(
    database: sa.Engine, redis_client: redis.Redis, company: UUID, scratch: Path, base_model: Path, setting: Any, tmp_path: Path
) -> Any:
    """A company whose recordings a real model hears."""
    setting(models=base_model.parent, model="base", threads=2)
    service.find("transcription").load_actors()
    yield Desk(company, tmp_path)
    hearing.unload()


def test_three_readings_are_written_down_with_the_times_of_their_words_and_told_apart(desk: Any) -> None:
    job = desk.ask(desk.upload(0, name="readings.mp4", data=EXAMPLE.read_bytes()))
    desk.work()
    result = desk.done(job)
    assert (result["language"], result["model"], result["truncated"], result["warnings"]) == ("en", "base", False, [])
    assert result["duration"] == pytest.approx(85, abs=1)
    text = desk.text(job).lower()
    for words in (
        "it was the best of times",
        "it was the worst of times",
        "the age of wisdom",
        "the age of foolishness",
        "superlative degree of comparison only",
        "he might even have been made amiable himself",
        "ask what you can do for your country",
    ):
        assert words in text
    written = json.loads(storage.get(result["files"]["json"]))
    words = [word for (found,) in desk.sql("select words from transcription.segment order by window_idx, position") for word in found]
    assert "".join(word["text"] for word in words).split() == desk.text(job).split()
    assert [word["start"] for word in words] == sorted(word["start"] for word in words)
    assert written["duration"] == pytest.approx(85, abs=1)
    assert "-->" in storage.get(result["files"]["srt"]).decode()
    starts = [start for (start,) in desk.sql("select start from transcription.chapter order by position")]
    assert starts[0] == 0
    # Where the second or the third reading begins; on a minute and a half of three texts no more can be asked of words alone.
    assert any(abs(start - begins) < 2 for start in starts for begins in (45.5, 73.0)), starts
