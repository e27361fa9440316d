"""
Asking for one address: bodies taken as they are sent and inflated only as far as they are read, connections kept, redirects followed one by one.

A connection is not closed to stop reading early where the rest is small: a new one costs more than several pages.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from multidict import CIMultiDictProxy
from yarl import URL

from imece.addresses import Guard, Refused, Resolver, lookup
from pricing.fetching import bodies
from pricing.fetching.bodies import Inflating, Sink, Unreadable
from pricing.fetching.terms import Bounds, Manners, Reason

_HOPS = 6
#: How much of a body is taken unread, so that its connection can be used again.
_REST = 512 << 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEXTS = ("text/", "application/xhtml", "application/xml", "application/rss", "application/atom", "application/json", "application/ld+json")
_PACKED = frozenset({"application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream"})

UNREACHABLE = Reason("unreachable", "The shop cannot be reached.", "Mağazaya ulaşılamıyor.")
REDIRECTS = Reason("redirects", "The address leads in circles.", "Adres sürekli başka yere yönlendiriyor.")


#: What the present request waited for its connection, in seconds.
_connecting: ContextVar[float] = ContextVar("_connecting", default=0.0)


class _Connector(aiohttp.TCPConnector):
    """Tells how long a request has waited for its connection: that is none of the shop's slowness."""

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Connection:  # noqa: ASYNC109 (aiohttp's)
        began = time.monotonic()
        try:
            return await super().connect(req, traces, timeout)
        finally:
            _connecting.set(time.monotonic() - began)


class Failed(Exception):
    """There was no whole answer: the shop could not be reached, or did not finish."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.en)
        self.reason = reason


def reason_of(fault: Refused | Failed | Unreadable) -> Reason:
    """Why there is no readable answer."""
    return Reason(fault.code, fault.en, fault.tr) if isinstance(fault, Refused) else fault.reason


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer. `seconds`: from sending the request until it began; `connecting`: before. `url` is where the redirects ended."""

    status: int
    headers: CIMultiDictProxy[str]
    url: URL
    seconds: float
    connecting: float


class Client:
    """
    Lives in one event loop, and keeps its connections until it is closed.

    `resolver` is asked for names instead of the machine's own; its answers are checked all the same.
    """

    def __init__(self, manners: Manners, *, resolver: AbstractResolver | None = None) -> None:
        self._manners = manners
        self._proxies = {domain: URL(address) for domain, address in manners.proxies.items()}
        self.guard = Guard(manners.allowed_networks)
        self._resolver = Resolver(self.guard, inner=resolver, trusted={url.raw_host or "" for url in self._proxies.values()})
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=manners.connections, resolver=self._resolver, ttl_dns_cache=300, keepalive_timeout=75),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "User-Agent": manners.user_agent,
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,*/*;q=0.1",
                "Accept-Encoding": "gzip, deflate",
                "Accept-Language": "tr,en;q=0.5",
            },
            timeout=aiohttp.ClientTimeout(sock_connect=manners.connect_seconds, sock_read=manners.silence_seconds),
            auto_decompress=False,
            trust_env=False,
        )

    async def get(
        self,
        address: str | URL,
        sink: Sink,
        *,
        bounds: Bounds,
        headers: Mapping[str, str] | None = None,
        before_hop: Callable[[URL], Awaitable[None]] | None = None,
        packed: bool = False,
    ) -> Answer:
        """
        Ask for `address`; the body of an answer with 200 goes to `sink`, as far as it wants to read. An URL is one that the guard has checked.

        `before_hop` is awaited before each redirect is followed. `packed`: a file of another type than text may come, too. Raises Refused for an
        address that must not be asked, Failed, and Unreadable for a body beyond its bounds.
        """
        try:
            async with asyncio.timeout(bounds.seconds) as limit:
                url = self.guard.checked(address) if isinstance(address, str) else address
                for hop in range(_HOPS):
                    answer = await self._ask(url, sink, bounds, headers, packed=packed)
                    if answer.status not in _REDIRECTS or not (target := answer.headers.get("Location")):
                        return answer
                    if hop + 1 < _HOPS:
                        url = self._follow(url, target)
                        if before_hop:
                            # Waiting for our turn is no slowness of theirs.
                            left = bounds.seconds if (when := limit.when()) is None else when - asyncio.get_running_loop().time()
                            limit.reschedule(None)
                            await before_hop(url)
                            limit.reschedule(asyncio.get_running_loop().time() + left)
        except TimeoutError:
            raise Failed(bodies.TOO_SLOW) from None
        except aiohttp.ClientConnectorDNSError:
            raise Failed(UNREACHABLE) from None
        except aiohttp.ClientPayloadError:
            raise Failed(bodies.CUT) from None
        except (aiohttp.ClientError, OSError, ValueError):  # aiohttp says ValueError to headers of a redirect that are none
            raise Failed(UNREACHABLE) from None
        raise Failed(REDIRECTS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    def _follow(self, url: URL, target: str) -> URL:
        try:
            return self.guard.checked(str(url.join(URL(target))))
        except ValueError:
            raise Failed(REDIRECTS) from None

    async def _ask(self, url: URL, sink: Sink, bounds: Bounds, headers: Mapping[str, str] | None, *, packed: bool) -> Answer:
        proxy = (self._proxies and (self._proxies.get(url.raw_host or "") or self._proxies.get("*"))) or None
        if proxy:
            await lookup(self._resolver, url)
        began = time.monotonic()  # the loop's own clock stands still while it computes
        async with self._session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as response:
            connecting = _connecting.get()
            answer = Answer(response.status, response.headers, url, max(0.0, time.monotonic() - began - connecting), connecting)
            if response.status == 200:
                await self._read(response, sink, bounds, packed=packed)
            else:
                await self._skip(response)
            return answer

    async def _read(self, response: aiohttp.ClientResponse, sink: Sink, bounds: Bounds, *, packed: bool) -> None:
        kind = response.content_type
        if not (kind.startswith(_TEXTS) or (packed and kind in _PACKED) or "Content-Type" not in response.headers):
            raise Unreadable(bodies.BINARY)
        if (response.content_length or 0) > bounds.sent:
            raise Unreadable(bodies.TOO_LARGE)
        inflating = Inflating(response.headers.get("Content-Encoding", "").strip().lower())
        sent = inflated = 0
        async for chunk in response.content.iter_any():
            sent += len(chunk)
            for piece in inflating.pieces(chunk):
                if not inflated and not packed and bodies.looks_binary(piece):
                    raise Unreadable(bodies.BINARY)
                room, inflated = bounds.inflated - inflated, inflated + len(piece)
                if sink.feed(piece[:room]):  # so that what it makes of a page does not depend on how that was cut into pieces
                    if response.content_length is None or response.content_length - sent <= _REST:
                        await self._skip(response)
                    return
                if inflated > bounds.inflated:
                    raise Unreadable(bodies.TOO_LARGE)
            if sent > bounds.sent:
                raise Unreadable(bodies.TOO_LARGE)
        if not inflating.ended:
            raise Unreadable(bodies.CUT)

    async def _skip(self, response: aiohttp.ClientResponse) -> None:
        """Take what is left of a body, if that is little; leaving the response then gives its connection back, and else closes it."""
        if response.content.at_eof():
            return
        taken = 0
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(5):
                async for chunk in response.content.iter_any():
                    taken += len(chunk)
                    if taken > _REST:
                        return
