"""What a claimed message becomes for its channel: an SMS, a post, a call, a mail."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from imece import db
from imece.clock import now
from imece.contracts.notify import SendEmail
from notify.channels import email
from notify.channels.sms import Sms
from notify.channels.telegram import Button, Post
from notify.channels.webhook import Call
from notify.people import consent
from notify.sending import sealing
from notify.sending.deliveries import Claimed
from notify.settings import Settings
from notify.texts.sms import Encoding

_SHORTEST = timedelta(minutes=1)


def made(claimed: Sequence[Claimed], given: Settings) -> list[Any]:
    """A parcel for each, in order; those of one request are worth delivering equally long. Raises Permanent for what cannot be put together."""
    worth = _worth(min((one.expires_at for one in claimed if one.expires_at is not None), default=None))
    merchants = _merchants(claimed)
    return [_made(one, worth, given, merchant=one.id in merchants) for one in claimed]


def words(one: Claimed) -> str:
    """What it says."""
    return sealing.open_sealed(one.sealed, str(one.id)) if one.sealed is not None else one.text or ""


def _merchants(claimed: Sequence[Claimed]) -> set[UUID]:
    """Whose advertising goes to a merchant: providers in Turkey ask IYS about those in another list."""
    groups: dict[UUID | None, list[Claimed]] = defaultdict(list)
    for one in claimed:
        if one.channel == "sms" and one.kind == "commercial":
            groups[one.company_id].append(one)
    found: set[UUID] = set()
    for company_id, group in groups.items():
        with Session(db.engine(durable=False)) as session:
            known = consent.merchants(session, company_id, "sms", [one.recipient for one in group], now())
        found |= {one.id for one in group if one.recipient in known}
    return found


def _made(one: Claimed, worth: timedelta | None, given: Settings, *, merchant: bool) -> Any:
    detail = one.detail or {}
    match one.channel:
        case "sms":
            return Sms(
                reference=one.reference,
                to=one.recipient,
                text=words(one),
                sender=one.sender or "",
                kind=one.kind,  # type: ignore[arg-type]  # the table knows no other
                valid_for=worth,
                encoding=Encoding(one.encoding or Encoding.GSM7),
                merchant=merchant,
            )
        case "telegram":
            return _post(one, detail)
        case "webhook":
            return Call(one.reference, one.recipient, detail.get("body") or {}, given.webhook_secret.get_secret_value())
    contract = SendEmail(
        to=one.recipient,
        subject=one.subject or "-",
        text=words(one) or "-",
        html=detail.get("html"),
        locale="en" if one.locale == "en" else "tr",
        purpose="commercial" if one.kind == "commercial" else "informational",
    )
    return email.compose(contract, one.reference, one.company_id, given)


def _post(one: Claimed, detail: dict[str, Any]) -> Post:
    marked = bool(detail.get("markup"))
    return Post(
        reference=one.reference,
        chat=one.recipient,
        html=words(one) if marked else None,
        text="" if marked else words(one),
        silent=bool(detail.get("silent")),
        photo_url=detail.get("photo_url"),
        button=Button(detail.get("button_text") or detail["button_url"], detail["button_url"]) if detail.get("button_url") else None,
    )


def _worth(until: datetime | None) -> timedelta | None:
    """In whole minutes, so that what goes out in the same minute is alike."""
    if until is None:
        return None
    return max(timedelta(minutes=(until - now()) // timedelta(minutes=1)), _SHORTEST)
