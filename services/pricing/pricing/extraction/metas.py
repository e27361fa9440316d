"""Stage 2: prices in meta tags (`product:price:amount`, `og:price:amount`) by a byte scan. Their sale price goes before their price."""

import html
import re

from pricing.currencies import code_of
from pricing.extraction.offer import Claim, Offer, stated
from pricing.extraction.origin import Origin
from pricing.numbers import declared_price

_META = re.compile(rb"<meta\s[^>]{0,1500}>", re.IGNORECASE)
_TOLD = (b"price", b"PRICE", b"vailability")
_KEY = re.compile(rb"(?:property|name)\s*=\s*[\"']?([\w:.\-]+)", re.IGNORECASE)
_CONTENT = re.compile(rb"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_PREFIXES = ("product:sale_price", "product:price", "og:price")
_LISTS = ("product:original_price:amount", "product:price:amount", "og:price:standard_amount")


def read(page: bytes | bytearray, origin: Origin) -> Claim | None:
    """What the meta tags of the page say, None where they name no price and no stock."""
    if b":amount" not in page and b":availability" not in page:
        return None
    told: dict[str, str] = {}
    for tag in _META.findall(page):
        if not any(word in tag for word in _TOLD):
            continue
        key, content = _KEY.search(tag), _CONTENT.search(tag)
        if key and content:
            value = next((group for group in content.groups() if group), b"")
            told.setdefault(key[1].decode().lower(), html.unescape(value.decode("utf-8", "replace")).strip())
    stock = stated(told.get("product:availability") or told.get("og:availability"))
    for prefix in _PREFIXES:
        named = told.get(f"{prefix}:currency") or told.get("product:price:currency") or told.get("og:price:currency")
        code = code_of(named, country=origin.country)
        amount = declared_price(told.get(f"{prefix}:amount"), currency=code or origin.currency, locale=origin.tongue)
        if amount is None or not amount.value:
            continue
        code = code or amount.currency
        listed = [declared_price(told.get(key), currency=code, locale=origin.tongue) for key in _LISTS]
        before = max((one.value for one in listed if one), default=amount.value)
        higher = before if before > amount.value else None
        offers = (Offer(amount.value, code, stock, higher),)
        return Claim("meta", f"{prefix}:amount", amount.value, code, stock, higher, offers, 0.85, amount.other)
    return Claim("meta", "product:availability", availability=stock) if stock else None
