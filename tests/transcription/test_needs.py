"""What `imece doctor` says of transcription."""

from pathlib import Path
from typing import Any

import pytest

from transcription import needs
from transcription.weights import Listed


@pytest.fixture
def levels(setting: Any, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`levels(**settings)`: what is found, by its subject, on a machine of 4 GB without any model."""
    monkeypatch.setattr(needs.memory, "total", lambda: 4 << 30)
    monkeypatch.setattr(needs.weights, "listed", lambda: [Listed("small", False, None, "", 1), Listed("large-v3", False, None, "", 1)])

    def look(**values: Any) -> dict[str, str]:
        setting(models=tmp_path / "models", **values)
        found = list(needs.everything())
        assert all(one.en and one.tr for one in found)
        return {one.about: one.level for one in found}

    return look


def test_a_model_that_is_not_here_is_a_warning_and_without_a_way_to_get_it_a_fault(levels: Any) -> None:
    assert levels() == {"speech model": "warning", "speech memory": "ok", "speech scratch": "ok"}
    assert levels(offline=True)["speech model"] == "fault"


def test_a_model_that_is_here_is_well_and_a_broken_one_is_not(levels: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for fault, level in ((None, "ok"), ("model.bin is not whole", "fault")):
        monkeypatch.setattr(needs.weights, "listed", lambda fault=fault: [Listed("small", True, Path("/m"), "hub", 483, fault)])
        assert levels()["speech model"] == level


def test_a_model_that_this_machine_cannot_hold_is_a_fault(levels: Any) -> None:
    assert levels(model="large-v3")["speech memory"] == "ok"
    assert levels(model="large-v3", compute_type="float32")["speech memory"] == "fault"


def test_the_doctor_asks_every_service(database: Any, redis_client: Any, levels: Any) -> None:
    from imece import checks as floor

    levels()
    assert {"redis", "disk", "speech model", "speech memory"} <= {one.about for one in floor.everything()}
