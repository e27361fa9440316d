"""
Stage 4: what the page's scripts tell those who count its visits: that this product, at this price, was looked at.

The events are the ones the counters themselves prescribe: `ViewContent` of pixels, `view_item` and the older `detail` of tag managers. They name
what the shop counts as turnover, which may be net of tax or yesterday's: alone they are a hint, beside a seen price a confirmation.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from pricing.currencies import code_of
from pricing.extraction.offer import Claim, Offer
from pricing.extraction.origin import Origin
from pricing.numbers import declared_price

_NEEDLES = (b"ViewContent", b"view_item")
_OLDER = (b'"detail"', b"'detail'", b"detail:")  #: within `ecommerce`
_MOST = 12  #: events of one kind looked at
_LONG = 1500  #: bytes of one event
_BEFORE = 300  #: bytes before `detail` in which its currency may stand
_VIEW = re.compile(rb"[\"']?\s*[,:}]")  # neither `view_item_list` nor a name in a stylesheet
_DETAIL = re.compile(rb"\s*:\s*\{.{0,200}?products[\"']?\s*:\s*\[?\s*\{", re.DOTALL)
_END = re.compile(rb"\)\s*;|</script", re.IGNORECASE)
_VALUE = re.compile(rb"[{,\s\"'](?:value|price)\\?[\"']?\s*:\s*\\?[\"']?(\d[\d.,]{0,14})\\?[\"']?\s*[,}\r\n]")
_CURRENCY = re.compile(rb"currency(?:Code)?\\?[\"']?\s*:\s*\\?[\"']([A-Z]{3})\b", re.IGNORECASE)


def read(page: bytes, origin: Origin) -> Claim | None:
    """The price that the events of the page name; None where there are none, or where they differ."""
    found: dict[Decimal, tuple[str, str | None, Decimal | None]] = {}
    for name, told, before in _events(page):
        value, named = _VALUE.search(told), _CURRENCY.search(told) or _CURRENCY.search(before)
        if value is None:
            continue
        code = code_of(named[1].decode() if named else None, country=origin.country)
        amount = declared_price(value[1].decode().rstrip(".,"), currency=code or origin.currency, locale=origin.tongue)
        if amount and amount.value:
            found.setdefault(amount.value, (name, code or amount.currency or origin.usual_currency, amount.other))
    if len(found) != 1:
        return None
    ((price, (name, code, other)),) = found.items()
    return Claim("guess", f"script: {name}", price, code, offers=(Offer(price, code),), confidence=0.5, other=other)


def _events(page: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """The events that say the product was looked at: (name, what is told, what stands before it)."""
    for needle in (*_NEEDLES, *(_OLDER if b"ecommerce" in page else ())):
        place = page.find(needle)
        for _ in range(_MOST):
            if place < 0:
                break
            behind = place + len(needle)
            follows = _DETAIL.match(page, behind, behind + 400) if b"detail" in needle else _VIEW.match(page, behind)
            if follows:
                end = _END.search(page, behind, behind + _LONG)
                start = follows.end() - 1
                yield (
                    needle.decode().strip("\"':"),
                    page[start : end.start() if end else behind + _LONG],
                    page[max(0, place - _BEFORE) : place],
                )
            place = page.find(needle, behind)
