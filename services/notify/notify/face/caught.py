"""
The caught messages, as their recipients would have seen them; in catch mode, the demo's inbox.

A mail is somebody's HTML: it is shown in a frame that may run nothing and ask for nothing. Codes are hidden until an administrator asks for them.
"""

import re
from base64 import b64encode
from email.message import EmailMessage
from html import escape
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from imece import db, log
from imece.contracts import Role
from imece.errors import NotFound
from imece.face.asking import Admin, Caller
from notify import searches
from notify.caught import inbox
from notify.channels import markup
from notify.face.drawing import page
from notify.sending import overview, routes
from notify.settings import settings

router = APIRouter(prefix="/notify")

PAGE = 30
_LARGEST_IMAGE = 2 << 20
#: What mail programs give a mail that says nothing of its looks.
_PLAIN_LOOK = '<!doctype html><meta charset="utf-8"><style>body { margin: 1rem; font: 15px/1.5 system-ui, sans-serif; color: #111 }</style>'
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)

_log = log.get("notify")

Page = Annotated[int, Query(alias="page", ge=1, le=100)]
Text = Annotated[str, Query(max_length=100)]


@router.get("/caught")
def list_caught(
    request: Request,
    caller: Caller,
    channel: Annotated[str, Query(pattern="^(sms|email|telegram|webhook)?$")] = "",
    to: Text = "",
    at: Page = 1,
) -> Response:
    """What was caught of one channel, newest first."""
    caught = overview.catching(settings())
    shown = channel if channel in caught else (caught[0] if caught else "")
    items: list[inbox.Item] = []
    with db.transaction() as session:
        asked: dict[str, Any] = {"to": to.strip(), "limit": PAGE + 1, "offset": (at - 1) * PAGE}
        if shown == "email":
            items = inbox.mails(session, caller.company_id, **asked)
        elif shown:
            ways = routes.ways("sms") if shown == "sms" else (shown,)
            items = inbox.texts(session, caller.company_id, ways, **asked)
    known: dict[str, Any] = {
        "caught": caught,
        "channel": shown,
        "items": items[:PAGE],
        "more": len(items) > PAGE,
        "at": at,
        "to": to,
        "readable": readable,
    }
    return page(request, "caught.html", ("Caught messages", "Yakalanan iletiler"), **known)


@router.get("/caught/mails/{name}")
def show_mail(name: str, request: Request, caller: Caller) -> Response:
    """One mail: its head, its body in a frame, its files."""
    _only_where_caught("email")
    with db.transaction() as session:
        item, message = inbox.mail(session, caller.company_id, name)
    heads = [(head, str(message[head])) for head in ("From", "To", "Reply-To", "Subject", "Date", "List-Unsubscribe") if message[head]]
    files = [
        {"number": number, "name": part.get_filename() or f"{number}", "type": part.get_content_type(), "size": len(_bytes(part))}
        for number, part in enumerate(message.iter_attachments(), start=1)
    ]
    body = message.get_body(("plain",))
    known: dict[str, Any] = {
        "item": item,
        "heads": heads,
        "files": files,
        "html": bool(message.get_body(("html",))),
        "text": body.get_content() if body else "",
    }
    return page(request, "caught_mail.html", (item.words or "E-mail", item.words or "E-posta"), **known)


@router.get("/framed/mails/{name}")
def show_body(name: str, caller: Caller) -> Response:
    """A mail's HTML, for the frame: without scripts, and with the images that came with it inside it."""
    _only_where_caught("email")
    with db.transaction() as session:
        _, message = inbox.mail(session, caller.company_id, name)
    body = message.get_body(("html",))
    if body is None:
        raise NotFound("This mail has no HTML.", "Bu postanın HTML gövdesi yok.")
    return HTMLResponse(_PLAIN_LOOK + _with_images(body.get_content(), message))


@router.get("/caught/mails/{name}/files/{number}")
def download(name: str, number: int, caller: Caller) -> Response:
    """A file that came with a mail; always to be saved, never to be shown."""
    _only_where_caught("email")
    with db.transaction() as session:
        _, message = inbox.mail(session, caller.company_id, name)
    found = next((part for at, part in enumerate(message.iter_attachments(), start=1) if at == number), None)
    if found is None:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.")
    called = re.sub(r"[^\w.() -]", "_", found.get_filename() or str(number)).strip(". ") or str(number)
    ascii_name = called.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(called, safe='')}"
    return Response(_bytes(found), media_type="application/octet-stream", headers={"Content-Disposition": disposition})


@router.get("/caught/texts/{name:path}")
def show_text(name: str, request: Request, caller: Caller) -> Response:
    """One SMS, post or call as a phone would show it, codes hidden."""
    return _text(name, request, caller, whole=False)


@router.post("/caught/reveal/{name:path}")
def reveal(name: str, request: Request, caller: Admin) -> Response:
    """The same with its codes; that it was asked for is written down."""
    _log.info("notify.code_revealed", by=caller.name, caught=name)
    return _text(name, request, caller, whole=True)


def readable(item: inbox.Item) -> str:
    """What a phone shows of an item, as safe HTML: a post with the few tags of Telegram, anything else as plain text."""
    if item.channel == "telegram" and (item.more or {}).get("parse_mode") == "HTML":
        return markup.without_links(item.words)
    return escape(item.words)


def _text(name: str, request: Request, caller: Any, *, whole: bool) -> Response:
    with db.transaction() as session:
        item = inbox.text(session, caller.company_id, name, whole=whole)
        _only_where_caught(item.channel)
        message = searches.find(session, caller.company_id, item.message_id)
    known: dict[str, Any] = {"item": item, "message": message, "whole": whole, "readable": readable, "may_reveal": caller.may(Role.ADMIN)}
    return page(request, "caught_text.html", ("Caught message", "Yakalanan ileti"), **known)


def _only_where_caught(channel: str) -> None:
    if channel not in overview.catching(settings()):
        raise NotFound("Messages of this channel are not caught.", "Bu kanalın iletileri yakalanmıyor.")


def _bytes(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else part.as_bytes()


def _with_images(html: str, message: EmailMessage) -> str:
    images = {}
    for part in message.walk():
        identity = str(part.get("Content-ID", "")).strip("<> ")
        if identity and part.get_content_maintype() == "image" and len(data := _bytes(part)) <= _LARGEST_IMAGE:
            images[identity] = f"data:{part.get_content_type()};base64,{b64encode(data).decode()}"
    return _CID.sub(lambda found: images.get(found[1], "data:,"), html)
