"""Pages about deals, watches and recipients."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from imece import db, face, ledger
from imece.contracts import Role
from pricing.catalogue import categories
from pricing.deals import deals, recipients, watches

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue


@pytest.fixture
def deal(catalogue: Catalogue) -> UUID:
    """A deal that waits for its review."""
    with db.transaction() as session:
        shelf = categories.put(session, catalogue.company, "Telefon", deal_rule="previous", deal_percent=Decimal(10), publish="review").id
    [product] = catalogue.products(category_id=shelf)
    catalogue.past(product, (60, "1000.00"))
    catalogue.look(product, "1000.00", ago=timedelta(days=1))
    catalogue.look(product, "700.00")
    with db.transaction() as session:
        [found] = deals.search(session, catalogue.company)
        return found.id


def state_of(catalogue: Catalogue, deal: UUID) -> tuple[str, str | None]:
    with db.transaction() as session:
        found = deals.find(session, catalogue.company, deal)
        return found.state, found.end_reason


def test_a_deal_is_reviewed_and_published(ask: Ask, catalogue: Catalogue, deal: UUID) -> None:
    assert "30% below the price before" in ask("GET", "/pricing/deals").text
    assert "To review <small>1</small>" in ask("GET", "/pricing/deals").text

    assert ask("POST", f"/pricing/deals/{deal}/publish").headers["location"] == "/pricing/deals"
    assert state_of(catalogue, deal) == ("published", None)
    assert ask("POST", f"/pricing/deals/{deal}/publish").status_code == 409
    page = ask("GET", "/pricing/deals?state=published").text
    assert "Ürün 0" in page
    assert "To review <small>0</small>" in page
    assert "Published <small>1</small>" in page


def test_a_deal_is_rejected(ask: Ask, catalogue: Catalogue, deal: UUID) -> None:
    ask("POST", f"/pricing/deals/{deal}/end", data={"from": "created"})

    assert state_of(catalogue, deal) == ("ended", "rejected")
    assert "rejected" in ask("GET", "/pricing/deals?state=ended").text


@pytest.mark.parametrize("act", ["publish", "end"])
def test_a_deal_is_its_companys_and_its_operators(
    ask: Ask, catalogue: Catalogue, deal: UUID, person: face.Caller, stranger: face.Caller, act: str
) -> None:
    assert ask("POST", f"/pricing/deals/{deal}/{act}", by=stranger).status_code == 404
    assert ask("POST", f"/pricing/deals/{deal}/{act}", by=replace(person, role=Role.VIEWER)).status_code == 403
    assert state_of(catalogue, deal) == ("created", None)


def watches_of(catalogue: Catalogue) -> list[Any]:
    with db.transaction() as session:
        return watches.of_company(session, catalogue.company)


def test_a_watch_is_added_changed_and_deleted(ask: Ask, catalogue: Catalogue, person: face.Caller, told: UUID) -> None:
    [product] = catalogue.products()
    turkish = replace(person, locale="tr")

    answer = ask(
        "POST",
        "/pricing/watches",
        by=turkish,
        data={"recipient": str(told), "product": str(product), "kind": "target", "target": "1.299,90", "percent": "5", "rearm_hours": "6"},
    )
    assert answer.headers["location"] == f"/pricing/products/{product}#watches"
    [watch] = watches_of(catalogue)
    assert (watch.target, watch.percent, watch.rearm_minutes) == (Decimal("1299.90"), None, 360)
    assert "1.299,90 TL" in ask("GET", f"/pricing/products/{product}", by=turkish).text

    form = ask("GET", f"/pricing/watches/{watch.id}")
    assert 'value="1299.9"' in form.text
    ask("POST", f"/pricing/watches/{watch.id}", data={"kind": "drop", "percent": "15", "days": "30"})
    [watch] = watches_of(catalogue)
    assert (watch.kind, watch.target, watch.percent, watch.days, watch.active) == ("drop", None, 15, 30, False)

    ask("POST", f"/pricing/watches/{watch.id}/delete")
    assert watches_of(catalogue) == []


def test_a_category_is_watched(ask: Ask, catalogue: Catalogue, told: UUID) -> None:
    with db.transaction() as session:
        shelf = categories.put(session, catalogue.company, "Telefon").id
    ask("POST", "/pricing/watches", data={"recipient": str(told), "category": str(shelf), "kind": "back_in_stock"})

    assert "Category: Telefon" in ask("GET", "/pricing/watches").text


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "target", "product": "1"},
        {"kind": "target", "target": "cheap", "product": "1"},
        {"kind": "surprise", "product": "1"},
        {"kind": "drop", "percent": "200", "product": "1"},
        {"kind": "lowest", "days": "-1", "product": "1"},
        {"kind": "back_in_stock"},
        {"kind": "back_in_stock", "product": "1", "recipient": ""},
    ],
)
def test_a_watch_that_cannot_be_is_refused_with_a_sentence(ask: Ask, catalogue: Catalogue, told: UUID, form: dict[str, str]) -> None:
    [product] = catalogue.products()
    answer = ask(
        "POST", "/pricing/watches", data={"recipient": str(told)} | form | ({"product": str(product)} if "product" in form else {})
    )

    assert answer.status_code == 422
    assert answer.json()["tr"].endswith(".")
    assert watches_of(catalogue) == []


def test_nobody_watches_for_another_companys_people(ask: Ask, catalogue: Catalogue, stranger: face.Caller, told: UUID) -> None:
    [product] = catalogue.products()
    form = {"recipient": str(told), "product": str(product), "kind": "back_in_stock"}

    assert ask("POST", "/pricing/watches", by=stranger, data=form).status_code == 404


def test_people_are_told_of_deals_and_forgotten(ask: Ask, catalogue: Catalogue) -> None:
    ask("POST", "/pricing/recipients", data={"name": "Ali", "kind": "person", "address": "ali@example.com", "deals": "1"})
    assert "every deal" in ask("GET", "/pricing/watches").text
    with db.transaction() as session:
        [ali] = recipients.of_company(session, catalogue.company)

    ask("POST", f"/pricing/recipients/{ali.id}/delete")
    assert "Ali" not in ask("GET", "/pricing/watches").text
    assert ask("POST", "/pricing/recipients", data={"name": "Ali", "kind": "person", "address": "ali"}).status_code == 422


def test_digests_go_when_somebody_asks(ask: Ask, catalogue: Catalogue) -> None:
    ask("POST", "/pricing/digests")

    with db.transaction() as session:
        assert [job.kind for job in ledger.search(session, company_id=catalogue.company)] == ["pricing.send_digests"]
