"""
The ledger: every job is a row, written in the transaction of the change that asked for it. What stands here is the truth.

The public surface is `submit`, `submit_alone`, `submit_many`, `cancel`, `retry`, `find`, `search`. Moves between states are in `moves`, what the sweeper does
in `sweeper`. A job is accepted when its row is committed, and then ends in exactly one of succeeded, failed, cancelled.
"""

from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db
from imece.contracts import Contract
from imece.errors import Conflict, NotFound
from imece.ids import new_id, new_ids
from imece.ledger import doorbell, moves
from imece.ledger.models import Audit, Job
from imece.ledger.moves import Ring
from imece.ledger.prepared import Prepared
from imece.ledger.states import FINAL, State

__all__ = ["FINAL", "Job", "State", "cancel", "find", "retry", "search", "submit", "submit_alone", "submit_many"]

_INSERT = Prepared(
    "imece_insert",
    "uuid, text, smallint, text, text, text, integer, uuid, text, text, uuid, integer, integer, bigint, timestamptz",
    """
    insert into ledger.job
        (id, kind, version, queue, state, args, max_attempts, company_id, requested_by, unique_key, parent_id, waits_for, units,
         progress_total, scheduled_at, sent_at)
    values
        ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13, nullif($14, 0), $15, case when $5 = 'queued' then clock_timestamp() end)
    on conflict (unique_key) where unique_key is not null and state not in ('succeeded', 'failed', 'cancelled') do nothing
    returning id""",
)

_COPY = """
    copy ledger.job
        (id, kind, version, queue, state, max_attempts, company_id, requested_by, parent_id, unblocks, sent_at, units, args)
    from stdin"""


def submit(
    session: Session,
    contract: Contract,
    *,
    company_id: UUID | None = None,
    requested_by: str = "system",
    unique_key: str | None = None,
    at: datetime | None = None,
    parent_id: UUID | None = None,
) -> UUID:
    """
    Ask for one job, in the caller's transaction; Redis is rung after its commit.

    With `unique_key`, at most one live job has that key: where there is one, its id comes back and nothing is inserted. `at` holds the job
    back until then. Returns the job's id.
    """
    job_id, rings = _insert(session.connection(), contract, company_id, requested_by, unique_key=unique_key, at=at, parent_id=parent_id)
    doorbell.after_commit(session, rings)
    return job_id


