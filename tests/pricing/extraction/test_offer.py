"""Stock in the words of structured data."""

from typing import Any

import pytest

from pricing.extraction import CONFIDENT, Availability, Reading, State
from pricing.extraction.offer import stated


@pytest.mark.parametrize(
    ("value", "stock"),
    [
        ("https://schema.org/InStock", Availability.IN_STOCK),
        ("http://schema.org/InStock", Availability.IN_STOCK),
        ("InStock", Availability.IN_STOCK),
        ("in stock", Availability.IN_STOCK),
        ("in_stock", Availability.IN_STOCK),
        ("In-Stock", Availability.IN_STOCK),
        ("instock", Availability.IN_STOCK),
        ("LimitedAvailability", Availability.IN_STOCK),
        ("https://schema.org/OnlineOnly", Availability.IN_STOCK),
        ("PreOrder", Availability.IN_STOCK),
        ("BackOrder", Availability.IN_STOCK),
        ("available for order", Availability.IN_STOCK),
        ("Stokta", Availability.IN_STOCK),
        ("Stokta var", Availability.IN_STOCK),
        ("VAR", Availability.IN_STOCK),
        (True, Availability.IN_STOCK),
        (["https://schema.org/InStock"], Availability.IN_STOCK),
        ({"@id": "https://schema.org/InStock"}, Availability.IN_STOCK),
        ("https://schema.org/OutOfStock", Availability.OUT_OF_STOCK),
        ("out of stock", Availability.OUT_OF_STOCK),
        ("oos", Availability.OUT_OF_STOCK),
        ("SoldOut", Availability.OUT_OF_STOCK),
        ("Discontinued", Availability.OUT_OF_STOCK),
        ("unavailable", Availability.OUT_OF_STOCK),
        ("not available", Availability.OUT_OF_STOCK),
        ("Stokta yok", Availability.OUT_OF_STOCK),
        ("Tükendi", Availability.OUT_OF_STOCK),
        ("TÜKENDİ", Availability.OUT_OF_STOCK),
        ("Yok", Availability.OUT_OF_STOCK),
        (False, Availability.OUT_OF_STOCK),
        ("0", Availability.OUT_OF_STOCK),
        ("", None),
        (None, None),
        ([], None),
        ({}, None),
        (12.5, None),
        ("https://schema.org/", None),
        ("sorunuz", None),
        ("in stock " * 30, None),
    ],
)
def test_the_words_of_stock(value: Any, stock: Availability | None) -> None:
    assert stated(value) is stock


def test_only_a_settled_price_is_confident() -> None:
    assert Reading(State.OK, confidence=CONFIDENT).confident
    assert not Reading(State.OK, confidence=0.79).confident
    assert not Reading(State.AMBIGUOUS, confidence=0.97).confident
