"""ZIP archives written as they are read: one file in memory at a time, whatever the archive's size."""

import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from zipfile import ZIP_STORED, ZipFile, ZipInfo

#: Characters that no file name may hold on Windows, where most of our readers are.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_LONGEST = 100


def safe_name(stem: str, suffix: str) -> str:
    """A file name that every system can hold, Turkish letters and all: forbidden characters gone, `stem` cut to 100 letters, no dot or blank at its end."""
    stem = " ".join(_FORBIDDEN.sub(" ", stem).split())[:_LONGEST].rstrip(" .")
    return f"{stem or '_'}{suffix}"


def packed(files: Iterable[tuple[str, bytes]], *, dated: date) -> Iterator[bytes]:
    """
    The ZIP of `files` (name, content), piece by piece. Stored without compression: PDFs are compressed already.

    Each entry has its sizes in front of it, which readers of stored entries need; every entry is dated `dated`, so the same files give the
    same bytes. Names are UTF-8.
    """
    window = _Window()
    with ZipFile(window, "w", ZIP_STORED) as archive:
        for name, content in files:
            entry = ZipInfo(name, (dated.year, dated.month, dated.day, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
            yield window.taken()
    yield window.taken()


class _Window(io.RawIOBase):
    """What zipfile takes for a seekable file, of which only the entry being written is there: it never goes back further."""

    def __init__(self) -> None:
        self._start = 0  #: where the window begins in the archive
        self._buffer = io.BytesIO()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile writes nothing but bytes
        return self._buffer.write(data)

    def tell(self) -> int:
        return self._start + self._buffer.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset < self._start:
            raise io.UnsupportedOperation("that part of the archive has been given away already")
        self._buffer.seek(offset - self._start)
        return offset

    def taken(self) -> bytes:
        """What was written since the last call; it leaves the window."""
        data = self._buffer.getvalue()
        self._start += len(data)
        self._buffer = io.BytesIO()
        return data
