"""The bytes of an answer: inflated piece by piece, never more than was agreed, and only as far as somebody wants to read."""

from collections.abc import Iterator
from typing import Any, Protocol

from isal import isal_zlib
from isal.igzip_lib import IsalError

from pricing.fetching.terms import Reason

#: What is inflated at once, as sent, and what may come of it: small, because a page is mostly read to its first third.
_STEP, _PIECE = 4096, 128 << 10

TOO_LARGE = Reason("too_large", "The answer is larger than a page may be.", "Yanıt, bir sayfanın olabileceğinden büyük.")
TOO_SLOW = Reason("too_slow", "The answer took too long.", "Yanıt çok uzun sürdü.")
BINARY = Reason("binary", "The answer is not a text.", "Yanıt bir metin değil.")
GARBLED = Reason("garbled", "The answer cannot be unpacked.", "Yanıtın sıkıştırması açılamıyor.")
CUT = Reason("cut", "The answer breaks off.", "Yanıt yarıda kesiliyor.")
UNKNOWN_CODING = Reason("coding", "The answer is packed in a way that was not asked for.", "Yanıt istenmeyen bir biçimde sıkıştırılmış.")

#: Packed in a way we can undo.
CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class Sink(Protocol):
    """Who reads a body."""

    def feed(self, chunk: bytes) -> bool:
        """Take the next piece; true: that is enough."""


class Unreadable(Exception):
    """A body that nobody reads to its end, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Inflating:
    """Undoes the coding of a body. Memory stays at one piece, whatever the body claims to be."""

    def __init__(self, coding: str) -> None:
        """`coding` is the Content-Encoding in small letters. Raises Unreadable for one that is not known."""
        if coding not in CODINGS:
            raise Unreadable(UNKNOWN_CODING)
        self._plain = coding in {"", "identity"}
        self._gzip = "gzip" in coding
        self._stream: Any = None
        self.ended = self._plain  #: whether it may end here

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What is in `chunk`, in pieces of bounded size. Raises Unreadable when that cannot be told."""
        if self._plain:
            yield chunk
            return
        try:
            for start in range(0, len(chunk), _STEP):
                yield from self._inflate(chunk[start : start + _STEP])
        except IsalError:  # type: ignore[misc]  # its stub calls it a plain class
            raise Unreadable(GARBLED) from None

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None:
                if not self._gzip and self.ended:
                    return  # behind a deflate stream nothing follows
                self._stream = isal_zlib.decompressobj(31 if self._gzip else 15 if data[0] & 15 == 8 else -15)
                self.ended = False
            piece = self._stream.decompress(data, _PIECE)
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                # Another member may follow; zeros that fill a block up, and what else is not one, is left alone.
                data = self._stream.unused_data
                self._stream, self.ended = None, True
                if not data.startswith(b"\x1f"):
                    return


def looks_binary(beginning: bytes) -> bool:
    """Whether a body that begins like this is no text in any charset."""
    return b"\x00" in beginning[:1024] and not beginning.startswith((b"\xff\xfe", b"\xfe\xff"))
