"""
The same to many: every row is checked and priced before the first is sent, then all are written down at once, or none.

A refused row is kept beside the others, with its reason. What is sent is the lanes' business; the job looks on until nothing is left to send.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import redis
import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db, log
from imece.clock import now
from imece.contracts.notify import BulkSent, RowRefused, SendBulk
from imece.errors import Cancelled, NotFound, Permanent, Snooze
from imece.ids import new_id, new_ids
from imece.worker import Job
from notify import consent, intake, recipients, rendering, routes, rows, settling, starting, templates
from notify.intake import Ready, Wish
from notify.lanes import lanes
from notify.models import OPEN, Bulk
from notify.refusals import Refusals
from notify.rows import Asked
from notify.wording import Locale

_FAULTS = 20  #: refused rows that the result names; all of them stand in the table
_CHUNK = 5_000  #: rows that are copied at once
_LOOK = 1.0  #: seconds between two looks at what is left
_WATCH = timedelta(minutes=10)  #: after which another bulk gets this one's place
_WATCHERS = threading.BoundedSemaphore(10)  #: so that bulks never take all threads of their pool

_COLUMNS = (
    "id, company_id, channel, recipient, subject, locale, kind, state, provider, pinned, bulk_id, position, dedup, sender, "
    "text, detail, encoding, segments, price, currency, send_at, expires_at, code, error_en, error_tr, requested_by"
)
_COPY = f"copy notify.message ({_COLUMNS}) from stdin"
_COPY_DRAFT = f"copy draft ({_COLUMNS}) from stdin"
_DRAFT = "create temporary table draft (like notify.message including defaults) on commit drop"
_FROM_DRAFT = "insert into notify.message select * from draft on conflict do nothing"
_FINISHED = "update notify.bulk set finished_at = clock_timestamp() where id = %(id)s and finished_at is null"
_STATES = "select state, count(*) as count from notify.message where bulk_id = %(id)s group by state"

_log = log.get(__name__)


@dataclass
class Tally:
    """What the rows come to."""

    rows: int = 0
    messages: int = 0
    repeated: int = 0
    segments: int = 0
    price: Decimal = Decimal(0)
    currency: str | None = None
    faults: list[RowRefused] = field(default_factory=list)
    refused: int = 0

    def count(self, ready: Ready, by: int = 1) -> None:
        """One more message, or one less."""
        self.messages += by
        self.segments += by * ready.segments
        if ready.price is not None:
            self.price += by * ready.price
            self.currency = ready.currency


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


class Draft:
    """The rows of a request on their way into the table; what they come to is counted in `tally`."""

    def __init__(
        self,
        session: Session,
        contract: SendBulk,
        bulk_id: UUID,
        company_id: UUID | None,
        requested_by: str,
        tally: Tally,
        refusals: Refusals | None = None,
    ) -> None:
        """
        With `refusals` it is a check: they take the refused rows, and opt-outs and consent are asked too, which otherwise are when a message leaves.

        Raises Permanent for a request that no row could be sent of.
        """
        self.session, self.refusals = session, refusals
        self._unasked: list[tuple[Asked, Ready]] = []
        self.contract, self.bulk_id, self.company_id, self.requested_by, self.tally = contract, bulk_id, company_id, requested_by, tally
        if (contract.text is None) == (contract.template is None):
            raise Permanent("Say either a text or a template.", "Ya metin ya da şablon verin.")
        if contract.channel == "email" and contract.template is None and not contract.subject:
            raise Permanent("An e-mail needs a subject.", "E-postanın konusu olmalı.")
        self.template = templates.find(session, company_id, contract.template) if contract.template else None
        self.wish = Wish(
            channel=contract.channel,
            to="",
            kind=contract.purpose,
            text=contract.text,
            template=contract.template,
            locale=contract.locale,
            subject=contract.subject or "",
            sender=contract.sender,
            provider=contract.provider,
            fold=contract.fold,
            send_at=contract.send_at,
            expires_at=contract.expires_at,
        )
        self.same: Ready | None = None
        if contract.text is not None:
            rendering.check(contract.text)
        if contract.text is not None and not any(rendering.places(contract.text)):
            said = rendering.render(contract.text, {}, contract.locale)
            self.same = intake.ready(self.wish, "-", templates.Text(contract.subject or "", said, None))
        self._seen: set[str] = set()
        self._cells: list[str] = []

    @property
    def constant(self) -> str | None:
        """What all of them say, where they say the same."""
        return self.same.text if self.same else None

    def lines(self) -> Iterator[list[str]]:
        """Lines for COPY, some thousand at a time. Raises Permanent for a file that is no list of recipients."""
        with rows.of(self.contract, self.company_id) as asked:
            lines: list[str] = []
            for one, identity in zip(asked, _endless_ids(), strict=False):
                if line := self._line(one, identity):
                    lines.append(line)
                if len(lines) == _CHUNK:
                    self._ask()
                    yield lines
                    lines = []
            self._ask()
            if lines:
                yield lines
        if not self.tally.rows:
            raise Permanent("There are no recipients.", "Alıcı yok.")

    def _line(self, one: Asked, identity: UUID) -> str | None:
        self.tally.rows += 1
        try:
            ready = self._ready(one)
        except Permanent as error:
            return self._refused(one, identity, error)
        if ready is None:
            self.tally.repeated += 1
            return None
        self.tally.count(ready)
        if self.refusals is not None:
            self._unasked.append((one, ready))
        dedup = f"{self.contract.dedup}:{ready.recipient}" if self.contract.dedup else None
        cells = self._frame(ready)
        cells[0], cells[3], cells[5], cells[11], cells[12] = str(identity), _cell(ready.recipient), ready.locale, str(one.row), _cell(dedup)
        if not self.same:
            cells[4], cells[14], cells[15] = _cell(ready.subject), _cell(ready.text), _cell(intake.db_json(ready.detail))
            cells[16:19] = map(_cell, (ready.encoding, ready.segments, ready.price))
        return "\t".join(cells) + "\n"

    def _frame(self, ready: Ready) -> list[str]:
        """The cells of a row, of which most are the same in all; to be filled in."""
        if not self._cells:
            same = self.same is not None
            self._cells = [
                _cell(value)
                for value in (
                    *(
                        None,
                        self.company_id,
                        ready.channel,
                        None,
                        "" if same else ready.subject,
                        ready.locale,
                        ready.kind,
                        "queued",
                        ready.provider,
                    ),
                    *(ready.pinned, self.bulk_id, None, None, ready.sender, None if same else ready.text, intake.db_json(ready.detail)),
                    *(ready.encoding, ready.segments, ready.price, ready.currency, ready.send_at, ready.expires_at),
                    *(None, None, None, self.requested_by),
                )
            ]
        return self._cells.copy()

    def _ready(self, one: Asked) -> Ready | None:
        """The message of a row; None where its recipient had a row before. Raises Permanent."""
        if one.fault:
            raise Permanent(*one.fault)
        recipient = recipients.parse(self.contract.channel, one.to)
        key = recipients.key(self.contract.channel, recipient)
        if key in self._seen:
            return None
        locale = self._locale(one)
        found = self.same or intake.ready(self.wish, recipient, self._words(one, locale))
        self._seen.add(key)
        return found._replace(recipient=recipient, locale=locale)

    def _locale(self, one: Asked) -> Locale:
        return "en" if (one.locale or self.contract.locale) == "en" else "tr"

    def _words(self, one: Asked, locale: Locale) -> templates.Text:
        variables = {**self.contract.variables, **one.variables}
        if self.template is not None:
            return templates.render(self.template, locale, variables, self.contract.channel)
        return templates.Text(self.contract.subject or "", rendering.render(self.contract.text or "", variables, locale), None)

    def _ask(self) -> None:
        """Of a check: name those of the last rows who want no such message, or have not consented to it."""
        unasked, self._unasked = self._unasked, []
        given = self.contract
        asked = [ready.recipient for _, ready in unasked]
        found = consent.refusals(self.session, self.company_id, given.channel, asked, given.purpose, now()) if unasked else {}
        for one, ready in unasked:
            if refusal := found.get(ready.recipient):
                self.tally.count(ready, -1)
                self._name(one, refusal.code, refusal.en, refusal.tr)

    def _name(self, one: Asked, code: str, en: str, tr: str) -> None:
        """One refused row more."""
        self.tally.refused += 1
        if self.refusals is not None:
            self.refusals.add(one.row, one.to.strip()[:320], code, en, tr)
        if len(self.tally.faults) < _FAULTS:
            masked = recipients.masked(self.contract.channel, one.to)
            self.tally.faults.append(RowRefused(row=one.row, recipient=masked, code=code, en=en, tr=tr))

    def _refused(self, one: Asked, identity: UUID, error: Permanent) -> str:
        channel, code = self.contract.channel, str(getattr(error, "reason", "") or "text")
        self._name(one, code, error.en, error.tr)
        return _copied(
            *(
                identity,
                self.company_id,
                channel,
                one.to.strip()[:320] or "-",
                "",
                one.locale or self.contract.locale,
                self.contract.purpose,
            ),
            *(
                "refused",
                None,
                False,
                self.bulk_id,
                one.row,
                None,
                None,
                None,
                None,
                None,
                1,
                None,
                None,
                None,
                None,
                code,
                error.en,
                error.tr,
            ),
            self.requested_by,
        )


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
        found = connection.exec_driver_sql(query, {"id": bulk.id, "limit": _FAULTS}).all()
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


def _endless_ids() -> Iterator[UUID]:
    while True:
        yield from new_ids(_CHUNK)


def _known(job_id: UUID) -> Bulk | None:
    with db.transaction() as session:
        return session.scalar(sa.select(Bulk).where(Bulk.job_id == job_id))


def _copied(*values: Any) -> str:
    """A row in COPY's text format."""
    return "\t".join(map(_cell, values)) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\x00", "")
    return str(value)
