"""What has become of messages: a company's list, one message's way from the wish to the receipt, a bulk's counts. Reads, and never moves anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import NotFound
from notify.models import OPEN, Bulk, Effect, Message, MessageState, ReceiptRow
from notify.people import phones

#: Counting ends here: who sees `10,000+` narrows the search.
MOST_COUNTED = 10_000


#: What the effect of a direct mail means for it.
_OF_EFFECTS = {"sending": "sending", "done": "accepted", "unknown": "unconfirmed", "failed": "failed", "intended": "queued"}


@dataclass(frozen=True)
class Filter:
    """Which messages are meant; what is empty does not matter. `text`: a recipient or part of one, words of a subject, or an id."""

    text: str = ""
    channel: str = ""
    kind: str = ""
    state: str = ""
    bulk_id: UUID | None = None


class Moment(NamedTuple):
    """
    One step of a message's way. `what` is asked, taken, waits, tried, answered, receipt or ended; `tone` good, bad, busy or plain.

    `en` and `tr` say what somebody said about it, `word` is the provider's own.
    """

    at: datetime
    what: str
    tone: str
    provider: str = ""
    en: str = ""
    tr: str = ""
    word: str = ""


def search(session: Session, company_id: UUID, wanted: Filter, *, limit: int = 50, offset: int = 0) -> Sequence[Any]:
    """Rows of messages without their texts, newest first; those of a bulk in its rows' order."""
    order = (Message.position, Message.id) if wanted.bulk_id else (Message.created_at.desc(), Message.id.desc())
    return session.execute(_rows().where(*_where(company_id, wanted)).order_by(*order).limit(limit).offset(offset)).all()


def row(session: Session, company_id: UUID, message_id: UUID) -> Any:
    """One row of such a list. Raises NotFound."""
    found = session.execute(_rows().where(Message.id == message_id, Message.company_id == company_id)).first()
    if found is None:
        raise NotFound("There is no such message.", "Böyle bir mesaj yok.")
    return found


def count(session: Session, company_id: UUID, wanted: Filter) -> int:
    """How many there are, or MOST_COUNTED + 1."""
    some = sa.select(Message.id).where(*_where(company_id, wanted)).limit(MOST_COUNTED + 1)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def find(session: Session, company_id: UUID, message_id: UUID) -> Message:
    """The company's message. Raises NotFound."""
    found = session.scalar(sa.select(Message).where(Message.id == message_id, Message.company_id == company_id))
    if found is None:
        raise NotFound("There is no such message.", "Böyle bir mesaj yok.")
    return found


def way(session: Session, message: Message) -> list[Moment]:
    """What has happened to a message, in the order in which it did."""
    steps = [Moment(message.created_at, "asked", "plain", word=message.requested_by or "")]
    effects = list(session.scalars(sa.select(Effect).where(Effect.message_id == message.id).order_by(Effect.started_at, Effect.id)))
    for effect in effects:
        steps += _tries(effect, message)
    receipts = sa.select(ReceiptRow).where(ReceiptRow.effect_id.in_([effect.id for effect in effects]))
    for row in session.scalars(receipts):
        tone = {"delivered": "good", "sent": "busy", "accepted": "busy"}.get(row.state, "bad")
        steps.append(Moment(row.at, "receipt", tone, row.provider, word=" ".join(filter(None, (row.state, row.code)))))
    if message.state in OPEN and message.send_at is not None:
        steps.append(Moment(message.send_at, "waits", "busy", message.provider or "", message.error_en or "", message.error_tr or ""))
    ended = {MessageState.REFUSED, MessageState.EXPIRED, MessageState.CANCELLED, MessageState.UNCONFIRMED}
    if message.state in ended or (message.state == MessageState.FAILED and not effects):
        steps.append(Moment(message.changed_at, "ended", "bad", "", message.error_en or "", message.error_tr or "", str(message.state)))
    return sorted(steps, key=lambda step: step.at)


def bulks(session: Session, company_id: UUID, *, limit: int = 50, offset: int = 0) -> list[Bulk]:
    """The company's bulks, newest first."""
    query = sa.select(Bulk).where(Bulk.company_id == company_id).order_by(Bulk.created_at.desc(), Bulk.id.desc())
    return list(session.scalars(query.limit(limit).offset(offset)))


