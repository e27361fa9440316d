"""
Stage 1: JSON-LD (schema.org) by a byte scan, without a document tree.

The product may lie under `@graph`, in `mainEntity`, in a list, with several types at once or a type given as an address; its price in `offers`,
in an AggregateOffer, in a `priceSpecification`, or only in its variants. Of several offers the lowest that can be ordered counts.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from pricing.currencies import CURRENCIES, code_of
from pricing.extraction.offer import Availability, Claim, Offer, stated
from pricing.extraction.origin import Origin
from pricing.numbers import declared_price

#: Types that are things for sale; of other things with `offers` (an event, a course) only where there is no product.
_PRODUCTS = frozenset(
    ["product", "productgroup", "individualproduct", "productmodel", "someproducts", "book", "vehicle", "car", "motorcycle", "softwareapplication",
     "mobileapplication", "videogame"]
)  # fmt: skip
_NOT_THINGS = frozenset(
    ["organization", "store", "onlinestore", "localbusiness", "corporation", "website", "webpage", "itemlist", "offercatalog"]
)
_OFFERS = frozenset(["offer", "aggregateoffer", "offerforpurchase"])
#: What lies below these belongs to other products than the page's.
_ASIDE = frozenset(
    ["isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor", "itemListElement", "makesOffer", "hasOfferCatalog", "review",
     "reviews", "addOn", "hasPart", "mentions", "recommendedProducts"]
)  # fmt: skip
_NUMBERS = ("sku", "productID", "productId", "mpn", "gtin13", "gtin")
_LISTED = ("listprice", "strikethroughprice", "msrp", "srp", "regularprice")
#: A price under such a condition is not everybody's price.
_CONDITIONS = (
    "validForMemberTier",
    "eligibleQuantity",
    "billingDuration",
    "billingIncrement",
    "eligibleCustomerType",
    "eligibleTransactionVolume",
)
_MOST = 5_000  #: objects looked at in one block
_LARGEST = 2 << 20  #: bytes of one block

_WRAPPED = re.compile(r"^\s*(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?|(?://|/\*)?\s*\]\]>\s*(?:\*/)?\s*$|^\s*<!--|(?://)?\s*-->\s*$")
_TRAILING = re.compile(r",(\s*[}\]])")
_REMARK = re.compile(r"^\s*//[^\n]*$|/\*.*?\*/", re.MULTILINE | re.DOTALL)
_PRICE = re.compile(r'"(?:price|lowPrice)"\s*:\s*"?([^",}\s][^",}]{0,20}(?:,\d{1,4}(?="))?)')
_CURRENCY = re.compile(r'"priceCurrency"\s*:\s*"([^"]{1,5})"')
_AVAILABILITY = re.compile(r'"availability"\s*:\s*"([^"]{3,60})"')


@dataclass(slots=True)
class Thing:
    """Something for sale that JSON-LD describes: its object, whether its type is a product's, and what it costs."""

    node: dict[str, Any]
    product: bool
    claim: Claim

    @property
    def name(self) -> str:
        """Its name, empty where it has none."""
        name = self.node.get("name")
        return name if isinstance(name, str) else ""

    def fit(self, origin: Origin) -> float:
        """How well it is the page's own product: by its address, its numbers, its name."""
        named = any(origin.names(self.node.get(key)) for key in _NUMBERS)
        fit = self.product + 3 * named + round(origin.likeness(self.name), 1)
        return fit - 1 if self.claim.elsewhere else fit + 4 * isinstance(self.node.get("url"), str) * bool(origin.url)


