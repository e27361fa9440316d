"""
The attempts of one worker process: claim, run the handler, write the end.

The claim sits here, in the function Dramatiq calls, and not in a middleware: Dramatiq swallows what a middleware raises.
"""

import ctypes
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError

from imece import contracts, db, log
from imece.contracts import Contract, Result
from imece.errors import Cancelled, Interrupted, Lost, Permanent, Snooze, TimedOut
from imece.ledger import doorbell, moves
from imece.ledger.moves import Attempt, Claimed, Ending, Ring
from imece.ledger.states import State
from imece.worker import metrics, retry
from imece.worker.actor import Handler
from imece.worker.combine import Combiner
from imece.worker.completions import Completions
from imece.worker.job import Job

_logger = log.get("imece.worker")
_TRACEBACK_LIMIT = 20_000
#: How often a job of an unknown kind is put off.
_UNKNOWN_PATIENCE = 20
T = TypeVar("T")


class Running:
    """One attempt that a thread of this process is working on."""

    def __init__(self, job: Job, claimed: Claimed, contract: type[Contract] | None) -> None:
        self.job = job
        self.claimed = claimed
        self.began = time.monotonic()
        self.soft_deadline = self.began + (contract.soft_limit.total_seconds() if contract else math.inf)
        self.hard_deadline = self.began + (contract.hard_limit.total_seconds() if contract else math.inf)
        self.over = threading.Event()  #: its end is written down, or was lost
        self._thread = threading.get_ident()
        self._mutex = threading.Lock()
        self._in_handler = False

    @property
    def attempt(self) -> Attempt:
        """The key of every guard."""
        return Attempt(self.claimed.id, self.claimed.attempt)

    @property
    def in_handler(self) -> bool:
        """Whether the handler is still at work, and not the writing of its end."""
        return self._in_handler

    def interrupt(self, error: type[Interrupted]) -> None:
        """Raise `error` in the thread, if it is still in the handler; C code that runs there is interrupted when it returns."""
        with self._mutex:
            if self._in_handler:
                if error is not TimedOut:
                    self.job.interruption = error  # type: ignore[assignment]
                _raise_in(self._thread, error)

    def enter_handler(self) -> None:
        """From here on the thread may be interrupted."""
        self._in_handler = True

    def leave_handler(self) -> None:
        """
        From here on nothing is raised into the thread any more; what was on its way is called back.

        It may arrive in here all the same: then it is raised once, and a second call is undisturbed.
        """
        with self._mutex:
            self._in_handler = False
            _raise_in(self._thread, None)


