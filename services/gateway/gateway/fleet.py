"""Workers and queues, as the ledger knows them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from imece import contracts, db, service
from imece.ledger import Job, State
from imece.ledger.models import Worker

#: A worker whose heartbeat is older is taken for dead, as the sweeper takes it.
ALIVE = timedelta(seconds=15)

#: How long a worker that has stopped or died is still listed.
_REMEMBERED = timedelta(minutes=10)


@dataclass(frozen=True)
class WorkerLine:
    """One worker process. `state` is `alive`, `stopping` (asked to, finishing its jobs), `stopped` or `lost` (no heartbeat)."""

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
    """One queue: what waits in it, since when, and who serves it. `consumers` 0: nobody does."""

    queue: str
    queued: int
    oldest_seconds: float | None
    running: int
    consumers: int
    threads: int


def workers() -> list[WorkerLine]:
    """Living workers and those that ended in the last ten minutes, by service, pool, host."""
    now = sa.func.clock_timestamp()
    lost = (Worker.heartbeat_at < now - ALIVE).label("lost")
    query = (
        sa.select(Worker, lost)
        .where(sa.func.coalesce(Worker.stopped_at, Worker.heartbeat_at) > now - _REMEMBERED)
        .order_by(Worker.service, Worker.pool, Worker.host, Worker.started_at)
    )
    with db.transaction() as session:
        return [
            WorkerLine(
                id=worker.id,
                service=worker.service,
                pool=worker.pool,
                host=worker.host,
                pid=worker.pid,
                state="stopped" if worker.stopped_at else "lost" if is_lost else "stopping" if worker.stop_requested_by else "alive",
                queues=worker.queues,
                threads=worker.threads,
                running=len(worker.running),
                jobs_done=worker.jobs_done,
                memory_mb=worker.memory_mb,
                started_at=worker.started_at,
                heartbeat_at=worker.heartbeat_at,
            )
            for worker, is_lost in session.execute(query)
        ]


def queues(company_id: UUID | None) -> list[QueueLine]:
    """Every queue that a contract or a card names or a job waits in; counts are the company's own, or everybody's for None."""
    now = sa.func.clock_timestamp()
    since = sa.func.coalesce(Job.scheduled_at, Job.created_at)
    counts = (
        sa.select(
            Job.queue,
            sa.func.count().filter(Job.state == State.QUEUED).label("queued"),
            sa.func.extract("epoch", now - sa.func.min(since).filter(Job.state == State.QUEUED)).label("oldest"),
            sa.func.count().filter(Job.state == State.RUNNING).label("running"),
        )
        .where(Job.state.in_([State.QUEUED, State.RUNNING]))
        .group_by(Job.queue)
    )
    if company_id is not None:
        counts = counts.where(Job.company_id == company_id)
    with db.quick() as connection:
        found = {row.queue: row for row in connection.execute(counts)}
        served = _served(connection)
    names = {c.queue for c in contracts.declared()} | {q for card in service.installed().values() for q in card.queues()} | set(found)
    return [
        QueueLine(
            queue=name,
            queued=found[name].queued if name in found else 0,
            oldest_seconds=float(found[name].oldest) if name in found and found[name].oldest is not None else None,
            running=found[name].running if name in found else 0,
            consumers=served.get(name, (0, 0))[0],
            threads=served.get(name, (0, 0))[1],
        )
        for name in sorted(names)
    ]


def has_consumer(queue: str) -> bool:
    """Whether some living worker serves the queue."""
    with db.quick() as connection:
        return queue in _served(connection)


def _served(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Processes and threads per queue, of living workers that have not been asked to stop."""
    queue = sa.func.unnest(Worker.queues).label("queue")
    alive = (
        Worker.stopped_at.is_(None),
        Worker.stop_requested_by.is_(None),
        Worker.heartbeat_at > sa.func.clock_timestamp() - ALIVE,
    )
    rows = sa.select(queue, Worker.threads).where(*alive).subquery()
    query = sa.select(rows.c.queue, sa.func.count(), sa.func.sum(rows.c.threads)).group_by(rows.c.queue)
    return {name: (int(processes), int(threads)) for name, processes, threads in connection.execute(query)}
