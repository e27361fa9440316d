"""The page of figures."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imece import face

Ask = Callable[..., Any]


def test_it_says_what_is_due(ask: Ask, catalogue: Any, person: face.Caller) -> None:
    catalogue.products(1200)
    page = ask("GET", "/pricing/statistics", by=replace(person, locale="tr"))

    assert page.headers[face.TITLE] == "%C4%B0statistik"
    assert "1.200" in page.text
    assert "magaza.example" in page.text


def test_the_figures_renew_themselves(ask: Ask) -> None:
    assert 'data-refresh="/pricing/statistics?part=1"' in ask("GET", "/pricing/statistics").text
    part = ask("GET", "/pricing/statistics?part=1")
    assert face.TITLE not in part.headers
    assert "<h1>" not in part.text
