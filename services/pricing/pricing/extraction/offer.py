"""What was read from a page: `Reading`, its states, and the words that shops use for stock."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any

#: From this confidence on a price may be told to people without a second reading.
CONFIDENT = 0.8


class Availability(StrEnum):
    """Whether it can be ordered now. Pre-order and back-order can; `BLOCKED`: the page was not the shop's, so nobody knows."""

    IN_STOCK = "InStock"
    OUT_OF_STOCK = "OutOfStock"
    BLOCKED = "Blocked"


class State(StrEnum):
    """What became of the page. Only with `OK` a price is written down; with the others the last known price stays."""

    OK = "ok"
    AMBIGUOUS = "ambiguous"  #: two readings, and nothing decides
    NO_PRICE = "no_price"
    BLOCKED = "blocked"  #: a robot check or a consent wall instead of the page


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer for the product: a seller's, or a size's. `label` tells it from the others (seller, sku, size), where the page does."""

    price: Decimal
    currency: str | None = None
    availability: Availability | None = None
    list_price: Decimal | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a page says about its product. `price` and `list_price` are amounts of `currency` (ISO code, None: nobody knows), above zero.

    `list_price`: the crossed-out one, above `price`. `confidence` is 0 to 1, see CONFIDENT. `source`: the stage that read it (`json-ld`, `meta`,
    `microdata`, `rule`, `guess`), None without a price. `evidence`: where, for people. `content_hash`: 16 bytes, equal as long as all else is.
    """

    state: State
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None
    list_price: Decimal | None = None
    offers: tuple[Offer, ...] = ()
    confidence: float = 0.0
    source: str | None = None
    evidence: str = ""

    @property
    def confident(self) -> bool:
        """Whether the price may be told to people without a second reading."""
        return self.state is State.OK and self.confidence >= CONFIDENT

    @property
    def content_hash(self) -> bytes:
        """Equal for pages that say the same about the product, whatever else changed on them."""
        said = (self.state.value, _plain(self.price), self.currency, self.availability and self.availability.value, _plain(self.list_price))
        offers = [
            (_plain(offer.price), offer.currency, offer.availability and offer.availability.value, offer.label) for offer in self.offers
        ]
        return blake2b(repr((said, offers)).encode(), digest_size=16).digest()


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


_IN = re.compile(
    r"in_?stock|instoreonly|onlineonly|limited|pre_?order|presale|back_?order|madetoorder|^available|^true$|^yes$|^1$|stokta$|stoktavar|^var$|mevcut$"
)
_OUT = re.compile(
    r"out_?of_?stock|sold_?out|discontinued|unavailable|not_?available|^oos$|^false$|^no$|^0$|stoktayok|t[uü]kendi|^yok$|mevcutde[gğ]il|reserved"
)
_USUAL = {
    f"{place}{word.value}": word
    for place in ("https://schema.org/", "http://schema.org/", "")
    for word in (Availability.IN_STOCK, Availability.OUT_OF_STOCK)
}


def stated(value: Any) -> Availability | None:
    """The availability that structured data state: `https://schema.org/InStock`, `in stock`, `OutOfStock`, `Tükendi`; None: nothing known."""
    if isinstance(value, str) and value in _USUAL:
        return _USUAL[value]
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@id") or value.get("name") or value.get("@value")
    if not isinstance(value, str | bool | int):
        return None
    word = str(value).rsplit("/", 1)[-1].replace("İ", "i").casefold().replace(" ", "").replace("-", "")
    if len(word) > 60:
        return None
    return Availability.OUT_OF_STOCK if _OUT.search(word) else Availability.IN_STOCK if _IN.search(word) else None


@dataclass(slots=True)
class Claim:
    """
    What one stage says, before the stages are weighed against each other. Fields as in Reading.

    `other` is the second reading of digits that have two. `ambiguous`: the stage itself saw two prices and could not tell which is meant.
    `elsewhere`: it names another page as its own, or nothing that the page's address names.
    """

    source: str
    evidence: str
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None
    list_price: Decimal | None = None
    offers: tuple[Offer, ...] = ()
    confidence: float = 0.0
    other: Decimal | None = None
    ambiguous: bool = False
    elsewhere: bool = False

    def as_reading(self, currency: str | None) -> Reading:
        """The reading where nothing speaks against this claim."""
        return Reading(
            State.OK, self.price, currency, self.availability, self.list_price, self.offers, self.confidence, self.source, self.evidence
        )
