"""
What a person sees: the amounts of money on the page, each with how well it stands where a product's price stands.

Nothing here knows a shop. An amount gains by standing soon after the page's heading, in an element named for a current price, near the button
that buys; it loses in a crossed-out element, in a corner for other products, beside words of instalments, shipping or savings.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, pairwise

from selectolax.lexbor import LexborHTMLParser, LexborNode

from imece.text import fold
from pricing.currencies import may_be_money
from pricing.extraction import wording
from pricing.extraction.origin import Origin, host_of, likeness, words_of
from pricing.extraction.tree import ancestors
from pricing.numbers import Amount, Kind, amounts, kind_among, only, span

_MOST_NODES = 60_000  #: nodes of a page looked at
_MOST_SPOTS = 300
_LONGEST = 120  #: a longer text is prose, not a price
_SMALL = 60  #: letters of an element that may be a price altogether
_DIGITS = re.compile(r"[0-9]")
_PARTS = re.compile(r"\s[-|–—:»·]\s")
_NAME_OF_SHOP = 4  #: letters of a word that is the shop's name where its host has it too
_CROSSED = 5.0  #: what a crossed-out price loses
_DEEPEST = Decimal("0.25")  #: of the old price, which no new one beside it falls below
_BESIDE = 8  #: texts between a crossed-out price and the one that counts
_ABOVE = 2  #: texts between a price and the heading right below it, as classified advertisements have it
_PART = 20  #: letters of a text that may be a price without its sign
_BEFORE, _BEHIND = 250, 400  #: texts around the heading among which the price is looked for
_PRICES = frozenset(["price", "from", "unit", "condition", "range"])
_NUMBERED = re.compile(r"\W{0,3}\d")
#: What the price is called that a lower one takes the place of; without a lower one it is simply the price.
_USUAL = re.compile(r"\b(?:normal|liste|standart|regular|list|retail|full|standard) (?:satış )?(?:fiyat\w*|price)\W{0,4}\d", re.IGNORECASE)
_NAMES = 'h2,[itemprop="name"],h3'
_MOST_NAMES, _LIKE = 60, 0.5
_SAMPLE = "<body>text<h1></h1><script></script><style></style><noscript></noscript><template></template><textarea></textarea><svg></svg><button></button><a></a><input>"
_IDS = {
    node.tag: node.tag_id for node in LexborHTMLParser(_SAMPLE).css("body")[0].traverse(include_text=True)
}  # numbers compare faster than names
_TEXT = _IDS["-text"]
_MUTE = frozenset(_IDS[tag] for tag in ("script", "style", "noscript", "template", "textarea", "svg"))
_BUTTONS = frozenset(_IDS[tag] for tag in ("button", "a", "input"))
_PRICED = '[class*="price" i],[id*="price" i],[class*="fiyat" i],[data-testid*="price" i],[itemprop*="price" i]'


@dataclass(slots=True)
class Spot:
    """
    One place where an amount stands: its text `node`, the whole `element` it is, and the `order` of the text on the page.

    `score`: see the module; above 0 it may be a price. `crossed`: it seems to be an old price; `extra`: something beside the product's own.
    """

    amount: Amount
    node: LexborNode
    element: LexborNode
    order: int
    text: str
    score: float = 0.0
    kind: Kind = "price"
    crossed: bool = False
    extra: bool = False
    shape: tuple[int, ...] = ()


@dataclass(slots=True)
class View:
    """
    The page as seen: its short texts in order, with their elements, and the amounts among them; long texts are empty.

    `headings`, `buttons`: at which texts those that name and buy the product stand. `shut`: a button that would buy it is disabled. `trunk`: the elements that hold a heading; their names tell of
    the whole page.
    """

    texts: list[str] = field(default_factory=list)
    nodes: list[LexborNode] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    buttons: list[int] = field(default_factory=list)
    trunk: set[int] = field(default_factory=set)
    shut: bool = False

    def near(self, before: int, behind: int) -> range:
        """The texts from `before` the first heading to `behind` the last; all of them where nothing names the product."""
        if not self.headings:
            return range(len(self.texts))
        return range(max(0, self.headings[0] - before), min(len(self.texts), self.headings[-1] + behind))

    def ranked(self) -> list[tuple[Decimal, float, Spot]]:
        """Amounts by how well they stand, best first: (value, score, its best spot)."""
        best: dict[Decimal, Spot] = {}
        count: dict[Decimal, int] = defaultdict(int)
        for spot in self.spots:
            if spot.kind not in _PRICES or not spot.amount.value:
                continue
            value = spot.amount.value
            count[value] += spot.score > 0
            if value not in best or spot.score > best[value].score:
                best[value] = spot
        found = [(value, spot.score + min(max(count[value] - 1, 0), 3) * 0.3, spot) for value, spot in best.items()]
        return sorted(found, key=lambda one: (-one[1], one[2].order))


def view(tree: LexborHTMLParser, origin: Origin) -> View:
    """What is seen of a page, its amounts scored."""
    seen = View()
    root = tree.body or tree.root
    if root is None:
        return seen
    titled = tree.css_first("title")
    title = titled.text()[:300].casefold().strip() if titled is not None else ""
    headings = _headings(tree, title, origin)
    tops, named = {node.mem_id for node in headings}, {node.tag_id for node in headings}
    naming = _naming(title, origin) if title and not headings else None
    buttons: list[tuple[int, LexborNode]] = []
    texts, nodes, mute = seen.texts, seen.nodes, False
    for node in islice(root.traverse(include_text=True, skip_empty=True), _MOST_NODES):
        tag = node.tag_id
        if tag != _TEXT:
            mute = tag in _MUTE
            if tag in _BUTTONS:
                buttons.append((len(texts), node))
            elif tag in named and node.mem_id in tops:
                seen.headings.append(len(texts))
            continue
        if mute:
            mute = False
            continue
        text = node.text_content or ""
        if naming and len(headings) < 3 and text.strip().casefold() == naming and (outer := node.parent) is not None:
            headings.append(outer)
            seen.headings.append(len(texts))
        texts.append(text if len(text) <= _LONGEST else "")
        nodes.append(node)
    seen.trunk = {node.mem_id for heading in headings for node in ancestors(heading)}
    near = seen.near(_BEFORE, _BEHIND)
    buying = [
        (order, node)
        for order, node in buttons
        if near.start <= order <= near.stop and (wording.traits_of(node).buys or (order < len(texts) and wording.buys(texts[order])))
    ]
    seen.buttons = [order for order, node in buying if not _is_shut(node)]
    seen.shut = len(seen.buttons) < len(buying)
    _find(seen, near, tree, origin)
    return seen


def _find(seen: View, near: range, tree: LexborHTMLParser, origin: Origin) -> None:
    """Fill in the amounts among the texts of a part of the page."""
    reader = _Reader(origin)
    priced = {node.mem_id for node in tree.css(_PRICED)}
    taken = set(seen.trunk)
    known: dict[int, _Standing] = {}
    shapes: dict[tuple[int, ...], set[Decimal]] = defaultdict(set)
    digit = _DIGITS.search
    for order in near:
        text = seen.texts[order]
        if digit(text):
            for element, amount in _money(seen.nodes[order], text, reader, priced, taken):
                taken.add(element.mem_id)
                spot = Spot(amount, seen.nodes[order], element, order, text.strip())
                _score(spot, seen, known)
                shapes[spot.shape].add(amount.value)
                seen.spots.append(spot)
            if len(seen.spots) > _MOST_SPOTS:
                break
    for spot in seen.spots:
        spot.score -= 2 * (len(shapes[spot.shape]) > 2)  # a list of several things alike
    home = [spot for spot in seen.spots if spot.kind == "price" and spot.score > 0 and spot.amount.currency == origin.usual_currency]
    for spot in seen.spots if home and origin.usual_currency else ():
        spot.score -= 1.5 * (spot.amount.currency not in {origin.usual_currency, None} and _is_converted(spot, home))
    for before, after in pairwise(seen.spots):
        if _are_pair(before, after, seen):
            before.crossed, before.score = True, before.score - _CROSSED
    for spot in seen.spots:
        if spot.crossed and not _undercut(spot, seen.spots):
            spot.crossed, spot.score = False, spot.score + _CROSSED  # called old, but there is no new one
        elif spot.kind == "condition" and _is_outdone(spot, seen.spots):
            spot.score -= _CROSSED  # somebody's price, or one before tax, beside everybody's


def _are_pair(before: Spot, after: Spot, seen: View) -> bool:
    """
    Whether two amounts with nothing between them, in one small place, are an old price and, lower, the one that counts.

    `229` behind `229.99` is not lower: its cents stand in an element of their own.
    """
    low, high = after.amount.value, before.amount.value
    if (
        not high * _DEEPEST < low < high
        or low == int(high)
        or before.amount.currency != after.amount.currency
        or after.order - before.order > 3
    ):
        return False
    if any(spot.kind != "price" or spot.crossed or spot.extra or spot.score <= 0 for spot in (before, after)):
        return False
    if any(text.strip() for text in seen.texts[before.order + 1 : after.order]) or any(
        len(re.sub(r"[\W\d_]", "", spot.text)) > 3 for spot in (before, after)
    ):
        return False
    around = {node.mem_id for node in islice(ancestors(before.element), 2)}
    return any(node.mem_id in around and node.mem_id not in seen.trunk for node in islice(ancestors(after.element), 2))


class _Reader:
    """Reads amounts as this page's country writes them, each text once."""

    def __init__(self, origin: Origin) -> None:
        self._hints = {"locale": origin.tongue, "currency": origin.usual_currency, "country": origin.country}
        self._known: dict[str, list[Amount]] = {}
        self._told: dict[int, str | None] = {}

    def read(self, text: str) -> list[Amount]:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = amounts(text, **self._hints)
        return found

    def told(self, element: LexborNode) -> str | None:
        """
        The text of a small element, None of a large one.

        With the mark that cents in an element of their own lost: `12<sup>99</sup> €` is `12.99 €`.
        """
        key = element.mem_id
        if key not in self._told:
            self._told[key] = self._join(element)
        return self._told[key]

    @staticmethod
    def _join(element: LexborNode) -> str | None:
        told = ""
        for node in element.traverse(include_text=True, skip_empty=True):
            if node.tag_id != _TEXT:
                continue
            part = (node.text_content or "").strip()
            if len(told) + len(part) > _SMALL:
                return None
            if len(part) == 2 and part.isdigit() and told[-1:].isdigit() and (outer := node.parent) is not None:
                told += f".{part}" if outer.tag == "sup" or wording.traits_of(outer).cents else f" {part}"
            elif part:
                told += f" {part}" if told else part
        return told


