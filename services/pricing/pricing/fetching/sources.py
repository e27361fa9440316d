"""Where a shop tells its prices: its pages, one by one, or its interface, N products a call. Its feed and its sitemap are in `feeds`."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from imece.addresses import Refused
from pricing.extraction.offer import Reading, State, stated
from pricing.extraction.scanner import Scanner
from pricing.fetching.bodies import Sink, Unreadable
from pricing.fetching.client import Answer, Failed, reason_of
from pricing.fetching.terms import Due, Ended, Fetched, Interface, Reason, Shop
from pricing.numbers import declared_price

_log = logging.getLogger(__name__)

#: What an answer without a page means for the product.
_ENDED: dict[int, Ended] = {
    304: "unchanged",
    404: "gone",
    410: "gone",
    401: "blocked",
    403: "blocked",
    407: "blocked",
    429: "blocked",
    451: "blocked",
}
#: An interface states its prices; only its mistakes are left to doubt.
_CONFIDENCE = 0.95

BLOCKED = Reason("blocked", "The shop does not answer programs.", "Mağaza programlara yanıt vermiyor.")
NO_INTERFACE = Reason("no_interface", "The shop's interface is not set up.", "Mağazanın arayüzü tanımlanmamış.")
NO_NUMBER = Reason("no_number", "The shop's own number of the product is not known.", "Ürünün mağazadaki numarası bilinmiyor.")
NOT_UNDERSTOOD = Reason("not_understood", "The answer cannot be read.", "Yanıt okunamıyor.")


class Ask(Protocol):
    """How a source asks: at the shop's pace, within its robots.txt, everything counted. Raises Refused, Failed, Unreadable."""

    async def __call__(self, address: str, sink: Sink, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for one address; the body of a 200 goes to `sink`."""


class Source(Protocol):
    """One way of a shop to tell its prices."""

    @property
    def portion(self) -> int:
        """How many products it tells about in one call."""

    async def look(self, products: Sequence[Due], ask: Ask) -> list[Fetched]:
        """Look at up to `portion` products: one result for each."""


class Pages:
    """The shop's own pages."""

    portion = 1

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def look(self, products: Sequence[Due], ask: Ask) -> list[Fetched]:
        """Read each product's page."""
        return [await self._page(product, ask) for product in products]

    async def _page(self, product: Due, ask: Ask) -> Fetched:
        shop = self._shop
        scanner = Scanner(url=product.url, locale=shop.locale, currency=shop.currency, rule=shop.rule)
        conditions = {"If-None-Match": product.etag, "If-Modified-Since": product.last_modified}
        try:
            answer = await ask(product.url, scanner, {name: value for name, value in conditions.items() if value and value.isprintable()})
            reading = scanner.finish() if answer.status == 200 else None
        except (Refused, Failed, Unreadable) as fault:
            return failed(product, fault)
        except (ArithmeticError, LookupError, TypeError, ValueError):  # a page that our own reading trips over must not end the batch
            _log.exception("The page of product %s cannot be read", product.id)
            return Fetched(product.id, "error", error=NOT_UNDERSTOOD)
        milliseconds = round(answer.seconds * 1000)
        if reading is None or _led_home(product.url, answer):
            return refused(product, answer)
        state: Ended = reading.state.value
        if state == "ok" and reading.content_hash == product.content_hash:
            state = "unchanged"
        etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        error = BLOCKED if state == "blocked" else None
        return Fetched(product.id, state, reading, _short(etag), _short(modified), answer.status, milliseconds, error)


class Numbers:
    """The shop's interface, asked for several products by its own numbers."""

    def __init__(self, shop: Shop, interface: Interface, key: str | None = None) -> None:
        """`key`: a bearer token."""
        self._shop, self._interface = shop, interface
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.portion = max(1, shop.ids_per_call)

    async def look(self, products: Sequence[Due], ask: Ask) -> list[Fetched]:
        """Ask once for all of them; what the answer leaves out is gone."""
        numbered = [product for product in products if product.external_id]
        results = [Fetched(product.id, "error", error=NO_NUMBER) for product in products if not product.external_id]
        if not numbered:
            return results
        collected = _Collected()
        ids = self._interface.separator.join(quote(product.external_id or "", safe="") for product in numbered)
        try:
            answer = await ask(self._interface.url.replace("{ids}", ids), collected, self._headers)
        except (Refused, Failed, Unreadable) as fault:
            return results + [failed(product, fault) for product in numbered]
        if answer.status != 200:
            return results + [refused(product, answer) for product in numbered]
        try:
            told = dict(self._told(orjson.loads(collected.content)))
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return results + [Fetched(product.id, "error", status=200, error=NOT_UNDERSTOOD) for product in numbered]
        return results + [self._result(product, told.get(product.external_id or ""), answer) for product in numbered]

    def _told(self, answer: Any) -> Iterator[tuple[str, Any]]:
        for item in _at(answer, self._interface.items):
            yield str(_at(item, self._interface.id)), item

    def _result(self, product: Due, item: Any, answer: Answer) -> Fetched:
        milliseconds = round(answer.seconds * 1000)
        if item is None:
            return Fetched(product.id, "gone", status=answer.status, latency_ms=milliseconds)
        names = self._interface
        currency = _at(item, names.currency) or self._shop.currency
        price, listed = (declared_price(_at(item, name), currency=currency) for name in (names.price, names.list_price))
        known = price is not None and price.value > 0
        reading = Reading(
            State.OK if known else State.NO_PRICE,
            price.value if price and known else None,
            str(currency) if currency else None,
            stated(_at(item, names.availability)),
            listed.value if price and listed and listed.value > price.value else None,
            confidence=_CONFIDENCE if known else 0.0,
            source="interface" if known else None,
            evidence=names.price,
        )
        state: Ended = reading.state.value
        return Fetched(product.id, state, reading, status=answer.status, latency_ms=milliseconds)


class _Collected:
    """Keeps a body, whose size the client bounds."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> bool:
        """Never enough."""
        self._pieces.append(chunk)
        return False

    @property
    def content(self) -> bytes:
        """All of it."""
        return b"".join(self._pieces)


def source_of(shop: Shop, keys: Mapping[str, str]) -> Source | Reason:
    """How `shop` is asked, or why it is not. `keys`: bearer tokens by domain."""
    if shop.policy == "page":
        return Pages(shop)
    if shop.policy == "api" and shop.interface:
        return Numbers(shop, shop.interface, keys.get(shop.domain))
    return NO_INTERFACE if shop.policy == "api" else Reason("policy", "The shop is not to be asked.", "Bu mağazaya sorulmuyor.")


def failed(product: Due, fault: Refused | Failed | Unreadable) -> Fetched:
    """The result of a look without a readable answer."""
    return Fetched(product.id, "forbidden" if isinstance(fault, Refused) else "error", error=reason_of(fault))


def refused(product: Due, answer: Answer) -> Fetched:
    """The result of an answer without a page."""
    milliseconds = round(answer.seconds * 1000)
    if answer.status == 200:
        return Fetched(product.id, "gone", status=200, latency_ms=milliseconds)
    state = _ENDED.get(answer.status, "error")
    error = None
    if state == "blocked":
        error = BLOCKED
    elif state == "error":
        error = Reason("status", f"The shop answers with {answer.status}.", f"Mağaza {answer.status} yanıtını veriyor.")
    return Fetched(product.id, state, status=answer.status, latency_ms=milliseconds, error=error)


def _led_home(address: str, answer: Answer) -> bool:
    """Whether the shop has sent us to its front page instead: that is how many say that a product is gone."""
    return answer.url.raw_path == "/" and not answer.url.raw_query_string and address.partition("://")[2].rstrip("/").find("/") >= 0


def _at(thing: Any, path: str) -> Any:
    """What stands in `thing` at `path`, None where nothing does."""
    for name in filter(None, path.split(".")):
        if not isinstance(thing, dict):
            return None
        thing = thing.get(name)
    return thing


def _short(value: str | None) -> str | None:
    """A header that is kept; one that is no such header is none."""
    return value if value and len(value) <= 256 and value.isprintable() else None
