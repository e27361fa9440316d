"""
Files on their way in: streamed to a nameless file on disk under the cap, and into storage only when they are whole.

A nameless file (`O_TMPFILE`) is gone when its process is, however that ends, so a refused, broken or killed upload leaves nothing behind.
"""

import errno
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import IO
from uuid import UUID

import anyio
import anyio.to_thread
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from gateway import metrics
from gateway.refusals import Refusal
from gateway.settings import settings
from imece import storage

AREA = "uploads"

#: Written to disk in pieces of this size.
_PIECE = 1 << 20

#: A client that sends nothing for this long has gone.
_PATIENCE = 60

#: What a form may say besides the file.
_LARGEST_EXTRAS = 64 * 1024


@dataclass(frozen=True)
class Uploaded:
    """A file that is now in storage. `sha256` is of its bytes, in hex; `name` is its name as it is kept."""

    key: str
    size: int
    sha256: str
    name: str


async def receive(request: Request, company_id: UUID, name: str | None) -> Uploaded:
    """
    Take the file that the request carries, as its whole body (named by `name`) or as the one file of a multipart form.

    Raises Refusal: 413 as soon as more than `GATEWAY_MAX_UPLOAD` has come or is announced, 422 for no bytes or no file, 400 for a form that
    cannot be read or a body shorter than announced, 408 for a client that has fallen silent, 507 when the disk is full.
    """
    announced = request.headers.get("content-length", "")
    content_type, options = parse_options_header(request.headers.get("content-type"))
    is_form = content_type == b"multipart/form-data"
    if announced.isdigit() and int(announced) > settings().max_upload + (_LARGEST_EXTRAS if is_form else 0):
        raise _too_large()
    with tempfile.TemporaryFile(dir=settings().spool) as spool:
        draft = _Draft(spool)
        try:
            if is_form:
                form_name = await _read_form(request, options.get(b"boundary", b""), draft)
                name = name or form_name
            else:
                async for piece in _pieces(request):
                    await draft.write(piece)
            await draft.flush()
            if draft.size == 0:
                raise Refusal(422, "The file is empty.", "Dosya boş.")
            key = storage.new_key(company_id, AREA, name or "file")
            spool.seek(0)
            await anyio.to_thread.run_sync(storage.put, key, spool)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Refusal(507, "There is no room left for files.", "Dosyalar için yer kalmadı.") from error
            raise
    metrics.uploaded.inc(draft.size)
    return Uploaded(key=key, size=draft.size, sha256=draft.digest.hexdigest(), name=key.rsplit("/", 1)[1])


def limit() -> str:
    """The largest size that is accepted, for people: `100 MB`, `2 GB`."""
    megabytes = settings().max_upload / 1024**2
    return f"{megabytes:g} MB" if megabytes < 1024 else f"{round(megabytes / 1024, 1):g} GB"


class _Draft:
    """The bytes so far: counted, hashed, written in large pieces beside the event loop."""

    def __init__(self, spool: IO[bytes]) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._spool = spool
        self._held: list[bytes] = []
        self._held_size = 0

    def hold(self, piece: bytes) -> None:
        """Take a piece. Raises Refusal 413 over the cap, before anything more is kept."""
        self.size += len(piece)
        if self.size > settings().max_upload:
            raise _too_large()
        self._held.append(piece)
        self._held_size += len(piece)

    async def write(self, piece: bytes) -> None:
        """Take a piece, and write when there is enough."""
        self.hold(piece)
        if self._held_size >= _PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Write what is held."""
        held, self._held, self._held_size = b"".join(self._held), [], 0
        await anyio.to_thread.run_sync(self._write, held)

    def _write(self, held: bytes) -> None:
        self.digest.update(held)
        self._spool.write(held)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        piece: bytes | None = None
        with anyio.move_on_after(_PATIENCE):
            piece = await anext(stream, b"")
            if piece == b"":
                return
        if piece is None:
            raise Refusal(408, "Nothing has come for a minute.", "Bir dakikadır veri gelmiyor.")
        yield piece


async def _read_form(request: Request, boundary: bytes, draft: _Draft) -> str | None:
    """Put the file of a multipart form into `draft`; returns the name it came with."""
    form = _Form(draft.hold)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for piece in _pieces(request):
            parser.write(piece)
            await draft.write(b"")
        parser.finalize()
    except MultipartParseError as error:
        raise Refusal(400, "The form cannot be read.", "Form okunamıyor.") from error
    if not form.complete:
        raise Refusal(400, "The form ends in its middle.", "Form yarıda kesilmiş.")
    if form.files != 1:
        raise Refusal(422, "The form must carry exactly one file.", "Formda tam olarak bir dosya olmalı.")
    return form.name


class _Form:
    """What the multipart parser tells: where the file begins, its name, its bytes."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self.files = 0
        self.name: str | None = None
        self.complete = False
        self._keep = keep
        self._extras = 0
        self._in_file = False
        self._field = b""
        self._value = b""

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._in_file = False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += self._extra(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._extra(data[start:end])

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if b"filename" in options:
                self.files += 1
                self._in_file = self.files == 1
                self.name = options[b"filename"].decode("utf-8", "replace") if self._in_file else self.name
        self._field = self._value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._keep(data[start:end])
        else:
            self._extra(data[start:end])

    def _extra(self, data: bytes) -> bytes:
        self._extras += len(data)
        if self._extras > _LARGEST_EXTRAS:
            raise _too_large()
        return data

    def _end(self) -> None:
        self.complete = True


def _too_large() -> Refusal:
    return Refusal(413, f"The file is larger than {limit()}.", f"Dosya {limit()} sınırından büyük.", headers={"Connection": "close"})