def _undercut(spot: Spot, spots: Sequence[Spot]) -> bool:
    """Whether a lower price stands beside a crossed-out one."""
    return any(
        other.amount.value < spot.amount.value
        and abs(other.order - spot.order) <= _BESIDE
        and not other.extra
        and other.kind in _PRICES
        and other.score > 0
        for other in spots
    )


def _is_outdone(spot: Spot, spots: Sequence[Spot]) -> bool:
    """Whether a higher price without a condition stands beside one that has a condition."""
    return any(
        other.amount.value > spot.amount.value
        and abs(other.order - spot.order) <= _BESIDE
        and other.kind == "price"
        and not other.crossed
        and other.score > 0
        for other in spots
    )


def _is_converted(spot: Spot, home: Sequence[Spot]) -> bool:
    """Whether a foreign price stands beside one in the shop's own currency: the customer pays that one."""
    return any(abs(other.order - spot.order) <= _ABOVE for other in home)


def _headings(tree: LexborHTMLParser, title: str, origin: Origin) -> list[LexborNode]:
    """
    The elements that name the product: the `h1` (a page may have a second one for phones), of several the one most like title and address.

    A page without an `h1` may name it in a smaller heading or a property `name`, in nearly the words of its title.
    """
    found = tree.css("h1")[:20]
    words = words_of(title)
    if not found:
        found = [node for node in tree.css(_NAMES)[:_MOST_NAMES] if likeness(words_of(node.text(strip=True)), words) >= _LIKE]
    if len(found) < 2:
        return found

    def fit(node: LexborNode) -> float:
        text = node.text(strip=True)[:200]
        return likeness(words_of(text), words) + origin.likeness(text) + (len(text) > 3 and text.casefold() in title) / 2

    best = max(found, key=fit)
    text = best.text(strip=True)
    return [node for node in found if node.mem_id == best.mem_id or (text and node.text(strip=True) == text)]


