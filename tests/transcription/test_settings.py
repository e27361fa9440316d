"""Settings, as the environment gives them."""

from pathlib import Path
from typing import Any

import pytest

from imece import config
from imece.errors import Misconfigured
from transcription.settings import settings


def test_everything_has_a_default_that_works_on_a_laptop(setting: Any) -> None:
    setting()
    ours = settings()
    assert (ours.model, ours.part_windows, ours.keep_sources_days, int(ours.fetch_most)) == ("small", 4, 0, 4 << 30)
    assert ours.models_folder == config.settings().home / "models"
    assert ours.home == "http://127.0.0.1:8300/transcription"


def test_sizes_folders_and_networks_are_read_as_people_write_them(setting: Any) -> None:
    setting(fetch_most="500MiB", scratch="/data/ses", allowed_networks="10.1.0.0/16, 192.168.7.4", models="/data/modeller")
    ours = settings()
    assert (int(ours.fetch_most), ours.scratch_folder, ours.models_folder) == (500 << 20, Path("/data/ses"), Path("/data/modeller"))
    assert ours.allowed_networks == ("10.1.0.0/16", "192.168.7.4")


@pytest.mark.parametrize(
    ("name", "value"), [("model", "huge"), ("allowed_networks", "everywhere"), ("part_windows", "0"), ("keep_failed_days", "-1")]
)
def test_what_makes_no_sense_is_refused_by_its_name(setting: Any, name: str, value: str) -> None:
    setting(**{name: value})
    with pytest.raises(Misconfigured, match=f"TRANSCRIPTION_{name.upper()}"):
        settings()
