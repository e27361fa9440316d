"""Files of pages, inflated as far as they may be."""

import gzip

from pricing.extraction.packed import inflated


def test_a_file_is_inflated_up_to_a_bound() -> None:
    assert inflated(gzip.compress(b"abc"), 100) == b"abc"
    assert inflated(gzip.compress(b"abc") + gzip.compress(b"def"), 5) == b"abcde"
    assert inflated(b"plain", 3) == b"pla"
    assert len(inflated(gzip.compress(b"\x00" * (50 << 20)), 1 << 20)) == 1 << 20


def test_a_broken_file_gives_what_came_before() -> None:
    assert inflated(gzip.compress(b"x" * 10_000)[:-6], 100) == b"x" * 100
    assert inflated(b"\x1f\x8bbroken", 100) == b""
