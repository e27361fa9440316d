"""`/v1/pricing/...`: the same things for programs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from imece import face
from imece.contracts import Role

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue


def test_products_and_their_prices(ask: Ask, catalogue: Catalogue) -> None:
    one, two = catalogue.products(2)
    catalogue.past(one, (20, "150.00"), (5, "120.50"))

    listed = ask("GET", "/v1/pricing/products", query={"order": "price", "limit": 1}).json()
    assert (listed["total"], [row["id"] for row in listed["products"]]) == (2, [one])
    assert listed["products"][0]["price"] == "120.50"
    assert ask("GET", f"/v1/pricing/products/{two}").json()["price"] is None
    prices = ask("GET", f"/v1/pricing/products/{one}/prices?days=30").json()
    assert (prices["low"], [point["price"] for point in prices["points"]]) == ("120.50", ["150.00", "120.50"])


def test_watches_are_made_changed_and_deleted(ask: Ask, catalogue: Catalogue, told: UUID) -> None:
    [product] = catalogue.products()
    wish = {"recipient_id": str(told), "product_id": product, "kind": "target", "target": "99.90"}

    made = ask("POST", "/v1/pricing/watches", json=wish)
    assert (made.status_code, made.json()["target"], made.json()["active"]) == (201, "99.90", True)
    address = f"/v1/pricing/watches/{made.json()['id']}"
    assert ask("PATCH", address, json={"target": "80"}).json()["target"] == "80.00"
    assert ask("PATCH", address, json={"kind": "lowest"}).status_code == 422
    assert len(ask("GET", f"/v1/pricing/watches?product_id={product}").json()) == 1
    assert ask("DELETE", address).status_code == 204
    assert ask("DELETE", address).status_code == 404


def test_what_is_wrong_is_said_field_by_field(ask: Ask, catalogue: Catalogue) -> None:
    answer = ask("POST", "/v1/pricing/watches", json={"kind": "magic", "surprise": 1})

    assert (answer.status_code, answer.headers["content-type"]) == (422, face.REFUSAL)
    assert {fault["loc"][-1] for fault in answer.json()["errors"]} == {"recipient_id", "kind", "surprise"}


def test_viewers_look_and_change_nothing(ask: Ask, catalogue: Catalogue, person: face.Caller, told: UUID) -> None:
    [product] = catalogue.products()
    viewer = replace(person, role=Role.VIEWER)
    wish = {"recipient_id": str(told), "product_id": product, "kind": "back_in_stock"}

    assert ask("GET", "/v1/pricing/products", by=viewer).status_code == 200
    assert ask("POST", "/v1/pricing/watches", by=viewer, json=wish).status_code == 403
    assert ask("PATCH", f"/v1/pricing/stores/{catalogue.store()}", by=viewer, json={"name": "x"}).status_code == 403


def test_stores_categories_deals_recipients_and_figures(ask: Ask, catalogue: Catalogue, told: UUID) -> None:
    catalogue.products(3)

    assert ask("GET", "/v1/pricing/stores").json()[0]["domain"] == "magaza.example"
    changed = ask("PATCH", f"/v1/pricing/stores/{catalogue.store()}", json={"min_delay_ms": 3000})
    assert changed.json()["delay_ms"] == 3000
    assert ask("GET", "/v1/pricing/categories").json() == []
    assert ask("GET", "/v1/pricing/deals?state=created").json() == []
    assert ask("GET", "/v1/pricing/recipients").json()[0]["id"] == str(told)
    figures = ask("GET", "/v1/pricing/statistics").json()
    assert (figures["watched"], figures["never"], figures["tiers"]["high"]["watched"]) == (3, 3, 3)


def test_prices_come_as_a_file(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()
    catalogue.past(product, (20, "150.00"), (5, "120.50"))
    answer = ask("GET", "/v1/pricing/export/prices.csv?days=30")

    assert answer.headers["content-type"].startswith("text/csv")
    assert "120.50" in answer.text


def test_it_describes_itself(ask: Ask) -> None:
    document = ask("GET", "/v1/pricing/openapi.json").json()

    assert "/v1/pricing/products/{product_id}/prices" in document["paths"]
    assert not [path for path in document["paths"] if not path.startswith("/v1/pricing/")]


@pytest.mark.parametrize(
    "change",
    [
        {"policy": {}},
        {"name": ["x"]},
        {"name": None},
        {"min_delay_ms": "soon"},
        {"min_delay_ms": 2**40},
        {"rule": [1]},
        {"rule": {"price": 1}},
        {"id": 7},
    ],
)
def test_a_store_that_cannot_be_is_refused(ask: Ask, catalogue: Catalogue, change: dict[str, Any]) -> None:
    before = catalogue.sql("select to_jsonb(s) from pricing.store s where id = :id", id=catalogue.store())
    assert ask("PATCH", f"/v1/pricing/stores/{catalogue.store()}", json=change).status_code == 422
    assert catalogue.sql("select to_jsonb(s) from pricing.store s") == before


def test_half_a_letter_is_refused_where_it_is_named_too(ask: Ask, catalogue: Catalogue) -> None:
    for body in ('{"rule": {"price": "\\ud800"}}', '{"name": "\\ud800"}', '{"\\ud800": 1}'):
        answer = ask("PATCH", f"/v1/pricing/stores/{catalogue.store()}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