def next_block(buffer: bytes | bytearray, start: int) -> tuple[int, int, int]:
    """
    The next JSON-LD block at or behind `start`: (where its text begins, where it ends, where to look next).

    Begins with -1: none is complete yet; look again from the third number when more has come. Blocks inside HTML comments are passed over.
    """
    while True:
        found = buffer.find(b"application/ld", start)  # what follows is "+json", or "&#x2B;json" where a template escaped it
        if found < 0:
            return -1, -1, max(start, len(buffer) - 13)
        tag = buffer.rfind(b"<", max(0, found - 400), found)
        close = buffer.find(b">", found, found + 1000)
        if close < 0 and len(buffer) - found < 1000:
            return -1, -1, found
        if tag < 0 or close < 0 or buffer[tag : tag + 7].lower() != b"<script" or _commented(buffer, tag):
            start = found + 14
            continue
        limit = close + _LARGEST
        end = buffer.find(b"</script", close, limit)
        if end < 0:
            end = buffer.find(b"</SCRIPT", close, limit)
        if end >= 0:
            return close + 1, end, end + 8
        if len(buffer) < limit:
            return -1, -1, found
        start = limit - 8  # a script goes on until it is closed, so nothing in it is a block


def things(block: bytes, origin: Origin) -> list[Thing]:
    """Everything for sale that one block describes, in its order. Never raises: a block nobody can read gives nothing."""
    if len(block) > _LARGEST or (b"ffers" not in block and b"rice" not in block):
        return []
    tree = load(block)
    if tree is None:
        salvaged = _salvage(block, origin)
        return [salvaged] if salvaged else []
    return [thing for node, product in _nodes(tree) if (thing := _thing(node, origin, product=product))]


def choose(found: Sequence[Thing], origin: Origin) -> Claim | None:
    """The page's own product among all that its blocks describe; things of one name are sizes of one product."""
    if not found:
        return None
    if len(found) == 1:
        return found[0].claim
    fits = [thing.fit(origin) for thing in found]
    equals = [thing for thing, fit in zip(found, fits, strict=True) if fit == max(fits)]
    best = equals[0]
    if len(equals) == 1:
        return best.claim
    offers = [offer for thing in equals for offer in thing.claim.offers]
    if len({thing.name for thing in equals}) == 1 and best.name:
        return lowest(offers, best.claim.source, best.claim.evidence, origin) if offers else best.claim
    claim = next((thing.claim for thing in equals if thing.claim.price), best.claim)
    if len({offer.price for offer in offers}) > 1:
        claim.confidence, claim.ambiguous = 0.5, True
    return claim


