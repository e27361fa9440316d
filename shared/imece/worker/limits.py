"""
The watch of a worker process: one thread that sees to heartbeats, cancel requests, time limits, memory and the last word on progress.

Soft limit: an exception in the thread. Hard limit: the attempt is written down on its behalf and the process ends, because nothing else stops
C code; what else it ran goes back uncharged, and supervision starts a new process.
"""

import os
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from imece import db, log
from imece.errors import Cancelled, Lost, TimedOut
from imece.ledger import presence
from imece.ledger.moves import Attempt
from imece.service import Pool
from imece.worker.attempts import Attempts, Running

_logger = log.get("imece.worker")

#: Seconds between two looks at the clock, and at the orders for running jobs.
_TICK, _ORDERS = 0.5, 1.0
#: Exit code of a process that ended itself at a hard limit (EX_TEMPFAIL).
HARD_LIMIT_EXIT = 75


class Watch:
    """Watches one process. `stop` is set, with `reason`, when the process should drain and end; `whole` tells whether all its threads live."""

    def __init__(self, attempts: Attempts, pool: Pool, stop: threading.Event, whole: Callable[[], bool] = lambda: True) -> None:
        self.reason = ""
        self.last_beat = time.monotonic()
        self._attempts = attempts
        self._pool = pool
        self._stop = stop
        self._whole = whole
        self._over = threading.Event()
        self._timed_out: set[Attempt] = set()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching, after the drain."""
        self._over.set()
        self._thread.join(5)

    def fault(self) -> str | None:
        """What `/healthz` says: None, or that the ledger has not heard of this process for too long."""
        silent = time.monotonic() - self.last_beat
        return f"no heartbeat written for {silent:.0f} s" if silent > presence.STALE else None

    def _watch(self) -> None:
        next_beat = next_orders = time.monotonic()
        while not self._over.wait(_TICK):
            now = time.monotonic()
            try:
                self._keep_limits(now)
                for running in list(self._attempts.running.values()):
                    if (end := running.job.write_progress()) is not None:
                        _interrupt(running, end)
                if now >= next_orders:
                    self._follow_orders()
                    next_orders = now + _ORDERS
                if now >= next_beat:
                    self._beat()
                    next_beat = now + presence.HEARTBEAT
            except sa.exc.DBAPIError as error:
                _logger.warning("worker.heartbeat_failed", error=str(error.orig).strip().split("\n")[0])
            except Exception:
                _logger.exception("worker.watch_failed")  # whatever it is: a process without its watch would look dead and go on working

    def _beat(self) -> None:
        attempts, memory = self._attempts, presence.memory_mb()
        with db.quick() as connection:
            alive, stop_by = presence.beat(
                connection, attempts.worker_id, [one.job_id for one in list(attempts.running)], memory, attempts.done
            )
        self.last_beat = time.monotonic()
        if not alive:
            for running in list(attempts.running.values()):
                running.interrupt(Lost)
            self._ask_to_stop("declared dead")
        elif stop_by:
            self._ask_to_stop(f"asked by {stop_by}")
        elif not self._whole():
            self._ask_to_stop("a thread of it died")
        elif self._pool.recycle_mb and memory > self._pool.recycle_mb:
            self._ask_to_stop(f"memory {memory} MB")
        elif self._pool.recycle_jobs and attempts.done >= self._pool.recycle_jobs:
            self._ask_to_stop(f"{attempts.done} jobs done")

    def _follow_orders(self) -> None:
        running = {attempt: one for attempt, one in list(self._attempts.running.items()) if one.in_handler}
        if not running:
            return
        with db.quick() as connection:
            orders = presence.orders(connection, self._attempts.worker_id, list(running))
        for attempt, cancelled_by in orders:
            _interrupt(running[attempt], Cancelled if cancelled_by else Lost)

    def _keep_limits(self, now: float) -> None:
        for running in list(self._attempts.running.values()):
            if not running.in_handler:
                continue  # it waits for PostgreSQL at most, which is not its fault
            if now >= running.hard_deadline:
                self._end_hard(running)
            elif now >= running.soft_deadline and running.attempt not in self._timed_out:
                self._timed_out.add(running.attempt)
                running.interrupt(TimedOut)

    def _end_hard(self, running: Running) -> None:
        self._attempts.running.pop(running.attempt, None)
        _logger.error("worker.hard_limit", job_id=str(running.claimed.id), seconds=round(time.monotonic() - running.began, 1))
        try:
            self._attempts.write_off(
                running,
                TimedOut(
                    "The job ran past its hard limit and its process was ended.", "İş kesin süre sınırını aştı; süreci sonlandırıldı."
                ),
            )
            self._attempts.stop(patience=2)
            self._attempts.give_back()
            with db.quick() as connection:
                presence.leave(connection, self._attempts.worker_id, self._attempts.done)
        finally:  # what could not be written the sweeper finds
            os._exit(HARD_LIMIT_EXIT)

    def _ask_to_stop(self, reason: str) -> None:
        if not self._stop.is_set():
            _logger.info("worker.recycling", reason=reason)
            self.reason = reason
            self._stop.set()


def _interrupt(running: Running, error: type[Cancelled | Lost]) -> None:
    """Once: a handler that is tidying up because of it is left in peace."""
    if running.in_handler and running.job.interruption is None and not running.job.settled:
        _logger.info("worker.interrupting", job_id=str(running.claimed.id), reason=error.__name__)
        running.interrupt(error)
