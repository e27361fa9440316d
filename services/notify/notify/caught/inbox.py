"""
What the catcher has kept, as the demo's inbox: mails, SMS, posts and calls, each company's own only.

The catcher keeps what every company sends, and says who sent it nowhere. So a message is shown when one of the company's own tries is known to its
stand-in by that id or that reference. Read over HTTP, so that the console needs no folder of the catcher's; where nothing is caught, nothing is asked.
"""

import email
import email.policy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import config
from imece.errors import NotFound, Transient
from notify.caught.texts import hidden
from notify.models import Effect, Message
from notify.settings import settings

_PIECE = 200  #: what the catcher tells at once
_MOST_PIECES = 15  #: looked through for one page
_PATIENCE = (2.0, 8.0)  #: seconds to connect, and to be answered


@dataclass(frozen=True)
class Item:
    """Something caught. `name` is what the catcher calls it, `words` its subject or its text, `kind` the message's."""

    channel: str
    name: str
    at: datetime
    to: str
    sender: str
    words: str
    message_id: UUID
    kind: str
    locale: str
    provider: str = ""
    state: str = ""
    code: str = ""
    segments: int = 1
    size: int = 0
    more: dict[str, Any] | None = None


def mails(session: Session, company_id: UUID, *, to: str = "", limit: int = 30, offset: int = 0) -> list[Item]:
    """The company's caught mails, newest first. Raises Transient when the catcher does not answer."""

    def items(piece: Sequence[dict[str, Any]]) -> list[Item]:
        owned = _owners(session, company_id, references=[f"<{mail['id']}>" for mail in piece])
        return [_mail(mail, owned[f"<{mail['id']}>"]) for mail in piece if f"<{mail['id']}>" in owned]

    return _page("mails", {"to": to}, items, limit, offset)


def texts(session: Session, company_id: UUID, providers: Sequence[str], *, to: str = "", limit: int = 30, offset: int = 0) -> list[Item]:
    """What the company sent by these providers and was caught, newest first. Raises Transient when the catcher does not answer."""

    def items(piece: Sequence[dict[str, Any]]) -> list[Item]:
        mine = [text for text in piece if text["provider"] in providers]
        references = [text["reference"] for text in mine if text["reference"]]
        owned = _owners(session, company_id, references=references, ids=[text["id"] for text in mine], chats=[text["to"] for text in mine])
        found = ((text, owned.get(text["id"]) or owned.get(text["reference"]) or owned.get(_chat(text))) for text in mine)
        return [_text(_covered(text, owner), owner) for text, owner in found if owner]

    one = {"provider": providers[0]} if len(providers) == 1 else {}
    return _page("texts", {"to": to, "whole": "1", **one}, items, limit, offset)


def text(session: Session, company_id: UUID, name: str, *, whole: bool) -> Item:
    """One caught text of the company's; `whole` shows its codes too. Raises NotFound, Transient."""
    kept = _asked(f"texts/{quote(name, safe='/')}").json()
    owned = _owners(session, company_id, references=[kept["reference"]], ids=[kept["id"]], chats=[kept["to"]])
    owner = owned.get(kept["id"]) or owned.get(kept["reference"]) or owned.get(_chat(kept))
    if owner is None:
        raise _nothing()
    return _text(kept if whole else _covered(kept, owner), owner)


def mail(session: Session, company_id: UUID, name: str) -> tuple[Item, EmailMessage]:
    """One caught mail of the company's, and the mail itself. Raises NotFound, Transient."""
    content = _asked(f"mails/{quote(name, safe='')}").content
    message = email.message_from_bytes(content, policy=email.policy.default)
    reference = "".join(str(message.get("Message-ID", "")).split())
    owner = _owners(session, company_id, references=[reference]).get(reference)
    if owner is None:
        raise _nothing()
    at = email.utils.parsedate_to_datetime(str(message["Date"]))
    said = {"name": name, "at": at.isoformat(), "to": message.get_all("Delivered-To", []), "from": str(message.get("From", "")),
            "subject": str(message.get("Subject", "")), "bytes": len(content)}  # fmt: skip
    return _mail(said, owner), message


@dataclass(frozen=True)
class _Owner:
    """The message behind something caught."""

    message_id: UUID
    kind: str
    locale: str
    channel: str