def load(block: bytes) -> Any:
    """The block as JSON, leniently: CDATA and comment wrappers, trailing commas, raw control characters, HTML entities. None: not readable."""
    try:
        return orjson.loads(block)
    except orjson.JSONDecodeError:
        pass
    text = block.decode("utf-8", "replace").strip().removesuffix(";")
    text = _TRAILING.sub(r"\1", _WRAPPED.sub("", _WRAPPED.sub("", text)))
    for attempt in (text, html.unescape(text), _REMARK.sub("", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _commented(buffer: bytes | bytearray, tag: int) -> bool:
    """Whether the tag lies in an HTML comment: an old price that somebody switched off."""
    opened = buffer.rfind(b"<!--", max(0, tag - 3000), tag)
    return opened >= 0 and buffer.find(b"-->", opened, tag) < 0


def _nodes(tree: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every object with a price to tell, in document order, and whether its type is a product's. Other products' corners are left out."""
    stack = [(tree, "")] if isinstance(tree, dict | list) else []
    for _ in range(_MOST):
        if not stack:
            return
        node, key = stack.pop()
        if isinstance(node, list):
            stack += [(one, key) for one in reversed(node) if isinstance(one, dict | list)]
            continue
        types = _types(node)
        product = not types.isdisjoint(_PRODUCTS)
        if product or ("offers" in node and types and types.isdisjoint(_NOT_THINGS)):
            yield node, product
            if product:
                continue  # what lies deeper are its variants and its neighbours
        elif not types.isdisjoint(_OFFERS) and key != "offers":
            yield {"offers": node, **(node["itemOffered"] if isinstance(node.get("itemOffered"), dict) else {})}, False
        stack += [(value, key) for key, value in reversed(node.items()) if isinstance(value, dict | list) and key not in _ASIDE]


def _types(node: dict[str, Any]) -> set[str]:
    """The types of a node in small letters, without the vocabulary's address."""
    given = node.get("@type") or node.get("type")
    if isinstance(given, str):
        return {given.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower()}
    return {str(one).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for one in given} if isinstance(given, list) else set()


def _thing(node: dict[str, Any], origin: Origin, *, product: bool) -> Thing | None:
    variants = node.get("hasVariant") or node.get("model")
    listed = _flat(node.get("offers") or node.get("Offers") or node.get("offer"))
    evidence = "Product.offers" if product else "offers"
    if not listed and isinstance(variants, dict | list):
        listed, evidence = _of_variants(variants if isinstance(variants, list) else [variants], origin), "ProductGroup.hasVariant.offers"
    claim = _claim(listed, evidence, origin)
    if claim is None:
        return None
    url = node.get("url")
    if isinstance(url, str) and url.startswith(("http", "/")):
        claim.elsewhere = origin.url != "" and not origin.is_page(url)
    else:
        claim.elsewhere = origin.is_telling and origin.likeness(node.get("name")) == 0
    return Thing(node, product, claim)


def _of_variants(variants: Sequence[Any], origin: Origin) -> list[dict[str, Any]]:
    """The offers of the variants; of one variant only, where the page's address says which."""
    chosen = [one for one in variants if isinstance(one, dict)]
    exact = [
        one for one in chosen if origin.is_exactly(one.get("url")) or any(origin.names(one.get(key)) for key in ("sku", "productID", "mpn"))
    ]
    found = []
    for variant in exact if len(exact) == 1 else chosen:
        found += [{"sku": variant.get("sku") or variant.get("name"), **offer} for offer in _flat(variant.get("offers"))]
    return found


def _flat(offers: Any) -> list[dict[str, Any]]:
    """The single offers, also of an AggregateOffer that lists them."""
    if isinstance(offers, dict):
        inner = [one for one in _flat(offers.get("offers")) if _asked(one)[0]] if "offers" in offers else []
        shared = {key: offers[key] for key in ("priceCurrency", "availability") if key in offers}
        return [{**shared, **one} for one in inner] or [offers]
    return [offer for one in offers for offer in _flat(one)] if isinstance(offers, list) else []


def _claim(listed: Sequence[dict[str, Any]], evidence: str, origin: Origin) -> Claim | None:
    """What these offers come to; None where they say neither price nor stock."""
    exact = [offer for offer in listed if origin.is_exactly(offer.get("url"))] if len(listed) > 1 else []
    offers: list[Offer] = []
    second: dict[Decimal, Decimal | None] = {}
    stock = None
    for given in exact if len(exact) == 1 else _new_ones(listed):
        raw, before, named = _asked(given)
        code = named if named in CURRENCIES else code_of(named, country=origin.country)
        amount = declared_price(raw, currency=code or origin.currency, locale=origin.tongue)
        availability = stated(given.get("availability"))
        stock = availability if stock is not Availability.IN_STOCK else stock
        if amount is None or not amount.value:
            continue
        old = None if before is None else declared_price(before, currency=code or origin.currency, locale=origin.tongue)
        higher = old.value if old and old.value > amount.value else None
        offers.append(Offer(amount.value, code or amount.currency, availability, higher, _label(given)))
        if not amount.sure:
            second[amount.value] = amount.other
    if not offers:
        return Claim("json-ld", evidence, availability=stock) if stock else None
    claim = lowest(offers, "json-ld", evidence, origin)
    claim.other = second.get(claim.price) if claim.price else None
    if any(map(_are_net, listed)):
        claim.confidence = min(claim.confidence, 0.8)  # what is seen decides
    if len(offers) == 1 and _is_span(listed[0]):
        claim.confidence = min(claim.confidence, 0.9)
    return claim


def lowest(offers: Sequence[Offer], source: str, evidence: str, origin: Origin) -> Claim:
    """The claim of a product with these offers: the lowest that can be ordered, in the shop's currency where there are several."""
    if len(offers) == 1:
        only = offers[0]
        return Claim(source, evidence, only.price, only.currency, only.availability, only.list_price, (only,), 0.97)
    currencies = {offer.currency for offer in offers}
    if len(currencies) > 1:
        wanted = origin.usual_currency if origin.usual_currency in currencies else offers[0].currency
        offers = [offer for offer in offers if offer.currency == wanted]
    stocks = {offer.availability for offer in offers}
    pool = [offer for offer in offers if offer.availability is not Availability.OUT_OF_STOCK] or offers
    best = min(pool, key=lambda offer: offer.price)
    confidence = 0.97
    if any(offer.price != best.price for offer in pool):
        confidence = 0.9 if len({offer.label for offer in pool}) > 1 else 0.8
    stock = Availability.IN_STOCK if Availability.IN_STOCK in stocks else None if None in stocks else Availability.OUT_OF_STOCK
    return Claim(source, evidence, best.price, best.currency, stock, best.list_price, tuple(offers), confidence)


def _new_ones(offers: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Without the used ones, where new ones are offered too."""
    new = [offer for offer in offers if "newcondition" in str(offer.get("itemCondition")).lower()] if len(offers) > 1 else []
    return new or offers


def _asked(offer: dict[str, Any]) -> tuple[Any, Any, str | None]:
    """(price, list price, currency) as an offer words them. Its own price goes before its specifications; one of those may be the list price."""
    price, named = offer.get("price"), offer.get("priceCurrency") or offer.get("pricecurrency")
    currency = named if isinstance(named, str) else None
    if price is None or price == "":
        price = offer.get("lowPrice") or offer.get("lowprice")
    given = offer.get("priceSpecification")
    if not given:
        return price, None, currency
    specifications = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
    specifications += [part for one in specifications for part in one.get("priceComponent") or () if isinstance(part, dict)]
    before: Any = None
    plain: list[tuple[bool, bool, bool, int, dict[str, Any]]] = []
    for one in specifications:
        kind = str(one.get("priceType", "")).rsplit("/", 1)[-1].lower()
        if kind in _LISTED:
            before = one.get("price")
        elif one.get("price") not in (None, "") and not any(key in one for key in _CONDITIONS):
            plain.append((kind != "saleprice", "referenceQuantity" in one, _is_net(one), len(plain), one))
    if plain:
        chosen = min(plain)[-1]
        currency = currency or str(chosen.get("priceCurrency") or "")
        if price is None or price == "":
            price = chosen.get("price")
        elif before is None:
            before = chosen.get("price")
    return price, before, currency


def _is_net(specification: dict[str, Any]) -> bool:
    """Whether a price says of itself that tax comes on top; shops whose tax is included say so, too."""
    return str(specification.get("valueAddedTaxIncluded")).lower() == "false"


def _are_net(offer: dict[str, Any]) -> bool:
    given = offer.get("priceSpecification")
    listed = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
    return bool(listed) and any(map(_is_net, listed)) and not any(str(one.get("valueAddedTaxIncluded")).lower() == "true" for one in listed)


def _is_span(offer: dict[str, Any]) -> bool:
    low, high = offer.get("lowPrice"), offer.get("highPrice")
    return low is not None and high is not None and str(low) != str(high)


def _label(offer: dict[str, Any]) -> str | None:
    seller = offer.get("seller") or offer.get("offeredBy")
    if isinstance(seller, dict):
        seller = seller.get("name")
    found = [str(one)[:80] for one in (seller, offer.get("sku"), offer.get("name"), offer.get("url")) if isinstance(one, str | int)]
    return " · ".join(found[:2]) or None


def _salvage(block: bytes, origin: Origin) -> Thing | None:
    """One price out of a block that is no JSON at all: an unescaped quote in the description is enough for that."""
    text = block[: 1 << 18].decode("utf-8", "replace")
    if '"Product' not in text:
        return None
    codes = {code_of(one, country=origin.country) for one in _CURRENCY.findall(text)}
    code = codes.pop() if len(codes) == 1 else None
    amounts = {amount.value for one in _PRICE.findall(text) if (amount := declared_price(one, currency=code, locale=origin.tongue))}
    if len(amounts) != 1 or 0 in amounts:
        return None
    stocks = {stated(one) for one in _AVAILABILITY.findall(text)}
    price = amounts.pop()
    stock = stocks.pop() if len(stocks) == 1 else None
    claim = Claim("json-ld", "broken JSON-LD, its only price", price, code, stock, offers=(Offer(price, code, stock),), confidence=0.8)
    return Thing({}, True, claim)
