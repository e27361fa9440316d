"""Pages about stores and categories."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from imece import db, face
from imece.contracts import Role
from pricing.catalogue import categories, stores
from pricing.face import shelves

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue


def test_stores_show_how_they_do(ask: Ask, catalogue: Catalogue) -> None:
    catalogue.products()
    store = catalogue.store()
    with db.quick() as connection:
        stores.count(connection, [stores.Outcomes(store, "ok", 90, 9000), stores.Outcomes(store, "blocked", 10, 1000)])

    page = ask("GET", "/pricing/stores").text
    assert "magaza.example" in page
    assert "90%" in page
    assert "100 ms" in page


def test_a_store_that_is_left_alone_says_until_when_and_is_asked_again(ask: Ask, catalogue: Catalogue) -> None:
    catalogue.products()
    store = catalogue.store()
    with db.transaction() as session:
        stores.hold(session, "magaza.example", timedelta(hours=2), "captcha")

    assert "left alone until" in ask("GET", "/pricing/stores").text
    assert "captcha" in ask("GET", f"/pricing/stores/{store}").text
    ask("POST", f"/pricing/stores/{store}/release")
    assert "left alone until" not in ask("GET", "/pricing/stores").text


def test_a_store_whose_pace_is_not_enough_is_said(ask: Ask, catalogue: Catalogue) -> None:
    catalogue.products(300)
    catalogue.store(min_delay_ms=600_000)

    assert "capacity is not enough" in ask("GET", "/pricing/stores").text


FORM = {"name": "Mağaza", "policy": "page", "min_delay_ms": "5000", "max_parallel": "2", "currency": "TRY", "active": "1"}


def test_how_a_store_is_asked_is_an_admins_to_change(ask: Ask, catalogue: Catalogue, person: face.Caller, stranger: face.Caller) -> None:
    store = catalogue.store()
    feed = {"feed_url": "https://magaza.example/sitemap.xml"}

    assert ask("POST", f"/pricing/stores/{store}", by=replace(person, role=Role.OPERATOR), data=FORM).status_code == 403
    assert ask("POST", f"/pricing/stores/{store}", by=stranger, data=FORM).status_code == 404
    ask("POST", f"/pricing/stores/{store}", data=FORM | feed)
    row = catalogue.sql("select name, min_delay_ms, respect_robots, feed_kind from pricing.store")[0]
    assert tuple(row) == ("Mağaza", 5000, False, "sitemap")
    ask("POST", f"/pricing/stores/{store}", data=FORM)
    assert catalogue.sql("select feed_url from pricing.store")[0][0] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_delay_ms": "-5"},
        {"policy": "rude"},
        {"currency": "lira"},
        {"feed_url": "file:///etc/passwd"},
        {"feed_url": "//["},
        {"max_parallel": "many"},
    ],
)
def test_a_store_that_cannot_be_is_refused(ask: Ask, catalogue: Catalogue, wrong: dict[str, str]) -> None:
    assert ask("POST", f"/pricing/stores/{catalogue.store()}", data=FORM | wrong).status_code == 422


def test_a_shelf_is_made_changed_and_deleted(ask: Ask, catalogue: Catalogue, person: face.Caller) -> None:
    made = ask("POST", "/pricing/categories", data={"name": "Cep Telefonu"}).headers["location"]
    ask("POST", "/pricing/categories", data={"name": "Kılıf", "parent": made.rpartition("/")[2]})
    answer = ask(
        "POST",
        made,
        by=replace(person, locale="tr"),
        data={
            "name": "Telefon",
            "min_price": "1.000,50",
            "include_words": "telefon, akıllı saat ,",
            "deal_rule": "average",
            "publish": "automatic",
        },
    )

    assert answer.status_code == 303, answer.text
    with db.transaction() as session:
        below, shelf = sorted(categories.of_company(session, catalogue.company), key=lambda one: one.parent_id is None)
    assert (shelf.name, shelf.min_price, shelf.include_words) == ("Telefon", Decimal("1000.50"), ["telefon", "akıllı saat"])
    assert (shelf.deal_rule, shelf.publish, shelf.deals_only) == ("average", "automatic", False)
    assert f'<option value="{below.id}"' not in ask("GET", made).text, "not below its own child"
    assert "deals: below the 30-day average" in ask("GET", "/pricing/categories").text
    assert ask("POST", f"{made}/delete").status_code == 409
    ask("POST", f"/pricing/categories/{below.id}/delete")
    assert ask("POST", f"{made}/delete").status_code == 303
    assert "No category yet" in ask("GET", "/pricing/categories").text


def test_the_tree_is_told_from_the_top_down(ask: Ask, catalogue: Catalogue) -> None:
    with db.transaction() as session:
        top = categories.put(session, catalogue.company, "B").id
        categories.put(session, catalogue.company, "A", parent_id=top)
        categories.put(session, catalogue.company, "C")
        told = [(depth, one.name) for depth, one in shelves.in_order(categories.of_company(session, catalogue.company))]

    assert told == [(0, "B"), (1, "A"), (0, "C")]
