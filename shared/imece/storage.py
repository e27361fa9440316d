"""
Blobs by key: a local folder by default, any S3-compatible store by `IMECE_STORAGE_URL`. Messages and rows carry keys, never bytes.

A key is `<company>/<area>/<id>/<name>`: its first part says whose it is, and the gateway gives it to nobody else. Ids and areas are made
here, so that no name a person gives can lead out of its place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cache
from io import IOBase
from pathlib import Path
from queue import Full, Queue
from typing import IO, Any
from uuid import UUID

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from imece.config import settings
from imece.errors import Invalid, NotFound
from imece.ids import new_id

_KEY = re.compile(r"[0-9a-f-]{36}/[a-z_]+/[0-9a-f-]{36}/[^/\x00-\x1f\\]{1,120}")
_ENDING = re.compile(r"(?:\.[A-Za-z0-9]{1,10}){1,2}$")
_CHUNK = 1 << 20
_PART = 5 << 20  #: the smallest that S3 takes for one part of several


def new_key(company_id: UUID, area: str, name: str, *, of: UUID | None = None) -> str:
    """
    A fresh key for a file that a person calls `name`; the name is kept for its looks only, cleaned and cut to 120 characters, 200 bytes.

    What is cut is the end of what stands before the ending: a long name keeps its first words and says what sort of file it is.

    `area` is a short word for the sort of file (`uploads`, `letters`). `of` is the id of the row whose file it is, in place of a fresh one:
    a second attempt then writes to the same place, and leaves nothing behind.
    """
    # Control and direction marks could make a name look like another; `#1` at the end is the local store's own; file systems allow 255 bytes.
    clean = re.sub(r"[/\\#\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+", "_", name).strip(" .")
    found = _ENDING.search(clean)
    ending = found[0] if found else ""
    stem = clean.removesuffix(ending)[: 120 - len(ending)].encode()[: 200 - len(ending)].decode(errors="ignore")
    return f"{company_id}/{area}/{of or new_id()}/{(stem.strip(' .') + ending).strip(' .') or 'file'}"


def owner(key: str) -> UUID:
    """Whose the blob is. Raises NotFound for anything that is no key, so a hostile path and a missing file look the same."""
    if not _KEY.fullmatch(key) or key.rsplit("/", 1)[1] in {".", ".."}:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.")
    try:
        return UUID(key.partition("/")[0])
    except ValueError:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.") from None


def put(key: str, data: bytes | IO[bytes] | Path | Iterable[bytes]) -> None:
    """Write the blob, whole or not at all; an older blob under this key is replaced."""
    owner(key)
    if isinstance(data, bytes) and len(data) < _PART:
        obstore.put(_store(), key, data, use_multipart=False)  # half the work of deciding whether to
    elif isinstance(data, bytes | Path | IOBase):
        obstore.put(_store(), key, data, max_concurrency=2)  # 5 MiB each; obstore's own 12 would hold 60 MiB
    else:
        _put_pieces(key, iter(data))


def get(key: str) -> bytes:
    """The whole blob. Raises NotFound."""
    owner(key)
    try:
        return bytes(obstore.get(_store(), key).bytes())
    except (NotFoundError, FileNotFoundError):
        raise NotFound("There is no such file.", "Böyle bir dosya yok.") from None


def stream(key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """
    The blob in pieces of about a megabyte, or its bytes from `start` to before `end`, of which there must be one at least.

    Raises NotFound before the first piece.
    """
    owner(key)
    try:
        found = obstore.get(_store(), key, options={"range": {"offset": start} if end is None else (start, end)} if start or end else None)
    except (NotFoundError, FileNotFoundError):
        raise NotFound("There is no such file.", "Böyle bir dosya yok.") from None
    return (bytes(piece) for piece in found.stream(min_chunk_size=_CHUNK))


def size(key: str) -> int:
    """How many bytes the blob has. Raises NotFound."""
    return int(_head(key)["size"])


def mark(key: str) -> str:
    """What changes when the blob does, in the letters of an HTTP ETag without its quotes. Raises NotFound."""
    found = _head(key)
    given = found["e_tag"] or f"{found['last_modified'].timestamp():.6f}-{found['size']}"
    return re.sub(r"[^!#-~]", "", given.removeprefix("W/"))


def delete(keys: Iterable[str]) -> None:
    """Delete the blobs; one that is gone already is no error."""
    for key in keys:
        owner(key)
        try:
            obstore.delete(_store(), key)
        except (NotFoundError, FileNotFoundError):
            continue


def older_than(moment: datetime, area: str) -> Iterator[str]:
    """Keys of blobs in `area` last written before `moment`, of every company, for retention."""
    for page in obstore.list(_store()):
        for blob in page:
            if blob["path"].split("/")[1:2] == [area] and blob["last_modified"] < moment:
                yield blob["path"]


def check() -> None:
    """Write, read and delete a small blob. Raises Invalid, naming the setting, when the store does not answer."""
    key = new_key(UUID(int=0), "check", "check")
    try:
        put(key, b"imece")
        get(key)
        delete([key])
    except Exception as error:
        raise Invalid(f"IMECE_STORAGE_URL: the store does not work: {error}") from error


def _head(key: str) -> Mapping[str, Any]:
    owner(key)
    try:
        return obstore.head(_store(), key)
    except (NotFoundError, FileNotFoundError):
        raise NotFound("There is no such file.", "Böyle bir dosya yok.") from None


def _put_pieces(key: str, pieces: Iterator[bytes]) -> None:
    """
    Write the blob from pieces that are made in this thread, while another writes.

    obstore would ask for them inside its own runtime, where whoever makes them could neither read the store nor be interrupted.
    """
    handed: Queue[bytes | BaseException | None] = Queue(maxsize=2)

    def taken() -> Iterator[bytes]:
        while (piece := handed.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def hand(piece: bytes | BaseException | None) -> None:
        while not upload.done():
            with suppress(Full):
                handed.put(piece, timeout=0.5)
                return
        upload.result()

    with ThreadPoolExecutor(1, thread_name_prefix="storage") as thread:
        upload = thread.submit(obstore.put, _store(), key, taken(), max_concurrency=2)
        try:
            for piece in pieces:
                hand(piece)
        except BaseException as error:
            hand(error)  # the blob is not written
            raise
        hand(None)
        upload.result()


@cache
def _store() -> ObjectStore:
    url = settings().storage_url
    if url and not url.startswith("file://"):
        return from_url(url)
    folder = Path(url.removeprefix("file://")) if url else settings().home / "storage"
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)
