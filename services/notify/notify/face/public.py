"""What is anybody's: the link that stops messages, and what providers report."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from imece import db, log
from imece.errors import Invalid
from imece.face.asking import fields_of
from notify.channels import callbacks
from notify.channels.receipts import Receipt, malformed
from notify.face.drawing import page
from notify.people import consent, recipients, unsubscribe
from notify.sending import reports
from notify.settings import settings

router = APIRouter(prefix="/notify/public")

_log = log.get("notify")


@router.get("/unsubscribe/{token}")
def ask(token: str, request: Request) -> Response:
    """Asks whether messages are to stop; looking at a link changes nothing, because programs look at links too."""
    link = unsubscribe.read(token)
    with db.transaction() as session:
        known = consent.opted_out(session, link.company_id, link.channel, link.recipient)
        scope = known.scope if known else ""
    return page(request, "unsubscribe.html", ("Stop messages", "İletileri durdur"), **_shown(link), scope=scope, token=token, done=False)


@router.post("/unsubscribe/{token}")
async def stop(token: str, request: Request) -> Response:
    """
    Stops them: by the page's button, or by a mail program's one click (RFC 8058), which answers to nobody.

    What was stopped stays stopped; asking again changes nothing.
    """
    link = unsubscribe.read(token)
    fields = await fields_of(request)
    scope: Literal["all", "commercial"] = "all" if fields.get("scope") == "all" else "commercial"
    one_click = fields.get("List-Unsubscribe") == "One-Click"
    with db.transaction() as session:
        consent.opt_out(session, link.company_id, link.channel, link.recipient, source="link", by="-", scope=scope)
    _log.info("notify.opted_out", channel=link.channel, recipient=recipients.masked(link.channel, link.recipient), one_click=one_click)
    if one_click:
        return PlainTextResponse("ok")
    return page(request, "unsubscribe.html", ("Stopped", "Durduruldu"), **_shown(link), scope=scope, token=token, done=True)


@router.post("/receipts/twilio")
async def from_twilio(request: Request) -> Response:
    """A status callback of Twilio's, signed."""
    body = await _body(request)
    receipt = callbacks.from_twilio(settings(), request.url.query, dict(request.headers), body)
    return _applied(receipt)


@router.post("/receipts/iletimerkezi")
async def from_iletimerkezi(request: Request) -> Response:
    """A report of Iletimerkezi's, at an address that only it knows."""
    await _body(request)
    try:
        document = await request.json()
    except ValueError:
        raise malformed("Iletimerkezi", "no JSON") from None
    return _applied(callbacks.from_iletimerkezi(settings(), request.url.query, document))


def _applied(receipt: Receipt | None) -> Response:
    if receipt is not None:
        with db.transaction() as session:
            reports.apply(session, [receipt])
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > callbacks.LONGEST:
        raise Invalid("The receipt is too long.", "Teslim bilgisi çok uzun.")
    return body


def _shown(link: unsubscribe.Link) -> dict[str, Any]:
    return {"channel": link.channel, "masked": recipients.masked(link.channel, link.recipient)}
