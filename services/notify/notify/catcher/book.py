"""What the stand-ins took: on the disk before they say so, at hand for whoever asks, and what becomes of each."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from imece.clock import now
from notify.catcher.faults import Rules
from notify.caught import texts
from notify.caught.texts import CaughtText

_AT_HAND = 200_000  #: the latest, in memory
_REMEMBERED = 20_000  #: of those before the start


class Book:
    """The messages of all stand-ins. One event loop uses it."""

    def __init__(self, folder: Path, rules: Rules, delivery: float) -> None:
        """`delivery`: seconds until a phone has what was taken."""
        self.folder = folder
        self.rules = rules
        self.delivery = delivery
        self._by_id: dict[str, CaughtText] = {}
        self._by_number: dict[tuple[str, str], deque[CaughtText]] = {}
        self._by_order: dict[tuple[str, str], list[CaughtText]] = {}
        self._waiting: list[tuple[list[CaughtText], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        for text in reversed(list(islice(texts.listed(folder), _REMEMBERED))):
            self._index(text)

    def noted(self, provider: str, identity: str, to: str, text: str, **more: Any) -> CaughtText:
        """A message as it is going to be kept by `take`, its fate decided."""
        return CaughtText(identity, provider, now(), to, sealed=texts.seal(text), fate=self._fate(provider, to), **more)

    async def take(self, taken: list[CaughtText]) -> None:
        """Keep them; when this returns they are on the disk. Those that come together are written together. Raises OSError."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((taken, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(done)

    def get(self, identity: str) -> CaughtText | None:
        """The one of that id, among those at hand."""
        return self._by_id.get(identity)

    def to(self, provider: str, number: str) -> Iterator[CaughtText]:
        """Those for one number, the newest first."""
        return reversed(self._by_number.get((provider, number), deque()))

    def of(self, provider: str, order: str) -> list[CaughtText]:
        """Those of one order, as they came."""
        return self._by_order.get((provider, order), [])

    def since(self, provider: str, moment: datetime) -> Iterator[CaughtText]:
        """Those taken since a moment, the newest first."""
        for text in reversed(self._by_id.values()):
            if text.at < moment:
                return
            if text.provider == provider:
                yield text

    def _fate(self, provider: str, to: str) -> Mapping[str, Any]:
        fate: dict[str, Any] = {"state": "delivered", "code": "", "sent": self.delivery / 4, "final": self.delivery}
        for rule in self.rules.on_message(provider, to):
            match rule.do:
                case "undelivered" | "failed" | "expired":
                    fate |= {"state": rule.do, "code": rule.code}
                case "receipts-late":
                    fate |= {"sent": fate["sent"] + rule.seconds, "final": fate["final"] + rule.seconds}
                case _:
                    fate[rule.do] = True
        return fate

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            fault: OSError | None = None
            try:
                await asyncio.to_thread(texts.keep, self.folder, [text for taken, _ in batch for text in taken])
            except OSError as error:
                fault = error
            for taken, done in batch:
                if fault is None:
                    for text in taken:
                        self._index(text)
                with suppress(asyncio.InvalidStateError):  # whoever waited has gone
                    if fault is None:
                        done.set_result(None)
                    else:
                        done.set_exception(fault)

    def _index(self, text: CaughtText) -> None:
        self._by_id[text.id] = text
        self._by_number.setdefault((text.provider, text.to), deque(maxlen=1000)).append(text)
        if text.order:
            self._by_order.setdefault((text.provider, text.order), []).append(text)
        while len(self._by_id) > _AT_HAND:
            self._forget(next(iter(self._by_id)))

    def _forget(self, identity: str) -> None:
        text = self._by_id.pop(identity)
        for shelf in (self._by_number, self._by_order):
            key = (text.provider, text.to if shelf is self._by_number else text.order)
            with suppress(KeyError, ValueError):
                shelf[key].remove(text)
                if not shelf[key]:
                    del shelf[key]


def state(text: CaughtText, at: datetime | None = None) -> str:
    """What has become of it by now: `accepted`, `sent`, and at last what its fate says."""
    age = (at or now()) - text.at
    if age >= timedelta(seconds=text.fate.get("final", 0)):
        return str(text.fate.get("state", "delivered"))
    return "sent" if age >= timedelta(seconds=text.fate.get("sent", 0)) else "accepted"
