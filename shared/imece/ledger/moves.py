"""
Every move of a job between states, each one guarded statement. `states.MOVES` is the table of them.

The guard of a running attempt is `state = 'running' and attempt = :mine and worker_id = :mine`: an attempt that lost its job changes nothing. The
attempt number only grows, but for a claim that a crash of PostgreSQL took back (claims do not wait for the disk): then the worker tells the two
apart. A statement that makes jobs final also frees, in the same breath, the jobs that waited for the last of them; such freed jobs
come back as `Ring`s, to be rung after the commit. Times are the database's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa

from imece.ledger.prepared import Prepared
from imece.ledger.states import State


class Ring(NamedTuple):
    """A job that may be claimed, as the doorbell needs it."""

    queue: str
    kind: str
    job_id: UUID


class Claimed(NamedTuple):
    """What a worker learns when it gets a job."""

    id: UUID
    kind: str
    args: dict[str, Any]
    attempt: int
    forgiven: int
    deaths: int
    max_attempts: int
    company_id: UUID | None
    requested_by: str
    cancel_requested_by: str | None


class Attempt(NamedTuple):
    """One attempt at one job: the key of every guard."""

    job_id: UUID
    number: int


@dataclass(frozen=True)
class Ending:
    """How an attempt ended without success. `error` is `{"type", "en", "tr"}`; `charged` says whether it spent an attempt."""

    outcome: str
    charged: bool
    error: dict[str, Any] | None = None
    traceback: str | None = None


_FINAL = "('succeeded', 'failed', 'cancelled')"

# Follows a CTE `moved(id, unblocks, units)` of jobs that just became final: those that waited for them come one nearer, and the last one queues them.
_FREE = """
    freed as (
        update ledger.job w set
            waits_for = w.waits_for - d.count, progress_done = w.progress_done + d.units,
            state = case when w.waits_for = d.count then 'queued' else w.state end,
            sent_at = case when w.waits_for = d.count then clock_timestamp() else w.sent_at end
        from (select unblocks, count(*)::integer as count, sum(units) as units from moved where unblocks is not null group by unblocks) d
        where w.id = d.unblocks and w.state = 'waiting' and w.id not in (select id from moved)
        returning w.queue, w.kind, w.id, w.state
    )"""

# The CTE is materialized so that the ids decide, whatever the planner thinks of the index on queued jobs: that one grows with the backlog.
_CLAIM = Prepared(
    "imece_claim",
    "uuid[], uuid",
    """
    with wanted as materialized (select id, state from ledger.job where id = any($1) for update skip locked)
    update ledger.job j set state = 'running', attempt = attempt + 1, worker_id = $2,
        claimed_at = clock_timestamp(), started_at = coalesce(started_at, clock_timestamp())
    from wanted w where j.id = w.id and w.state = 'queued'
    returning j.id, kind, args, attempt, forgiven, deaths, max_attempts, company_id, requested_by, cancel_requested_by""",
)

_SUCCEED = Prepared(
    "imece_succeed",
    "uuid[], integer[], text[], uuid",
    f"""
    with done as (select * from unnest($1, $2, $3) as d(id, attempt, result)),
    moved as (
        update ledger.job j set
            state = 'succeeded', result = d.result::jsonb, error = null, worker_id = null, finished_at = clock_timestamp(),
            progress_done = coalesce(j.progress_total, j.progress_done)
        from done d where j.id = d.id and j.state = 'running' and j.attempt = d.attempt and j.worker_id = $4
        returning j.id, j.attempt, j.claimed_at, j.unblocks, j.units
    ),
    logged as (
        insert into ledger.attempt (job_id, number, worker_id, started_at, outcome, charged)
        select id, attempt, $4, claimed_at, 'succeeded', true from moved
    ),{_FREE}
    select 'moved' as what, null as queue, null as kind, id from moved
    union all select 'freed', queue, kind, id from freed where state = 'queued'""",
)

_END = f"""
    with moved as (
        update ledger.job j set
            state = %(state)s, error = %(error)s::jsonb, worker_id = null, finished_at = clock_timestamp(),
            forgiven = forgiven + case when %(charged)s then 0 else 1 end,
            cancel_requested_by = case when %(state)s = 'cancelled' then coalesce(cancel_requested_by, 'system') else cancel_requested_by end
        where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s
        returning id, attempt, claimed_at, unblocks, units
    ),
    logged as (
        insert into ledger.attempt (job_id, number, worker_id, started_at, outcome, charged, error, traceback)
        select id, attempt, %(worker)s, claimed_at, %(outcome)s, %(charged)s, %(error)s::jsonb, %(traceback)s from moved
    ),{_FREE}
    select 'moved' as what, null as queue, null as kind, id from moved
    union all select 'freed', queue, kind, id from freed where state = 'queued'"""

_PUT_OFF = """
    with moved as (
        update ledger.job j set
            state = case when %(delay)s > 0 and cancel_requested_by is null then 'retrying' else 'queued' end,
            scheduled_at = clock_timestamp() + %(delay)s * interval '1 second', sent_at = null,
            worker_id = null, error = coalesce(%(error)s::jsonb, j.error),
            forgiven = forgiven + case when %(charged)s then 0 else 1 end
        where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s
        returning id, attempt, claimed_at
    ),
    logged as (
        insert into ledger.attempt (job_id, number, worker_id, started_at, outcome, charged, error, traceback)
        select id, attempt, %(worker)s, claimed_at, %(outcome)s, %(charged)s, %(error)s::jsonb, %(traceback)s from moved
    )
    select id from moved"""

_HOLD = """
    with moved as (
        update ledger.job j set
            state = case when %(count)s > 0 then 'waiting' else 'queued' end, waits_for = %(count)s, worker_id = null, forgiven = forgiven + 1,
            progress_done = 0, progress_total = %(units)s, progress_note = %(note)s::jsonb,
            sent_at = case when %(count)s > 0 then null else clock_timestamp() end
        where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s and cancel_requested_by is null
        returning id, attempt, claimed_at
    ),
    logged as (
        insert into ledger.attempt (job_id, number, worker_id, started_at, outcome, charged)
        select id, attempt, %(worker)s, claimed_at, 'waiting', false from moved
    )
    select id from moved"""

_PROGRESS = """
    update ledger.job set progress_done = %(done)s, progress_total = %(total)s, progress_note = %(note)s::jsonb
    where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s
    returning cancel_requested_by"""

_TELL_PARENT = """
    update ledger.job p set progress_note = %(note)s::jsonb
    from ledger.job j where j.id = %(id)s and p.id = j.unblocks and p.state = 'waiting'"""

_CANCEL = f"""
    with recursive tree as (
        select id from ledger.job where id = %(id)s
        union select j.id from ledger.job j join tree t on j.parent_id = t.id
    ),
    target as (select j.id from ledger.job j join tree using (id) where j.state not in {_FINAL} order by j.id for update of j),
    moved as (
        update ledger.job j set state = 'cancelled', waits_for = 0, finished_at = clock_timestamp(), cancel_requested_by = %(by)s
        from target where j.id = target.id and j.state in ('scheduled', 'queued', 'retrying', 'waiting')
        returning j.id, j.unblocks, j.units
    ),
    asked as (
        update ledger.job j set cancel_requested_by = %(by)s
        from target where j.id = target.id and j.state = 'running' returning j.id
    ),{_FREE}
    select 'moved' as what, null as queue, null as kind, id from moved
    union all select 'asked', null, null, id from asked
    union all select 'freed', queue, kind, id from freed where state = 'queued'"""

# The child is locked before its parent is touched, so that of two who retry it only one makes the parent wait. A child that was asked for before
# the parent's present phase began is waited for no more.
_REVIVE = """
    with target as (select id, unblocks, units, created_at from ledger.job where id = %(id)s and state in ('failed', 'cancelled') for update),
    parent as (
        update ledger.job p set waits_for = waits_for + 1, progress_done = greatest(progress_done - t.units, 0)
        from target t where p.id = t.unblocks and p.state = 'waiting' and (p.claimed_at is null or p.claimed_at < t.created_at)
        returning p.id
    )
    update ledger.job j set
        state = 'queued', sent_at = clock_timestamp(), started_at = null, finished_at = null, forgiven = attempt, deaths = 0, error = null, result = null,
        cancel_requested_by = null, progress_done = 0, progress_total = null, progress_note = null,
        unblocks = (select id from parent)
    from target t where j.id = t.id
    returning j.queue, j.kind, j.id"""

_REDACT = """
    update ledger.job set args = args || %(args)s::jsonb
    where id = %(id)s and state = 'running' and attempt = %(attempt)s and worker_id = %(worker)s"""

_RELEASE_DUE = """
    update ledger.job set state = 'queued', sent_at = clock_timestamp()
    where id in (
        select id from ledger.job where state in ('scheduled', 'retrying') and scheduled_at <= clock_timestamp()
        order by scheduled_at limit %(limit)s for update skip locked
    )
    returning queue, kind, id"""

# A death is charged to a job that ran alone in its process, or that was on board of two dead processes before; until then there is the benefit of
# the doubt. The worker never runs two such suspects side by side, so a job that kills its process is soon the only one left to blame: a second one in the
# rows of a dead worker had been claimed and was about to be put back. What appears of a worker that has been judged was claimed by a statement that it did
# not live to see committed.
_RESCUE = f"""
    with orphan as (
        select j.id, j.attempt, j.worker_id, j.claimed_at, j.unblocks, j.max_attempts,
            w.id is null or w.died or (w.stopped_at is null and w.heartbeat_at < clock_timestamp() - %(stale)s * interval '1 second') as died,
            not coalesce(w.judged, false) and (count(*) over process = 1
                or (j.deaths > 1 and j.claimed_at <= min(j.claimed_at) filter (where j.deaths > 1) over process)) as suspect,
            j.attempt - j.forgiven as spent
        from ledger.job j left join ledger.worker w on w.id = j.worker_id
        where j.state = 'running' and (
            w.id is null or w.stopped_at is not null or w.heartbeat_at < clock_timestamp() - %(stale)s * interval '1 second'
            or (j.claimed_at < w.heartbeat_at - interval '10 seconds' and not j.id = any(w.running)))
        window process as (partition by j.worker_id)
    ),
    judged as (
        select *, died and suspect as charged, died and suspect and spent >= max_attempts as hopeless,
            case when died and suspect then %(error)s::jsonb end as error
        from orphan
    ),
    locked as (
        select j.id from ledger.job j join judged o on o.id = j.id
        where j.state = 'running' and j.attempt = o.attempt order by j.id for update of j skip locked
    ),
    moved_all as (
        update ledger.job j set
            state = case when o.hopeless then 'failed' else 'queued' end,
            finished_at = case when o.hopeless then clock_timestamp() end,
            error = coalesce(o.error, j.error), worker_id = null, sent_at = null,
            deaths = j.deaths + case when o.died then 1 else 0 end,
            forgiven = j.forgiven + case when o.charged then 0 else 1 end
        from judged o join locked using (id) where j.id = o.id
        returning j.id, o.attempt, o.worker_id, o.claimed_at, j.unblocks, j.units, o.charged, o.died, o.hopeless, o.error
    ),
    logged as (
        insert into ledger.attempt (job_id, number, worker_id, started_at, outcome, charged, error)
        select id, attempt, worker_id, claimed_at, case when died then 'worker died' else 'interrupted' end, charged, error from moved_all
        on conflict do nothing
    ),
    buried as (
        update ledger.worker w set judged = true from (select distinct worker_id from moved_all where died) d
        where w.id = d.worker_id and w.stopped_at is not null
    ),
    moved as (select id, unblocks, units from moved_all where hopeless),{_FREE}
    select 'moved' as what, null as queue, null as kind, id from moved_all
    union all select 'freed', queue, kind, id from freed where state = 'queued'"""

_RING_AGAIN = """
    update ledger.job set sent_at = clock_timestamp()
    where id in (
        select id from ledger.job where state = 'queued' and queue = %(queue)s
        and (sent_at is null or sent_at < clock_timestamp() - %(age)s * interval '1 second')
        and (%(before)s::timestamptz is null or sent_at is null or sent_at < %(before)s)
        order by id limit %(limit)s for update skip locked
    )
    returning queue, kind, id"""

_DIED_MESSAGE = {
    "type": "WorkerDied",
    "en": "The worker process died while running this job, as often as the job may be tried.",
    "tr": "Bu iş çalışırken işçi süreci öldü; izin verilen deneme sayısına ulaşıldı.",
}


def claim(connection: sa.Connection, job_ids: Sequence[UUID], worker_id: UUID) -> list[Claimed]:
    """Queued -> running, for those of `job_ids` that can be had. A job somebody else took, or that is cancelled, is simply not among the answers."""
    rows = _CLAIM.run(connection, _array(job_ids), worker_id)
    return [Claimed._make(row) for row in rows]


def succeed(connection: sa.Connection, done: Sequence[tuple[Attempt, str | None]], worker_id: UUID) -> tuple[set[UUID], list[Ring]]:
    """
    Running -> succeeded, for many attempts with their results (JSON text).

    Returns the ids that moved (an attempt that lost its job is not among them) and the jobs this freed.
    """
    ids, numbers = [attempt.job_id for attempt, _ in done], [attempt.number for attempt, _ in done]
    rows = _SUCCEED.run(connection, _array(ids), numbers, [result for _, result in done], worker_id)
    return _sorted(rows)


def end(connection: sa.Connection, attempt: Attempt, state: State, ending: Ending, worker_id: UUID) -> tuple[bool, list[Ring]]:
    """Running -> failed or cancelled. Returns whether it moved, and the jobs this freed."""
    rows = connection.exec_driver_sql(_END, _of(attempt, ending, worker_id) | {"state": state.value})
    moved, freed = _sorted(rows)
    return bool(moved), freed


def put_off(connection: sa.Connection, attempt: Attempt, delay: timedelta, ending: Ending, worker_id: UUID) -> bool:
    """Running -> retrying after `delay`; -> queued without one, or when somebody asked for its end meanwhile. Returns whether it moved."""
    seconds = max(delay.total_seconds(), 0)
    row = connection.exec_driver_sql(_PUT_OFF, _of(attempt, ending, worker_id) | {"delay": seconds}).first()
    return row is not None


def hold(connection: sa.Connection, attempt: Attempt, count: int, units: int, note: dict[str, str] | None, worker_id: UUID) -> bool:
    """
    Running -> waiting for `count` jobs that will unblock it; with none, -> queued at once. The phase spends no attempt.

    Returns whether it moved; a job that somebody has cancelled does not.
    """
    row = connection.exec_driver_sql(
        _HOLD, {"id": attempt.job_id, "attempt": attempt.number, "count": count, "units": units, "note": _json(note), "worker": worker_id}
    ).first()
    return row is not None


def progress(
    connection: sa.Connection, attempt: Attempt, done: int, total: int | None, note: dict[str, str] | None, worker_id: UUID
) -> tuple[bool, str | None]:
    """Write how far a running attempt is. Returns whether it still owns the job, and who asked for its end."""
    row = connection.exec_driver_sql(
        _PROGRESS, {"id": attempt.job_id, "attempt": attempt.number, "worker": worker_id, "done": done, "total": total, "note": _json(note)}
    ).first()
    return row is not None, row[0] if row else None


def redact(connection: sa.Connection, attempt: Attempt, args: dict[str, Any], worker_id: UUID) -> None:
    """Replace some arguments of a job that a running attempt owns."""
    values = {"id": attempt.job_id, "attempt": attempt.number, "worker": worker_id, "args": orjson.dumps(args).decode()}
    connection.exec_driver_sql(_REDACT, values)


def tell_parent(connection: sa.Connection, job_id: UUID, note: dict[str, str] | None) -> None:
    """Put a note beside the progress of the job that waits for this one, if one does."""
    connection.exec_driver_sql(_TELL_PARENT, {"id": job_id, "note": _json(note)})


def cancel(connection: sa.Connection, job_id: UUID, by: str) -> tuple[set[UUID], list[Ring]]:
    """
    The job and everything below it: what has not begun -> cancelled; what runs is asked to end.

    Returns the ids touched and the jobs this freed.
    """
    rows = connection.exec_driver_sql(_CANCEL, {"id": job_id, "by": by}).all()
    touched = {row.id for row in rows if row.what in {"moved", "asked"}}
    return touched, [Ring(row.queue, row.kind, row.id) for row in rows if row.what == "freed"]


def revive(connection: sa.Connection, job_id: UUID) -> Ring | None:
    """Failed or cancelled -> queued, with all its attempts to spend again. A waiting parent waits for it once more."""
    row = connection.exec_driver_sql(_REVIVE, {"id": job_id}).first()
    return Ring(*row) if row else None


def release_due(connection: sa.Connection, limit: int) -> list[Ring]:
    """Scheduled or retrying -> queued, for up to `limit` jobs whose time has come."""
    return [Ring(*row) for row in connection.exec_driver_sql(_RELEASE_DUE, {"limit": limit})]


def rescue(connection: sa.Connection, stale_seconds: float) -> tuple[set[UUID], list[Ring]]:
    """
    Running -> queued, or -> failed after too many deaths, for jobs whose worker is dead or does not know of them.

    Returns the ids rescued (their `sent_at` is null: they are rung as unsent ones are) and the jobs freed by those that failed.
    """
    return _sorted(connection.exec_driver_sql(_RESCUE, {"stale": stale_seconds, "error": _json(_DIED_MESSAGE)}))


def ring_again(connection: sa.Connection, queue: str, older_than_seconds: float, before: Any, limit: int) -> list[Ring]:
    """Mark queued jobs of `queue` as rung: the unsent ones, those rung longer ago than that, and only those rung `before` a moment if one is given."""
    return [
        Ring(*row)
        for row in connection.exec_driver_sql(_RING_AGAIN, {"queue": queue, "age": older_than_seconds, "before": before, "limit": limit})
    ]


def unsend(connection: sa.Connection, job_ids: Sequence[UUID]) -> None:
    """Say that these queued jobs were not rung after all."""
    connection.exec_driver_sql("update ledger.job set sent_at = null where id = any(%(ids)s) and state = 'queued'", {"ids": list(job_ids)})


def _of(attempt: Attempt, ending: Ending, worker_id: UUID) -> dict[str, Any]:
    return {
        "id": attempt.job_id,
        "attempt": attempt.number,
        "worker": worker_id,
        "outcome": ending.outcome,
        "charged": ending.charged,
        "error": _json(ending.error),
        "traceback": ending.traceback,
    }


def _array(ids: Sequence[UUID]) -> str:
    """As PostgreSQL writes arrays; the driver would make as many casts of it as there are ids."""
    return "{" + ",".join(map(str, ids)) + "}"


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _sorted(rows: Any) -> tuple[set[UUID], list[Ring]]:
    moved: set[UUID] = set()
    freed: list[Ring] = []
    for what, queue, kind, job_id in rows:
        if what == "moved":
            moved.add(job_id)
        else:
            freed.append(Ring(queue, kind, job_id))
    return moved, freed
