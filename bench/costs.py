"""What processes cost: processor time to the nanosecond, and memory."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Clock ticks of /proc per second: the time of children that have ended is only known in these.
_TICKS = 100


def family(pid: int) -> list[psutil.Process]:
    """The process and everything below it, as far as they live."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def cpu_seconds(pid: int) -> float:
    """
    Processor seconds that a process and all below it have used so far, user and system, children that ended included.

    Source: the CPU clock that Linux keeps for every process (clock_getcpuclockid(3)), and fields 16 and 17 of /proc/PID/stat.
    """
    total = 0.0
    for process in family(pid):
        with suppress(OSError, psutil.NoSuchProcess):
            total += time.clock_gettime(~process.pid << 3 | 2)
            fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += (int(fields[13]) + int(fields[14])) / _TICKS
    return total


@dataclass
class Meter:
    """Processor time of several families, from one moment to another. `roots` are pids by name."""

    roots: Mapping[str, int]

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin to count here."""
        self._began = time.perf_counter()
        self._own = time.process_time()
        self._before = {name: cpu_seconds(pid) for name, pid in self.roots.items()}

    def read(self) -> dict[str, float]:
        """CPU seconds since the beginning, by name; `driver` is this process itself."""
        used = {name: cpu_seconds(pid) - self._before[name] for name, pid in self.roots.items()}
        return {**used, "driver": time.process_time() - self._own}

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._began


def micros_per(used: Mapping[str, float], count: int) -> dict[str, float]:
    """CPU seconds as microseconds per job."""
    return {name: round(seconds / count * 1e6, 1) for name, seconds in used.items()}


@dataclass(frozen=True)
class Memory:
    """Memory of one process in MiB: resident, resident with shared pages divided among their users, and its own alone."""

    rss: float
    pss: float
    uss: float


def memory(processes: Iterable[psutil.Process]) -> Memory:
    """Memory of these processes together."""
    rss = pss = uss = 0
    for process in processes:
        with suppress(psutil.Error):
            info = process.memory_full_info()
            rss, pss, uss = rss + info.rss, pss + info.pss, uss + info.uss
    return Memory(*(round(size / 1024**2, 1) for size in (rss, pss, uss)))