def bulk(session: Session, company_id: UUID, bulk_id: UUID) -> Bulk:
    """The company's bulk. Raises NotFound."""
    found = session.scalar(sa.select(Bulk).where(Bulk.id == bulk_id, Bulk.company_id == company_id))
    if found is None:
        raise NotFound("There is no such bulk.", "Böyle bir toplu gönderim yok.")
    return found


def bulk_of_job(session: Session, company_id: UUID, job_id: UUID) -> Bulk | None:
    """The bulk that a job of the company's has written down, if it has already."""
    return session.scalar(sa.select(Bulk).where(Bulk.job_id == job_id, Bulk.company_id == company_id))


def counts(session: Session, bulk_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Messages by state, of each bulk."""
    query = (
        sa.select(Message.bulk_id, Message.state, sa.func.count())
        .where(Message.bulk_id.in_(bulk_ids))
        .group_by(Message.bulk_id, Message.state)
    )
    found: dict[UUID, dict[str, int]] = {bulk_id: {} for bulk_id in bulk_ids}
    for row in session.execute(query):
        found[row[0]][str(row[1])] = row[2]  # type: ignore[index]  # a message that is asked for by its bulk has one
    return found


def _rows() -> sa.Select[Any]:
    """A mail of `notify.send_email` stands as its one effect does."""
    effect = sa.case(*((Effect.state == known, meant) for known, meant in _OF_EFFECTS.items()), else_="queued")
    direct = Message.state == MessageState.DIRECT
    columns = (
        Message.id, Message.channel, Message.kind, Message.recipient, Message.subject, sa.case((direct, effect), else_=Message.state).label("state"),
        Message.provider, Message.segments, Message.bulk_id, Message.created_at, Message.changed_at, Message.send_at, Message.position, Message.job_id,
        sa.func.coalesce(Message.code, Effect.code).label("code"), sa.func.coalesce(Message.error_en, Effect.error_en).label("error_en"),
        sa.func.coalesce(Message.error_tr, Effect.error_tr).label("error_tr"),
    )  # fmt: skip
    return sa.select(*columns).outerjoin(Effect, sa.and_(Effect.message_id == Message.id, direct))


def _tries(effect: Effect, message: Message) -> list[Moment]:
    provider = effect.provider or message.channel
    steps = []
    if effect.started_at is not None:
        # Claimed before the request leaves, so a moment earlier than anything that the provider can say.
        steps.append(Moment(effect.started_at, "tried", "busy", provider, word=effect.asked_by or ""))
    if effect.settled_at is not None:
        tone = {"done": "good", "unknown": "warn"}.get(str(effect.state), "bad")
        at = max(effect.settled_at, (effect.started_at or effect.settled_at) + timedelta(microseconds=1))
        word = effect.answer or effect.code or ""
        steps.append(Moment(at, "answered", tone, provider, effect.error_en or "", effect.error_tr or "", word))
    return steps


def _where(company_id: UUID, wanted: Filter) -> list[sa.ColumnElement[bool]]:
    clauses: list[sa.ColumnElement[bool]] = [Message.company_id == company_id]
    if wanted.channel:
        clauses.append(Message.channel == wanted.channel)
    if wanted.kind:
        clauses.append(Message.kind == wanted.kind)
    if wanted.bulk_id:
        clauses.append(Message.bulk_id == wanted.bulk_id)
    if wanted.state:
        clauses.append(_in_state(wanted.state))
    if wanted.text:
        clauses.append(_about(wanted.text))
    return clauses


def _in_state(state: str) -> sa.ColumnElement[bool]:
    """Direct mails count where their effect stands."""
    effects = [known for known, meant in _OF_EFFECTS.items() if meant == state]
    direct = sa.exists().where(Effect.message_id == Message.id, Effect.state.in_(effects)).correlate(Message)
    return sa.or_(Message.state == state, sa.and_(Message.state == MessageState.DIRECT, direct))


def _about(text: str) -> sa.ColumnElement[bool]:
    try:
        identity = UUID(text)
    except ValueError:
        pass
    else:
        return sa.or_(Message.id == identity, Message.job_id == identity, Message.bulk_id == identity)
    try:
        return Message.recipient == phones.normalise(text).e164
    except phones.Refused:
        return sa.or_(Message.recipient.icontains(text, autoescape=True), Message.subject.icontains(text, autoescape=True))
