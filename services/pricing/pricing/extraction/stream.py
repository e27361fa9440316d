"""A compressed answer, inflated only as far as the scanner needs it."""

import zlib
from typing import Any

from isal import igzip_lib, isal_zlib

from pricing.extraction.offer import Reading
from pricing.extraction.scanner import Scanner

#: Compressed bytes inflated at a time: small steps stop sooner behind the product's block, and a bomb becomes 4 MB a step at most.
STEP = 4096

_BROKEN: Any = (igzip_lib.IsalError, zlib.error)
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Inflating:
    """
    Feeds a scanner with an answer as it arrives. `encoding` is its Content-Encoding: gzip, deflate, or none.

    A broken stream ends where it breaks: what came before is read.
    """

    def __init__(self, scanner: Scanner, encoding: str | None = "gzip") -> None:
        """Raises ValueError for an encoding that is none of these."""
        self._scanner = scanner
        name = (encoding or "identity").strip().lower()
        if name not in {*_WINDOWS, "identity", ""}:
            raise ValueError(encoding)
        self._window = _WINDOWS.get(name, 0)
        self._inflater: Any = None
        #: Why the stream could not be inflated to its end; None while all is well.
        self.fault: str | None = None

    def feed(self, piece: bytes) -> bool:
        """Take the next piece as it was sent; True: enough was seen, or nothing more can be read."""
        if not self._window:
            return self._scanner.feed(piece)
        return any(self._step(piece[start : start + STEP]) for start in range(0, len(piece), STEP))

    def finish(self) -> Reading:
        """The reading of all that was fed."""
        return self._scanner.finish()

    def _step(self, part: bytes) -> bool:
        while part:
            inflater = self._inflater
            if inflater is None:
                raw = self._window == 15 and part[0] & 15 != 8  # deflate without its header, as some send it
                inflater = self._inflater = isal_zlib.decompressobj(-15 if raw else self._window)
            try:
                text = inflater.decompress(part)
            except _BROKEN as fault:
                self.fault = str(fault)
                return True
            if text and self._scanner.feed(text):
                return True
            if not inflater.eof:
                return False
            part, self._inflater = inflater.unused_data.lstrip(b"\x00"), None  # a stream may have several members
            if self._window == 15:
                return True
        return False


def inflated(body: bytes, most: int) -> bytes:
    """A gzip file's content, at most `most` bytes of it; a body that is no gzip as it is. Broken ones give what came before."""
    if not body.startswith(b"\x1f\x8b"):
        return body[:most]
    inflater, pieces, length = isal_zlib.decompressobj(31), [], 0
    part: bytes = body
    while part and length < most:
        try:
            pieces.append(inflater.decompress(part, most - length))
        except _BROKEN:
            break
        length += len(pieces[-1])
        part = inflater.unconsumed_tail
        if inflater.eof:
            part, inflater = inflater.unused_data.lstrip(b"\x00"), isal_zlib.decompressobj(31)
    return b"".join(pieces)
