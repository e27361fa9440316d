"""Pages about what people want: opt-outs and consents."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from imece import db
from imece.clock import ISTANBUL
from imece.errors import Invalid
from imece.face.asking import Caller, Form, Operator, Sent
from notify.face.asking import PAGE
from notify.face.drawing import page
from notify.people import consent, recipients

router = APIRouter(prefix="/notify")

Text = Annotated[str, Query(max_length=200)]
Page = Annotated[int, Query(alias="page", ge=1, le=10_000)]


@router.get("/opt-outs")
def list_opt_outs(request: Request, caller: Caller, text: Text = "", at: Page = 1) -> Response:
    """Who wants nothing more from the company."""
    with db.transaction() as session:
        rows = consent.opt_outs(session, caller.company_id, text=_searched(text), limit=PAGE + 1, offset=(at - 1) * PAGE)
    known: dict[str, Any] = {"rows": rows[:PAGE], "more": len(rows) > PAGE, "text": text, "at": at}
    return page(request, "opt_outs.html", ("Opt-outs", "Ret listesi"), **known)


@router.post("/opt-outs")
def add_opt_out(caller: Operator, sent: Sent) -> Response:
    """Put somebody on the list."""
    channel, recipient = _recipient(sent)
    with db.transaction() as session:
        consent.opt_out(
            session, caller.company_id, channel, recipient, source="console", by=caller.name, scope=sent.text("scope") or "commercial"
        )
    return RedirectResponse("/notify/opt-outs", status_code=303)


@router.post("/opt-outs/{opt_out_id}/delete")
def delete_opt_out(opt_out_id: UUID, caller: Operator) -> Response:
    """Take somebody off the list, who has asked for it."""
    with db.transaction() as session:
        consent.opt_in(session, caller.company_id, opt_out_id)
    return RedirectResponse("/notify/opt-outs", status_code=303)


@router.get("/consents")
def list_consents(request: Request, caller: Caller, text: Text = "", at: Page = 1) -> Response:
    """What people have said to advertising."""
    with db.transaction() as session:
        rows = consent.consents(session, caller.company_id, text=_searched(text), limit=PAGE + 1, offset=(at - 1) * PAGE)
    known: dict[str, Any] = {"rows": rows[:PAGE], "more": len(rows) > PAGE, "text": text, "at": at}
    return page(request, "consents.html", ("Consents", "Onaylar"), **known)


@router.post("/consents")
def add_consent(caller: Operator, sent: Sent) -> Response:
    """Write down what somebody has said."""
    channel, recipient = _recipient(sent)
    with db.transaction() as session:
        consent.record(
            session,
            caller.company_id,
            channel,
            recipient,
            sent.text("status") or "",
            by=caller.name,
            source=sent.text("source") or "HS_WEB",
            recipient_type=sent.text("recipient_type") or "BIREYSEL",
            consent_date=_day(sent),
        )
    return RedirectResponse("/notify/consents", status_code=303)


def _recipient(sent: Form) -> tuple[str, str]:
    channel = sent.text("channel") or ""
    if channel not in recipients.CHANNELS:
        raise Invalid("Choose a channel.", "Bir kanal seçin.")
    return channel, recipients.parse(channel, sent.text("recipient") or "")


def _searched(text: str) -> str:
    """A number is looked for as it is kept, however it was typed."""
    digits = "".join(c for c in text if c.isdigit())
    return digits.removeprefix("0") if digits and not any(c.isalpha() for c in text) else text.strip()


def _day(sent: Form) -> datetime | None:
    text = sent.text("consent_date")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)
    except ValueError:
        raise Invalid("This is no date.", "Bu bir tarih değil.") from None
