"""
The scheduler process: the sweeper every second, and the ticks of the installed services at their minutes.

Any number may run. The right to fire is a row, unique per schedule and due time: whoever inserts it submits the job, in one transaction.
Schedules owned by data (rows with APScheduler's triggers) will stand beside the ticks here and fire in the same way.
"""

import hashlib
import re
import signal
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from periodiq import CronSpec, cron
from prometheus_client import Gauge
from sqlalchemy.orm import Session

from imece import checks, clock, db, health, ledger, log, service
from imece.config import settings
from imece.errors import Misconfigured
from imece.ledger import sweeper
from imece.service import Tick

_logger = log.get("imece.scheduler")

#: Seconds between two sweeps.
_SWEEP = 1.0
#: The smallest and the greatest number in each of a tick's fields.
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7))
#: When the ledger is pruned, Istanbul time.
_PRUNE = "40 3 * * *"

_QUEUED = Gauge("imece_queue_jobs", "Jobs in the ledger that have not ended", ["queue", "state"])
_OLDEST = Gauge("imece_queue_oldest_seconds", "Age of the oldest queued job", ["queue"])


def spec(text: str) -> CronSpec:
    """
    A tick's five fields as periodiq reads them.

    Raises Misconfigured for a text it cannot read, and for what periodiq accepts and never fires: a minute 60, Sunday written as 0 or `sun` (write 7).
    """
    fields = text.split()
    if len(fields) != 5:
        raise Misconfigured(f"A tick needs five fields: {text!r}")
    days = fields[4].lower()
    if "sun" in days or any(part.split("/")[0].split("-")[0] == "0" for part in days.split(",")):
        raise Misconfigured(f"In a tick Sunday is 7, never 0 or sun: {text!r}")
    for field, (low, high) in zip(fields, _BOUNDS, strict=True):
        if any(not low <= int(number) <= high for number in re.findall(r"(?<![/\d])\d+", field)):
            raise Misconfigured(f"A tick that never comes: {text!r}: {field} is not within {low}-{high}")
    try:
        return cron(text)
    except Exception as error:
        raise Misconfigured(f"A tick that cannot be read: {text!r}: {error}") from error


def name_of(tick: Tick) -> str:
    """
    The schedule's name in the ledger: its kind, and a mark of its arguments when it has any.

    Two ticks of one kind with equal arguments share their right to fire.
    """
    args = tick.contract.model_dump_json(exclude_defaults=True)
    mark = "" if args == "{}" else f"#{hashlib.sha256(args.encode()).hexdigest()[:8]}"
    return f"{tick.contract.kind}{mark}"


def due_times(tick: Tick, after: datetime, until: datetime) -> list[datetime]:
    """The minutes after `after`, up to and including `until`, at which the tick is due, oldest first."""
    rule = spec(tick.cron)
    minute = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    found = []
    while minute <= until:
        if rule.validate(minute.astimezone(clock.ISTANBUL)):
            found.append(minute)
        minute += timedelta(minutes=1)
    return found


def fire(session: Session, tick: Tick, due: datetime) -> bool:
    """Submit the tick's job for one due time, if nobody has; true when it was ours to do."""
    name = name_of(tick)
    if not _take(session, name, due):
        return False
    job_id = ledger.submit(session, tick.contract, requested_by="scheduler", unique_key=f"{name}@{due.isoformat()}")
    session.execute(
        sa.text("update ledger.firing set job_id = :job where schedule = :name and due_at = :due"),
        {"job": job_id, "name": name, "due": due},
    )
    _logger.info("scheduler.fired", schedule=name, due=due.isoformat(), job_id=str(job_id))
    return True


class Clock:
    """Walks from minute to minute and fires what is due. Whatever it slept through is made up once, not once per missed time."""

    def __init__(self, ticks: Iterable[Tick], now: datetime) -> None:
        self._ticks = list(ticks)
        self._since = {id(tick): now - timedelta(hours=tick.catch_up_hours) for tick in self._ticks}
        for tick in self._ticks:
            spec(tick.cron)

    def advance(self, now: datetime) -> int:
        """Fire what has become due since the last call; returns how many jobs were submitted."""
        fired = 0
        for tick in self._ticks:
            due = due_times(tick, self._since[id(tick)], now)
            if due:
                with db.transaction() as session:
                    fired += fire(session, tick, due[-1])
            self._since[id(tick)] = now.replace(second=0, microsecond=0)
        return fired


def run() -> int:
    """`imece scheduler`: sweep and tick until SIGTERM. Returns the exit code. Raises Misconfigured."""
    log.configure(service="scheduler")
    checks.wait_for_servers()
    checks.refuse_if_unsafe()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    ticking = Clock((tick for card in service.installed().values() for tick in card.ticks), clock.now())
    pruning = spec(_PRUNE)
    sweeping, state = sweeper.Sweeper(), _Health()
    if settings().health_port:
        health.serve(settings().health_host, settings().health_port, state.fault)
    _logger.info("scheduler.started", ticks=sum(len(card.ticks) for card in service.installed().values()))
    last_minute = None
    while not stop.wait(_SWEEP):
        try:
            sweeping.sweep()
            now = clock.now()
            minute = now.replace(second=0, microsecond=0)
            if minute != last_minute:
                ticking.advance(now)
                if pruning.validate(minute.astimezone(clock.ISTANBUL)):
                    _prune(minute, sweeping)
                _measure()
                last_minute = minute
            state.well()
        except sa.exc.DBAPIError as error:
            _logger.warning("scheduler.database_away", error=str(error.orig).strip().split("\n")[0])
            db.engine().dispose()
            stop.wait(2)
    _logger.info("scheduler.stopped")
    return 0


class _Health:
    """When the last round went well."""

    def __init__(self) -> None:
        self._at = clock.now()

    def well(self) -> None:
        self._at = clock.now()

    def fault(self) -> str | None:
        silent = (clock.now() - self._at).total_seconds()
        return f"no round for {silent:.0f} s" if silent > 30 else None


def _take(session: Session, name: str, due: datetime) -> bool:
    insert = sa.text("insert into ledger.firing (schedule, due_at) values (:name, :due) on conflict do nothing returning 1")
    return session.execute(insert, {"name": name, "due": due}).first() is not None


def _prune(minute: datetime, sweeping: sweeper.Sweeper) -> None:
    with db.transaction() as session:
        mine = _take(session, "ledger.prune", minute)
    if mine:
        _logger.info("scheduler.pruned", jobs=sweeper.prune(between=sweeping.sweep))


def _measure() -> None:
    """Bring the queue gauges up to date."""
    _QUEUED.clear()
    _OLDEST.clear()
    query = """
        select queue, state, count(*) as jobs, extract(epoch from clock_timestamp() - min(coalesce(sent_at, created_at))) as oldest
        from ledger.job where state in ('scheduled', 'queued', 'running', 'retrying', 'waiting') group by queue, state"""
    with db.quick() as connection:
        for row in connection.exec_driver_sql(query):
            _QUEUED.labels(row.queue, row.state).set(row.jobs)
            if row.state == "queued":
                _OLDEST.labels(row.queue).set(float(row.oldest))
