"""Pages about stores and categories: how each shop is asked and how that goes; what belongs on a shelf and what counts as a deal there."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from imece import db
from imece.contracts import Role
from imece.errors import Invalid
from pricing.catalogue import categories, stores
from pricing.checking import overview
from pricing.face import words
from pricing.face.asking import Caller, Form, Sent
from pricing.face.drawing import page
from pricing.models import Category
from pricing.settings import settings

router = APIRouter(prefix="/pricing")


@router.get("/stores")
def list_stores(request: Request, caller: Caller) -> Response:
    """Every store, how it did in the last day, and whether its pace is enough."""
    with db.transaction() as session:
        health = stores.health(session, caller.company_id)
        loads = {load.store_id: load for load in overview.capacity(session, caller.company_id, settings().preset)}
    return page(request, "stores.html", ("Stores", "Mağazalar"), health=health, loads=loads)


@router.get("/stores/{store_id}")
def show_store(store_id: int, request: Request, caller: Caller) -> Response:
    """One store: its health, and how it may be asked."""
    return store_page(request, caller, store_id)


def store_page(request: Request, caller: Caller, store_id: int, **tried: Any) -> Response:
    """The page of one store; `tried`: what came of trying a rule for it."""
    with db.transaction() as session:
        store = stores.find(session, caller.company_id, store_id)
        health = next(one for one in stores.health(session, caller.company_id) if one.id == store_id)
        load = next((load for load in overview.capacity(session, caller.company_id, settings().preset) if load.store_id == store_id), None)
        known: dict[str, Any] = {"rule": store.rule or {}, "tried": None, "url": "", **tried}
        named: dict[str, Any] = {"store": store, "health": health, "load": load, "policies": list(words.POLICIES)}
        return page(request, "store.html", (store.name,) * 2, **named, **known)


@router.post("/stores/{store_id}")
def edit_store(store_id: int, caller: Caller, sent: Sent) -> Response:
    """Change how a store may be asked."""
    caller.must(Role.ADMIN)
    feed = sent.text("feed_url")
    if feed and not feed.lower().startswith(("http://", "https://")):
        raise Invalid("The feed's address begins with http:// or https://.", "Listenin adresi http:// ya da https:// ile başlamalı.")
    changes: dict[str, Any] = {
        "name": sent.text("name"),
        "policy": sent.text("policy"),
        "active": sent.flag("active"),
        "respect_robots": sent.flag("respect_robots"),
        "min_delay_ms": sent.whole("min_delay_ms"),
        "max_parallel": sent.whole("max_parallel"),
        "currency": sent.text("currency"),
        "feed_url": feed,
        "feed_kind": (sent.text("feed_kind") or "sitemap") if feed else None,
    }
    with db.transaction() as session:
        optional = ("feed_url", "feed_kind")
        stores.edit(session, caller.company_id, store_id, **{k: v for k, v in changes.items() if v is not None or k in optional})
    return _to(f"/pricing/stores/{store_id}")


@router.post("/stores/{store_id}/release")
def release(store_id: int, caller: Caller) -> Response:
    """Ask a store again that was to be left alone for a while."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        stores.release(session, caller.company_id, store_id)
    return _to(f"/pricing/stores/{store_id}")


@router.get("/categories")
def list_categories(request: Request, caller: Caller) -> Response:
    """The tree of shelves."""
    with db.transaction() as session:
        tree = in_order(categories.of_company(session, caller.company_id))
    return page(request, "categories.html", ("Categories", "Kategoriler"), tree=tree)


@router.post("/categories")
def add_category(caller: Caller, sent: Sent) -> Response:
    """A new shelf."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        made = categories.put(session, caller.company_id, sent.text("name") or "", parent_id=sent.whole("parent"))
    return _to(f"/pricing/categories/{made.id}")


@router.get("/categories/{category_id}")
def show_category(category_id: int, request: Request, caller: Caller) -> Response:
    """One shelf and its rules."""
    with db.transaction() as session:
        category = categories.find(session, caller.company_id, category_id)
        below = set(categories.below(session, caller.company_id, category_id))
        others = [(depth, one) for depth, one in in_order(categories.of_company(session, caller.company_id)) if one.id not in below]
        return page(request, "category.html", (category.name,) * 2, category=category, others=others)


@router.post("/categories/{category_id}")
def edit_category(category_id: int, caller: Caller, sent: Sent) -> Response:
    """Change a shelf's rules."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        categories.edit(session, caller.company_id, category_id, **rules(sent))
    return _to("/pricing/categories")


@router.post("/categories/{category_id}/delete")
def delete_category(category_id: int, caller: Caller) -> Response:
    """Delete a shelf; its products stay, on none."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        categories.delete(session, caller.company_id, category_id)
    return _to("/pricing/categories")


def rules(sent: Form) -> dict[str, Any]:
    """What a form says of a shelf."""
    amounts = ("min_price", "max_price", "min_rating", "max_rating", "min_discount", "deal_percent")
    wholes = ("min_reviews", "check_minutes", "product_limit")
    lists = ("include_words", "exclude_words", "required_tags")
    found: dict[str, Any] = {name: sent.number(name) for name in amounts} | {name: sent.whole(name) for name in wholes}
    found |= {name: sent.words(name) for name in lists}
    return found | {
        "name": sent.text("name") or "",
        "parent_id": sent.whole("parent"),
        "deals_only": sent.flag("deals_only"),
        "deal_rule": sent.text("deal_rule"),
        "publish": sent.text("publish") or "review",
    }


def in_order(found: list[Category]) -> list[tuple[int, Category]]:
    """Every shelf with its depth, each below its parent."""
    below: dict[int | None, list[Category]] = {}
    for category in found:
        below.setdefault(category.parent_id, []).append(category)

    def walk(parent: int | None, depth: int) -> list[tuple[int, Category]]:
        return [one for child in below.get(parent, ()) for one in ((depth, child), *walk(child.id, depth + 1))]

    return walk(None, 0)


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)
