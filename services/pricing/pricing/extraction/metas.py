"""
Stage 2: prices in meta tags (`product:price:amount`, `og:price:amount`) by a byte scan. Their sale price goes before their price.

What is written for a preview (`og:price`, or `twitter:label1` “Fiyat” with `twitter:data1`) counts where there is nothing else, and less.
"""

import html
import re
from collections.abc import Iterator
from decimal import Decimal

from pricing.currencies import code_of
from pricing.extraction.offer import Availability, Claim, Offer, stated
from pricing.extraction.origin import Origin
from pricing.numbers import declared_price

_PRICED = (b"price:amount", b"price:currency", b"price:standard_amount")
_STOCKED = b":availability"
_PREVIEWS = (b'og:price"', b'product:price"', b"og:currency", b"twitter:label", b"twitter:data")
_FAR = 1 << 18  #: bytes within which the tags for previews are looked for
_MOST = 40  #: tags looked at
_KEY = re.compile(rb"(?:property|name)\s*=\s*[\"']?([\w:.\-]+)", re.IGNORECASE)
_CONTENT = re.compile(rb"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_PREFIXES = ("product:sale_price", "product:price", "og:price")
_LISTS = ("product:original_price:amount", "product:price:amount", "og:price:standard_amount")
_PRICE = re.compile(r"(?:price|fiyat[ıi]?|preis|prix|precio|preço|prezzo|cena|prijs|цена|ціна)\b", re.IGNORECASE)


def read(page: bytes, origin: Origin) -> Claim | None:
    """What the meta tags of the page say, None where they name no price and no stock."""
    needles = (*(_PRICED if _PRICED[0] in page else ()), _STOCKED)
    told = dict(reversed([_said(tag) for needle in needles for tag in _tags(page, needle, len(page))]))
    stock = stated(told.get("product:availability") or told.get("og:availability"))
    return _declared(told, stock, origin) or (Claim("meta", "product:availability", availability=stock) if stock else None)


def _declared(told: dict[str, str], stock: Availability | None, origin: Origin) -> Claim | None:
    for prefix in _PREFIXES:
        named = told.get(f"{prefix}:currency") or told.get("product:price:currency") or told.get("og:price:currency")
        code = code_of(named, country=origin.country)
        amount = declared_price(told.get(f"{prefix}:amount"), currency=code or origin.currency, locale=origin.tongue)
        if amount is None or not amount.value:
            continue
        code = code or amount.currency
        listed = [declared_price(told[key], currency=code, locale=origin.tongue) for key in _LISTS if key in told]
        before = max((one.value for one in listed if one), default=amount.value)
        higher = before if before > amount.value else None
        offers = (Offer(amount.value, code, stock, higher),)
        return Claim("meta", f"{prefix}:amount", amount.value, code, stock, higher, offers, 0.85, amount.other)
    return None


def previewed(page: bytes, origin: Origin) -> Claim | None:
    """The price in tags that were made for a preview of the page."""
    told = dict(reversed([_said(tag) for needle in _PREVIEWS for tag in _tags(page, needle, _FAR)]))
    for key, value in told.items():
        number = key.removeprefix("twitter:data")
        if key not in {"og:price", "product:price"} and (number == key or not _PRICE.search(told.get(f"twitter:label{number}", ""))):
            continue
        amount = declared_price(value, locale=origin.tongue, currency=origin.currency)
        if amount and amount.value:
            code = amount.currency or code_of(told.get("og:price:currency") or told.get("og:currency"), country=origin.country)
            return Claim("meta", key, amount.value, code, offers=(Offer(amount.value, code),), confidence=0.7, other=amount.other)
    return None


def contradict(page: bytes | bytearray, price: Decimal, end: int, origin: Origin) -> bool:
    """Whether a meta tag within the first `end` bytes names another price than `price`, and none names this one."""
    if page.find(b"price:amount", 0, end) < 0:
        return False
    plain, found = str(price).encode(), False
    for tag in _tags(page, b"price:amount", end):
        if plain in tag:
            return False
        amount = declared_price(_said(tag)[1], locale=origin.tongue, currency=origin.currency)
        if amount and amount.value == price:
            return False
        found = found or amount is not None
    return found


def _said(tag: bytes) -> tuple[str, str]:
    """What a meta tag is about, in small letters, and what it says; empty where it is not about anything."""
    key, content = _KEY.search(tag), _CONTENT.search(tag)
    if not key or not content:
        return "", ""
    value = (content[1] or content[2] or content[3] or b"").decode("utf-8", "replace").strip()
    return key[1].decode().lower(), html.unescape(value) if "&" in value else value


def _tags(page: bytes | bytearray, needle: bytes, end: int) -> Iterator[bytes]:
    """The meta tags that hold `needle`."""
    place = page.find(needle, 0, end)
    for _ in range(_MOST):
        if place < 0:
            return
        start, close = page.rfind(b"<", max(0, place - 400), place), page.find(b">", place, place + 400)
        if start >= 0 and close >= 0 and page[start : start + 5].lower() == b"<meta":
            yield bytes(page[start : close + 1])
        place = page.find(needle, place + len(needle), end)
