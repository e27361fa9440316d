"""
robots.txt: what a shop asks of programs, kept for a day for all workers.

RFC 9309: an answer with 4xx means that there are no rules, 5xx and silence that nothing may be asked; five redirects are followed and 500 KiB read.
Crawl-delay is not part of it, and honoured.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

import orjson
from protego import Protego
from yarl import URL

from imece.addresses import Refused
from pricing.fetching.bodies import Unreadable
from pricing.fetching.client import Answer, Failed
from pricing.fetching.line import Line
from pricing.fetching.terms import NAME, Reason

_LARGEST = 500 << 10
#: Seconds: a day for rules, and a while for a shop that could not tell them.
_KEPT, PATIENCE = 86_400, 600

DISALLOWED = Reason("robots", "The shop's robots.txt does not allow this page.", "Mağazanın robots.txt dosyası bu sayfaya izin vermiyor.")
CLOSED = Reason(
    "robots_unreachable",
    "The shop's robots.txt cannot be read; until then nothing is asked.",
    "Mağazanın robots.txt dosyası okunamıyor; okunana dek hiçbir şey istenmez.",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shop asks of us. `delay`: seconds between requests that it names."""

    closed: bool = False
    text: str = ""
    delay: float = 0.0

    def allows(self, url: URL) -> bool:
        """Whether the page may be asked for."""
        return not self.closed and (not self.text or _parsed(self.text).can_fetch(str(url), NAME))


class Sheet:
    """Collects what is read of a robots.txt."""

    def __init__(self) -> None:
        self.content = b""

    def feed(self, chunk: bytes) -> bool:
        """The next piece; true beyond 500 KiB."""
        self.content += chunk
        return len(self.content) >= _LARGEST


class Robots:
    """The rules of all shops, by origin (scheme, host and port)."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._known: dict[URL, Rules] = {}

    async def known(self, url: URL) -> Rules | None:
        """The rules that hold for `url`, if somebody has read them today."""
        origin = url.origin()
        if origin not in self._known and (kept := await self._line.send("GET", _key(origin))):
            self._known[origin] = Rules(**orjson.loads(kept))
        return self._known.get(origin)

    async def read(self, url: URL, ask: Callable[[str, Sheet], Awaitable[Answer]]) -> Rules:
        """Read the rules that hold for `url` by `ask`, and keep them."""
        origin, sheet = url.origin(), Sheet()
        try:
            status = (await ask(str(origin.with_path("/robots.txt")), sheet)).status
        except Unreadable:
            status = 404  # an image, a bomb: there are no rules in it
        except (Failed, Refused):
            status = 503
        if status == 200:
            text = sheet.content[:_LARGEST].decode("utf-8", "replace")
            rules = Rules(text=text, delay=_delay(text)) if text.strip() else Rules()
        else:
            rules = Rules(closed=status >= 500 or status == 429)
        self._known[origin] = rules
        kept = orjson.dumps({"closed": rules.closed, "text": rules.text, "delay": rules.delay})
        await self._line.send("SET", _key(origin), kept, "EX", PATIENCE if rules.closed else _KEPT)
        return rules


def _key(origin: URL) -> str:
    return f"pricing:robots:{origin}"


def _delay(text: str) -> float:
    """Seconds between requests: what Crawl-delay or Request-rate says, at most an hour."""
    rules = _parsed(text)
    delay = float(rules.crawl_delay(NAME) or 0)
    if rate := rules.request_rate(NAME):
        delay = max(delay, rate.seconds / max(1, rate.requests))
    return min(max(delay, 0.0), 3600.0)


@lru_cache(1024)
def _parsed(text: str) -> Protego:
    return Protego.parse(text)
