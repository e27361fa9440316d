"""Every address of the face, walked: nothing for strangers, and nothing of another company's."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from imece import db, face
from pricing.catalogue import categories
from pricing.deals import watches
from pricing.face import app

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue

#: What stands in the addresses.
PLACES = ("product_id", "store_id", "category_id", "watch_id", "recipient_id", "deal_id", "act", "what", "kind")

#: What needs no signature.
OPEN = {"/healthz"}


def walk(**places: Any) -> Iterator[tuple[str, str]]:
    inside: Any = app.build().app
    for context in iter_route_contexts(inside.routes):
        path = re.sub(r"{(\w+)}", lambda match: str(places[match[1]]), str(context.path))  # one that is new must be named by who walks
        for method in sorted(context.methods or ("GET",)):
            yield method, path


def test_without_the_gateways_signature_nothing_is_answered(client: TestClient) -> None:
    seen = list(walk(**dict.fromkeys(PLACES, 1)))

    assert len(seen) > 40
    for method, path in [*seen, ("GET", "/pricing/static/prices.css"), ("GET", "/nothing")]:
        if path not in OPEN:
            assert client.request(method, path).status_code == 401, (method, path)
    assert client.get("/healthz").text == "ok"


def test_another_company_finds_nothing(ask: Ask, catalogue: Catalogue, stranger: face.Caller, told: UUID) -> None:
    """Every route, reading and writing, asked by a stranger for what is the company's."""
    with db.transaction() as session:
        shelf = categories.put(session, catalogue.company, "gizli").id
    [product] = catalogue.products(domain="gizli.example", brand="gizli", category_id=shelf)
    catalogue.past(product, (60, "99.90"))
    catalogue.look(product, "99.90", ago=timedelta(days=1))
    store = catalogue.store("gizli.example")
    with db.transaction() as session:
        watch = watches.add(session, catalogue.company, told, "back_in_stock", product_id=product).id
        categories.edit(session, catalogue.company, shelf, deal_rule="previous", deal_percent=Decimal(10), publish="review")
    catalogue.look(product, "49.90")
    [(deal,)] = catalogue.sql("select id from pricing.deal")
    before = _everything(catalogue)
    places = dict(zip(PLACES, (product, store, shelf, watch, told, deal, "end", "products", "csv"), strict=True))
    json: dict[str, Any] = {"POST /v1/pricing/watches": {"recipient_id": str(told), "product_id": product, "kind": "any_change"}}
    json |= {f"PATCH /v1/pricing/watches/{watch}": {"active": False}, f"PATCH /v1/pricing/stores/{store}": {"name": "x", "active": False}}

    for method, path in walk(**places):
        form = {"name": "x", "url": "https://x.example/1", "address": "x@example.com", "recipient": str(told), "product": str(product)}
        form |= {"kind": "target", "target": "1", "store": str(store), "category": str(shelf)}
        body = {"json": json[f"{method} {path}"]} if f"{method} {path}" in json else {"data": form} if method == "POST" else {}
        answer = ask(method, path, by=stranger, **body)
        assert "gizli" not in answer.text, (method, path)
        assert answer.status_code < 500, (method, path, answer.text)
        if any(str(one) in path.split("/") for one in (product, store, shelf, watch, told, deal)):
            assert answer.status_code == 404, (method, path, answer.text)
    assert _everything(catalogue) == before
    assert catalogue.sql("select count(*) from ledger.job where company_id = :company", company=catalogue.company)[0][0] == 0


@pytest.mark.parametrize(
    "query", ["page=0", "tier=9", "order=chaos", "store=x", "store=0", "category=0", "store=99999999999", "text=" + "x" * 300]
)
def test_an_address_that_says_nonsense_is_refused_in_both_languages(ask: Ask, query: str) -> None:
    answer = ask("GET", f"/pricing?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (422, face.REFUSAL)
    assert answer.json()["tr"]


def test_what_is_not_there_is_404_in_both_languages(ask: Ask) -> None:
    for path in ("/pricing/products/4711", "/pricing/stores/4711", "/pricing/categories/4711"):
        assert ask("GET", path).status_code == 404
        assert ask("GET", path).json()["tr"].startswith("Böyle bir")


def test_a_database_that_is_away_is_said(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("pricing.catalogue.products.search", away)
    answer = ask("GET", "/v1/pricing/products")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["tr"].startswith("Veritabanı")


def _everything(catalogue: Catalogue) -> list[Any]:
    tables = ("product", "store", "category", "watch", "recipient", "subscription", "deal")
    found = [catalogue.sql(f"select to_jsonb(t) from pricing.{table} t where company_id = :id", id=catalogue.company) for table in tables]
    schedule = "select to_jsonb(q) from pricing.sched q join pricing.product p on p.id = q.product_id where p.company_id = :id"
    return [sorted(map(str, rows)) for rows in (*found, catalogue.sql(schedule, id=catalogue.company))]
