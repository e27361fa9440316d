"""Pages about what is told to whom: deals and their review, watches, recipients."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from imece import db
from imece.contracts import Role
from imece.contracts.pricing import SendDigests
from imece.errors import Invalid
from pricing.catalogue import categories
from pricing.deals import deals, digests, recipients, watches
from pricing.face import words
from pricing.face.asking import Caller, Form, Sent
from pricing.face.catalogue import submit
from pricing.face.drawing import page
from pricing.models import DealState, Product

router = APIRouter(prefix="/pricing")

_MOST = 200


@router.get("/deals")
def list_deals(request: Request, caller: Caller, state: DealState = DealState.CREATED) -> Response:
    """Deals in one state, newest first."""
    with db.transaction() as session:
        found = deals.search(session, caller.company_id, state=state, limit=_MOST)
        known: dict[str, Any] = {
            "deals": found,
            "state": state,
            "counts": deals.counts(session, caller.company_id),
            "names": names_of(session, caller.company_id, [deal.product_id for deal in found]),
        }
    return page(request, "deals.html", ("Deals", "Fırsatlar"), states=list(words.DEAL_STATES), most=_MOST, **known)


@router.post("/deals/{deal_id}/publish")
def publish(deal_id: UUID, caller: Caller) -> Response:
    """Tell of a deal."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        deals.publish(session, caller.company_id, deal_id, by=caller.name)
    return _to("/pricing/deals")


@router.post("/deals/{deal_id}/end")
def end(deal_id: UUID, caller: Caller, sent: Sent) -> Response:
    """Reject a deal in its review, or end one that is published."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        deals.end(session, caller.company_id, deal_id)
    return _to(f"/pricing/deals?state={'published' if sent.text('from') == 'published' else 'created'}")


@router.get("/watches")
def list_watches(request: Request, caller: Caller) -> Response:
    """What is watched for whom, who is told, and what was told lately."""
    company = caller.company_id
    with db.transaction() as session:
        found = watches.of_company(session, company)
        people = recipients.of_company(session, company)
        known: dict[str, Any] = {
            "watches": found[:_MOST],
            "count": len(found),
            "names": names_of(session, company, [one.product_id for one in found[:_MOST] if one.product_id]),
            "shelves": categories.of_company(session, company),
            "people": {one.id: one for one in people},
            "subscriptions": {one.id: recipients.subscriptions(session, company, one.id) for one in people},
            "digests": digests.of_company(session, company, limit=10),
        }
    return page(request, "watches.html", ("Watches", "Takipler"), kinds=list(words.WATCHES), **known)


@router.post("/watches")
def add_watch(caller: Caller, sent: Sent) -> Response:
    """Watch a product or a category."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        watches.add(
            session,
            caller.company_id,
            sent.id("recipient"),
            _kind(sent),
            product_id=sent.whole("product"),
            category_id=sent.whole("category"),
            **asked(sent),
        )
    return _to(f"/pricing/products/{sent.whole('product')}#watches" if sent.text("product") else "/pricing/watches")


@router.get("/watches/{watch_id}")
def show_watch(watch_id: UUID, request: Request, caller: Caller) -> Response:
    """One watch, to be changed."""
    with db.transaction() as session:
        watch = watches.find(session, caller.company_id, watch_id)
        known: dict[str, Any] = {
            "watch": watch,
            "names": names_of(session, caller.company_id, [watch.product_id] if watch.product_id else []),
            "shelves": categories.of_company(session, caller.company_id),
            "people": {one.id: one for one in recipients.of_company(session, caller.company_id)},
        }
    return page(request, "watch.html", ("Watch", "Takip"), kinds=list(words.WATCHES), **known)


@router.post("/watches/{watch_id}")
def edit_watch(watch_id: UUID, caller: Caller, sent: Sent) -> Response:
    """Change what a watch asks."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        watches.edit(session, caller.company_id, watch_id, kind=_kind(sent), active=sent.flag("active"), **asked(sent))
    return _to("/pricing/watches")


@router.post("/watches/{watch_id}/delete")
def delete_watch(watch_id: UUID, caller: Caller, sent: Sent) -> Response:
    """Watch no longer."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        watches.delete(session, caller.company_id, watch_id)
    return _to(f"/pricing/products/{sent.whole('product')}#watches" if sent.text("product") else "/pricing/watches")


@router.post("/recipients")
def put_recipient(caller: Caller, sent: Sent) -> Response:
    """Somebody to be told, and of which deals."""
    caller.must(Role.OPERATOR)
    kind, address = sent.text("kind") or "person", sent.text("address") or ""
    if kind == "person" and address.count("@") != 1:
        raise Invalid(f"“{address}” is no e-mail address.", f"“{address}” bir e-posta adresi değil.")
    with db.transaction() as session:
        made = recipients.put(
            session, caller.company_id, kind=kind, name=sent.text("name") or address, address=address, locale=sent.text("locale") or "tr"
        )
        if sent.flag("deals"):
            recipients.subscribe(session, caller.company_id, made.id, category_id=sent.whole("category"))
    return _to("/pricing/watches#people")


@router.post("/recipients/{recipient_id}/delete")
def delete_recipient(recipient_id: UUID, caller: Caller) -> Response:
    """Tell somebody no longer; their watches go with them."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        recipients.delete(session, caller.company_id, recipient_id)
    return _to("/pricing/watches#people")


@router.post("/digests")
def send_digests(caller: Caller) -> Response:
    """Tell everybody now what is waiting for them."""
    with db.transaction() as session:
        return _to(f"/jobs/{submit(session, caller, SendDigests())}")


def names_of(session: Session, company_id: UUID, product_ids: list[int]) -> dict[int, Product]:
    """The products with these ids, by id."""
    query = sa.select(Product).where(Product.company_id == company_id, Product.id.in_(set(product_ids)))
    return {product.id: product for product in session.scalars(query)}


def asked(sent: Form) -> dict[str, Any]:
    """The fields that a kind of watch has; what it has not is left out, whatever the form says."""
    kind = sent.text("kind") or ""
    fields: dict[str, Any] = dict.fromkeys(("target", "percent", "days"))
    if kind == "target":
        fields["target"] = sent.number("target")
    if kind in ("drop", "fake_discount"):
        fields["percent"] = sent.number("percent")
    if kind in ("drop", "lowest"):
        fields["days"] = sent.whole("days")
    hours = sent.whole("rearm_hours")
    return fields | {} if hours is None else fields | {"rearm_minutes": 60 * hours}


def _kind(sent: Form) -> str:
    kind = sent.text("kind")
    if kind not in words.WATCHES:
        raise Invalid("Choose what to watch for.", "Neyin takip edileceğini seçin.")
    return kind


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)