def _naming(title: str, origin: Origin) -> str:
    """The part of the title that names the product: the longest that does not name the shop, as its host does."""
    parts = [part.strip() for part in _PARTS.split(title)]
    host = host_of(origin.url)
    own = [part for part in parts if not any(word in host for word in fold(part).split() if len(word) >= _NAME_OF_SHOP)]
    return max(own or parts, key=len)


def _is_shut(node: LexborNode) -> bool:
    attributes = node.attributes
    return "disabled" in attributes or attributes.get("aria-disabled") == "true"


def _money(node: LexborNode, text: str, reader: _Reader, priced: set[int], taken: set[int]) -> list[tuple[LexborNode, Amount]]:
    """The largest small element around a text that still holds one price only; where already the smallest holds several, what the text alone says."""
    if len(text) > _PART and len(text.strip()) > _PART and not may_be_money(text):
        return []
    around: list[tuple[LexborNode, str, bool]] = []
    outer, inside = node.parent, False
    while outer is not None and len(around) < 4 and (told := reader.told(outer)) is not None:
        if outer.mem_id in taken:
            break
        inside = inside or outer.mem_id in priced
        around.append((outer, told, inside))
        outer = outer.parent
    if not inside and not may_be_money(around[-1][1] if around else text):
        return []
    element: LexborNode | None = None
    best: Amount | None = None
    for outer, told, inside in around:
        found = reader.read(told)
        one = only(found) or span(found)
        if (one is None and found) or (one and one.kind != "range" and not _is_part(text, one)):
            break
        if one and (one.currency or (inside and best is None)):
            if best is not None and best.currency and one.value != best.value and one.kind != "range":
                break
            element, best = outer, one
    if element is None or best is None:
        return [(node.parent, one) for one in reader.read(text) if one.currency and one.kind != "range"] if node.parent is not None else []
    return [(element, best)]


