"""Identifiers. One shape for everything that has an id: UUIDv7, so that newer sorts after older."""

import os
import time
from uuid import UUID

_RANDOM_BITS = 0x3FFFFFFFFFFFFFFF


def new_id() -> UUID:
    """
    A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits.

    A job's id is also its message id, its URL and its log field. Source: RFC 9562, section 5.7.
    """
    noise = int.from_bytes(os.urandom(10))
    return _made(time.time_ns() // 1_000_000, noise >> 64, noise)


def new_ids(count: int) -> list[UUID]:
    """
    `count` new ids that sort in the order they are returned.

    The 12 bits after the time count up, and carry into the time after 4,096. Source: RFC 9562, section 6.2, method 1.
    """
    now = time.time_ns() // 1_000_000
    noise = os.urandom(8 * count)
    return [_made(now + (n >> 12), n, int.from_bytes(noise[8 * n : 8 * n + 8])) for n in range(count)]


def oldest_id(unix_seconds: float) -> UUID:
    """The smallest id that can have been made at that moment: an id below it was made before."""
    return _made(int(unix_seconds * 1000), 0, 0)


def _made(milliseconds: int, high: int, low: int) -> UUID:
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low & _RANDOM_BITS)
