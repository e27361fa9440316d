"""
The whole chain over one page: `extract` for a page in hand, `Scanner` for one that is still arriving.

A page whose JSON-LD names one product with price and stock needs no more than that block; the rest need not even be inflated. Everything else is
read to its end, and the stages are weighed.
"""

from pricing.extraction import jsonld, metas, microdata, pages, rules, visible
from pricing.extraction.offer import Availability, Claim, Reading, State
from pricing.extraction.origin import Origin
from pricing.extraction.rules import Rule
from pricing.extraction.tree import as_utf8, language_of, parse
from pricing.extraction.weighing import are_clear, by_rule, settled

#: Bytes of a page that are looked at; what comes behind is not asked for.
LARGEST = 8 << 20

_HEAD = 1 << 16  #: bytes within which meta tags stand

_MOST_THINGS = 200  #: products of JSON-LD that are weighed

_MICRODATA = (b"itemprop", b'property="price"', b'property="schema:price"')


def extract(body: bytes, *, url: str = "", locale: str | None = None, currency: str | None = None, rule: Rule | None = None) -> Reading:
    """
    What a page says about its product. Any bytes will do: what is no page, or a blocked one, is a reading without a price.

    `url` is the page's, `locale` (`tr`) and `currency` (`TRY`) what the store is set to, None where that is unknown.
    """
    scanner = Scanner(url=url, locale=locale, currency=currency, rule=rule)
    scanner.feed(body)
    return scanner.finish()


class Scanner:
    """A page that arrives in pieces. `feed` answers True when no more is needed; `finish` gives the reading."""

    def __init__(self, *, url: str = "", locale: str | None = None, currency: str | None = None, rule: Rule | None = None) -> None:
        """Arguments as in `extract`."""
        self._origin = Origin(url, None if locale == "auto" else locale, currency)
        self._rule = rule
        self._page: bytes | bytearray = b""
        self._next = 0
        self._things: list[jsonld.Thing] = []
        self._reading: Reading | None = None

    def feed(self, piece: bytes) -> bool:
        """Take the next piece of the page, as text bytes; True: enough was seen, what follows changes nothing."""
        if self._reading:
            return True
        if not self._page:
            self._page = piece[:LARGEST]
        else:
            if not isinstance(self._page, bytearray):
                self._page = bytearray(self._page)
            self._page += piece[: LARGEST - len(self._page)]
        self._look()
        return self._reading is not None or len(self._page) >= LARGEST

    def finish(self) -> Reading:
        """The reading of all that was fed."""
        if self._reading is None:
            self._reading = self._whole()
        return self._reading

    def _look(self) -> None:
        """Read the JSON-LD blocks that are complete, until one decides."""
        page = self._page
        while len(self._things) < _MOST_THINGS:
            start, end, self._next = jsonld.next_block(page, self._next)
            if start < 0:
                return
            found = jsonld.things(bytes(page[start:end]), self._origin)
            if not found:
                continue
            self._things += found
            if self._rule:
                continue
            claim = jsonld.choose(self._things, self._origin)
            if claim and self._decides(claim, end):
                self._reading = claim.as_reading(claim.currency or self._origin.usual_currency)
                return

    def _decides(self, claim: Claim, end: int) -> bool:
        """Whether nothing further down can change this: one product, price and stock told, and no meta tag so far says another price."""
        if claim.price is None or claim.availability is None or claim.other is not None:
            return False
        if claim.confidence < 0.9 or claim.ambiguous or claim.elsewhere:
            return False
        return not metas.contradict(self._page, claim.price, min(end, _HEAD), self._origin)

    def _whole(self) -> Reading:
        page = bytes(self._page)
        if not page.strip():
            return Reading(State.NO_PRICE, evidence="empty")
        if not pages.is_page(page):
            return Reading(State.NO_PRICE, evidence="not a web page")
        if page[:2] in {b"\xff\xfe", b"\xfe\xff"}:  # no block was found in two bytes a letter
            self._page, self._next = as_utf8(page), 0
            self._look()
            if self._reading:
                return self._reading
        page = as_utf8(bytes(self._page))
        origin = self._origin.speaking(language_of(page))
        tree = parse(page)
        claims = [jsonld.choose(self._things, origin), metas.read(page, origin)]
        if any(mark in page for mark in _MICRODATA):
            claims.append(microdata.read(tree, origin))
        if not any(claim and claim.price for claim in claims):
            claims.append(metas.previewed(page, origin))
        told = [claim for claim in claims if claim]
        ruled = rules.read(self._rule, page, tree, origin) if self._rule else None
        if not any(claim.price for claim in (*told, *([ruled] if ruled else []))) and (obstacle := pages.blocked_by(page, tree)):
            return Reading(State.BLOCKED, availability=Availability.BLOCKED, evidence=obstacle)
        reading = settled(told, None if are_clear(told) else visible.view(tree, origin), page, origin)
        return by_rule(reading, ruled, self._rule) if ruled and self._rule else reading
