"""Group commit: calls that threads make at the same moment become one call for all of them."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Longest wait, in seconds, for three quarters of those who shared the call before.
_MOMENT = 0.001


class Combiner(Generic[T, R]):
    """
    `combiner(item)` answers as `work([item])[0]` would, but one `work` call serves every thread that asked meanwhile.

    An idle caller pays nothing: it works at once, for itself. While it works others gather, and the first of them works for all of those; after a
    call for many it waits a moment for the rest of them, who are on their way back. When `work` raises, everybody whose item was in that call gets
    the exception.
    """

    def __init__(self, work: Callable[[list[T]], list[R]]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._gathered: list[_Ticket[T, R]] = []
        self._working = False
        self._last = 1  #: how many the call before was for
        self._enough = threading.Event()  #: as many as are waited for have gathered

    def __call__(self, item: T) -> R:
        """The answer for `item`; blocks until it is there."""
        ticket: _Ticket[T, R] = _Ticket(item)
        with self._mutex:
            self._gathered.append(ticket)
            if len(self._gathered) >= self._last * 3 // 4:
                self._enough.set()
            leads = not self._working
            self._working = True
        if not leads:
            ticket.wake.acquire()
        if not ticket.settled:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        self._enough.wait(_MOMENT)
        with self._mutex:
            batch, self._gathered = self._gathered, []
            self._last = len(batch)
            self._enough.clear()
        try:
            answers = self._work([ticket.item for ticket in batch])
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.answer = answer
        except BaseException as error:  # noqa: BLE001 (delivered to every waiting thread, the leader's own included)
            for ticket in batch:
                ticket.error = error
        for ticket in batch:
            ticket.settled = True
            ticket.wake.release()
        with self._mutex:
            if self._gathered:
                self._gathered[0].wake.release()  # leads next, unsettled
            else:
                self._working = False


class _Ticket(Generic[T, R]):
    __slots__ = ("answer", "error", "item", "settled", "wake")

    def __init__(self, item: T) -> None:
        self.item = item
        self.answer: R | None = None
        self.error: BaseException | None = None
        self.settled = False
        self.wake = threading.Lock()  # held until there is something to wake for; the cheapest event there is
        self.wake.acquire()
