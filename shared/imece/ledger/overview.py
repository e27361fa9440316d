"""What the house is doing: queues with their depth and consumers, workers with their state. For the console and the command line."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import contracts
from imece.ledger.models import Worker
from imece.ledger.presence import STALE


class QueueLine(NamedTuple):
    """One queue. `oldest_seconds` is the age of its oldest queued job; `workers` counts living workers that consume it."""

    queue: str
    queued: int
    running: int
    retrying: int
    scheduled: int
    oldest_seconds: int | None
    workers: int


class WorkerLine(NamedTuple):
    """One worker. `state` is alive, silent (no heartbeat for 15 s) or stopped; `running` counts its attempts."""

    id: UUID
    service: str
    pool: str
    host: str
    pid: int
    queues: list[str]
    state: str
    running: int
    jobs_done: int
    memory_mb: int
    started_at: datetime
    heartbeat_at: datetime


_JOBS = """
    select queue,
        count(*) filter (where state = 'queued'), count(*) filter (where state = 'running'),
        count(*) filter (where state = 'retrying'), count(*) filter (where state = 'scheduled'),
        extract(epoch from clock_timestamp() - min(created_at) filter (where state = 'queued'))::integer
    from ledger.job where state in ('queued', 'running', 'retrying', 'scheduled') group by queue"""

_EMPTY = (0, 0, 0, 0, None)

_CONSUMERS = """
    select queue, count(*) from ledger.worker, unnest(queues) as queue
    where stopped_at is null and heartbeat_at > clock_timestamp() - :stale * interval '1 second' group by queue"""


def queues(session: Session) -> list[QueueLine]:
    """Every queue some contract names or some job stands in, by name."""
    jobs: dict[str, tuple[int, int, int, int, int | None]] = {row[0]: tuple(row[1:]) for row in session.execute(sa.text(_JOBS))}
    consumers = {row[0]: row[1] for row in session.execute(sa.text(_CONSUMERS), {"stale": STALE})}
    names = sorted({contract.queue for contract in contracts.declared()} | jobs.keys() | consumers.keys())
    return [QueueLine(name, *jobs.get(name, _EMPTY), workers=consumers.get(name, 0)) for name in names]


def workers(session: Session, *, living_only: bool = True) -> list[WorkerLine]:
    """The workers, by service and pool, the newest first within a pool."""
    query = sa.select(Worker, sa.func.clock_timestamp() - Worker.heartbeat_at).order_by(
        Worker.service, Worker.pool, Worker.started_at.desc()
    )
    if living_only:
        query = query.where(Worker.stopped_at.is_(None))
    return [
        WorkerLine(
            w.id,
            w.service,
            w.pool,
            w.host,
            w.pid,
            w.queues,
            "stopped" if w.stopped_at else "silent" if silence.total_seconds() > STALE else "alive",
            len(w.running),
            w.jobs_done,
            w.memory_mb,
            w.started_at,
            w.heartbeat_at,
        )
        for w, silence in session.execute(query)
    ]


def ask_to_stop(session: Session, worker_id: UUID, *, by: str) -> bool:
    """Ask a living worker to drain and end, on behalf of `by`; it sees it at its next heartbeat. False when there is none such."""
    change = sa.update(Worker).where(Worker.id == worker_id, Worker.stopped_at.is_(None)).values(stop_requested_by=by).returning(Worker.id)
    return session.execute(change).first() is not None
