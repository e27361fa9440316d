"""
The same to many: every row is checked and priced before the first is sent, then all are written down at once, or none.

A refused row is kept beside the others, with its reason. What is sent is the lanes' business; the job looks on until nothing is left to send.
"""

import threading
import time
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from uuid import UUID

import redis
import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db, log
from imece.contracts.notify import BulkSent, RowRefused, SendBulk
from imece.errors import Cancelled, NotFound, Permanent, Snooze
from imece.ids import new_id
from imece.worker import Job
from notify.bulk.drafts import COLUMNS, FAULTS, Draft, Tally
from notify.bulk.refusals import Refusals
from notify.models import OPEN, Bulk
from notify.people import recipients
from notify.sending import routes, settling, starting
from notify.sending.lanes import lanes

_LOOK = 1.0  #: seconds between two looks at what is left
_WATCH = timedelta(minutes=10)  #: after which another bulk gets this one's place
_WATCHERS = threading.BoundedSemaphore(10)  #: so that bulks never take all threads of their pool

_COPY = f"copy notify.message ({COLUMNS}) from stdin"
_COPY_DRAFT = f"copy draft ({COLUMNS}) from stdin"
_DRAFT = "create temporary table draft (like notify.message including defaults) on commit drop"
_FROM_DRAFT = "insert into notify.message select * from draft on conflict do nothing"
_FINISHED = "update notify.bulk set finished_at = clock_timestamp() where id = %(id)s and finished_at is null"
_STATES = "select state, count(*) as count from notify.message where bulk_id = %(id)s group by state"

_log = log.get(__name__)


def send(job: Job, contract: SendBulk) -> BulkSent:
    """
    Write the bulk down, unless that has been done, and look on until nothing is left to send. Raises Permanent, Snooze, Cancelled.

    Recipients that the request names itself do not stay among the job's arguments, however that ends.
    """
    bulk = _known(job.id)
    if bulk is None:
        bulk_id, tally = new_id(), Tally()
        try:
            if contract.dry_run:
                return _checked(job, contract, bulk_id, tally)
            with job.transaction() as session:
                write(session, contract, bulk_id, tally, company_id=job.company_id, requested_by=job.requested_by, job=job)
                job.redact(session, recipients=[])
        except (Permanent, NotFound):
            with job.transaction() as session:
                job.redact(session, recipients=[])
            raise
        ring(contract)
        bulk = _known(job.id)
        assert bulk is not None  # it has just been committed
    return _watched(job, bulk)


def _checked(job: Job, contract: SendBulk, bulk_id: UUID, tally: Tally) -> BulkSent:
    """What would come of it; nothing is written down but the refused rows, as a file."""
    with Refusals(job.company_id, contract.locale) as refused, db.transaction() as session:
        for _ in Draft(session, contract, bulk_id, job.company_id, job.requested_by, tally, refused).lines():
            job.progress(tally.rows, None, _CHECKING)
    result = _result(bulk_id, tally, {}, refused.key)
    with job.transaction() as session:
        job.redact(session, recipients=[])
        job.finish(session, result)
    return result


_CHECKING = {"tr": "satır denetlendi", "en": "rows checked"}
_SENDING = {"tr": "mesaj sonuçlandı", "en": "messages done"}


def write(
    session: Session,
    contract: SendBulk,
    bulk_id: UUID,
    tally: Tally,
    *,
    company_id: UUID | None,
    requested_by: str,
    job: Job | None = None,
) -> None:
    """All of it, in the caller's transaction: every row, checked, as a message that waits or one that is refused. Call `ring` after the commit."""
    draft = Draft(session, contract, bulk_id, company_id, requested_by, tally)
    session.add(
        Bulk(
            id=bulk_id,
            company_id=company_id,
            job_id=job.id if job else None,
            requested_by=requested_by,
            title=contract.title,
            channel=contract.channel,
            kind=contract.purpose,
            text=draft.constant,
            subject=contract.subject,
            template=contract.template,
            in_doubt=contract.in_doubt,
        )
    )
    session.flush()
    connection = session.connection()
    once = contract.dedup is not None
    if once:
        connection.exec_driver_sql(_DRAFT)
    for lines in draft.lines():
        with db.cursor(connection, _COPY) as cursor:
            cursor.copy_expert(_COPY_DRAFT if once else _COPY, StringIO("".join(lines)), size=1 << 18)
        if job is not None:
            job.progress(tally.rows, None, _CHECKING)
    if once:
        written = connection.exec_driver_sql(_FROM_DRAFT).rowcount
        known = tally.messages + tally.refused - written
        tally.messages, tally.repeated = tally.messages - known, tally.repeated + known
    counted = {
        "rows": tally.rows,
        "refused": tally.refused,
        "repeated": tally.repeated,
        "messages": tally.messages,
        "segments": tally.segments,
    }
    price = {"price": tally.price if tally.currency else None, "currency": tally.currency}
    session.execute(sa.update(Bulk).where(Bulk.id == bulk_id).values(**counted, **price))


