import os
from pathlib import Path
from typing import Any

import pytest

from imece.errors import Permanent
from transcription.weights import folders


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "models" / ".seen"


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_what_is_missing_is_named(tmp_path: Path, filled: Any, name: str) -> None:
    """Without a tokenizer faster-whisper would go to the hub for one."""
    folder = filled(tmp_path / "base")
    (folder / name).unlink()
    with pytest.raises(Permanent) as told:
        folders.files_of(folder)
    assert f"{name} is missing" in told.value.en
    assert f"{name} yok" in told.value.tr


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="There is no folder"):
        folders.files_of(tmp_path / "nowhere")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_download_is_told_without_hashing_or_loading(tmp_path: Path, filled: Any, share: float) -> None:
    folder = filled(tmp_path / "base")
    whole = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Permanent, match="cut off, a download that did not end") as told:
        folders.files_of(folder)
    assert "yarım kalmış" in told.value.tr


def test_a_real_model_is_whole(base_model: Path) -> None:
    assert folders.is_whole(base_model / "model.bin")
    assert "vocabulary.txt" in folders.files_of(base_model) or "vocabulary.json" in folders.files_of(base_model)


def test_what_has_not_changed_is_not_hashed_twice_and_what_has_is(
    tmp_path: Path, filled: Any, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, hashed = filled(tmp_path / "mine"), []
    real = folders.sha256
    monkeypatch.setattr(folders, "sha256", lambda path: hashed.append(path.name) or real(path))  # type: ignore[func-returns-value] # records
    first = folders.checked(folder, notes)
    assert len(hashed) == 4
    assert folders.checked(folder, notes) == first
    assert len(hashed) == 4
    folders.checked(folder, notes, again=True)
    assert len(hashed) == 8


def test_a_model_without_a_pin_is_held_against_what_was_first_seen(tmp_path: Path, filled: Any, notes: Path) -> None:
    folder = filled(tmp_path / "mine")
    folders.checked(folder, notes)
    filled(folder, b"2")
    with pytest.raises(Permanent, match=r"model\.bin has another sha256"):
        folders.checked(folder, notes)


def test_a_file_of_the_same_size_and_time_is_found_out_by_verifying(tmp_path: Path, filled: Any, notes: Path) -> None:
    folder = filled(tmp_path / "mine")
    folders.checked(folder, notes)
    state = (folder / "model.bin").stat()
    filled(folder, b"2")
    os.utime(folder / "model.bin", ns=(state.st_atime_ns, state.st_mtime_ns))
    folders.checked(folder, notes)
    with pytest.raises(Permanent, match=r"model\.bin has another sha256"):
        folders.checked(folder, notes, again=True)


def test_pins_allow_one_of_several_and_nothing_else(tmp_path: Path, filled: Any, notes: Path) -> None:
    folder = filled(tmp_path / "base")
    sums = {name: folders.sha256(folder / name) for name in folders.files_of(folder)}
    other = {**sums, "model.bin": "0" * 64}
    assert folders.checked(folder, notes, pinned=(other, sums)).sums == sums
    with pytest.raises(Permanent, match=r"not what it should be: model\.bin"):
        folders.checked(folder, notes, pinned=(other,))


def test_a_folder_that_cannot_be_written_beside_is_checked_all_the_same(tmp_path: Path, filled: Any) -> None:
    (tmp_path / "file").write_text("")
    assert folders.checked(filled(tmp_path / "mine"), tmp_path / "file" / ".seen").source == "directory"


@pytest.mark.parametrize(("folder", "name"), [("faster-whisper-small", "small"), ("large-v3", "large-v3"), ("bizim-model", "bizim-model")])
def test_a_folder_is_called_by_its_size_where_its_name_tells(tmp_path: Path, folder: str, name: str) -> None:
    assert folders.name_of(tmp_path / folder) == name
