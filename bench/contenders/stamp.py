"""How a handler in another process says when it began: one short line into a named pipe, with the clock that all processes share."""

import os
import select
import time
from functools import cache
from pathlib import Path

#: The named pipe, in the environment of every worker process.
PIPE = "IMECE_BENCH_PIPE"


def stamp(number: int) -> None:
    """Write which job began, and when: CLOCK_MONOTONIC, in nanoseconds since boot."""
    now = time.monotonic_ns()
    os.write(_pipe(), b"%d %d\n" % (number, now))


@cache
def _pipe() -> int:
    return os.open(os.environ[PIPE], os.O_WRONLY)  # noqa: TID251 (the benchmark's own)


class Stamps:
    """The reading end."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._pipe = os.open(path, os.O_RDWR)  # both ways, so that no end of file comes
        self._rest = b""

    def next(self, patience: float) -> tuple[int, int] | None:
        """The next stamp, or None when none comes within `patience` seconds."""
        while b"\n" not in self._rest:
            if not select.select([self._pipe], [], [], patience)[0]:
                return None
            self._rest += os.read(self._pipe, 4096)
        line, _, self._rest = self._rest.partition(b"\n")
        number, _, at = line.partition(b" ")
        return int(number), int(at)

    def close(self) -> None:
        """Close it."""
        os.close(self._pipe)
