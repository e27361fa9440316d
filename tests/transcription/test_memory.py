import multiprocessing
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from transcription import memory
from transcription.weights import MODELS

GB = 1 << 30


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, setting: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GB, 6 of them free, and no container around us; its models' folder."""
    setting(models=tmp_path / "models")
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=8 * GB, available=6 * GB))
    monkeypatch.setattr(memory, "_limits", list)
    return tmp_path / "models"


def test_every_model_has_its_needs_and_larger_ones_need_more() -> None:
    assert set(memory.NEEDS) == set(MODELS)
    wanted = [memory.needed(name) for name in ("tiny", "base", "small", "medium", "turbo", "large-v3")]
    assert wanted == sorted(wanted)
    assert 0.4 * GB < memory.needed("base") < 0.9 * GB
    assert memory.needed("small", "float32") > memory.needed("small", "int8") + 800 * (1 << 20)
    assert memory.needed("bizim-model") == memory.needed("large-v3")


def test_what_is_free_leaves_something_for_the_rest_of_the_machine() -> None:
    assert memory.total() == 8 * GB
    assert 5.5 * GB < memory.available() < 6 * GB


def test_a_container_with_less_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_limits", lambda: [(2 * GB, GB), (4 * GB, GB)])
    assert memory.total() == 2 * GB
    assert 0.7 * GB < memory.available() < GB


def _group(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_limits_of_control_groups_are_read_and_cached_files_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2 with the limit on a group above ours, and version 1."""
    monkeypatch.undo()
    two = _group(tmp_path / "a", memory__max="max\n", memory__current="500\n", memory__stat="anon 1\ninactive_file 100\n")
    above = _group(tmp_path / "b", memory__max=f"{3 * GB}\n", memory__current=f"{GB}\n", memory__stat="inactive_file 1024\n")
    one = _group(tmp_path / "c", memory__limit_in_bytes=f"{GB}\n", memory__usage_in_bytes="4096\n", memory__stat="total_inactive_file 96\n")
    monkeypatch.setattr(memory, "_groups", lambda: [two, above, one, tmp_path / "gone"])
    assert memory._limits() == [(3 * GB, GB - 1024), (GB, 4000)]


def test_our_groups_and_those_above_them_are_found(tmp_path: Path) -> None:
    proc, root = tmp_path / "cgroup", tmp_path / "fs"
    (root / "system.slice" / "imece.service").mkdir(parents=True)
    (root / "memory" / "docker").mkdir(parents=True)
    proc.write_text("4:memory:/docker\n0::/system.slice/imece.service\n")
    found = memory._groups(proc, root)
    assert {root / "system.slice" / "imece.service", root / "system.slice", root / "memory" / "docker"} <= set(found)


def test_what_is_reserved_is_not_free_for_anybody(machine: Path) -> None:
    before = memory.available()
    with memory.reserved(4 * GB) as fits:
        assert fits
        assert memory.available() == before - 4 * GB
        with memory.reserved(4 * GB) as second:
            assert not second
    assert memory.available() == before
    assert not list((machine / ".loading").glob("*-*"))


def _hold(folder: str, ready: Any) -> None:
    os.environ["TRANSCRIPTION_MODELS"] = folder  # noqa: TID251 (of a process of its own)
    from transcription.settings import settings

    settings.cache_clear()
    with memory.reserved(GB) as fits:
        ready.send(fits)
        ready.recv()


def test_a_killed_process_reserves_nothing_more(machine: Path) -> None:
    """Two processes of one machine: the other's gigabyte counts while it lives."""
    before = memory.available()
    ours, theirs = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(target=_hold, args=(str(machine), theirs))
    other.start()
    assert ours.recv()
    assert memory.available() == before - GB
    other.kill()
    other.join()
    assert memory.available() == before
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("model", "workers", "fits"),
    [("base", 4, True), ("small", 4, True), ("large-v3", 2, True), ("large-v3", 4, False), ("medium", 8, False)],
)
def test_a_plan_says_whether_so_many_workers_fit(model: str, workers: int, fits: bool) -> None:
    found = memory.plan(model, workers)
    assert found.fits is fits
    assert found.fits is (workers <= found.most)


def test_a_plan_counts_one_model_that_is_being_loaded() -> None:
    one, two = memory.plan("large-v3", 1), memory.plan("large-v3", 2)
    assert one.wanted == memory.needed("large-v3")
    assert two.wanted - one.wanted == memory.settled("large-v3")
    assert memory.plan("small", 4, have=2 * GB).fits is False