class Attempts:
    """What this process runs. `worker_id` is its token, new at every start."""

    def __init__(self, worker_id: UUID, handlers: Mapping[str, Handler], stopping: threading.Event) -> None:
        self.worker_id = worker_id
        self.done = 0
        self.running: dict[Attempt, Running] = {}  #: until the end of the attempt is committed
        self._handlers = handlers
        self._stopping = stopping
        self._over = threading.Event()
        self._counting = threading.Lock()
        self._one_suspect = threading.Lock()
        self._line_of_suspects: deque[UUID] = deque()
        self._leaving = 0  #: suspects that are claimed, and not put back yet
        self._claim = Combiner(self._claim_all)
        self._successes = Completions(self._succeed, self._refuse)
        self._claims = db.Line(durable=False)
        self._completions = db.Line(durable=True)

    def start(self) -> None:
        """Begin to write successes down."""
        self._successes.start()

    def stop(self, patience: float) -> None:
        """Write down what has succeeded; call when no thread performs any more."""
        self._successes.stop(patience)
        self._over.set()
        self._claims.close()
        self._completions.close()

    def perform(self, job_id: str) -> None:
        """Run one job to the end of one attempt. What Dramatiq calls; returns quietly when there is nothing to claim."""
        self._perform(UUID(job_id))
        while self._line_of_suspects and not self._one_suspect.locked():
            try:
                suspect = self._line_of_suspects.popleft()
            except IndexError:  # another thread was faster
                return
            self._perform(suspect)

    def _perform(self, job_id: UUID) -> None:
        found = self._patiently(lambda: self._claim(job_id), self._stopping)
        if found is None:
            return
        claimed, admitted = found
        suspect = claimed.deaths > 1
        contract = contracts.find(claimed.kind)
        running = Running(Job(claimed, self.worker_id, self._stopping), claimed, contract)
        self.running[running.attempt] = running
        log.job.set({"job_id": str(job_id), "kind": claimed.kind, "attempt": claimed.attempt})
        if not admitted:
            self._stand_in_line(running)
            return
        try:
            self._run(running, contract)
        finally:
            if suspect:
                # Until its success is committed it would be blamed for the death of the process, and that of the next suspect.
                while not running.over.wait(1) and not self._over.is_set():
                    pass
                self._one_suspect.release()
            log.job.set(None)

    def give_back(self, reason: str = "given back") -> int:
        """Hand every attempt that still runs back to the queue, uncharged; returns how many. For the end of the process."""
        rings = []
        for running in list(self.running.values()):
            running.job.interruption = Lost
            with db.quick() as connection:
                if moves.put_off(connection, running.attempt, timedelta(0), Ending(reason, charged=False), self.worker_id):
                    contract = contracts.find(running.claimed.kind)
                    if contract is not None:
                        rings.append(Ring(contract.queue, contract.kind, running.claimed.id))
        doorbell.ring(rings)
        return len(rings)

    def write_off(self, running: Running, error: TimedOut) -> None:
        """Write down the end of an attempt that cannot be stopped, on its behalf."""
        running.job.interruption = Lost
        self._put_back(running, error)

    def _run(self, running: Running, contract: type[Contract] | None) -> None:
        claimed, job = running.claimed, running.job
        result: str | None = None
        error: BaseException | None = None
        metrics.began(claimed.kind)
        try:
            try:
                running.enter_handler()
                if claimed.cancel_requested_by is not None:
                    raise Cancelled
                if contract is None or claimed.kind not in self._handlers:
                    raise _unknown(claimed)
                result = _written(self._handlers[claimed.kind](job, _read(contract, claimed.args)))
            finally:
                running.leave_handler()
        except BaseException as raised:  # noqa: BLE001 (whatever a handler raises must be written down)
            error = raised
            running.leave_handler()
        if job.settled:
            if error is not None and not isinstance(error, Interrupted):
                _logger.error("worker.failed_after_its_end", exc_info=error)
            self._forget(running, "succeeded")
        elif error is not None:
            self._end(running, error)
        else:
            self._successes.add((running, result))
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error

    def _stand_in_line(self, running: Running) -> None:
        """
        Put a suspect back, uncharged, until the one that runs is done: on board while that one kills the process, it would be blamed with it.

        It is claimed again here when its turn comes, or anywhere else before.
        """
        ending = Ending("given back", charged=False)

        def write() -> bool:
            with db.quick() as connection:
                return moves.put_off(connection, running.attempt, timedelta(0), ending, self.worker_id)

        running.leave_handler()
        try:
            if self._patiently(write, self._over):
                self._line_of_suspects.append(running.claimed.id)
        finally:
            self.running.pop(running.attempt, None)
            with self._counting:
                self._leaving -= 1

    def _end(self, running: Running, error: BaseException) -> None:
        """Write down an attempt that ended without success, and forget it: whatever cannot be written is found by the sweeper."""
        outcome = "lost"
        try:
            outcome = self._put_back(running, error)
        finally:
            self._forget(running, outcome)

    def _forget(self, running: Running, outcome: str) -> None:
        """The attempt is over and written down."""
        self.running.pop(running.attempt, None)
        running.over.set()
        metrics.ended(running.claimed.kind, outcome, time.monotonic() - running.began)
        with self._counting:
            self.done += 1

    def _put_back(self, running: Running, error: BaseException) -> str:
        """Write down an attempt that ended without success; returns its outcome."""
        claimed, attempt = running.claimed, running.attempt
        if isinstance(error, Lost) or (running.job.interruption is Lost and not isinstance(error, TimedOut)):
            _logger.warning("worker.attempt_lost")
            return "lost"
        verdict = retry.judge(error, spent=claimed.attempt - claimed.forgiven, forgiven=claimed.forgiven, max_attempts=claimed.max_attempts)
        trace = retry.storable("".join(traceback.format_exception(error))[-_TRACEBACK_LIMIT:])
        ending = Ending(verdict.outcome, verdict.charged, retry.described(error), trace)
        if verdict.state is State.CANCELLED:
            ending = Ending(verdict.outcome, verdict.charged)

        def write(connection: sa.Connection) -> tuple[bool, list[Ring]]:
            if verdict.state is None:
                return moves.put_off(connection, attempt, verdict.delay, ending, self.worker_id), []
            moved, freed = moves.end(connection, attempt, verdict.state, ending, self.worker_id)
            if moved and verdict.state is State.CANCELLED:  # also what it asked for before it saw the request
                freed += moves.cancel(connection, claimed.id, "system")[1]
            return moved, freed

        moved, freed = self._patiently(lambda: db.alone(write), self._over) or (False, [])
        doorbell.ring(freed)
        if moved and verdict.outcome in {"failed", "timed out"}:
            line = _logger.error if verdict.state is State.FAILED else _logger.warning
            line(
                "worker.attempt_failed",
                error=retry.described(error)["en"],
                again_in=None if verdict.state else verdict.delay.total_seconds(),
            )
        return verdict.outcome if moved else "lost"

    def _claim_all(self, job_ids: list[UUID]) -> list[tuple[Claimed, bool] | None]:
        """Each with whether it may run: of suspects, as the ledger judges deaths, never two side by side, and the one that was claimed first."""
        claimed = {
            one.id: (one, one.deaths <= 1 or self._admitted())
            for one in self._claims.use(lambda line: moves.claim(line, job_ids, self.worker_id))
        }
        # A message that came twice may stand twice in one call: only the first gets the job.
        return [claimed.pop(job_id, None) for job_id in job_ids]

    def _admitted(self) -> bool:
        """
        Whether a suspect that was just claimed may run.

        Not while another does, nor before all that were turned away are put back: so of several in the rows of a dead process the first claimed is the
        one that ran.
        """
        with self._counting:
            if not self._leaving and self._one_suspect.acquire(blocking=False):
                return True
            self._leaving += 1
            return False

    def _succeed(self, done: list[tuple[Running, str | None]]) -> None:
        successes = [(running.attempt, text) for running, text in done]
        moved, freed = self._completions.use(lambda line: moves.succeed(line, successes, self.worker_id))
        for running, _ in done:
            self._forget(running, "succeeded" if running.claimed.id in moved else "lost")
        doorbell.ring(freed)

    def _refuse(self, done: tuple[Running, str | None], error: BaseException) -> None:
        """PostgreSQL does not take the result of this attempt."""
        running, _ = done
        self._end(running, Permanent(f"The result could not be stored: {error}", f"Sonuç kaydedilemedi: {error}"))

    def _patiently(self, work: Callable[[], T], given_up: threading.Event) -> T | None:
        """`work()`, as often as it takes while PostgreSQL is away; None when it is given up before that is back."""
        wait = 0.1
        while True:
            try:
                return work()
            except sa.exc.DBAPIError as error:
                if not db.is_away(error):
                    raise
                _logger.warning("worker.database_away", again_in=wait, error=str(error.orig).strip().split("\n")[0])
                if given_up.wait(wait):
                    return None
                wait = min(wait * 2, 3)


def _read(contract: type[Contract], args: dict[str, Any]) -> Contract:
    """The arguments as their contract; fields that a newer version added are ignored by an older worker."""
    try:
        return contract.model_validate(args, extra="ignore", by_alias=True)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Permanent(f"The arguments do not fit {contract.kind}: {wrong}", f"Değerler {contract.kind} işine uymuyor: {wrong}") from error


def _written(result: Result | None) -> str | None:
    """What a handler returned, as the ledger keeps it."""
    return None if result is None else result.model_dump_json()


def _unknown(claimed: Claimed) -> Permanent | Snooze:
    """For a kind without a handler: a newer worker may be about to start, so it is put off for ten minutes before it fails."""
    en, tr = f"This worker knows no work called {claimed.kind}.", f"Bu işçi {claimed.kind} diye bir iş tanımıyor."
    return Snooze(timedelta(seconds=30), en, tr) if claimed.forgiven < _UNKNOWN_PATIENCE else Permanent(en, tr)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)
