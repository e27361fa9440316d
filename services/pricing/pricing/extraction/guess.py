"""Stage 5: the amount that stands where prices stand. A guess: it is told to people only where the page's own data name the same amount."""

import re
from decimal import Decimal

from pricing.extraction import events
from pricing.extraction.offer import Claim, Offer
from pricing.extraction.origin import Origin
from pricing.extraction.visible import Spot, View

#: Below this score of the best amount there is no price to be seen.
_LEAST = 1.0
#: From this score on, and with this lead over the next amount, the place is unmistakable.
_GOOD, _LEAD = 2.5, 1.0
#: Texts between a price and the crossed-out one that belongs to it.
_BESIDE = 6
#: Places of an amount's digits on a page that are looked at.
_MOST_FINDS = 200
_KEY = re.compile(rb"(?:[Pp]rice|PRICE|[Aa]mount|[Ff]iyat|[Tt]utar)[\w-]{0,20}(?:\\?[\"']|&quot;)?\s*[:=]\s*(?:\\?[\"']|&quot;)?$")
_GOES_ON = re.compile(rb"[.,]?\d")


def read(view: View, page: bytes, origin: Origin) -> Claim | None:
    """
    The best standing amount of the page, or what its scripts count where none stands well; None without either. Of a range the lower end, ambiguous.

    Of several amounts that stand alike the one that the scripts count goes before the others.
    """
    ranked = view.ranked()
    if not ranked or ranked[0][1] < _LEAST:
        return events.read(page, origin)
    value, score, spot = ranked[0]
    lead = score - ranked[1][1] if len(ranked) > 1 else score
    clear = score >= _GOOD and lead >= _LEAD
    named = clear and is_in_data(value, page)
    counted = None if named else events.read(page, origin)
    if counted and not clear:
        value, score, spot = next((one for one in ranked if one[0] == counted.price and one[1] >= _LEAST and not one[2].crossed), ranked[0])
    told = counted is not None and counted.price == value
    confidence = 0.6 if clear or told else 0.4 if score >= _GOOD else 0.3
    if clear and spot.kind == "price" and spot.amount.sure and (named or told):
        confidence = 0.82
    currency = spot.amount.currency or origin.usual_currency
    claim = Claim("guess", where(spot), value, currency, offers=(Offer(value, currency),), confidence=confidence, other=spot.amount.other)
    claim.ambiguous = spot.kind == "range" or not spot.amount.sure
    claim.list_price = crossed_beside(view, value)
    return claim


def where(spot: Spot) -> str:
    """An element and its text, for people: `span.product-price: 8.450 TL`."""
    attributes = spot.element.attributes
    name = attributes.get("id") or ""
    classes = ".".join((attributes.get("class") or "").split()[:2])
    return f"{spot.element.tag}{f'#{name}' if name else ''}{f'.{classes}' if classes else ''}: {spot.element.text(separator=' ', strip=True)[:60]}"


def is_in_data(value: Decimal, page: bytes) -> bool:
    """Whether a script or an attribute of the page names the amount as a price, too: `"price":"21.99"`, `data-price='21.99'`."""
    plain = f"{value.normalize():f}"
    for form in {f"{value:.2f}", f"{value:.1f}", plain} if len(plain) > 2 else {f"{value:.2f}"}:
        sought, place = form.encode(), -1
        for _ in range(_MOST_FINDS):
            place = page.find(sought, place + 1)
            if place < 0:
                break
            if _KEY.search(page, max(0, place - 40), place) and not _GOES_ON.match(page, place + len(sought)):
                return True
    return False


def crossed_beside(view: View, price: Decimal) -> Decimal | None:
    """The crossed-out price next to where `price` stands best."""
    best = max((spot for spot in view.spots if spot.amount.value == price), key=lambda spot: spot.score, default=None)
    if best is None:
        return None
    near = [
        spot.amount.value
        for spot in view.spots
        if abs(spot.order - best.order) <= _BESIDE and (spot.crossed or spot.kind == "old") and spot.amount.value > price
    ]
    return min(near, default=None)
