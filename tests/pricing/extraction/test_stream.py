"""Compressed answers, inflated as far as they are needed."""

import gzip
import random
import zlib
from decimal import Decimal

import pytest

from pricing.extraction import Inflating, Scanner, State
from pricing.extraction.stream import inflated

BLOCK = b'<script type="application/ld+json">{"@type":"Product","offers":{"price":"849.90","priceCurrency":"TRY","availability":"InStock"}}</script>'
PAGE = b"<html>" + BLOCK + b"".join(b"<p>%d</p>" % (n * 7919 % 100_003) for n in range(40_000))


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("", bytes),
        (None, bytes),
        ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_every_encoding_in_any_pieces(encoding: str | None, encode: object, step: int) -> None:
    assert callable(encode)
    body = encode(b"<html>" + BLOCK)
    stream = Inflating(Scanner(), encoding)
    enough = any(stream.feed(body[start : start + step]) for start in range(0, len(body), step))

    assert enough
    assert stream.finish().price == Decimal("849.90")
    assert stream.fault is None


def test_no_more_is_taken_than_needed() -> None:
    body = gzip.compress(PAGE)
    stream = Inflating(Scanner())

    assert stream.feed(body[:8192])
    assert len(body) > 50_000


def test_a_broken_stream_gives_what_came_before() -> None:
    page = b"<html><h1>Lamba</h1><p class=price>12 TL</p>" + PAGE[len(BLOCK) + 6 :]
    body = bytearray(gzip.compress(page))
    body[len(body) // 2 :] = random.Random(1).randbytes(40_000)
    stream = Inflating(Scanner())
    stream.feed(bytes(body))

    assert stream.fault
    assert stream.finish().price == 12


def test_what_is_not_compressed_at_all_is_a_fault() -> None:
    stream = Inflating(Scanner())

    assert stream.feed(b"<html>plain</html>")
    assert stream.fault
    assert stream.finish().state is State.NO_PRICE


def test_a_bomb_is_left_early() -> None:
    bomb = gzip.compress(b"\n" * (200 << 20), compresslevel=1)
    stream = Inflating(Scanner())
    fed = 0
    while not stream.feed(bomb[fed : fed + 4096]):
        fed += 4096

    assert fed < len(bomb) / 8
    assert stream.finish().state is State.NO_PRICE


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="br"):
        Inflating(Scanner(), "br")


def test_a_file_is_inflated_up_to_a_bound() -> None:
    assert inflated(gzip.compress(b"abc"), 100) == b"abc"
    assert inflated(gzip.compress(b"abc") + gzip.compress(b"def"), 5) == b"abcde"
    assert inflated(b"plain", 3) == b"pla"
    assert inflated(gzip.compress(b"x" * 10_000)[:-6], 100) == b"x" * 100
    assert inflated(b"\x1f\x8bbroken", 100) == b""
    assert len(inflated(gzip.compress(b"\x00" * (50 << 20)), 1 << 20)) == 1 << 20
