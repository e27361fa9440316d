"""What a handler is given: its job, how to report on it, how to finish it in one transaction with its rows."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db, ledger
from imece.contracts import Contract, Result
from imece.errors import Cancelled, Lost
from imece.ledger import doorbell, moves
from imece.ledger.moves import Attempt, Claimed, Ring

#: Seconds between two writes of one job's progress; what comes in between is written by the worker's watch.
_PROGRESS_PAUSE = 0.3

Note = dict[str, str] | None


@dataclass(frozen=True)
class ChildOutcome:
    """How a job that this one asked for has ended."""

    id: UUID
    kind: str
    state: str
    args: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None


class Job:
    """One attempt at one job, in the hands of its handler. Belongs to the thread that runs the handler."""

    def __init__(self, claimed: Claimed, worker_id: UUID, stopping: threading.Event | None = None) -> None:
        self.id = claimed.id
        self.kind = claimed.kind
        self.attempt = claimed.attempt
        self.company_id = claimed.company_id
        self.requested_by = claimed.requested_by
        self.settled = False  #: the handler wrote the end of the attempt itself
        self.interruption: type[Cancelled | Lost] | None = None
        self._claimed = claimed
        self._worker_id = worker_id
        self._stopping = stopping
        self._guard = Attempt(claimed.id, claimed.attempt)
        self._ended = False
        self._latest: tuple[int, int | None, Note] | None = None
        self._written_at = 0.0
        self._reporting, self._writing = threading.Lock(), threading.Lock()

    @property
    def company(self) -> UUID:
        """The company whose job it is. Raises Lost for a job of the house itself, which has none."""
        if self.company_id is None:
            raise Lost("This job belongs to no company.", "Bu iş hiçbir şirkete ait değil.")
        return self.company_id

    @property
    def stopping(self) -> bool:
        """Whether the process has been asked to end: a handler that could go on for long comes to a good end now, and asks for what is left."""
        return self._stopping is not None and self._stopping.is_set()

    def progress(self, done: int, total: int | None = None, note: Note = None) -> None:
        """
        Say how far the job is: `done` of `total`, and a note as `{"tr": ..., "en": ...}`.

        Cheap to call often: written at most three times a second, the last one always. Raises Cancelled and Lost.
        """
        self.check()
        with self._reporting:
            self._latest = (done, total, note)
            due = time.monotonic() - self._written_at >= _PROGRESS_PAUSE
        if due:
            self.interruption = self.write_progress() or self.interruption
            self.check()

    def check(self) -> None:
        """Raise Cancelled when somebody asked for the end of the job, Lost when another attempt owns it."""
        if self.interruption is not None:
            raise self.interruption

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """
        A session in one transaction, which commits only while this attempt owns the job.

        Raises Lost, and rolls back, when it does not: what a forgotten worker writes late never counts.
        """
        self._ended = False
        with db.transaction() as session:
            yield session
            session.flush()
            if not self._ended:
                self._hold_on(session)
        self.settled = self._ended

    def submit(self, session: Session, contract: Contract, *, unique_key: str | None = None) -> UUID:
        """Ask for a follow-up job, for the same company and requester. It exists if and only if the transaction commits."""
        return ledger.submit(
            session,
            contract,
            company_id=self.company_id,
            requested_by=self.requested_by,
            unique_key=unique_key,
            parent_id=self.id,
        )

    def finish(self, session: Session, result: Result | None = None) -> None:
        """Complete the job, as the last statement of the transaction. Raises Lost when it is no longer ours, so that all is rolled back."""
        session.flush()
        self._no_more_progress()
        text = None if result is None else result.model_dump_json()
        moved, freed = moves.succeed(session.connection(), [(self._guard, text)], self._worker_id)
        if not moved:
            raise Lost
        self._ended = True
        doorbell.after_commit(session, freed)

    def redact(self, session: Session, **args: Any) -> None:
        """Replace arguments on the job's row: what must not be kept there once it has been used. Before `finish`, in its transaction."""
        moves.redact(session.connection(), self._guard, args, self._worker_id)

    def wait_for(self, session: Session, contracts: Sequence[Contract], note: Note = None) -> None:
        """
        Ask for these jobs and wait until all of them are final, however they end; then this job's handler is called again.

        The last statement of the transaction. Meanwhile no worker is occupied, and the job's progress counts the finished ones. No attempt is
        spent. The handler tells its phases apart by its own rows. Raises Cancelled and Lost.
        """
        session.flush()
        self._no_more_progress()
        if not moves.hold(session.connection(), self._guard, len(contracts), sum(one.units for one in contracts), note, self._worker_id):
            self._hold_on(session)
            raise Cancelled
        self._ended = True
        ledger.submit_many(
            session,
            contracts,
            company_id=self.company_id,
            requested_by=self.requested_by,
            parent_id=self.id,
            unblocks=self.id,
        )
        if not contracts:
            doorbell.after_commit(session, [Ring(self._queue(session), self.kind, self.id)])

    def tell_parent(self, note: Note) -> None:
        """
        Put a note beside the progress of the job that waits for this one: how long it will take, as the work itself shows.

        Only words: nothing depends on them, and they do not wait for the disk.
        """
        with db.quick() as connection:
            moves.tell_parent(connection, self.id, note)

    def children(self, kind: str | None = None) -> list[ChildOutcome]:
        """The jobs this one asked for, oldest first, of one kind if `kind` is given."""
        query = sa.select(ledger.Job).where(ledger.Job.parent_id == self.id).order_by(ledger.Job.id)
        if kind is not None:
            query = query.where(ledger.Job.kind == kind)
        with db.transaction() as session:
            return [ChildOutcome(job.id, job.kind, job.state, job.args, job.result, job.error) for job in session.scalars(query)]

    def write_progress(self) -> type[Cancelled | Lost] | None:
        """
        Write the latest progress, if there is any that is not written; called by the worker's watch for what came last.

        Returns how the attempt is to be interrupted, where the ledger says so.
        """
        with self._writing:  # one after the other, or an older one might come last
            with self._reporting:
                latest, self._latest = self._latest, None
                self._written_at = time.monotonic()
            if latest is None:
                return None
            with db.quick() as connection:
                ours, cancelled_by = moves.progress(connection, self._guard, *latest, self._worker_id)
        return Lost if not ours else Cancelled if cancelled_by is not None else None

    def _no_more_progress(self) -> None:
        """From here on the transaction holds the job's row: the watch must not wait for it, with a word that is overtaken already."""
        with self._reporting:
            self._latest = None

    def _hold_on(self, session: Session) -> None:
        row = session.connection().exec_driver_sql(
            "select 1 from ledger.job where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s for share",
            {"id": self.id, "attempt": self.attempt, "worker": self._worker_id},
        )
        if row.first() is None:
            raise Lost

    def _queue(self, session: Session) -> str:
        return ledger.find(session, self.id).queue
