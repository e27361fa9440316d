"""
The demo shop: pretend stores on ports of this machine, honest about what they do, for demos, tests and figures.

Each port is a store of its own. They answer as real ones do, well and badly (`/trouble/...`), write down who asked when, and let time pass on request.
"""

import asyncio
import gzip
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from struct import pack
from typing import IO, NamedTuple, Self, cast
from urllib.parse import parse_qs, unquote

import orjson
import uvloop
from isal import isal_zlib

from pricing.demo.goods import Goods, Mood

_BLOCK_PAGE = (
    '<!DOCTYPE html><html lang="tr"><head><title>Bir dakika...</title></head><body><h1>Robot olmadığınızı doğrulayın</h1>'
    '<p>Olağan dışı trafik algılandı. Devam etmek için captcha doğrulamasını tamamlayın.</p><div class="g-recaptcha"></div></body></html>'
).encode()
_HTML, _XML, _JSON, _TEXT = "text/html; charset=utf-8", "application/xml", "application/json", "text/plain; charset=utf-8"
_PER_SITEMAP = 50_000
#: Megabytes that the bomb is when it is unpacked.
BOMB = 200


class Asked(NamedTuple):
    """One request: when (seconds of the machine's monotonic clock), at which store, for what, and with which status it was answered."""

    at: float
    store: int
    path: str
    status: int


