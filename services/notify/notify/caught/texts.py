"""
What the catcher kept that is no mail: SMS, posts to chats, calls of webhooks; one line each in a file per day.

A file per day and not per message, because a bulk brings a hundred thousand of them. Texts are encrypted with a key under `IMECE_HOME`: one-time
passwords are among them, and nobody can tell by looking which those are. So lists show digits as dots; who opens a single message sees it whole.
"""

import json
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from imece import config
from notify.caught import disk

_PIECE = 1 << 18
#: Amounts (`2.450,00`, `12.500 TL`) and dates, which are no codes; then whatever may be one.
_CODE = re.compile(
    r"""(?P<said> (?<![\d.,-]) (?: \d{1,3}(?:\.\d{3})*,\d{2} | \d{1,3}(?:\.\d{3})+(?=\s?(?:TL|₺|USD|EUR|\$|€)) ) (?![\d.,]*\d)
             | (?<![\d.,-]) (?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:19|20)\d\d (?!\d|[\s.-]\d) )
      | \d(?:[\s.-]?\d){3,}""",
    re.VERBOSE,
)
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, repr=False)
class CaughtText:
    """
    One message as a stand-in took it.

    `id` is what the stand-in called it, `to` a number, a chat or an address, `more` what else the request said. `fate` is what becomes of it:
    `state` (`delivered`, `undelivered`, `failed`, `expired`), `code`, and after how many seconds it is `sent` and `final`. `sealed` is the text,
    encrypted.
    """

    id: str
    provider: str
    at: datetime
    to: str
    sender: str
    sealed: str
    segments: int = 1
    reference: str = ""
    order: str = ""
    fate: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Without number and text: what is represented ends up in logs."""
        return f"CaughtText({self.provider} {self.id})"

    @property
    def text(self) -> str:
        """The text in clear; a replacement character, where the key is another one now."""
        try:
            return _lock().decrypt(self.sealed.encode()).decode()
        except InvalidToken:
            return _UNREADABLE

    @property
    def shown(self) -> str:
        """The text as a list may show it: every run of four digits or more as dots."""
        return hidden(self.text)

    def line(self) -> str:
        """As it is kept."""
        kept = {**vars(self), "at": self.at.isoformat()}
        return json.dumps({name: value for name, value in kept.items() if value or name in {"sender", "sealed"}}, ensure_ascii=False)


def hidden(text: str) -> str:
    """`text` with every run of four digits or more, also broken by blanks, dots or dashes, as dots; amounts of money and dates stay."""
    return _CODE.sub(lambda found: found[0] if found["said"] else re.sub(r"\d", "•", found[0]), text)


def seal(text: str) -> str:
    """`text`, encrypted with this installation's key."""
    return _lock().encrypt(text.encode()).decode()


def keep(folder: Path, texts: Iterable[CaughtText]) -> None:
    """Write them down; when this returns, they survive a power cut. Raises OSError when the disk does not take them."""
    days: dict[date, list[str]] = {}
    for text in texts:
        days.setdefault(text.at.astimezone(UTC).date(), []).append(text.line())
    folder.mkdir(parents=True, exist_ok=True)
    for day, lines in days.items():
        path = folder / f"{day.isoformat()}.jsonl"
        fresh = not path.exists()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            with open(handle, "ab", closefd=False) as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        if fresh:
            disk.sync(folder)


def listed(folder: Path, *, provider: str = "", to: str = "", order: str = "") -> Iterator[CaughtText]:
    """The caught texts, the newest first; only those of one provider, whose recipient holds `to`, of one order."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        for line in _backwards(path):
            text = _read(line)
            if text and provider in {"", text.provider} and to in text.to and order in {"", text.order}:
                yield text


def find(folder: Path, identity: str) -> CaughtText | None:
    """The text that the stand-in called `identity`."""
    return next((text for text in listed(folder) if text.id == identity), None)


def prune(folder: Path, before: datetime) -> int:
    """Delete the days that lie wholly before a moment; returns how many."""
    gone = 0
    for path in folder.glob("*.jsonl"):
        if path.stem < before.astimezone(UTC).date().isoformat():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _read(line: bytes) -> CaughtText | None:
    """None for half a line: the power went while it was written, and its sender heard nothing."""
    try:
        kept = json.loads(line)
        return CaughtText(**{**kept, "at": datetime.fromisoformat(kept["at"])})
    except (ValueError, KeyError, TypeError):
        return None


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file from its end, without reading what nobody asks for."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        end, rest = file.seek(0, os.SEEK_END), b""
        while end:
            begin = max(0, end - _PIECE)
            file.seek(begin)
            lines = (file.read(end - begin) + rest).split(b"\n")
            rest, end = lines[0], begin
            yield from (line for line in reversed(lines[1:]) if line)
        if rest:
            yield rest


@cache
def _lock() -> Fernet:
    return Fernet(urlsafe_b64encode(bytes.fromhex(config.kept_secret("catcher.key").decode()[:64])))