def submit_alone(
    contract: Contract,
    *,
    company_id: UUID | None = None,
    requested_by: str = "system",
    unique_key: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """
    Ask for one job in a transaction of its own, where nothing else changes with it: one round trip instead of three.

    Durable and rung for when it returns. `unique_key` and `at` as in `submit`.
    """
    job_id, rings = db.alone(lambda connection: _insert(connection, contract, company_id, requested_by, unique_key=unique_key, at=at))
    doorbell.ring(rings)
    return job_id


def submit_many(
    session: Session,
    contracts: Iterable[Contract],
    *,
    company_id: UUID | None = None,
    requested_by: str = "system",
    parent_id: UUID | None = None,
    unblocks: UUID | None = None,
    then: Contract | None = None,
) -> list[UUID]:
    """
    Ask for many jobs in one go, in the caller's transaction; returns their ids in order.

    `then` is one more job, the parent of these, that waits until all of them are final, however they end; with no jobs to wait for it is queued
    at once. `unblocks` names a job that waits for them already.
    """
    wanted = list(contracts)
    if then is not None:
        units = sum(contract.units for contract in wanted)
        parent_id, rings = _insert(
            session.connection(), then, company_id, requested_by, parent_id=parent_id, waits_for=len(wanted), waits_units=units
        )
        unblocks = parent_id
        doorbell.after_commit(session, rings)
    return _copy(session, wanted, company_id, requested_by, parent_id, unblocks)


def cancel(session: Session, job_id: UUID, *, by: str, company_id: UUID | None = None) -> State:
    """
    End a job and everything below it, on behalf of `by`.

    What has not begun is cancelled at once; what runs is asked to end and does so within two seconds, where its code lets it. Returns the
    state the job has now. Raises NotFound, and Conflict when the job is final already.
    """
    job = find(session, job_id, company_id=company_id)
    touched, freed = moves.cancel(session.connection(), job_id, by)
    while True:  # what was claimed, or asked for below it, while the statement waited for its locks
        more, rings = moves.cancel(session.connection(), job_id, by)
        freed += rings
        if more <= touched:
            break
        touched |= more
    if job_id not in touched:
        raise Conflict(f"The job is already {job.state}.", "İş zaten sonuçlanmış.")
    _audit(session, job, by, "cancel", {"jobs": len(touched)})
    doorbell.after_commit(session, freed)
    session.refresh(job)
    return State(job.state)


def retry(session: Session, job_id: UUID, *, by: str, company_id: UUID | None = None) -> None:
    """
    Run a failed or cancelled job again, on behalf of `by`, with all its attempts before it.

    Raises NotFound; Conflict when the job is not final, has succeeded, or a live job has its unique key.
    """
    job = find(session, job_id, company_id=company_id)
    try:
        with session.begin_nested():
            ring = moves.revive(session.connection(), job_id)
    except sa.exc.IntegrityError:
        raise Conflict("Another live job has the same key.", "Aynı anahtarla süren başka bir iş var.") from None
    if ring is None:
        raise Conflict(f"A job that is {job.state} cannot be run again.", "Bu durumdaki iş yeniden çalıştırılamaz.")
    _audit(session, job, by, "retry", {"error": job.error})
    doorbell.after_commit(session, [ring])


def find(session: Session, job_id: UUID, *, company_id: UUID | None = None) -> Job:
    """The job, if it is this company's; without `company_id`, whosever it is. Raises NotFound."""
    query = sa.select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    if company_id is not None:
        query = query.where(Job.company_id == company_id)
    job = session.scalars(query).first()
    if job is None:
        raise NotFound("There is no such job.", "Böyle bir iş yok.")
    return job


def search(
    session: Session,
    *,
    company_id: UUID | None,
    kind: str | None = None,
    state: str | None = None,
    text: str | None = None,
    parent_id: UUID | None = None,
    top_only: bool = False,
    owned: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Job]:
    """
    Jobs, newest first; `before` is the last id of the page before. `company_id=None` means all companies.

    `text` is looked for in the id, the arguments, the requester and the error. `top_only` leaves out jobs that another job asked for,
    `owned` those that imece asks of itself, for no company, while they go well.
    """
    query = sa.select(Job).order_by(Job.id.desc()).limit(limit)
    if company_id is not None:
        query = query.where(Job.company_id == company_id)
    if kind:
        query = query.where(Job.kind == kind)
    if state:
        query = query.where(Job.state == state)
    if parent_id:
        query = query.where(Job.parent_id == parent_id)
    if top_only:
        query = query.where(Job.parent_id.is_(None))
    if owned:
        query = query.where(sa.or_(Job.company_id.is_not(None), Job.state.in_((State.RETRYING, State.FAILED))))
    if before:
        query = query.where(Job.id < before)
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        places = (sa.cast(Job.id, sa.Text), sa.cast(Job.args, sa.Text), Job.requested_by, sa.cast(Job.error, sa.Text))
        query = query.where(sa.or_(*(place.ilike(pattern) for place in places)))
    return list(session.scalars(query))


def _insert(
    connection: sa.Connection,
    contract: Contract,
    company_id: UUID | None,
    requested_by: str,
    *,
    unique_key: str | None = None,
    at: datetime | None = None,
    parent_id: UUID | None = None,
    waits_for: int = 0,
    waits_units: int = 0,
) -> tuple[UUID, list[Ring]]:
    """The job's id, and whom to ring for after the commit."""
    state = State.WAITING if waits_for else State.SCHEDULED if at else State.QUEUED
    row = (
        *(new_id(), contract.kind, contract.version, contract.queue, state.value, contract.model_dump_json(), contract.max_attempts),
        *(company_id, requested_by, unique_key, parent_id, waits_for, contract.units, waits_units, at),
    )
    while True:
        if _INSERT.run(connection, *row):
            return row[0], [Ring(contract.queue, contract.kind, row[0])] if state is State.QUEUED else []
        query = sa.select(Job.id).where(Job.unique_key == unique_key, Job.state.not_in(FINAL))
        live: UUID | None = connection.execute(query).scalar()
        if live is not None:  # else it ended between the two statements: the key is free
            return live, []


def _copy(
    session: Session,
    contracts: list[Contract],
    company_id: UUID | None,
    requested_by: str,
    parent_id: UUID | None,
    unblocks: UUID | None,
) -> list[UUID]:
    """Insert queued jobs by COPY, some twenty times faster than row by row."""
    if not contracts:
        return []
    ids = new_ids(len(contracts))
    connection = session.connection()
    now: Any = connection.exec_driver_sql("select clock_timestamp()").scalar()
    middle = "\t".join(_copied(value) for value in (company_id, requested_by, parent_id, unblocks, now))
    lines = StringIO()
    heads: dict[type[Contract], str] = {}
    for job_id, contract in zip(ids, contracts, strict=True):
        kind = type(contract)
        if kind not in heads:
            heads[kind] = f"{kind.kind}\t{kind.version}\t{kind.queue}\tqueued\t{kind.max_attempts}\t{middle}"
        args = contract.model_dump_json().replace("\\", "\\\\")
        lines.write(f"{job_id}\t{heads[kind]}\t{contract.units}\t{args}\n")
    lines.seek(0)
    with db.cursor(connection, _COPY) as cursor:
        cursor.copy_expert(_COPY, lines, size=1 << 18)
    doorbell.after_commit(session, [Ring(c.queue, c.kind, job_id) for c, job_id in zip(contracts, ids, strict=True)])
    return ids


def _copied(value: Any) -> str:
    """One value in COPY's text format."""
    if value is None:
        return r"\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _audit(session: Session, job: Job, actor: str, action: str, detail: dict[str, Any]) -> None:
    session.add(
        Audit(
            id=new_id(), at=sa.func.clock_timestamp(), company_id=job.company_id, actor=actor, action=action, job_id=job.id, detail=detail
        )
    )