@dataclass(slots=True)
class Reply:
    """An answer. `stream` makes it one of unknown length; `pause`: seconds before it begins."""

    status: int = 200
    body: bytes = b""
    kind: str = _HTML
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    pause: float = 0.0
    gap: float = 0.0  #: seconds between the pieces of a stream
    promised: int | None = None  #: a Content-Length that is not kept: the connection is closed behind the body

    def head(self) -> bytes:
        """Status line and headers."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        if self.status != 304:
            lines.append(f"Content-Type: {self.kind}")
            length = len(self.body) if self.promised is None else self.promised
            lines.append("Transfer-Encoding: chunked" if self.stream is not None else f"Content-Length: {length}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Shop:
    """
    Stores on ports, all with the same `goods` at prices of their own.

    `rate`: requests per second above which a store answers 429; 0: none. `crawl_delay` stands in robots.txt. `log` gets a line for every request.
    """

    goods: Goods
    stores: int = 1
    rate: int = 0
    crawl_delay: float = 0.0
    log: IO[str] | None = None
    host: str = "127.0.0.1"
    ports: list[int] = field(default_factory=list)
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=2_000_000))
    away: set[int] = field(default_factory=set)  #: stores that answer 503
    _servers: list[asyncio.Server] = field(default_factory=list)
    _recent: dict[int, deque[float]] = field(default_factory=dict)

    @property
    def urls(self) -> list[str]:
        """Where the stores are."""
        return [f"http://{self.host}:{port}" for port in self.ports]

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Open the stores on `port` and those behind it; 0: on any that are free."""
        self.host = host
        loop = asyncio.get_running_loop()
        for store in range(self.stores):
            server = await loop.create_server(partial(_Visitor, self, store), host, port + store if port else 0, backlog=1024)
            self._servers.append(server)
            self.ports.append(cast("int", server.sockets[0].getsockname()[1]))
        return self

    async def stop(self) -> None:
        """Close them."""
        for server in self._servers:
            server.close()

    def reply(self, store: int, target: str, headers: dict[bytes, bytes], peer: str) -> Reply:
        """The answer to a request for `target` at a store, written down."""
        now = time.monotonic()
        path, _, query = target.partition("?")
        if path.startswith("/control/"):
            return self._control(path, query, peer)
        answer = self._pushed_back(store, now) or self._page(store, path, query, headers)
        self.asked.append(Asked(now, store, path, answer.status))
        if self.log:
            self.log.write(f"{now:.6f}\t{store}\t{answer.status}\t{path}\n")
        return answer

    def _pushed_back(self, store: int, now: float) -> Reply | None:
        if store in self.away:
            return Reply(503, b"away", _TEXT)
        if not self.rate:
            return None
        recent = self._recent.setdefault(store, deque())
        while recent and now - recent[0] >= 1:
            recent.popleft()
        recent.append(now)
        return Reply(429, b"slower, please", _TEXT, {"Retry-After": "1"}) if len(recent) > self.rate else None

    def _page(self, store: int, path: str, query: str, headers: dict[bytes, bytes]) -> Reply:
        if path.startswith("/p/"):
            return self._product(store, path[3:], headers)
        if path.startswith("/gizli/"):
            return Reply(body=self.goods.page(store, 0))
        if path.startswith("/trouble/"):
            return _trouble(path[9:], query)
        base = self.urls[store] if store < len(self.urls) else ""
        match path:
            case "/":
                return Reply(body=self._front(base))
            case "/robots.txt":
                delay = f"Crawl-delay: {self.crawl_delay:g}\n" if self.crawl_delay else ""
                return Reply(
                    body=f"User-agent: *\nDisallow: /gizli/\nDisallow: /control/\n{delay}\nSitemap: {base}/sitemap.xml\n".encode(),
                    kind=_TEXT,
                )
            case "/feed.xml":
                return Reply(kind=_XML, stream=self.goods.feed(store, base))
            case "/api/products":
                return self._numbers(store, query)
        if path.startswith("/sitemap"):
            return self._sitemap(path, base)
        return Reply(404, b"not here", _TEXT)

    def _product(self, store: int, number: str, headers: dict[bytes, bytes]) -> Reply:
        if not number.isdecimal() or int(number) >= self.goods.count:
            return Reply(404, b"no such product", _TEXT)
        goods, item = self.goods, int(number)
        mood = goods.mood(item)
        if mood is Mood.GONE:
            return Reply(404, b"no longer sold", _TEXT)
        if mood is Mood.BLOCKED:
            return Reply(body=_BLOCK_PAGE)
        pause = 0.8 if mood is Mood.SLOW else 0.0
        tag = goods.tag(store, item)
        if headers.get(b"if-none-match") == tag.encode():
            return Reply(304, headers={"ETag": tag}, pause=pause)
        if b"gzip" in headers.get(b"accept-encoding", b""):
            return Reply(body=goods.packed(store, item), headers={"ETag": tag, "Content-Encoding": "gzip"}, pause=pause)
        return Reply(body=goods.page(store, item), headers={"ETag": tag}, pause=pause)

    def _numbers(self, store: int, query: str) -> Reply:
        wanted = [int(number) for number in parse_qs(query).get("ids", [""])[0].split(",") if number.isdecimal()]
        products = [
            {
                "id": number,
                "price": f"{offer.price / 100:.2f}",
                "currency": "TRY",
                "list_price": f"{offer.list_price / 100:.2f}" if offer.list_price else None,
                "availability": "InStock" if offer.in_stock else "OutOfStock",
            }
            for number in wanted[:100]
            if number < self.goods.count
            for offer in (self.goods.offered(store, number),)
        ]
        return Reply(body=orjson.dumps({"products": products}), kind=_JSON)

    def _front(self, base: str) -> bytes:
        shelf = "".join(
            f'<li><a href="{base}/p/{number}">{self.goods.name(number)}</a></li>' for number in range(min(self.goods.count, 200))
        )
        return f'<!DOCTYPE html><html lang="tr"><head><title>Demo shop</title></head><body><h1>Demo shop</h1><ul>{shelf}</ul></body></html>'.encode()

    def _sitemap(self, path: str, base: str) -> Reply:
        files = -(-self.goods.count // _PER_SITEMAP)
        space = '<?xml version="1.0" encoding="UTF-8"?>\n<{} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        if path == "/sitemap.xml" and files > 1:
            listed = "".join(f"<sitemap><loc>{base}/sitemap-{number}.xml</loc></sitemap>\n" for number in range(files))
            return Reply(body=f"{space.format('sitemapindex')}{listed}</sitemapindex>\n".encode(), kind=_XML)
        part = path.removeprefix("/sitemap").removeprefix("-").removesuffix(".xml") or "0"
        if not part.isdecimal() or int(part) >= files:
            return Reply(404, b"not here", _TEXT)
        first = int(part) * _PER_SITEMAP

        def pages() -> Iterator[bytes]:
            yield f"{space.format('urlset')}<url><loc>{base}/</loc></url>\n".encode()
            for number in range(first, min(self.goods.count, first + _PER_SITEMAP)):
                yield f"<url><loc>{base}/p/{number}</loc></url>\n".encode()
            yield b"</urlset>\n"

        return Reply(kind=_XML, stream=pages())

    def _control(self, path: str, query: str, peer: str) -> Reply:
        """What only this machine may ask: let time pass, send a store away, tell the truth."""
        if not ipaddress.ip_address(peer).is_loopback:
            return Reply(403, b"only from this machine", _TEXT)
        given = {name: values[0] for name, values in parse_qs(query).items()}
        try:
            match path.removeprefix("/control/"):
                case "step":
                    self.goods.step = max(0, self.goods.step + int(given.get("by", 1)))
                case "away":
                    self.away.add(int(given["store"]))
                case "back":
                    self.away.discard(int(given["store"]))
                case "truth":
                    return Reply(body=orjson.dumps(self._truth(given)), kind=_JSON)
                case "state":
                    pass
                case _:
                    return Reply(404, b"not here", _TEXT)
        except (KeyError, ValueError):
            return Reply(400, b"not understood", _TEXT)
        state = {
            "step": self.goods.step,
            "products": self.goods.count,
            "stores": self.urls,
            "away": sorted(self.away),
            "asked": len(self.asked),
        }
        return Reply(body=orjson.dumps(state), kind=_JSON)

    def _truth(self, given: dict[str, str]) -> list[tuple[int, int, int | None, bool]]:
        store, first = int(given.get("store", 0)), int(given.get("from", 0))
        numbers = range(first, min(self.goods.count, first + int(given.get("count", 1000))))
        return [
            (number, offer.price, offer.list_price, offer.in_stock) for number in numbers for offer in (self.goods.offered(store, number),)
        ]


class _Visitor(asyncio.Protocol):
    """One connection: requests answered in order, as HTTP/1.1 has it."""

    transport: asyncio.Transport

    def __init__(self, shop: Shop, store: int) -> None:
        self._shop, self._store = shop, store
        self._unread = b""
        self._busy: asyncio.Task[None] | None = None
        self._free = asyncio.Event()
        self._free.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._peer = self.transport.get_extra_info("peername")[0]

    def connection_lost(self, _error: Exception | None) -> None:
        self._free.set()
        if self._busy:
            self._busy.cancel()

    def pause_writing(self) -> None:
        self._free.clear()

    def resume_writing(self) -> None:
        self._free.set()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > 1 << 16:
            self.transport.close()
        elif self._busy is None:
            self._answer()

    def _answer(self) -> None:
        while self._busy is None and (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head, self._unread = self._unread[:end], self._unread[end + 4 :]
            first, *lines = head.split(b"\r\n")
            words = first.split(b" ")
            if len(words) != 3 or words[0] not in {b"GET", b"HEAD", b"POST"}:
                self.transport.write(Reply(400, b"not understood", _TEXT).head())
                return self.transport.close()
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            reply = self._shop.reply(self._store, words[1].decode("latin-1"), headers, self._peer)
            if reply.stream is None and not reply.pause and reply.promised is None:
                self.transport.write(reply.head() + (b"" if words[0] == b"HEAD" else reply.body))
            else:
                self._busy = asyncio.get_running_loop().create_task(self._slowly(reply))
        return None

    async def _slowly(self, reply: Reply) -> None:
        await asyncio.sleep(reply.pause)
        self.transport.write(reply.head() + reply.body)
        if reply.stream is not None:
            for piece in reply.stream:
                await asyncio.sleep(reply.gap)
                await self._free.wait()
                if self.transport.is_closing():
                    return
                self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.transport.write(b"0\r\n\r\n")
        if reply.promised is not None:
            self.transport.close()
        self._busy = None
        self._answer()


def _trouble(name: str, query: str) -> Reply:
    """What shops do to programs. `/trouble/hop?to=...` leads anywhere."""
    match name:
        case "busy":
            return Reply(429, b"slower, please", _TEXT, {"Retry-After": "2"})
        case "away":
            return Reply(503, b"away", _TEXT)
        case "broken":
            return Reply(500, b"oops", _TEXT)
        case "denied":
            return Reply(403, b"no programs", _TEXT)
        case "blocked":
            return Reply(body=_BLOCK_PAGE)
        case "gone":
            return Reply(410, b"no longer sold", _TEXT)
        case "slow":
            return Reply(body=b"<html>late</html>", pause=float(parse_qs(query).get("seconds", ["3"])[0]))
        case "drip":
            return Reply(stream=iter([b"<p>"] * 100_000), gap=0.2)
        case "endless":
            return Reply(stream=_for_ever())
        case "bomb":
            return Reply(body=_bomb(), headers={"Content-Encoding": "gzip"})
        case "garbled":
            return Reply(body=b"\x1f\x8b\x08\x00" + b"nothing like it" * 50, headers={"Content-Encoding": "gzip"})
        case "cut":
            return Reply(body=gzip.compress(b"<html>" + b"half a page" * 900)[:60], headers={"Content-Encoding": "gzip"})
        case "short":
            return Reply(body=b"<html>half", promised=1000)
        case "binary":
            return Reply(body=b"\x89PNG\r\n\x1a\n" + bytes(500), kind="image/png")
        case "disguised":
            return Reply(body=b"\x7fELF\x02\x01" + bytes(500))
        case "brotli":
            return Reply(body=b"\x0b\x02\x80", headers={"Content-Encoding": "br"})
        case "charset":
            return Reply(body="<html><head><title>Çay</title></head><body><h1>Gümüş çaydanlık</h1><b>1.299,90 TL</b>".encode("cp1254"))
        case "home":
            return Reply(302, headers={"Location": "/"})
        case "circle":
            return Reply(302, headers={"Location": "/trouble/circle"})
        case "hop":
            return Reply(302, headers={"Location": unquote(parse_qs(query).get("to", ["/"])[0])})
    return Reply(404, b"no such trouble", _TEXT)


def _for_ever() -> Iterator[bytes]:
    while True:
        yield b"<p>daha var</p>" * 2000


@cache
def _bomb() -> bytes:
    blank = b" " * (1 << 20)
    packer = isal_zlib.compressobj(isal_zlib.ISAL_BEST_COMPRESSION, isal_zlib.DEFLATED, -15)
    one = packer.compress(blank) + packer.flush(isal_zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(BOMB):
        crc = isal_zlib.crc32(blank, crc)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + one * BOMB + packer.flush() + pack("<II", crc, BOMB << 20)


@contextmanager
def opened(shop: Shop, port: int = 0) -> Iterator[Shop]:
    """Have the shop open in a thread of this process meanwhile."""
    ready = threading.Event()
    loop = uvloop.new_event_loop()

    def run() -> None:
        loop.run_until_complete(shop.start(port=port))
        ready.set()
        loop.run_forever()
        loop.run_until_complete(shop.stop())

    thread = threading.Thread(target=run, name="demo-shop", daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield shop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
