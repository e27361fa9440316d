"""A worker's row in the ledger: that it lives, and which attempts it runs. Whoever is silent for 15 s is dead to the sweeper."""

import os
import socket
from functools import cache
from pathlib import Path
from uuid import UUID

import psutil
import sqlalchemy as sa

from imece.ledger.moves import Attempt
from imece.service import Pool, Service

#: Seconds between two heartbeats, and the silence after which a worker counts as dead.
HEARTBEAT, STALE = 5.0, 15.0

_ARRIVE = """
    insert into ledger.worker (id, service, pool, host, machine, pid, pid_started, queues, threads)
    values (%(id)s, %(service)s, %(pool)s, %(host)s, %(machine)s, %(pid)s, %(pid_started)s, %(queues)s, %(threads)s)"""

_BEAT = """
    update ledger.worker set heartbeat_at = clock_timestamp(), running = %(running)s::uuid[], memory_mb = %(memory)s, jobs_done = %(done)s
    where id = %(id)s and stopped_at is null returning stop_requested_by"""

_LEAVE = "update ledger.worker set stopped_at = clock_timestamp(), running = '{}', jobs_done = %(done)s where id = %(id)s"

_ORDERS = """
    select m.id, m.attempt, case when j.ours then j.cancel_requested_by end
    from unnest(%(ids)s::uuid[], %(attempts)s::integer[]) as m(id, attempt)
    left join lateral (
        select true as ours, cancel_requested_by from ledger.job
        where id = m.id and state = 'running' and attempt = m.attempt and worker_id = %(worker)s
    ) j on true
    where j.ours is null or j.cancel_requested_by is not null"""


@cache
def machine() -> str:
    """Names what shares process ids with this process: the boot of the machine and the process-id namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not Linux: nobody's pids are comparable with ours
        return f"{socket.gethostname()}/{os.getpid()}"
    return f"{boot}/{space}"


def born(process: psutil.Process) -> float:
    """Seconds from the machine's boot to the start of the process: setting the clock changes nothing about it."""
    return process.create_time() - psutil.boot_time()


def arrive(connection: sa.Connection, worker_id: UUID, service: Service, pool: Pool) -> None:
    """Write the row of a worker that starts."""
    process = psutil.Process()
    row = {
        "id": worker_id,
        "service": service.name,
        "pool": pool.name,
        "host": socket.gethostname(),
        "machine": machine(),
        "pid": process.pid,
        "pid_started": born(process),
        "queues": list(pool.queues),
        "threads": pool.threads,
    }
    connection.exec_driver_sql(_ARRIVE, row)


def beat(connection: sa.Connection, worker_id: UUID, running: list[UUID], memory_mb: int, done: int) -> tuple[bool, str | None]:
    """One heartbeat. Returns whether the ledger still counts the worker among the living, and who asked it to stop."""
    row = connection.exec_driver_sql(_BEAT, {"id": worker_id, "running": running, "memory": memory_mb, "done": done}).first()
    return row is not None, row[0] if row else None


def leave(connection: sa.Connection, worker_id: UUID, done: int) -> None:
    """Write that the worker has stopped."""
    connection.exec_driver_sql(_LEAVE, {"id": worker_id, "done": done})


def orders(connection: sa.Connection, worker_id: UUID, running: list[Attempt]) -> list[tuple[Attempt, str | None]]:
    """Which of a worker's attempts are to end: each with who asked for it, or None when the job is no longer that attempt's."""
    ids, attempts = [one.job_id for one in running], [one.number for one in running]
    rows = connection.exec_driver_sql(_ORDERS, {"worker": worker_id, "ids": ids, "attempts": attempts})
    return [(Attempt(job_id, number), cancelled_by) for job_id, number, cancelled_by in rows]


def memory_mb() -> int:
    """Resident memory of this process, in MiB."""
    return int(psutil.Process().memory_info().rss) >> 20
