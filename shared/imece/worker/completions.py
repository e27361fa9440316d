"""
Writing successes down, many in one statement.

A handler that returned is done as far as its thread is concerned; its success is committed within a few milliseconds by one thread for all of
them. Until then the job counts as running, and a process that dies leaves it to be run again, as it would a moment earlier.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from imece import db, log

T = TypeVar("T")
_logger = log.get("imece.worker")

#: Most successes in one statement, and in waiting: then the threads wait, too.
_BATCH, _ROOM = 500, 2000


class Completions(Generic[T]):
    """
    `add(item)` returns at once; `write(items)` is called with all that gathered meanwhile.

    While PostgreSQL is away (`db.is_away`) the same items are tried again. After any other database error they
    are written one by one, and `refused(item, error)` is told of the culprit.
    """

    def __init__(self, write: Callable[[list[T]], None], refused: Callable[[T, BaseException], None]) -> None:
        self._write = write
        self._refused = refused
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._room = threading.BoundedSemaphore(_ROOM)
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._work, name="completions", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, item: T) -> None:
        """Have `item` written soon; blocks only while far too many wait."""
        self._room.acquire()
        self._waiting.put(item)

    def stop(self, patience: float) -> None:
        """Write what waits, for at most `patience` seconds, and end."""
        self._waiting.put(None)
        self._thread.join(patience)
        self._abandoned.set()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            items, last = [first], False
            while len(items) < _BATCH and not last:
                try:
                    item = self._waiting.get_nowait()
                except Empty:
                    break
                if item is None:
                    last = True
                else:
                    items.append(item)
            self._settle(items)
            self._room.release(len(items))
            if last:
                return

    def _settle(self, items: list[T]) -> None:
        wait = 0.1
        while not self._abandoned.is_set():
            try:
                self._write(items)
            except Exception as error:  # noqa: BLE001 (told to whoever it belongs to)
                if db.is_away(error):
                    _logger.warning("worker.database_away", again_in=wait, error=str(error).strip().split("\n")[0])
                    time.sleep(wait)
                    wait = min(wait * 2, 3)
                    continue
                if len(items) == 1:
                    self._refuse(items[0], error)
                    return
                for item in items:
                    self._settle([item])
                return
            else:
                return

    def _refuse(self, item: T, error: BaseException) -> None:
        try:
            self._refused(item, error)
        except Exception:
            _logger.exception("worker.completion_lost")  # the sweeper finds its job; the others' successes must go on being written