def _is_part(text: str, amount: Amount) -> bool:
    """Whether the digits of a text are some of the amount's; those of `-50%` beside `270 TL` are not."""
    return "".join(_DIGITS.findall(text)) in f"{amount.value:f}".replace(".", "")


@dataclass(frozen=True, slots=True)
class _Standing:
    """What one element does to the prices in it; `near`: only to those at most four elements deeper. `name`: equal for elements that look alike."""

    traits: wording.Traits
    name: int
    near: float
    far: float


def _standing(node: LexborNode, known: dict[int, _Standing]) -> _Standing:
    if node.mem_id in known:
        return known[node.mem_id]
    tag, attributes, traits = node.tag, node.attributes, wording.traits_of(node)
    near = far = 0.0
    if tag == "a" and attributes.get("href"):
        near -= 1.5
    if traits.other:
        near -= 2
    if tag in wording.ASIDE_TAGS:
        far -= 3
    if traits.hidden or "hidden" in attributes or "display:none" in (attributes.get("style") or "").replace(" ", ""):
        far -= 1.5
    found = known[node.mem_id] = _Standing(traits, hash((tag, attributes.get("class"))), near, far)
    return found


def _score(spot: Spot, seen: View, known: dict[int, _Standing]) -> None:
    score = _place(spot.order, seen)
    price = current = aside = False
    for level, node in enumerate(ancestors(spot.node, 24)):
        if node.mem_id in seen.trunk:
            break
        standing = _standing(node, known)
        if level < 5:
            spot.shape += (standing.name,)
        score += standing.far + (standing.near if level < 5 else 0)
        spot.crossed = spot.crossed or (level < 4 and (standing.traits.old or wording.is_struck(node)))
        spot.extra = spot.extra or (level < 4 and standing.traits.other)
        price = price or (standing.traits.price and level < 5)
        current = current or (standing.traits.current and level < 4)
        aside = aside or standing.traits.aside
    letters = sum(map(str.isalpha, spot.text))
    score -= min(2.5, max(0, letters - 15) / 15)  # a sentence that mentions an amount
    score += 2 * price + current - 3 * aside - _CROSSED * spot.crossed - 1.5 * (spot.amount.currency is None)
    spot.kind = _kind(spot, seen) if spot.amount.kind == "price" else spot.amount.kind
    if not spot.crossed and _USUAL.search(f"{' '.join(seen.texts[max(0, spot.order - 2) : spot.order])[-30:]} {spot.text}"):
        spot.crossed, score = True, score - _CROSSED
    spot.score = score - 1.5 * (spot.kind in {"unit", "condition"})


