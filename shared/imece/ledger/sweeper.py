"""
The sweeper: sends the unsent, releases the due, rescues the dead, prunes the old.

It closes three holes. *Never rung*: rows with no `sent_at`. *Passed over* (the message is lost, or stuck in a living worker): a queued row is rung
again when Redis knows nothing of its queue, when the queue is empty for half a minute or after a death, or when a row of its queue sent half a minute later is
running already; a long honest backlog is never rung twice. *Orphaned*: a running row whose worker is silent, gone, or does not report it.

Runs in every scheduler process, one at a time by an advisory lock.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psutil
import redis
import sqlalchemy as sa

from imece import db, log
from imece.broker import broker
from imece.config import settings
from imece.ledger import doorbell, moves, presence

_logger = log.get(__name__)

#: Any constant: whoever holds it sweeps.
_LOCK = 0x737765657065
#: Seconds after which another process may sweep, although this one has not come to the end.
_LONGEST_SWEEP = 60
#: Most rows one statement touches, so that no sweep holds locks for long.
_BATCH = 5000
#: Seconds after which a queued job, unknown to Redis or passed over, is rung again.
_UNKNOWN_AFTER, _PASSED_AFTER = 2.0, 30.0
#: An age that no job reaches: only what was never rung is rung.
_NEVER = 100 * 365 * 86400.0
#: How long a worker that stopped, or fell silent, stays listed.
_KEEP_WORKERS = timedelta(days=2)


@dataclass
class Swept:
    """What one sweep did, in jobs."""

    released: int = 0
    rung: int = 0
    rescued: int = 0


@dataclass
class Sweeper:
    """Remembers, from sweep to sweep, how far each queue has been claimed, and since when Redis holds nothing that waits in it; and the last death."""

    _claimed_until: dict[str, datetime] = field(default_factory=dict)
    _empty_since: dict[str, float] = field(default_factory=dict)
    _death_at: float = -math.inf

    def sweep(self) -> Swept | None:
        """One sweep; None when another process is sweeping. Raises DBAPIError when PostgreSQL is away."""
        with _only_one() as mine:
            return self._sweep() if mine else None

    def _sweep(self) -> Swept:
        swept = Swept()
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _bury(connection)
            if _servers_up_for(connection) > presence.STALE:
                rescued, freed = moves.rescue(connection, presence.STALE)
                doorbell.ring(freed)
                swept.rescued = len(rescued)
            while due := moves.release_due(connection, _BATCH):
                doorbell.ring(due)
                swept.released += len(due)
                if len(due) < _BATCH:
                    break
            try:
                if swept.rescued:
                    self._death_at = time.monotonic()
                swept.rung = self._ring_passed_over(connection)
            except redis.RedisError as error:
                _logger.warning("sweeper.redis_away", error=str(error))
        if swept.rescued or swept.rung:
            _logger.info("sweeper.swept", released=swept.released, rung=swept.rung, rescued=swept.rescued)
        return swept

    def _ring_passed_over(self, connection: sa.Connection) -> int:
        rung, queues = 0, _queues(connection)
        after_death = time.monotonic() - self._death_at < 3 * _UNKNOWN_AFTER
        self._empty_since = {queue: self._empty_since[queue] for queue, _ in queues if queue in self._empty_since}
        for queue, claimed_until in queues:
            if claimed_until is not None:
                self._claimed_until[queue] = max(claimed_until, self._claimed_until.get(queue, claimed_until))
            waiting, known = _depth(queue)
            if waiting:
                self._empty_since.pop(queue, None)
            before = None
            if known == 0 or (waiting == 0 and after_death):  # whoever died may have fetched more than it ran
                age = _UNKNOWN_AFTER
            elif waiting == 0:
                now = time.monotonic()
                age = _PASSED_AFTER if now - self._empty_since.setdefault(queue, now) >= _PASSED_AFTER else _NEVER
            elif queue in self._claimed_until:
                age, before = _PASSED_AFTER, self._claimed_until[queue] - timedelta(seconds=_PASSED_AFTER)
            else:
                age = _NEVER
            while again := moves.ring_again(connection, queue, age, before, _BATCH):
                if not doorbell.ring(again):
                    return rung
                rung += len(again)
                if len(again) < _BATCH:
                    break
        return rung


def prune(between: Callable[[], object] = lambda: None) -> int:
    """
    Delete final jobs past their retention (`IMECE_KEEP_..._DAYS`), with their attempts, and workers that stopped long ago.

    A job whose parent still lives is kept: the parent will ask how it ended. `between` is called after every few thousand, so that whoever prunes
    can go on sweeping. Returns how many jobs were deleted.
    """
    ages = {
        "succeeded": settings().keep_succeeded_days,
        "cancelled": settings().keep_succeeded_days,
        "failed": settings().keep_failed_days,
    }
    deleted = 0
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for state, days in ages.items():
            while True:
                count = connection.exec_driver_sql(_PRUNE, {"state": state, "days": days, "limit": _BATCH}).rowcount
                deleted += count
                between()
                if count < _BATCH:
                    break
        connection.exec_driver_sql(
            "delete from ledger.worker where coalesce(stopped_at, heartbeat_at) < clock_timestamp() - %(age)s", {"age": _KEEP_WORKERS}
        )
        connection.exec_driver_sql("delete from ledger.firing where due_at < clock_timestamp() - interval '400 days'")
    return deleted


_PRUNE = """
    delete from ledger.job where id in (
        select j.id from ledger.job j
        where j.state = %(state)s and j.finished_at < clock_timestamp() - %(days)s * interval '1 day'
        and not exists (
            select from ledger.job p where p.id = j.parent_id and p.state not in ('succeeded', 'failed', 'cancelled'))
        limit %(limit)s)"""


@contextmanager
def _only_one() -> Iterator[bool]:
    with db.quick() as connection:
        mine = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK))).scalar())
        if not mine:
            yield False
            return
        # A process that freezes in the middle of its sweep would keep all others from theirs.
        connection.exec_driver_sql(f"set idle_session_timeout = '{_LONGEST_SWEEP}s'")
        try:
            yield True
        finally:
            connection.exec_driver_sql("reset idle_session_timeout")
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))


def _bury(connection: sa.Connection) -> None:
    """Write down the death of workers on this machine whose process is gone, sooner than their silence would tell."""
    query = "select id, pid, pid_started from ledger.worker where stopped_at is null and machine = %(machine)s"
    for worker_id, pid, started in connection.exec_driver_sql(query, {"machine": presence.machine()}).all():
        if not _lives(pid, started):
            connection.exec_driver_sql(
                "update ledger.worker set stopped_at = clock_timestamp(), died = true where id = %(id)s", {"id": worker_id}
            )
            _logger.warning("sweeper.worker_died", worker_id=str(worker_id), pid=pid)


def _lives(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        return abs(presence.born(process) - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _servers_up_for(connection: sa.Connection) -> float:
    """Seconds since PostgreSQL started: right after that every heartbeat is old, and nobody is dead for it."""
    return float(connection.exec_driver_sql("select extract(epoch from clock_timestamp() - pg_postmaster_start_time())").scalar_one())


def _queues(connection: sa.Connection) -> list[tuple[str, datetime | None]]:
    """Queues that hold queued jobs, each with the latest ringing among its running jobs."""
    rows = connection.exec_driver_sql("""
        with recursive queue as (
            (select queue from ledger.job where state = 'queued' order by queue limit 1)
            union all
            select (select j.queue from ledger.job j where j.state = 'queued' and j.queue > q.queue order by j.queue limit 1)
            from queue q where q.queue is not null
        ),
        claimed as (select queue, max(sent_at) as until from ledger.job where state = 'running' group by queue)
        select q.queue, c.until from queue q left join claimed c using (queue) where q.queue is not null""")
    return [(row.queue, row.until) for row in rows]


def _depth(queue: str) -> tuple[int, int]:
    """How many messages wait in Redis for a queue, and how many it knows, those being worked on included."""
    pipe = broker().client.pipeline(transaction=False)
    pipe.llen(f"{broker().namespace}:{queue}")
    pipe.hlen(f"{broker().namespace}:{queue}.msgs")
    waiting, known = pipe.execute()
    return int(waiting), int(known)
