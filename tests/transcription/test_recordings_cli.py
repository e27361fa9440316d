"""`imece transcription recordings` and `glossary`, as somebody types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imece.errors import Conflict, NotFound
from transcription import recordings_cli


def run(app: Any, *arguments: Any) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_what_was_transcribed_is_listed_shown_searched_exported_and_deleted(desk: Any, tmp_path: Path) -> None:
    desk.ask(desk.upload(12.0), title="Haftalık toplantı")
    desk.work()
    of = ("--company", desk.company)
    (row,) = json.loads(run(recordings_cli.recordings, "list", *of, "--json"))
    assert (row["title"], row["state"], row["language"], row["length"], row["words"]) == (
        "Haftalık toplantı",
        "succeeded",
        "tr",
        "0:12",
        24,
    )
    assert "Haftalık toplantı" in run(recordings_cli.recordings, "list", *of, "--text", "haftalik")
    assert run(recordings_cli.recordings, "list", *of, "--unfinished").strip() == "kayıt yok"

    known = json.loads(run(recordings_cli.recordings, "show", row["id"], *of, "--json"))
    assert (known["model"], set(known["files"]), known["error"]) == ("small", {"txt", "srt", "vtt", "json"}, None)
    assert "Haftalık toplantı" in run(recordings_cli.recordings, "show", row["id"], *of)

    assert "Small0" in run(recordings_cli.recordings, "export", row["id"], *of)
    out = tmp_path / "t.srt"
    assert run(recordings_cli.recordings, "export", row["id"], *of, "--format", "srt", "--out", out).strip() == str(out)
    assert "-->" in out.read_text()
    (found,) = json.loads(run(recordings_cli.recordings, "search", "small1", *of, "--json"))
    assert (found["at"], found["recording"]) == ("0:05", row["id"])

    assert run(recordings_cli.recordings, "delete", row["id"], *of).strip() == row["id"]
    with pytest.raises(NotFound):
        run(recordings_cli.recordings, "show", row["id"], *of)


def test_what_is_at_work_is_not_deleted(desk: Any, scripted: Any) -> None:
    from imece.contracts.transcription import Transcribe
    from transcription import recordings

    key = desk.upload(3.0)
    begun = recordings.begin(desk.ask(key), desk.company, "ayşe", Transcribe(recording=key))
    with pytest.raises(Conflict):
        run(recordings_cli.recordings, "delete", begun.id, "--company", desk.company)


def test_terms_come_and_go(desk: Any) -> None:
    of = ("--company", desk.company)
    assert run(recordings_cli.glossary, "add", "imece", "mutabakat", *of).strip() == "2"
    assert run(recordings_cli.glossary, "remove", "imece", *of).strip() == "imece"
    assert json.loads(run(recordings_cli.glossary, "list", *of, "--json")) == [{"term": "mutabakat"}]