def ring(contract: SendBulk) -> None:
    """Tell the lanes of what waits, and see that pumps run."""
    provider = contract.provider if contract.channel == "sms" and contract.provider else routes.ways(contract.channel)[0]
    try:
        with db.quick() as connection:
            while settling.push_due(connection, provider):
                pass
        starting.start(provider, lanes(provider).push(()))
    except redis.RedisError as error:
        _log.warning("lanes_away", provider=provider, error=str(error))
        starting.start(provider)


def states(connection: sa.Connection, bulk_id: UUID) -> dict[str, int]:
    """How many of a bulk's messages stand where."""
    return {row[0]: row[1] for row in connection.exec_driver_sql(_STATES, {"id": bulk_id})}


def _watched(job: Job, bulk: Bulk) -> BulkSent:
    """Look on until nothing is left to send. Raises Snooze when it is another's turn to be looked after, Cancelled."""
    if not _WATCHERS.acquire(blocking=False):
        raise Snooze(timedelta(seconds=3))
    try:
        end = time.monotonic() + _WATCH.total_seconds()
        while True:
            with db.quick() as connection:
                found = states(connection, bulk.id)
            left = sum(found.get(state.value, 0) for state in OPEN)
            job.progress(bulk.messages - left, bulk.messages, _SENDING)
            if not left:
                break
            if job.stopping or time.monotonic() > end:
                raise Snooze(timedelta(seconds=1))
            time.sleep(_LOOK)
    except Cancelled:
        settling.cancel(bulk.id)
        raise
    finally:
        _WATCHERS.release()
    tally = Tally(
        bulk.rows, bulk.messages, bulk.repeated, bulk.segments, bulk.price or Decimal(0), bulk.currency, _faults(bulk), bulk.refused
    )
    result = _result(bulk.id, tally, found)
    with job.transaction() as session:
        session.connection().exec_driver_sql(_FINISHED, {"id": bulk.id})
        job.finish(session, result)
    return result


def _faults(bulk: Bulk) -> list[RowRefused]:
    query = """
        select position, recipient, code, error_en, error_tr from notify.message
        where bulk_id = %(id)s and state = 'refused' and provider is null order by position limit %(limit)s"""
    with db.quick() as connection:
        found = connection.exec_driver_sql(query, {"id": bulk.id, "limit": FAULTS}).all()
    return [
        RowRefused(
            row=row.position, recipient=recipients.masked(bulk.channel, row.recipient), code=row.code, en=row.error_en, tr=row.error_tr
        )
        for row in found
    ]


def _result(bulk_id: UUID, tally: Tally, found: dict[str, int], refused_key: str | None = None) -> BulkSent:
    return BulkSent(
        bulk_id=bulk_id,
        rows=tally.rows,
        refused=tally.refused,
        repeated=tally.repeated,
        messages=tally.messages,
        segments=tally.segments,
        price=tally.price if tally.currency else None,
        currency=tally.currency,
        states={state: count for state, count in found.items() if state != "refused" or count > tally.refused},
        faults=tuple(tally.faults),
        refused_key=refused_key,
    )


def _known(job_id: UUID) -> Bulk | None:
    with db.transaction() as session:
        return session.scalar(sa.select(Bulk).where(Bulk.job_id == job_id))
