"""
What a shop publishes about all of its products at once: a feed (Google Merchant Center, RSS 2.0 or Atom) or a sitemap.

Parsed while it comes, never held as a whole; document types and entities are refused, and nothing outside of it is ever looked up.
Source: support.google.com/merchants/answer/7052112 and sitemaps.org/protocol.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol
from xml.etree.ElementTree import ParseError

import redis
from aiohttp.abc import AbstractResolver
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from imece.addresses import Refused
from imece.errors import Transient
from pricing.extraction.offer import Availability, stated
from pricing.fetching.bodies import TOO_LARGE, Inflating, Unreadable
from pricing.fetching.client import Client, Failed, reason_of
from pricing.fetching.line import Line
from pricing.fetching.politeness import Held, Lane, Late, Manner, retry_after
from pricing.fetching.portions import Portions
from pricing.fetching.terms import Manners, Reason, Shop
from pricing.numbers import declared_price

Kind = Literal["merchant", "sitemap"]

#: A field longer than this is cut; an index of sitemaps names at most so many others; so many products are taken of one shop.
_LONGEST, _MOST_FILES, _MOST_ITEMS = 5000, 500, 5_000_000

NO_FEED = Reason("no_feed", "The address does not hold a feed of this kind.", "Adreste bu türde bir ürün listesi yok.")

_AMOUNT = re.compile(r"\s*([A-Z]{3})?\s*([\d.,\s]*\d)\s*([A-Z]{3}|TL|₺)?\s*", re.IGNORECASE)


class FeedFault(Transient):
    """A feed that could not be read to its end; what came before counts."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A product as its shop's feed names it. Of a sitemap only `url` is known. `list_price` is above `price`."""

    url: str
    external_id: str | None = None
    title: str | None = None
    brand: str | None = None
    ean: str | None = None
    image_url: str | None = None
    category: str | None = None
    price: Decimal | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None


class Feed(Portions[Listed]):
    """
    Read a shop's feed; iterate over what it lists while it comes, a list at a time.

    `matching`: only addresses that this expression is found in (for sitemaps, which name all kinds of pages). Raises FeedFault to the reader.
    """

    def __init__(
        self,
        address: str,
        kind: Kind,
        shop: Shop,
        manners: Manners,
        client: redis.Redis,
        *,
        matching: str | None = None,
        resolver: AbstractResolver | None = None,
        size: int = 1000,
    ) -> None:
        super().__init__(self._read, size=size)
        self._files = deque([address])
        self._given = (kind, shop, manners, client, resolver)
        self._matching = re.compile(matching) if matching else None

    async def _read(self, deliver: Callable[[Listed], None]) -> None:
        kind, shop, manners, redis_client, resolver = self._given
        line, named, listed = Line(redis_client), 1, 0

        def take(item: Listed) -> bool:
            nonlocal listed
            if not self._matching or self._matching.search(item.url):
                listed += 1
                deliver(item)
            return listed >= _MOST_ITEMS

        try:
            async with Client(manners, resolver=resolver) as client:
                while self._files:
                    parsing = Parsing(Products(shop, take) if kind == "merchant" else Pages(take))
                    await _get(client, line, shop, manners, self._files.popleft(), parsing)
                    for address in parsing.target.others:
                        if named < _MOST_FILES:
                            named += 1
                            self._files.append(address)
        finally:
            line.close()


