"""A store's own rule is tried before it is kept, by those who may."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from imece import face
from imece.contracts import Role
from pricing.checking import checks
from pricing.extraction.offer import Availability, Reading, State
from pricing.fetching.terms import Fetched, Reason

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """The looks that were asked for; what they find is played."""
    seen: list[tuple[str, str, Any]] = []

    def look(store: Any, url: str, rule: Any) -> Any:
        seen.append((store.domain, url, rule))
        if url.endswith("late"):
            return Reason("late", "There was no time.", "Zaman yetmedi.")
        if rule is None:
            return Fetched(0, "no_price", Reading(State.NO_PRICE, evidence="no price found"))

        return Fetched(0, "ok", Reading(State.OK, Decimal("1299.9"), "TRY", Availability.IN_STOCK, None, (), 0.95, "rule", "rule: #fiyat"))

    monkeypatch.setattr(checks, "look", look)
    return seen


def test_what_a_rule_reads_is_shown_beside_what_was_typed(ask: Ask, catalogue: Catalogue, looks: list[Any]) -> None:
    catalogue.products()
    store = catalogue.store()
    form = {"price": " #fiyat ", "out_of_stock": ".yok", "url": "https://magaza.example/p/1"}
    page = ask("POST", f"/pricing/stores/{store}/try", data=form)

    assert page.status_code == 200
    assert "TRY 1,299.90" in page.text
    assert 'name="price"' in page.text
    assert 'value="#fiyat"' in page.text
    [(domain, url, rule)] = looks
    assert (domain, url, rule.price, rule.out_of_stock) == ("magaza.example", "https://magaza.example/p/1", "#fiyat", ".yok")
    assert catalogue.sql("select rule from pricing.store") == [(None,)]


def test_what_is_not_found_and_no_time_are_said(ask: Ask, catalogue: Catalogue, looks: list[Any]) -> None:
    catalogue.products()
    store = catalogue.store()

    assert "no price found" in ask("POST", f"/pricing/stores/{store}/try", data={"url": "https://magaza.example/p/1"}).text
    late = ask("POST", f"/pricing/stores/{store}/try", data={"price": "#a", "url": "https://www.magaza.example/late"})
    assert "There was no time." in late.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"price": "div[", "url": "https://magaza.example/p/1"}, "neither CSS nor XPath"),
        ({"price": "#a", "url": "https://baska.example/p/1"}, "a page of magaza.example"),
        ({"price": "#a", "url": "file:///etc/passwd"}, ""),
        ({"price": "#a", "url": "http://127.0.0.1/"}, ""),
        ({"price": "#a"}, ""),
    ],
)
def test_what_cannot_be_tried_is_refused_before_anybody_is_asked(
    ask: Ask, catalogue: Catalogue, looks: list[Any], form: dict[str, str], words: str
) -> None:
    catalogue.products()
    answer = ask("POST", f"/pricing/stores/{catalogue.store()}/try", data=form)

    assert (answer.status_code, answer.headers["content-type"]) == (422, face.REFUSAL)
    assert words in answer.json()["en"]
    assert not looks


def test_the_rule_is_an_admins_to_keep_and_leaves_the_interface_alone(
    ask: Ask, catalogue: Catalogue, person: face.Caller, stranger: face.Caller
) -> None:
    catalogue.products()
    interface = {"url": "https://api.example/?ids={ids}"}
    store = catalogue.store(rule={"interface": interface})
    form = {"price": "#fiyat"}

    assert ask("POST", f"/pricing/stores/{store}/rule", by=replace(person, role=Role.OPERATOR), data=form).status_code == 403
    assert ask("POST", f"/pricing/stores/{store}/rule", by=stranger, data=form).status_code == 404
    assert ask("POST", f"/pricing/stores/{store}/rule", data=form).status_code == 303
    assert catalogue.sql("select rule from pricing.store") == [({"price": "#fiyat", "interface": interface},)]
    ask("POST", f"/pricing/stores/{store}/rule", data={})
    assert catalogue.sql("select rule from pricing.store") == [({"interface": interface},)]