def _page(what: str, asked: dict[str, str], items: Callable[[Sequence[dict[str, Any]]], list[Item]], limit: int, offset: int) -> list[Item]:
    """Go through what the catcher has, newest first, until a page of ours is full."""
    found: list[Item] = []
    for piece in _pieces(what, asked):
        found += items(piece)
        if len(found) >= offset + limit:
            break
    return found[offset : offset + limit]


def _pieces(what: str, asked: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    for number in range(_MOST_PIECES):
        piece = _asked(what, **asked, limit=str(_PIECE), after=str(number * _PIECE)).json()
        yield piece
        if len(piece) < _PIECE:
            return


def _owners(
    session: Session, company_id: UUID, *, references: Iterable[str] = (), ids: Iterable[str] = (), chats: Iterable[str] = ()
) -> dict[str, _Owner]:
    """Of these names that something is known outside by, the company's own, each with its message."""
    columns = (Effect.reference, Effect.provider_id, Message.id, Message.kind, Message.locale, Message.channel)
    mine = sa.select(*columns).join(Message, Message.id == Effect.message_id).where(Message.company_id == company_id)
    names = [name for name in references if name], [name for name in ids if name]
    found: dict[str, _Owner] = {}
    for row in session.execute(mine.where(sa.or_(Effect.reference.in_(names[0]), Effect.provider_id.in_(names[1])))):
        owner = _Owner(row.id, row.kind, row.locale, row.channel)
        found |= {row.reference: owner} | ({row.provider_id: owner} if row.provider_id else {})
    # A long post is several messages in its chat, of which one is known by its id: the chat itself is the company's.
    if chats := {chat for chat in chats if not chat.startswith("+")}:
        said = sa.select(Message.recipient, Message.id, Message.kind, Message.locale, Message.channel)
        own = said.where(Message.company_id == company_id, Message.channel == "telegram", Message.recipient.in_(chats))
        found |= {f"chat {row.recipient}": _Owner(row.id, row.kind, row.locale, row.channel) for row in session.execute(own)}
    return found


def _covered(said: dict[str, Any], owner: _Owner) -> dict[str, Any]:
    """A password for one use, with its digits covered; anything else as it is."""
    return said | {"text": hidden(said["text"])} if owner.kind == "otp" else said


def _chat(said: dict[str, Any]) -> str:
    return f"chat {said['to']}" if said["provider"] == "telegram" else ""


def _text(said: dict[str, Any], owner: _Owner) -> Item:
    return Item(
        channel=owner.channel, name=said["id"], at=datetime.fromisoformat(said["at"]), to=said["to"], sender=said["from"], words=said["text"],
        message_id=owner.message_id, kind=owner.kind, locale=owner.locale, provider=said["provider"], state=said["state"], code=str(said["code"]),
        segments=said["segments"], more=said["more"],
    )  # fmt: skip


def _mail(said: dict[str, Any], owner: _Owner) -> Item:
    return Item(
        channel="email", name=said["name"], at=datetime.fromisoformat(said["at"]), to=", ".join(said["to"]), sender=said["from"],
        words=said["subject"], message_id=owner.message_id, kind=owner.kind, locale=owner.locale, size=said["bytes"],
    )  # fmt: skip


def _asked(path: str, **query: str) -> requests.Response:
    given = settings()
    key = given.catcher_key.get_secret_value() or config.kept_secret("catcher-reader.key").decode()
    try:
        answer = _session().get(
            f"{given.stand_ins}/catcher/{path}",
            params=query,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_PATIENCE,
            allow_redirects=False,
        )
    except requests.RequestException:
        raise Transient("The catcher does not answer just now.", "Yakalayıcı şu anda yanıt vermiyor.") from None
    if answer.status_code == requests.codes.not_found:
        raise _nothing()
    if answer.status_code != requests.codes.ok:
        raise Transient(
            f"The catcher does not let us read ({answer.status_code}): both need the same NOTIFY_CATCHER_KEY.",
            f"Yakalayıcı okumaya izin vermiyor ({answer.status_code}): ikisinde de aynı NOTIFY_CATCHER_KEY olmalı.",
        )
    return answer


def _nothing() -> NotFound:
    return NotFound("There is no such caught message.", "Böyle bir yakalanmış mesaj yok.")


@cache
def _session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # no proxy stands between us and the catcher
    return made