def _kind(spot: Spot, seen: View) -> Kind:
    """
    What the words right before and right behind an amount make of it, without those that belong to the amount on their other side.

    Of two amounts a label belongs to the one it shares the smaller element with. Where that tells nothing it names what follows, unless it
    goes on in small letters: `10 TL`, `indirim`.
    """
    texts, order = seen.texts, spot.order
    before = " ".join(texts[max(0, order - 2) : order])[-30:]
    behind = "\n".join(texts[order + 1 : order + 3])[:30]
    kind = kind_among(before, behind)
    if kind == "price":
        return kind
    if order > 1 and _DIGITS.search(texts[order - 2]) and not _DIGITS.search(texts[order - 1]):
        nearer = _nearer(seen.nodes[order - 1], spot.node, seen.nodes[order - 2])
        if nearer < 0 or (nearer == 0 and texts[order - 1].strip()[:1].islower()):
            before = ""
    if order + 2 < len(texts) and _NUMBERED.match(texts[order + 2]) and not _DIGITS.search(texts[order + 1]):
        nearer = _nearer(seen.nodes[order + 1], spot.node, seen.nodes[order + 2])
        if nearer < 0 or (nearer == 0 and texts[order + 1].strip()[:1].isupper()):
            behind = ""
    return kind_among(before, behind)


def _nearer(label: LexborNode, one: LexborNode, other: LexborNode) -> int:
    """1 where the smallest element around `label` that holds either holds `one` alone, -1 where it holds `other` alone, else 0."""
    around = {node.mem_id for node in ancestors(one, 8)}, {node.mem_id for node in ancestors(other, 8)}
    for node in ancestors(label, 8):
        held = node.mem_id in around[0], node.mem_id in around[1]
        if any(held):
            return held[0] - held[1]
    return 0


def _place(order: int, seen: View) -> float:
    """Near behind a heading, and near a button that buys, is where prices stand; the end of the page is not."""
    score = -order * 0.001
    if seen.headings:
        behind = [order - heading for heading in seen.headings if heading <= order]
        ahead = min((heading - order for heading in seen.headings if heading > order), default=_ABOVE + 1)
        score += 2.5 * 0.5 ** (min(behind) / 40) if behind else 1.5 if ahead <= _ABOVE else -0.5 - min(1.5, (seen.headings[0] - order) / 40)
    if seen.buttons and min(abs(order - place) for place in seen.buttons) < 30:
        score += 1
    return score
