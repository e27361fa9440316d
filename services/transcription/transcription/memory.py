"""
What models need, and what this machine has: so that a job whose model does not fit waits, and the kernel need not choose whom to kill.

Whoever loads a model reserves its memory first, by a lock that the kernel lets go of with the process: two that start together do not both count on the
same gigabyte.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from imece.ids import new_id
from transcription.settings import settings

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Need:
    """MB of a model in int8 on a processor: its own, those of its whole process at the worst moment (loading, when float16 becomes int8), and on disk."""

    steady: int
    peak: int
    disk: int


#: Measured with fp16 files, 2 threads, one window of 30 s at a time and a beam of 5.
NEEDS = {
    "tiny": Need(85, 270, 75),
    "base": Need(123, 328, 145),
    "small": Need(291, 652, 483),
    "medium": Need(840, 1551, 1526),
    "turbo": Need(887, 1637, 1617),
    "large-v3": Need(1672, 3039, 3085),
}

#: MB beside the model: the process with its libraries, and a batch of windows.
PROCESS, BATCH = 230, 200
#: MB that must stay free for everything else on the machine.
_LEFT = 256
#: Seconds in which a reservation that nobody holds may still be about to be held.
_FRESH = 10.0
#: What the weights weigh in other types, beside int8.
_TIMES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int16": 2.0}


def needed(model: str, compute_type: str = "auto") -> int:
    """
    Bytes that a process takes with the model at the worst moment, everything included. A model by another name counts as the largest.

    On a card the weights lie there; what this says is then more than enough.
    """
    need = NEEDS.get(model) or NEEDS["large-v3"]
    times = _TIMES.get(compute_type, 1.0)
    return max(int(need.peak + need.steady * (times - 1)) * _MB, settled(model, compute_type))


def settled(model: str, compute_type: str = "auto") -> int:
    """Bytes that a process takes with the model while it listens, everything included."""
    need = NEEDS.get(model) or NEEDS["large-v3"]
    return int(PROCESS + need.steady * _TIMES.get(compute_type, 1.0) + BATCH) * _MB


def total() -> int:
    """Bytes that this process and its like may use at all: the machine's, or the container's where that is less."""
    limits = [limit for limit, _ in _limits()]
    return min([psutil.virtual_memory().total, *limits])


def available() -> int:
    """
    Bytes that are free now for one more model.

    What the kernel could give without swapping, or the container has left, less what others here have reserved and not yet taken.
    """
    free = [limit - used for limit, used in _limits()]
    return max(0, min([psutil.virtual_memory().available, *free]) - _LEFT * _MB - _announced())


@contextmanager
def reserved(size: int) -> Iterator[bool]:
    """
    Whether `size` bytes are free, and if so, they are counted as taken by every process of this machine while this lasts: until the model is loaded.

    A killed process reserves nothing more.
    """
    path = _folder() / f"{new_id().hex}-{size}"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with _alone():
            fits = size <= available()
            if fits:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield fits
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time looks and reserves."""
    with (_folder() / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Plan:
    """Whether so many workers with a model fit this machine: `wanted` bytes of `have`. `most` is how many would."""

    model: str
    workers: int
    each: int
    wanted: int
    have: int
    most: int

    @property
    def fits(self) -> bool:
        """Whether they do."""
        return self.wanted <= self.have


def plan(model: str, workers: int, compute_type: str = "auto", have: int | None = None) -> Plan:
    """
    Whether `workers` processes with the model fit into `have` bytes, without it into this machine.

    All of them listen at once and one of them loads: loading costs most, and the others wait for their turn with it.
    """
    have = total() - _LEFT * _MB if have is None else have
    each, loading = settled(model, compute_type), needed(model, compute_type)
    extra = max(0, loading - each)
    wanted = workers * each + (extra if workers else 0)
    return Plan(model, workers, each, wanted, have, max(0, (have - extra) // each))


def _limits() -> list[tuple[int, int]]:
    """(limit, used) of every control group above this process that has a limit. What is cached of files does not count as used."""
    found = []
    for group in _groups():
        with suppress(OSError, ValueError):
            if (group / "memory.max").exists():
                limit, used = _read(group / "memory.max"), _read(group / "memory.current")
                cached = _stat(group / "memory.stat", "inactive_file")
            else:
                limit, used = _read(group / "memory.limit_in_bytes"), _read(group / "memory.usage_in_bytes")
                cached = _stat(group / "memory.stat", "total_inactive_file")
            if limit < 1 << 60:
                found.append((limit, max(0, used - cached)))
    return found


def _groups(proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> list[Path]:
    """The folders of this process's control groups, version 2 or 1. Source: cgroups(7)."""
    found = [root, root / "memory"]
    with suppress(OSError):
        for line in proc.read_text(encoding="ascii").splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0" or "memory" in controllers.split(","):
                here = root / ("" if number == "0" else "memory") / path.lstrip("/")
                found += [here, *(parent for parent in here.parents if root in parent.parents)]
    return list(dict.fromkeys(group for group in found if group.is_dir()))


def _read(path: Path) -> int:
    text = path.read_text(encoding="ascii").strip()
    return 1 << 62 if text == "max" else int(text)


def _stat(path: Path, name: str) -> int:
    match = re.search(rf"^{name} (\d+)$", path.read_text(encoding="ascii"), re.MULTILINE)
    return int(match[1]) if match else 0


def _announced() -> int:
    """What processes have reserved and may not have taken yet. Files that nobody holds any more are deleted."""
    reserved_ = 0
    for path in _folder().glob("*-*"):
        with suppress(OSError, ValueError):
            size = int(path.name.partition("-")[2])
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - path.stat().st_mtime > _FRESH:
                    path.unlink()
            except BlockingIOError:
                reserved_ += size
            finally:
                os.close(descriptor)
    return reserved_


def _folder() -> Path:
    folder = settings().models_folder / ".loading"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
