"""What a claimed message becomes for its channel: an SMS, a post, a call, a mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from imece.clock import now
from imece.contracts.notify import SendEmail
from notify import sealing
from notify.channels import email
from notify.channels.sms import Sms
from notify.channels.telegram import Button, Post
from notify.channels.webhook import Call
from notify.deliveries import Claimed
from notify.settings import Settings
from notify.sms import Encoding

_SHORTEST = timedelta(minutes=1)


def made(claimed: Sequence[Claimed], given: Settings) -> list[Any]:
    """A parcel for each, in order; those of one request are worth delivering equally long. Raises Permanent for what cannot be put together."""
    worth = _worth(min((one.expires_at for one in claimed if one.expires_at is not None), default=None))
    return [_made(one, worth, given) for one in claimed]


def words(one: Claimed) -> str:
    """What it says."""
    return sealing.open_sealed(one.sealed, str(one.id)) if one.sealed is not None else one.text or ""


def _made(one: Claimed, worth: timedelta | None, given: Settings) -> Any:
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
