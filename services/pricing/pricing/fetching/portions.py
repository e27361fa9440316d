"""Results of asynchronous work, in portions, for somebody who works without an event loop: the work goes on in another thread meanwhile."""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

import uvloop

T = TypeVar("T")

#: Portions that wait for their reader before work with a loop of its own waits too.
_AHEAD = 32

_starting = threading.Lock()
_shared: tuple[int, asyncio.AbstractEventLoop] | None = None


class Portions(Generic[T]):
    """
    A context: inside, iterate over lists of what `work` delivers; leaving it early ends the work.

    A list holds at most `size`, and less when `linger` seconds have passed. What `work` raises is raised to the reader, after what was delivered.
    """

    def __init__(
        self, work: Callable[[Callable[[T], None]], Awaitable[None]], *, size: int = 200, linger: float = 1.0, together: bool = False
    ) -> None:
        """
        `together`: in the one loop that all such work of this process shares, for work that mostly waits and delivers little.

        Without it the work has a loop of its own, and waits for a reader who is slow.
        """
        self._work, self._size, self._linger, self._together = work, size, linger, together
        self._ready: queue.Queue[list[T] | BaseException | None] = queue.Queue(0 if together else _AHEAD)
        self._portion: list[T] = []
        self._since = time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving, self._over = threading.Event(), threading.Event()

    def __enter__(self) -> Self:
        if self._together:
            asyncio.run_coroutine_threadsafe(self._run(), shared_loop())
        else:
            threading.Thread(target=self._run_alone, name="pricing-portions", daemon=True).start()
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
        while not self._over.is_set():
            if self._loop and self._task:
                with suppress(RuntimeError):  # it has just ended
                    self._loop.call_soon_threadsafe(self._task.cancel)
            while not self._ready.empty():
                self._ready.get_nowait()
            self._over.wait(0.05)

    def _run_alone(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._run())
        finally:
            self._over.set()

    async def _run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        end: BaseException | None = None
        clock = asyncio.create_task(self._tick())
        try:
            await self._work(self._deliver)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 (it is the reader's)
            end = error
        finally:
            clock.cancel()
        if self._portion:
            self._hand_over()
        self._put(end)
        if end is not None:
            self._put(None)
        if self._together:
            self._over.set()

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


def shared_loop() -> asyncio.AbstractEventLoop:
    """The loop that runs in a thread of this process from now on: many waiting tasks in one loop cost less than many loops that wait for each other."""
    global _shared
    with _starting:
        if _shared is None or _shared[0] != os.getpid():  # a fork has taken the loop along, and not its thread
            loop = uvloop.new_event_loop()
            threading.Thread(target=loop.run_forever, name="pricing-visits", daemon=True).start()
            _shared = os.getpid(), loop
        return _shared[1]
