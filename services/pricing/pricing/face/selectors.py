"""A store's own rule: where its pages say price and stock. It may be tried on one of its pages before it is kept."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from imece import db
from imece.contracts import Role
from imece.errors import Invalid
from pricing.catalogue import stores
from pricing.checking import checks
from pricing.extraction.rules import Rule
from pricing.face.asking import Caller, Form, Sent
from pricing.face.shelves import store_page
from pricing.fetching.terms import Fetched
from pricing.settings import settings

router = APIRouter(prefix="/pricing")


@router.post("/stores/{store_id}/rule")
def keep_rule(store_id: int, caller: Caller, sent: Sent) -> Response:
    """Keep the rule; with nothing in it there is none."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        store = stores.find(session, caller.company_id, store_id)
        others = {name: value for name, value in (store.rule or {}).items() if name not in stores.SELECTORS}
        stores.edit(session, caller.company_id, store_id, rule={**others, **selectors(sent)} or None)
    return RedirectResponse(f"/pricing/stores/{store_id}", status_code=303)


@router.post("/stores/{store_id}/try")
def try_rule(store_id: int, request: Request, caller: Caller, sent: Sent) -> Response:
    """What the rule reads on one page of the store, which is asked for now, at its pace; nothing is written down."""
    caller.must(Role.OPERATOR)
    wanted, url = selectors(sent), sent.text("url") or ""
    rule = Rule.of(wanted)
    with db.transaction() as session:
        store = stores.find(session, caller.company_id, store_id)
        session.expunge(store)
    if stores.domain_of(url, allow_private=bool(settings().allowed_networks)) != store.domain:
        raise Invalid(f"Give the address of a page of {store.domain}.", f"{store.domain} mağazasından bir sayfanın adresini verin.")
    found = checks.look(store, url, rule)
    reason = found.error if isinstance(found, Fetched) else found
    tried: dict[str, Any] = {
        "reading": found.reading if isinstance(found, Fetched) else None,
        "outcome": found.state if isinstance(found, Fetched) else "",
        "reason": (reason.tr if caller.locale == "tr" else reason.en) if reason else "",
    }
    return store_page(request, caller, store_id, rule=wanted, tried=tried, url=url)


def selectors(sent: Form) -> dict[str, str]:
    """The selectors that the form names."""
    return {name: text for name in stores.SELECTORS if (text := sent.text(name))}
