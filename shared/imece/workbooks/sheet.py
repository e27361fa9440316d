"""The parent's side: start the child, wait no longer than allowed, hand its rows on, leave no process behind."""

import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from imece.workbooks.cells import Limits, Row, Unreadable, from_line
from imece.workbooks.kinds import damaged, too_large

#: What parses strangers' files needs to know no passwords; and openpyxl reads alike wherever it runs, with or without lxml and numpy beside it. The
#: latter sets memory aside for each processor, which is more than a child may have where there are many.
_ENVIRONMENT = {"OPENPYXL_LXML": "False", "OPENBLAS_NUM_THREADS": "1"}


#: The least share of the waiting that counts, however busy the machine is.
_COUNTS = 0.25


@dataclass(frozen=True)
class Sheet:
    """The first visible sheet of a workbook. `name` is empty for text and web tables; `rows` can be gone through once."""

    name: str
    kind: str
    rows: Iterator[Row]


@contextmanager
def opened(path: Path, limits: Limits | None = None) -> Iterator[Sheet]:
    """
    Open the first visible sheet of any .xlsx, .xlsm, .xlsb, .xls, .ods, .csv or web table, whatever its name says.

    A child process reads, under `limits`; nothing a file holds can end or fill this one. Rows come as they are read, only those that hold
    something. Raises Unreadable, with one sentence, at the start or while the rows are gone through: rows seen before it are not the whole
    sheet. The child is gone when the context ends, however far the rows were read.
    """
    limits = limits or Limits()
    budget = limits.seconds
    for attempt in (1, 2):
        reader = _Child(path, attempt, limits, budget)
        with reader:
            kind, sheet = reader.opening()
            if sheet is not None:
                yield Sheet(sheet, kind, reader.rows())
                return
        budget = reader.budget
    raise AssertionError("the second attempt is the last")


class _Child:
    """One attempt. `budget` is how many seconds it may still keep the parent waiting."""

    def __init__(self, path: Path, attempt: int, limits: Limits, budget: float) -> None:
        self.budget = budget
        self._limits = limits
        self._attempt = attempt
        self._lines: list[bytes] = []
        self._rest = b""
        self._more = False
        if not path.is_file():
            raise Unreadable("There is no such file.", "Böyle bir dosya yok.")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "imece.workbooks.child", orjson.dumps(asdict(limits)), str(attempt), path.absolute()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a reader that aborts is talkative; its signal says enough
            env=_ENVIRONMENT,
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._selector.close()
        self._output.close()
        self._process.wait()

    def opening(self) -> tuple[str, str | None]:
        """The kind of file and the sheet's name; no name when this attempt's reader gave up and another may do."""
        kind = ""
        while True:
            message = self._message()
            if message is None:
                if self._more and self.budget > 0:
                    return kind, None
                raise self._death()
            if "kind" in message:
                kind, self._more = message["kind"], message["more"]
            elif "refused" in message:
                return kind, None
            elif "sheet" in message:
                return kind, message["sheet"]
            else:
                raise Unreadable(*message["fault"])

    def rows(self) -> Iterator[Row]:
        count = 0
        while True:
            message = self._message()
            if message is None:
                raise self._death()
            if isinstance(message, list):
                count += 1
                yield from_line(message)
            elif "fault" in message:
                raise Unreadable(*message["fault"])
            else:
                assert message["end"] == count
                return

    def _message(self) -> Any:
        """The next line of the child, parsed; None when it has died or run out of time."""
        while not self._lines:
            chunk = self._output.read1(1 << 18) if self._wait() else b""  # type: ignore[attr-defined]
            if not chunk:
                return None
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._lines = lines[::-1]
        return orjson.loads(self._lines.pop())

    def _wait(self) -> bool:
        """Whether the child says something, or ends, before the budget is spent. That it had to wait for a processor is not the file's fault."""
        while self.budget > 0:
            began, stalled = time.monotonic(), _stalled(self._process.pid)
            ready = self._selector.select(self.budget)
            waited = time.monotonic() - began
            self.budget -= max(waited - (_stalled(self._process.pid) - stalled), waited * _COUNTS)
            if ready:
                return True
        return False

    def _death(self) -> Unreadable:
        if self.budget <= 0:
            return self._too_slow()
        code = self._process.wait()
        if code in {-signal.SIGXCPU, -signal.SIGKILL}:
            return self._too_slow()
        if code in {-signal.SIGABRT, -signal.SIGSEGV}:  # how libraries end that are refused memory
            return too_large(self._limits)
        return damaged()

    def _too_slow(self) -> Unreadable:
        seconds = self._limits.seconds
        return Unreadable(
            f"Reading the file takes longer than {seconds:g} seconds: split it.",
            f"Dosyayı okumak {seconds:g} saniyeden uzun sürüyor: bölüp yükleyin.",
        )


def _stalled(pid: int) -> float:
    """Seconds for which the process was ready to run and had no processor; 0 where the kernel does not tell (proc(5), schedstat)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
