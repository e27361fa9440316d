"""Results of an event loop, in portions, for somebody who works without one: the loop runs in a thread of its own meanwhile."""

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

import uvloop

T = TypeVar("T")

#: Portions that wait for their reader before the loop waits too.
_AHEAD = 32


class Portions(Generic[T]):
    """
    A context: inside, iterate over lists of what `work` delivers; leaving it early ends the work.

    A list holds at most `size`, and less when `linger` seconds have passed. What `work` raises is raised to the reader, after what was delivered.
    """

    def __init__(self, work: Callable[[Callable[[T], None]], Awaitable[None]], *, size: int = 200, linger: float = 1.0) -> None:
        self._work, self._size, self._linger = work, size, linger
        self._ready: queue.Queue[list[T] | BaseException | None] = queue.Queue(_AHEAD)
        self._portion: list[T] = []
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="pricing-visit", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __iter__(self) -> Iterator[list[T]]:
        while True:
            try:
                got = self._ready.get(timeout=0.5)  # never for long: whoever wants to stop this thread does it between two instructions
            except queue.Empty:
                continue
            if got is None:
                return
            if isinstance(got, BaseException):
                raise got
            yield got

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leaving.set()
        while self._thread.is_alive():
            if self._loop and self._task:
                with suppress(RuntimeError):  # it has just ended
                    self._loop.call_soon_threadsafe(self._task.cancel)
            while not self._ready.empty():
                self._ready.get_nowait()
            self._thread.join(0.05)

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                self._loop = runner.get_loop()
                runner.run(self._all())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 (it is the reader's)
            end = error
        if self._portion:
            self._hand_over()
        self._put(end)
        if end is not None:
            self._put(None)

    async def _all(self) -> None:
        self._task = asyncio.current_task()
        clock = asyncio.create_task(self._tick())
        try:
            await self._work(self._deliver)
        finally:
            clock.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._linger / 2)
            if self._portion and time.monotonic() - self._since >= self._linger:
                self._hand_over()

    def _deliver(self, result: T) -> None:
        if not self._portion:
            self._since = time.monotonic()
        self._portion.append(result)
        if len(self._portion) >= self._size:
            self._hand_over()

    def _hand_over(self) -> None:
        portion, self._portion = self._portion, []
        self._put(portion)

    def _put(self, what: list[T] | BaseException | None) -> None:
        while not self._leaving.is_set():
            with suppress(queue.Full):
                self._ready.put(what, timeout=0.2)
                return
