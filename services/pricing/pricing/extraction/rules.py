"""
A store's own rule: where its pages say price, list price and stock, as CSS or XPath. Goes before every other stage.

CSS: `#fiyat .tutar`, with `::attr(content)` behind it for an attribute. XPath: begins with `/` or `(`, may end in `/@content` or `/text()`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from imece.errors import Invalid
from pricing.extraction.microdata import value_of
from pricing.extraction.offer import Availability, Claim, Offer, stated
from pricing.extraction.origin import Origin
from pricing.extraction.stock import told
from pricing.numbers import Amount, declared_price, parse_price

_ATTRIBUTE = re.compile(r"(.+?)::attr\(\s*([\w:-]+)\s*\)")
_EMPTY = LexborHTMLParser("<p>")


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Selectors of one store; None: the other stages say that. Raises Invalid for one that is neither CSS nor XPath.

    `price`'s first match that holds a price counts. `out_of_stock`: a product whose page has it cannot be ordered; `in_stock`: one without it cannot.
    """

    price: str | None = None
    list_price: str | None = None
    availability: str | None = None
    in_stock: str | None = None
    out_of_stock: str | None = None

    def __post_init__(self) -> None:
        """Every selector is tried on an empty page."""
        for field in fields(self):
            if selector := getattr(self, field.name):
                _check(selector)

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> "Rule | None":
        """The rule in a store's settings, None where there is none. Other keys are other parts' business. Raises Invalid."""
        named = {field.name: given[field.name] for field in fields(cls) if given and given.get(field.name)}
        return cls(**named) if named else None


def read(rule: Rule, page: bytes, tree: LexborHTMLParser, origin: Origin) -> Claim:
    """What the rule finds on the page; a claim without a price where its price selector finds none."""
    currency = origin.usual_currency
    amount = _money(rule.price, page, tree, origin)
    before = _money(rule.list_price, page, tree, origin)
    stock = _stock(rule, page, tree)
    if amount is None or not amount.value:
        return Claim("rule", f"rule: {rule.price} found no price" if rule.price else "rule", availability=stock)
    code = amount.currency or currency
    higher = before.value if before and before.value > amount.value else None
    return Claim(
        "rule", f"rule: {rule.price}", amount.value, code, stock, higher, (Offer(amount.value, code, stock, higher),), 0.95, amount.other
    )


def _money(selector: str | None, page: bytes, tree: LexborHTMLParser, origin: Origin) -> Amount | None:
    hints: dict[str, Any] = {"locale": origin.tongue, "currency": origin.usual_currency}
    for text, is_data in _found(selector, page, tree):
        found = declared_price(text, **hints) if is_data else parse_price(text, country=origin.country, **hints)
        if found and found.value:
            return found
    return None


def _stock(rule: Rule, page: bytes, tree: LexborHTMLParser) -> Availability | None:
    for text, _ in _found(rule.availability, page, tree):
        if stock := stated(text) or told(text):
            return stock
    if rule.out_of_stock and _found(rule.out_of_stock, page, tree):
        return Availability.OUT_OF_STOCK
    if rule.in_stock:
        return Availability.IN_STOCK if _found(rule.in_stock, page, tree) else Availability.OUT_OF_STOCK
    return Availability.IN_STOCK if rule.out_of_stock else None


def _found(selector: str | None, page: bytes, tree: LexborHTMLParser) -> list[tuple[str, bool]]:
    """The texts a selector finds, at most 20, and whether they are data (an attribute) rather than what is seen."""
    if not selector:
        return []
    if selector.startswith(("/", "(")):
        return _by_xpath(selector, page)
    attribute = _ATTRIBUTE.fullmatch(selector.strip())
    if attribute:
        return [(value, True) for node in tree.css(attribute[1])[:20] if (value := node.attributes.get(attribute[2]))]
    nodes = tree.css(selector)[:20]
    return [(value_of(node) if node.tag == "meta" else node.text(separator=" ", strip=True), node.tag == "meta") for node in nodes]


def _by_xpath(selector: str, page: bytes) -> list[tuple[str, bool]]:
    from lxml import etree, html  # noqa: PLC0415 (few stores have an XPath rule)

    try:
        root = html.document_fromstring(page, parser=html.HTMLParser(encoding="utf-8"))
        found = root.xpath(selector)
        listed = found if isinstance(found, list) else [found]
    except (etree.LxmlError, ValueError):
        return []
    told = [(str(one), "/@" in selector) if isinstance(one, str | float) else (_text(one), False) for one in listed[:20]]
    return [(text.strip(), is_data) for text, is_data in told if text.strip()]


def _text(element: Any) -> str:
    return " ".join(map(str, element.itertext())) if hasattr(element, "itertext") else ""


def _check(selector: str) -> None:
    try:
        if selector.startswith(("/", "(")):
            from lxml import etree  # noqa: PLC0415 (see _by_xpath)

            etree.XPath(selector)
        else:
            attribute = _ATTRIBUTE.fullmatch(selector.strip())
            _EMPTY.css(attribute[1] if attribute else selector)
    except (SelectolaxError, SyntaxError, ValueError) as fault:
        raise Invalid(f"“{selector}” is neither CSS nor XPath.", f"“{selector}” ne CSS ne de XPath.") from fault
