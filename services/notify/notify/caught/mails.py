"""
The folder of caught mails: one `.eml` file per mail, which any mail program opens.

A file is called as its Message-ID is, so that asking for one is asking whether a file exists, in this process or the next; ours begin with
the job's id and therefore sort by age. A second mail with the same Message-ID is kept beside the first as `...~2.eml`: hiding it would hide
a mail sent twice.
"""

import email
import email.policy
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from pathlib import Path

from imece.clock import now
from imece.ids import new_id
from notify.caught import disk

_UNSAFE = re.compile(r"^\.|[^A-Za-z0-9._@+-]")
_LONGEST_HEAD = 1 << 16  #: bytes read of a mail to list it
_LEFT_OVER = timedelta(hours=1)  #: a file still half-written after this will never be whole


@dataclass(frozen=True)
class Caught:
    """A mail in the folder. `id` is its Message-ID without the angle brackets; `recipients` are the envelope's."""

    id: str
    received: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    size: int
    path: Path


def message_id(content: bytes) -> str:
    """The Message-ID of a mail, or a fresh one for a mail without."""
    header = email.message_from_bytes(content.partition(b"\r\n\r\n")[0], policy=email.policy.compat32)
    given = "".join(str(header.get("Message-ID", "")).split())
    return given if given.strip("<>") else f"<{new_id()}@no-message-id>"


def keep(folder: Path, identity: str, content: bytes) -> Path:
    """
    Keep a mail whose Message-ID is `identity`; when the file's path comes back, it survives a power cut.

    Raises OSError when the disk does not take it; then nothing is left behind but perhaps a hidden `.part` file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{new_id()}.part"
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    for path in _places(folder, identity):
        try:
            path.hardlink_to(part)  # unlike a rename, never over a mail that is there already
        except FileExistsError:
            continue
        break
    part.unlink()
    disk.sync(folder)
    return path


def find(folder: Path, identity: str) -> list[Path]:
    """The mails held under a Message-ID, with or without its angle brackets: none, one, or several when it was sent again."""
    found: list[Path] = []
    for path in _places(folder, identity):
        if not path.exists():
            return found
        found.append(path)
    return found


def listed(folder: Path, beginning: str = "") -> Iterator[Caught]:
    """The caught mails whose Message-ID begins with `beginning`, the newest first. A mail deleted meanwhile is left out."""
    dated = []
    for path in folder.glob("[!.]*.eml"):
        if path.name.startswith(_name(beginning)):
            with suppress(FileNotFoundError):
                dated.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(dated, reverse=True):
        with suppress(FileNotFoundError):
            yield _seen(path)


def read(path: Path) -> EmailMessage:
    """The mail in a file, parsed; for its names use `heading`. Raises FileNotFoundError."""
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def headers(path: Path) -> Message:
    """The headers of the mail in a file, for `heading`. Raises FileNotFoundError."""
    with path.open("rb") as file:
        return email.message_from_string(file.read(_LONGEST_HEAD).partition(b"\r\n\r\n")[0].decode("utf-8", "replace"))


def heading(message: Message, name: str) -> str:
    """A header in plain letters, on one line; empty if there is none. Several are joined by commas; what cannot be decoded stays as it is."""
    # The email package's own reader of addresses puts a space where an encoded name was folded.
    given = [" ".join(value.split()) for value in message.get_all(name, [])]
    with suppress(HeaderParseError, LookupError, UnicodeError):
        return ", ".join(str(make_header(decode_header(value))) for value in given)
    return ", ".join(given)


def prune(folder: Path, before: datetime) -> int:
    """Delete what was caught before a moment, and what was never written to its end; returns how many mails went."""
    gone = 0
    for pattern, moment in (("*.part", now() - _LEFT_OVER), ("*.eml", before)):
        for path in folder.glob(pattern):
            if _written(path) < moment:
                path.unlink(missing_ok=True)
                gone += pattern == "*.eml"
    return gone


def _seen(path: Path) -> Caught:
    head = headers(path)
    return Caught(
        id=heading(head, "Message-ID").strip("<>") or path.stem,
        received=_written(path),
        sender=heading(head, "From"),
        recipients=tuple(head.get_all("Delivered-To", [])),
        subject=heading(head, "Subject"),
        size=path.stat().st_size,
        path=path,
    )


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _places(folder: Path, identity: str) -> Iterator[Path]:
    """Where a mail of this Message-ID may lie, in the order in which they are filled."""
    name = _name(identity)
    yield folder / f"{name}.eml"
    number = 1
    while True:
        number += 1
        yield folder / f"{name}~{number}.eml"


def _name(identity: str) -> str:
    """A file name that no two Message-IDs share and no Message-ID can lead out of the folder with."""
    bare = identity.strip().removeprefix("<").removesuffix(">")
    name = _UNSAFE.sub(lambda odd: "".join(f"={byte:02x}" for byte in odd[0].encode("utf-8", "surrogateescape")), bare)
    return name if len(name) <= 180 else hashlib.sha256(name.encode()).hexdigest()