class Target(Protocol):
    """What becomes of the elements of a file. `others` are more files that it names; `enough` ends the reading."""

    others: list[str]
    enough: bool

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Text."""

    def close(self) -> None:
        """The file ends."""


class Products:
    """A Google Merchant feed: `item` or `entry`, fields with and without their namespace."""

    def __init__(self, shop: Shop, take: Callable[[Listed], bool]) -> None:
        """`take` is given each product, and says whether that is enough."""
        self.others: list[str] = []
        self.enough = False
        self._shop, self._take = shop, take
        self._item: dict[str, str] | None = None
        self._text: list[str] = []
        self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = _local(tag)
        if name in {"item", "entry"}:
            self._item = {}
        elif self._item is not None and name == "link" and attributes.get("rel", "alternate") == "alternate" and "href" in attributes:
            self._item.setdefault("link", attributes["href"])
        self._text, self._size = [], 0

    def data(self, text: str) -> None:
        """Text, of which no more is kept than a field may have."""
        if self._item is not None and self._size < _LONGEST:
            self._text.append(text)
            self._size += len(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        name = _local(tag)
        if self._item is None:
            return
        if name in {"item", "entry"}:
            item, self._item = self._item, None
            if not self.enough and (listed := self._listed(item)):
                self.enough = self._take(listed)
        elif text := "".join(self._text).strip()[:_LONGEST]:
            self._item.setdefault(name, text)
        self._text, self._size = [], 0

    def close(self) -> None:
        """The file ends."""

    def _listed(self, item: dict[str, str]) -> Listed | None:
        if not (url := item.get("link")):
            return None
        (price, currency), (sale, sale_currency) = (_money(item.get(name), self._shop.currency) for name in ("price", "sale_price"))
        reduced = sale is not None and price is not None and sale < price
        return Listed(
            url=url,
            external_id=item.get("id"),
            title=item.get("title"),
            brand=item.get("brand"),
            ean=item.get("gtin"),
            image_url=item.get("image_link"),
            category=item.get("product_type") or item.get("google_product_category"),
            price=sale if reduced else price,
            list_price=price if reduced else None,
            currency=sale_currency if reduced else currency,
            availability=stated(item.get("availability")),
        )


class Pages:
    """A sitemap, or an index of sitemaps."""

    def __init__(self, take: Callable[[Listed], bool]) -> None:
        """`take` is given each page, and says whether that is enough."""
        self.others: list[str] = []
        self.enough = False
        self._take = take
        self._inside: list[str] = []
        self._text = ""

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """An element begins."""
        self._inside.append(_local(tag))
        self._text = ""

    def data(self, text: str) -> None:
        """Text."""
        if self._inside[-1] == "loc" and len(self._text) < _LONGEST:
            self._text += text

    def end(self, tag: str) -> None:
        """An element ends."""
        self._inside.pop()
        if _local(tag) != "loc" or not self._inside or not (url := self._text.strip()):
            return
        if self._inside[-1] == "sitemap":
            if len(self.others) < _MOST_FILES:
                self.others.append(url)
        elif self._inside[-1] == "url" and not self.enough:
            self.enough = self._take(Listed(url))

    def close(self) -> None:
        """The file ends."""


class Parsing:
    """A sink that parses XML as it comes, packed or not. Raises Unreadable for what is none."""

    def __init__(self, target: Target, largest: int = 4 << 30) -> None:
        self.target = target
        self._parser = XMLParser(target=target, forbid_dtd=True)
        self._unpacking: Inflating | None = None
        self._left = largest
        self._begun = False

    def feed(self, chunk: bytes) -> bool:
        """The next piece; true when no more products are wanted."""
        if not self._begun and chunk:
            self._begun = True
            if chunk.startswith(b"\x1f"):  # a packed file; no document begins so
                self._unpacking = Inflating("gzip")
        for piece in self._unpacking.pieces(chunk) if self._unpacking else (chunk,):
            self._left -= len(piece)
            if self._left < 0:
                raise Unreadable(TOO_LARGE)
            try:
                self._parser.feed(piece)
            except (ParseError, DefusedXmlException, ValueError):
                raise Unreadable(NO_FEED) from None
        return self.target.enough

    def finish(self) -> None:
        """The end of the file, which must be the end of its document."""
        if not self.target.enough:
            try:
                self._parser.close()
            except (ParseError, DefusedXmlException, ValueError):
                raise Unreadable(NO_FEED) from None


async def _get(client: Client, line: Line, shop: Shop, manners: Manners, address: str, parsing: Parsing) -> None:
    lane, loop = Lane(line, shop, manners), asyncio.get_running_loop()
    answers: list[tuple[Manner, float]] = []
    wait = 0.0
    try:
        await lane.enter(loop.time() + manners.feed.seconds)
        answer = await client.get(address, parsing, bounds=manners.feed, packed=True)
        pushed = answer.status in {429, 503}
        wait = retry_after(answer.headers.get("Retry-After")) if pushed else 0.0
        answers.append((Manner.PUSHED_BACK if pushed else Manner.FINE if answer.status == 200 else Manner.OTHER, answer.seconds))
        if answer.status != 200:
            raise FeedFault(
                f"{address}: the shop answers with {answer.status}.", f"{address}: mağaza {answer.status} yanıtını veriyor."
            )  # fmt: skip
        parsing.finish()
    except (Refused, Failed, Unreadable) as fault:
        answers.append((Manner.OTHER, 0.0))
        raise FeedFault(f"{address}: {reason_of(fault).en}", f"{address}: {reason_of(fault).tr}") from None
    except (Held, Late):
        raise FeedFault(f"{address}: the shop is not to be asked now.", f"{address}: mağazaya şu anda sorulmuyor.") from None
    finally:
        await lane.leave(answers, wait)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].removeprefix("g:").lower()


def _money(text: str | None, currency: str | None) -> tuple[Decimal | None, str | None]:
    """What `129.90 TRY` says. The feed's point is a decimal mark by specification; Turkish shops write commas there."""
    found = _AMOUNT.fullmatch(text or "")
    if not found:
        return None, None
    named = (found[1] or found[3] or currency or "").upper()
    code = "TRY" if named in {"TL", "₺"} else named or None
    amount = declared_price(found[2].replace(" ", ""), currency=code)
    return (amount.value if amount and amount.sure and amount.value > 0 else None), code
