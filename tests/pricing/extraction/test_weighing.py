"""Stages that agree, and stages that do not."""

from decimal import Decimal

import pytest

from pricing.extraction import Availability, Reading, State
from pricing.extraction.offer import Claim
from pricing.extraction.origin import Origin
from pricing.extraction.tree import parse
from pricing.extraction.visible import view
from pricing.extraction.weighing import are_clear, settled

HERE = Origin("https://www.ornek.com.tr/lamba")


def claim(
    source: str, price: str | None, confidence: float = 0.97, other: str | None = None, stock: Availability | None = Availability.IN_STOCK
) -> Claim:
    return Claim(source, source, price and Decimal(price), "TRY", stock, confidence=confidence, other=other and Decimal(other))  # type: ignore[arg-type]  # None stays None


def weigh(*claims: Claim, seen: str = "") -> Reading:
    page = f'<html lang="tr"><h1>Lamba</h1>{seen}</html>'.encode()
    return settled(claims, view(parse(page), HERE), page, HERE)


def test_agreement_makes_surer() -> None:
    assert weigh(claim("meta", "10", 0.85), claim("microdata", "10.00", 0.9)).confidence == 0.97


def test_the_first_stage_wins_where_nothing_decides() -> None:
    found = weigh(claim("json-ld", "10"), claim("microdata", "12"))

    assert (found.price, found.source, found.confidence, found.state) == (10, "json-ld", 0.6, State.OK)


@pytest.mark.parametrize(("seen", "price", "source"), [("10,00 TL", 10, "json-ld"), ("12,00 TL", 12, "microdata")])
def test_what_is_seen_decides(seen: str, price: int, source: str) -> None:
    found = weigh(claim("json-ld", "10"), claim("microdata", "12"), seen=f'<p class="price">{seen}</p>')

    assert (found.price, found.source, found.confident) == (price, source, True)


def test_both_seen_equally_well_stays_unsure() -> None:
    assert not weigh(claim("json-ld", "10"), claim("microdata", "12"), seen="<p class=price>10 TL</p><p class=price>12 TL</p>").confident


def test_a_rivals_price_that_is_the_list_price_is_no_rival() -> None:
    first = claim("meta", "10", 0.9)
    first.list_price = Decimal(12)

    assert weigh(first, claim("microdata", "12")).confident


def test_two_readings_that_nothing_decides_are_ambiguous() -> None:
    assert weigh(claim("json-ld", "8450", other="8.450")).state is State.AMBIGUOUS


def test_stock_is_the_first_that_knows() -> None:
    assert (
        weigh(claim("json-ld", "10", stock=None), claim("meta", None, stock=Availability.OUT_OF_STOCK)).availability
        is Availability.OUT_OF_STOCK
    )


def test_clear_claims_need_no_look() -> None:
    assert are_clear([claim("microdata", "10", 0.9)])
    assert not are_clear([claim("microdata", "10", 0.9, stock=None)])
    assert not are_clear([claim("microdata", "10", 0.6)])
    assert not are_clear([claim("json-ld", "10"), claim("meta", "11")])
    assert not are_clear([])


@pytest.mark.parametrize("seen", ["<b>12,00 TL</b>", "<s>10,00 TL</s> <b>8,00 TL</b>"])
def test_a_tag_whose_price_is_not_shown_gives_way_to_the_one_that_is(seen: str) -> None:
    """It may be yesterday's, net of tax, or the old one; which of them, nobody tells."""
    found = weigh(claim("meta", "10", 0.85), seen=f"<p class=price>{seen}</p><button>Sepete ekle</button>")

    assert (found.price, found.source, found.confident) == (8 if "<s>" in seen else 12, "guess", False)


@pytest.mark.parametrize("seen", ["10 TL", "<b>10,00</b> TL", "Yükleniyor"])
def test_a_tag_whose_price_is_shown_or_that_nothing_contradicts_stays(seen: str) -> None:
    assert weigh(claim("meta", "10", 0.85), seen=f"<p class=price>{seen}</p>").source == "meta"
    assert weigh(claim("meta", "10.90", 0.85), seen=f"<p class=price>{seen}</p>").source == "meta"
