"""Stage 3: microdata (`itemprop="price"`), and RDFa that names the same properties, on the document tree."""

from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pricing.currencies import code_of
from pricing.extraction.jsonld import lowest
from pricing.extraction.offer import Claim, Offer, stated
from pricing.extraction.origin import Origin
from pricing.extraction.tree import ancestors
from pricing.extraction.wording import is_aside, is_old
from pricing.numbers import Amount, amounts, declared_price

_PRICES = '[itemprop~="price" i],[itemprop="lowPrice" i],[property="price"],[property="schema:price"],[property="lowPrice"]'
_MOST = 80  #: price nodes looked at


def read(tree: LexborHTMLParser, origin: Origin) -> Claim | None:
    """What the microdata of the page say of its own product; None where they name no price."""
    scopes: dict[int, list[tuple[LexborNode, LexborNode | None, LexborNode | None]]] = {}
    aside: set[int] = set()
    for node in tree.css(_PRICES)[:_MOST]:
        product, offer, beside = _scopes(node)
        key = product.mem_id if product is not None else 0
        scopes.setdefault(key, []).append((node, product, offer))
        if beside:
            aside.add(key)
    if not scopes:
        return None
    chosen = max(scopes, key=lambda key: (key not in aside, _fit(scopes[key][0][1], origin), -list(scopes).index(key)))
    claim = _claim(scopes[chosen], origin)
    if claim and (chosen in aside or (len(scopes) > 1 and chosen == 0)):
        claim.confidence = min(claim.confidence, 0.6)
    return claim


def value_of(node: LexborNode) -> str:
    """What a property's element says: its `content`, `value`, `href`, or else its text."""
    for name in ("content", "value", "href"):
        if given := node.attrs.get(name):
            return given
    return node.text(separator=" ", strip=True) if node.tag not in {"meta", "link"} else ""


def _scopes(node: LexborNode) -> tuple[LexborNode | None, LexborNode | None, bool]:
    """(its product's element, its offer's element, whether the product is another than the page's)."""
    product = offer = None
    aside = False
    for outer in ancestors(node):
        attributes = outer.attributes
        kind = (attributes.get("itemtype") or attributes.get("typeof") or "").lower()
        if "offer" in kind and offer is None:
            offer = outer
        elif product is None and kind and "offer" not in kind and "pricespecification" not in kind:
            product = outer
        elif product is not None and "itemlist" in kind:
            aside = True
        if attributes.get("itemprop") in {"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "itemListElement"} or is_aside(outer):
            aside = True
    return product, offer, aside


def _fit(product: LexborNode | None, origin: Origin) -> float:
    if product is None:
        return 0
    fit = 1.0 + 2 * (product.css_first("h1") is not None)
    for node in product.css('[itemprop="sku"],[itemprop="productID"],[itemprop="mpn"],[itemprop="gtin13"]')[:4]:
        fit += 3 * origin.names(value_of(node))
    url = product.css_first('[itemprop="url"]')
    return fit + 4 * (url is not None and origin.is_page(value_of(url)))


def _claim(found: Sequence[tuple[LexborNode, LexborNode | None, LexborNode | None]], origin: Origin) -> Claim | None:
    product = found[0][1]
    by_offer: dict[int, list[tuple[LexborNode, LexborNode | None]]] = {}
    for node, _, offer in found:
        by_offer.setdefault(offer.mem_id if offer is not None else 0, []).append((node, offer))
    offers, second, mixed = [], {}, False
    for nodes in by_offer.values():
        scope = nodes[0][1] or product
        code = code_of(_named(scope, "priceCurrency"), country=origin.country)
        prices = []
        for node, _ in nodes:
            value = value_of(node)
            amount = declared_price(value, currency=code or origin.currency, locale=origin.tongue)
            named = [amount] if amount else _both(value, origin)
            for one in named:
                if one.value:
                    prices.append((is_old(node), one))
                    second[one.value] = one.other
        prices = [one for one in prices if not one[0]] or prices
        if not prices:
            continue
        low = min(amount.value for _, amount in prices)
        high = max(amount.value for _, amount in prices)
        mixed = mixed or high > low
        stock = stated(_named(scope, "availability"))
        offers.append(
            Offer(low, code or prices[0][1].currency, stock, high if high > low else None, _named(scope, "seller") or _named(scope, "sku"))
        )
    if not offers:
        return None
    claim = lowest(offers, "microdata", 'itemprop="price"', origin)
    claim.confidence = 0.7 if mixed else min(claim.confidence, 0.9)
    claim.other = second.get(claim.price) if claim.price else None
    return claim


def _both(value: str, origin: Origin) -> list[Amount]:
    """The new and the old price where one property names two: `71,91 € 79,90 €`."""
    found = amounts(value, currency=origin.currency, locale=origin.tongue, country=origin.country)
    return found if len(found) == 2 and all(one.currency and one.kind in {"price", "old"} for one in found) else []


def _named(scope: LexborNode | None, name: str) -> str | None:
    if scope is None:
        return None
    node = scope.css_first(f'[itemprop="{name}" i],[property="{name}" i]')
    return value_of(node)[:100] if node is not None else None
