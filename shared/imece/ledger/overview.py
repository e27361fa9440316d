"""What the house is doing: queues with their depth and consumers, workers with their state. For the console, the API and the command line."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import contracts, db, service
from imece.ledger.models import Job, Worker
from imece.ledger.presence import STALE
from imece.ledger.states import State

_SILENCE = timedelta(seconds=STALE)
_COUNTED = (State.QUEUED, State.RUNNING, State.RETRYING, State.SCHEDULED)


@dataclass(frozen=True)
class WorkerLine:
    """One worker process. `state` is `alive`, `stopping` (asked to, finishing its jobs), `stopped` or `lost` (no heartbeat for 15 s)."""

    id: UUID
    service: str
    pool: str
    host: str
    pid: int
    state: str
    queues: list[str]
    threads: int
    running: int
    jobs_done: int
    memory_mb: int
    started_at: datetime
    heartbeat_at: datetime


@dataclass(frozen=True)
class QueueLine:
    """One queue: its jobs by state, the age of the oldest that waits, and who serves it. `consumers` 0: nobody does."""

    queue: str
    queued: int
    running: int
    retrying: int
    scheduled: int
    oldest_seconds: float | None
    consumers: int
    threads: int


def workers(*, ended: bool = True, within: timedelta = timedelta(minutes=10)) -> list[WorkerLine]:
    """Living workers and those that fell silent or, unless `ended` is false, stopped so recently; by service, pool, host."""
    now = sa.func.clock_timestamp()
    query = (
        sa.select(Worker, (Worker.heartbeat_at < now - _SILENCE).label("lost"))
        .where(sa.func.coalesce(Worker.stopped_at, Worker.heartbeat_at) > now - within)
        .order_by(Worker.service, Worker.pool, Worker.host, Worker.started_at)
    )
    if not ended:
        query = query.where(Worker.stopped_at.is_(None))
    with db.transaction() as session:
        return [
            WorkerLine(
                id=worker.id,
                service=worker.service,
                pool=worker.pool,
                host=worker.host,
                pid=worker.pid,
                state="stopped" if worker.stopped_at else "lost" if lost else "stopping" if worker.stop_requested_by else "alive",
                queues=worker.queues,
                threads=worker.threads,
                running=len(worker.running),
                jobs_done=worker.jobs_done,
                memory_mb=worker.memory_mb,
                started_at=worker.started_at,
                heartbeat_at=worker.heartbeat_at,
            )
            for worker, lost in session.execute(query)
        ]


def queues(company_id: UUID | None = None) -> list[QueueLine]:
    """Every queue that a contract or a card names or a job waits in, by name; counts are the company's own, or everybody's for None."""
    since = sa.func.coalesce(Job.scheduled_at, Job.created_at)
    age = sa.func.clock_timestamp() - sa.func.min(since).filter(Job.state == State.QUEUED)
    counts = (
        sa.select(Job.queue, *(sa.func.count().filter(Job.state == state) for state in _COUNTED), sa.func.extract("epoch", age))
        .where(Job.state.in_(_COUNTED))
        .group_by(Job.queue)
    )
    if company_id is not None:
        counts = counts.where(Job.company_id == company_id)
    with db.quick() as connection:
        found: dict[str, tuple[int, int, int, int, float | None]] = {row[0]: tuple(row[1:]) for row in connection.execute(counts)}
        served = _served(connection)
    names = {c.queue for c in contracts.declared()} | {q for card in service.installed().values() for q in card.queues()} | set(found)
    lines = []
    for name in sorted(names):
        queued, running, retrying, scheduled, oldest = found.get(name, (0, 0, 0, 0, None))
        oldest_seconds = None if oldest is None else float(oldest)
        consumers, threads = served.get(name, (0, 0))
        lines.append(QueueLine(name, queued, running, retrying, scheduled, oldest_seconds, consumers, threads))
    return lines


def has_consumer(queue: str) -> bool:
    """Whether some living worker serves the queue."""
    with db.quick() as connection:
        return queue in _served(connection)


def ask_to_stop(session: Session, worker_id: UUID, *, by: str) -> bool:
    """Ask a living worker to drain and end, on behalf of `by`; it sees it at its next heartbeat. False when there is none such."""
    change = sa.update(Worker).where(Worker.id == worker_id, Worker.stopped_at.is_(None)).values(stop_requested_by=by).returning(Worker.id)
    return session.execute(change).first() is not None


def _served(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Processes and threads per queue, of living workers that have not been asked to stop."""
    alive = (
        Worker.stopped_at.is_(None),
        Worker.stop_requested_by.is_(None),
        Worker.heartbeat_at > sa.func.clock_timestamp() - _SILENCE,
    )
    rows = sa.select(sa.func.unnest(Worker.queues).label("queue"), Worker.threads).where(*alive).subquery()
    query = sa.select(rows.c.queue, sa.func.count(), sa.func.sum(rows.c.threads)).group_by(rows.c.queue)
    return {name: (int(processes), int(threads)) for name, processes, threads in connection.execute(query)}
