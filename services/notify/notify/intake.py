"""Taking a message: checked, priced and written down in one transaction, and then its provider is told that something waits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import redis
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from imece import db, log
from imece.clock import now
from imece.contracts import Contract
from imece.contracts.notify import SendOtp, SendSms, SendTelegram, SendWebhook
from imece.errors import Permanent
from imece.ids import new_id
from notify.people import recipients
from notify.sending import routes, sealing, starting
from notify.sending.lanes import Entry, lanes
from notify.settings import settings
from notify.texts import sms as writing
from notify.texts import templates

_PUSHES = "notify.pushes"
#: How long a password for one use is worth sending, where nobody says so.
_SECRET_WORTH = timedelta(minutes=5)
_WORDS = ("text", "template", "variables", "locale")
_WHEN = ("send_at", "expires_at", "dedup")

_INSERT = """
    insert into notify.message
        (id, company_id, job_id, channel, recipient, subject, locale, kind, state, provider, pinned, dedup, sender, text, sealed, detail, encoding,
         segments, price, currency, send_at, expires_at, pushed_at, requested_by)
    values
        (%(id)s, %(company_id)s, %(job_id)s, %(channel)s, %(recipient)s, %(subject)s, %(locale)s, %(kind)s, 'queued', %(provider)s, %(pinned)s,
         %(dedup)s, %(sender)s, %(text)s, %(sealed)s, %(detail)s::jsonb, %(encoding)s, %(segments)s, %(price)s, %(currency)s, %(send_at)s,
         %(expires_at)s, case when %(send_at)s::timestamptz is null then clock_timestamp() end, %(requested_by)s)
    on conflict do nothing
    returning id"""

_SAME = """
    select id, state, segments from notify.message
    where job_id = %(job_id)s or (dedup = %(dedup)s and company_id is not distinct from %(company_id)s) limit 1"""

_log = log.get(__name__)


@dataclass(frozen=True)
class Wish:
    """A message as it is asked for. `text`, or `template` with `variables`; `detail` is what its channel needs besides."""

    channel: str
    to: str
    kind: str = "informational"
    text: str | None = None
    template: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    locale: str = "tr"
    subject: str = ""
    sender: str | None = None
    provider: str | None = None
    fold: bool = False
    detail: dict[str, Any] | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    dedup: str | None = None


def sms(contract: SendSms) -> Wish:
    """What is asked for."""
    return Wish("sms", contract.to, contract.purpose, **_of(contract, *_WORDS, *_WHEN, "sender", "provider", "fold"))


def telegram(contract: SendTelegram) -> Wish:
    """What is asked for."""
    detail = contract.model_dump(include={"markup", "silent", "photo_url", "button_text", "button_url"}, exclude_defaults=True)
    return Wish("telegram", contract.chat, contract.purpose, detail=detail or None, **_of(contract, *_WORDS, *_WHEN))


def webhook(contract: SendWebhook) -> Wish:
    """What is asked for."""
    return Wish("webhook", contract.url, detail={"body": contract.body}, **_of(contract, *_WHEN))


def otp(contract: SendOtp) -> Wish:
    """What is asked for; worth sending from now on."""
    until = now() + timedelta(minutes=contract.minutes)
    return Wish(contract.channel, contract.to, "otp", expires_at=until, **_of(contract, *_WORDS, "sender", "dedup"))


def worth_until(kind: str) -> datetime | None:
    """When a message that does not say so itself stops being worth sending, by its kind; None: as the settings have it."""
    return now() + _SECRET_WORTH if kind == "otp" else None


def _of(contract: Contract, *names: str) -> dict[str, Any]:
    return {name: getattr(contract, name) for name in names}


@dataclass(frozen=True)
class Taken:
    """A message that has been taken; `repeated`: it was there already."""

    id: UUID
    state: str
    segments: int
    repeated: bool = False


class Ready(NamedTuple):
    """A message as it will be written down, but for whose it is."""

    channel: str
    recipient: str
    kind: str
    provider: str
    pinned: bool
    subject: str
    locale: str
    sender: str | None
    text: str
    detail: dict[str, Any] | None
    encoding: str | None
    segments: int
    price: Any
    currency: str | None
    send_at: datetime | None
    expires_at: datetime


def take(session: Session, wish: Wish, *, company_id: UUID | None, requested_by: str, job_id: UUID | None = None) -> Taken:
    """
    Write a message down, in the caller's transaction; its provider's pump is told after the commit.

    What the same job, or the same `dedup` of the company, has asked for before is not asked for again. Raises Permanent, or NotFound for a template,
    when it can never be sent: nothing is written down then.
    """
    ready, identity = prepared(session, wish, company_id), new_id()
    secret = ready.kind == "otp"
    values = ready._asdict() | {
        "id": identity,
        "company_id": company_id,
        "job_id": job_id,
        "dedup": wish.dedup,
        "requested_by": requested_by,
        "text": None if secret else ready.text,
        "sealed": sealing.seal(ready.text, str(identity)) if secret else None,
        "detail": db_json(ready.detail),
    }
    connection = session.connection()
    if connection.exec_driver_sql(_INSERT, values).first() is None:
        row = connection.exec_driver_sql(_SAME, values).one()
        return Taken(row.id, row.state, row.segments, repeated=True)
    if ready.send_at is None:
        key, pause = routes.limited(ready.provider, ready.channel, ready.sender, ready.recipient)
        push_after_commit(session, ready.provider, [Entry(identity, ready.kind, str(company_id or ""), ready.segments, "", key, pause)])
    return Taken(identity, "queued", ready.segments)


def prepared(session: Session, wish: Wish, company_id: UUID | None) -> Ready:
    """What would be written down for a wish. Raises Permanent, or NotFound for a template."""
    if (wish.text is None) == (wish.template is None) and wish.channel != "webhook":
        raise Permanent("Say either a text or a template.", "Ya metin ya da şablon verin.")
    recipient = wish.to.strip() if wish.channel == "webhook" else recipients.parse(wish.channel, wish.to)
    words = templates.Text(wish.subject, wish.text or "", None)
    if wish.template is not None:
        found = templates.find(session, company_id, wish.template)
        words = templates.render(found, wish.locale, wish.variables, wish.channel)  # type: ignore[arg-type]  # both are checked by what follows
    return ready(wish, recipient, words)


def ready(wish: Wish, recipient: str, words: templates.Text) -> Ready:
    """A wish whose recipient is parsed and whose words are found. Raises Permanent."""
    provider = _provider(wish)
    detail = dict(wish.detail or {})
    if words.html:
        detail["html"] = words.html
    if wish.template is not None and wish.channel == "telegram":
        detail["markup"] = True  # a template says it in Telegram's HTML
    text, encoding, segments = words.text, None, 1
    if wish.channel == "sms":
        text = writing.fold(text) if wish.fold else writing.plain(text)
        if len(text) > writing.LONGEST:
            raise Permanent(f"The text is longer than {writing.LONGEST} characters.", f"Metin {writing.LONGEST} karakterden uzun.")
        plan = routes.planned(text, provider, wish.kind)
        encoding, segments = plan.encoding.value, plan.segments
    if not text.strip() and wish.channel != "webhook":
        raise Permanent("The text is empty.", "Metin boş.")
    price = settings().prices.get(provider)
    until = wish.expires_at or (wish.send_at or now()) + settings().worth
    if until <= now() or (wish.send_at is not None and until <= wish.send_at):
        raise Permanent("It would have expired before it is sent.", "Gönderilmeden süresi dolmuş olurdu.")
    return Ready(
        channel=wish.channel,
        recipient=recipient,
        kind=wish.kind,
        provider=provider,
        pinned=wish.provider is not None,
        subject=words.subject or wish.subject,
        locale=wish.locale,
        sender=wish.sender,
        text=text,
        detail=detail or None,
        encoding=encoding,
        segments=segments,
        price=price.amount * segments if price else None,
        currency=price.currency if price else None,
        send_at=wish.send_at if wish.send_at is not None and wish.send_at > now() + timedelta(seconds=1) else None,
        expires_at=until,
    )


def push_after_commit(session: Session, provider: str, entries: Sequence[Entry]) -> None:
    """Tell a provider's lanes of these messages when the session's transaction has committed, and see that a pump runs."""
    session.info.setdefault(_PUSHES, {}).setdefault(provider, []).extend(entries)


def held_back(session: Session) -> dict[str, list[Entry]]:
    """What the session would have pushed after its commit, for who pushes it himself, by provider."""
    found: dict[str, list[Entry]] = session.info.pop(_PUSHES, {})
    return found


def push(provider: str, entries: Sequence[Entry]) -> bool:
    """Tell the lanes now, and see that a pump runs. False when Redis does not answer: then it is told later."""
    try:
        alive = lanes(provider).push(entries)
    except redis.RedisError as error:
        _log.warning("lanes_away", provider=provider, messages=len(entries), error=str(error))
        try:
            with db.quick() as connection:
                connection.exec_driver_sql(
                    "update notify.message set pushed_at = null where id = any(%(ids)s::uuid[]) and state = 'queued'",
                    {"ids": [one.id for one in entries]},
                )
        except sa.exc.DBAPIError:
            _log.warning("unmarked", provider=provider)  # what Redis does not know is found again
        return False
    starting.start(provider, alive)
    return True


def _provider(wish: Wish) -> str:
    ways = routes.ways(wish.channel)
    if wish.provider is None:
        return ways[0]
    if wish.provider not in ways:
        raise Permanent(
            f"{wish.provider} is not among the providers here: {', '.join(ways)}.",
            f"{wish.provider} burada tanımlı değil: {', '.join(ways)}.",
        )
    return wish.provider


def db_json(value: Any) -> str | None:
    """`value` as PostgreSQL's jsonb takes it."""
    return None if value is None else orjson.dumps(value, default=str).decode()


@event.listens_for(Session, "after_commit")
def _push(session: Session) -> None:
    # The event also comes when a SAVEPOINT is released; the real commit is still to come then.
    if not session.in_nested_transaction() and _PUSHES in session.info:
        for provider, entries in session.info.pop(_PUSHES).items():
            push(provider, entries)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_PUSHES, None)
