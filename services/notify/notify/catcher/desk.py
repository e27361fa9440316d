"""What every stand-in does with a request between reading it and answering: misbehave, keep the rate, take its time, keep the messages."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NoReturn

from aiohttp import web

from imece import log
from notify.catcher.book import Book
from notify.catcher.callbacks import Callbacks
from notify.caught.texts import CaughtText
from notify.channels.refusals import masked
from notify.settings import Settings

Refusal = Callable[[str, str], web.Response]  #: what is refused (`429`, `500`, `refuse`) and its code, in the provider's own shape

_log = log.get(__name__)


class Desk:
    """One for all stand-ins. One event loop uses it."""

    def __init__(self, given: Settings, book: Book, callbacks: Callbacks) -> None:
        self.given = given
        self.book = book
        self.callbacks = callbacks
        self._free_at = 0.0

    async def serve(
        self, request: web.Request, provider: str, texts: list[CaughtText], answer: Callable[[], web.Response], refuse: Refusal
    ) -> web.Response:
        """
        Take `texts`, which one request asked for, and answer; or do what the rules say for the first of them.

        `answer` makes the provider's yes, once everything is kept; `refuse(what, code)` its no. Raises OSError when the disk takes nothing.
        """
        to = texts[0].to if texts else ""
        rule = self.book.rules.on_request(provider, to)
        what, seconds = (rule.do, rule.seconds) if rule else ("", 0.0)
        if rule and what in {"429", "500", "503", "refuse"}:
            refused = refuse(what, rule.code)
            if what == "429":
                refused.headers["Retry-After"] = str(max(1, round(seconds)))
            return refused
        if what == "drop-before":
            cut(request)
        if wait := self._beyond_rate(sum(text.segments for text in texts)):
            refused = refuse("429", "")
            refused.headers["Retry-After"] = str(max(1, round(wait)))
            return refused
        latency = self.given.catcher_latency
        await asyncio.sleep(latency / 3 + (seconds if what == "late-before" else 0))
        # Shielded: whoever hangs up now has handed its messages over all the same.
        await asyncio.shield(self._kept(texts))
        await asyncio.sleep(latency * 2 / 3 + (seconds if what == "late-after" else 0))
        _log.info("caught", provider=provider, recipient=masked(to), messages=len(texts))
        if what == "drop-after":
            cut(request)
        if what == "500-after":
            return refuse("500", "")
        return answer()

    async def _kept(self, texts: list[CaughtText]) -> None:
        await self.book.take(texts)
        for text in texts:
            self.callbacks.expect(text)

    def _beyond_rate(self, segments: int) -> float:
        """Seconds until there is room for this many; 0 if there is, and then they have it. A second's worth may come at once."""
        if not self.given.catcher_rate:
            return 0
        moment = time.monotonic()
        free_at = max(self._free_at, moment - 1)
        if free_at + segments / self.given.catcher_rate > moment + 1e-3 and free_at > moment - 1:
            return free_at + segments / self.given.catcher_rate - moment
        self._free_at = free_at + segments / self.given.catcher_rate
        return 0


async def document(request: web.Request) -> dict[str, Any] | None:
    """The JSON object in a request; None where there is none."""
    try:
        found = await request.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def cut(request: web.Request) -> NoReturn:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    raise web.HTTPServiceUnavailable(text="nobody hears this any more")
