"""
A recording that comes with its options in one form: streamed to a nameless file in the scratch folder, so that no size fills the memory or `/tmp`.

A nameless file is gone when its process is, so a broken upload leaves nothing behind.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

import anyio
import anyio.to_thread
from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from imece import storage
from imece.errors import Invalid
from transcription import recordings
from transcription.settings import settings

#: Written to disk in pieces of this size; what a form may say besides its file; seconds of silence after which the client has gone.
_PIECE = 1 << 20
_LARGEST_EXTRAS = 256 * 1024
_PATIENCE = 60.0


@dataclass
class Sent:
    """What a form says: `fields` in their order, and its file, which is open while the request is answered; `name` is the file's as it was sent."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    file: IO[bytes] | None = None
    name: str = ""
    size: int = 0

    def text(self, name: str) -> str | None:
        """The last value under this name without the white around it; None where there is none or nothing in it."""
        return next((value.strip() for key, value in reversed(self.fields) if key == name and value.strip()), None)

    def every(self, *names: str) -> list[str]:
        """All values under these names; `x[]` is how some clients write a list called `x`."""
        return [value.strip() for key, value in self.fields if key.removesuffix("[]") in names and value.strip()]

    def store(self, company_id: UUID) -> str:
        """Put the file where recordings lie; its key. Raises Invalid for no file, or one with nothing in it."""
        if self.file is None:
            raise Invalid("The form carries no file.", "Formda dosya yok.")
        if self.size == 0:
            raise Invalid("The file is empty.", "Dosya boş.")
        key = storage.new_key(company_id, recordings.AREA, self.name or "recording")
        self.file.seek(0)
        storage.put(key, self.file)
        return key


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Sent]:
    """The form that the request carries. Raises Invalid for one that cannot be read or ends in its middle."""
    content_type, options = parse_options_header(request.headers.get("content-type"))
    if content_type != b"multipart/form-data":
        raise Invalid("Send a form with a file in it (multipart/form-data).", "İçinde dosya olan bir form gönderin (multipart/form-data).")
    settings().scratch_folder.mkdir(parents=True, exist_ok=True)
    sent = Sent()
    with tempfile.TemporaryFile(dir=settings().scratch_folder) as spool:
        form = _Form(sent, spool)
        try:
            parser = MultipartParser(options.get(b"boundary", b""), form.callbacks())  # type: ignore[arg-type]
            async for piece in _pieces(request):
                parser.write(piece)
                if form.held_size >= _PIECE:
                    await anyio.to_thread.run_sync(form.flush)
            parser.finalize()
        except MultipartParseError:
            raise Invalid("The form cannot be read.", "Form okunamıyor.") from None
        if not form.complete:
            raise Invalid("The form ends in its middle.", "Form yarıda kesilmiş.")
        await anyio.to_thread.run_sync(form.flush)
        yield sent


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        piece: bytes | None = None
        with anyio.move_on_after(_PATIENCE):
            piece = await anext(stream, b"")
            if piece == b"":
                return
        if piece is None:
            raise Invalid("Nothing has come for a minute.", "Bir dakikadır veri gelmiyor.")
        yield piece


class _Form:
    """What the multipart parser tells: where a part begins, what it is called, its bytes."""

    def __init__(self, sent: Sent, spool: IO[bytes]) -> None:
        self.complete = False
        self.held_size = 0
        self._sent, self._spool = sent, spool
        self._held: list[bytes] = []
        self._extras = 0
        self._header, self._value = b"", b""
        self._name, self._text, self._in_file, self._skipped = "", b"", False, False

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def flush(self) -> None:
        """Write what is held."""
        held, self._held, self.held_size = b"".join(self._held), [], 0
        self._spool.write(held)

    def _begin(self) -> None:
        self._name, self._text, self._in_file, self._skipped = "", b"", False, False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += self._extra(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._extra(data[start:end])

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self._in_file, self._skipped = self._sent.file is None, self._sent.file is not None
                if self._in_file:
                    self._sent.file, self._sent.name = self._spool, options[b"filename"].decode("utf-8", "replace")
        self._header = self._value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._skipped:
            raise Invalid("The form carries more than one file.", "Formda birden çok dosya var.")
        if self._in_file:
            self._held.append(data[start:end])
            self.held_size += end - start
            self._sent.size += end - start
        else:
            self._text += self._extra(data[start:end])

    def _part_end(self) -> None:
        if not self._in_file and self._name:
            self._sent.fields.append((self._name, self._text.decode("utf-8", "replace").replace("\0", "")))

    def _extra(self, data: bytes) -> bytes:
        self._extras += len(data)
        if self._extras > _LARGEST_EXTRAS:
            raise Invalid("The form says too much besides its file.", "Formda dosya dışında çok fazla veri var.")
        return data

    def _end(self) -> None:
        self.complete = True
