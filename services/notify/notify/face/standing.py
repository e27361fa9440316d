"""The page that says how the ways out stand, and how a company wants its quiet hours."""

from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from imece import clock, db
from imece.errors import Invalid
from imece.face.asking import Admin, Caller, Form, Sent
from notify.face.drawing import page, part
from notify.people import quiet
from notify.sending import overview
from notify.settings import settings

router = APIRouter(prefix="/notify")

#: Offered first; any other can be typed.
_ZONES = ("Europe/Istanbul", "Europe/Berlin", "Europe/London", "Asia/Baku", "Asia/Dubai", "America/New_York", "UTC")


@router.get("/providers")
def show_providers(request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """Every way out; with `part` alone, for a page that is already there."""
    with db.transaction() as session:
        ways = overview.ways(session, caller.company_id, settings())
    known: dict[str, Any] = {"ways": ways, "now": clock.now(), "lanes": ("otp", "informational", "commercial")}
    if alone:
        return part(request, "ways.html", **known)
    return page(request, "providers.html", ("Providers", "Sağlayıcılar"), **known)


@router.get("/rules")
def show_rules(request: Request, caller: Caller) -> Response:
    """Quiet hours, and whether advertising needs consent here."""
    with db.transaction() as session:
        rules = quiet.of_company(session, caller.company_id)
    until = quiet.not_before(rules, "commercial", clock.now())
    return page(request, "rules.html", ("Rules", "Kurallar"), rules=rules, zones=_ZONES, until=until, kinds=quiet.KINDS)


@router.post("/rules")
def edit_rules(caller: Admin, sent: Sent) -> Response:
    """Set them."""
    zone = sent.text("zone") or "Europe/Istanbul"
    kinds = frozenset(kind for kind in quiet.KINDS if sent.flag(f"quiet.{kind}"))
    rules = quiet.Rules(_hour(sent, "from"), _hour(sent, "until"), zone, kinds, sent.flag("needs_consent"))
    with db.transaction() as session:
        quiet.put(session, caller.company_id, rules, by=caller.name)
    return RedirectResponse("/notify/rules", status_code=303)


def _hour(sent: Form, name: str) -> time:
    try:
        return time.fromisoformat(sent.text(name) or "")
    except ValueError:
        raise Invalid("An hour is written as 21:00.", "Saat 21:00 gibi yazılır.") from None
