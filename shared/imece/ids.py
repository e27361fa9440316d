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
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """`count` new ids from one read of the system's randomness; equal in the first 48 bits, random in the rest."""
    stamp = time.time_ns() // 1_000_000 << 80
    noise = os.urandom(10 * count)
    ids = []
    for start in range(0, 10 * count, 10):
        bits = int.from_bytes(noise[start : start + 10])
        ids.append(UUID(int=stamp | 0x7 << 76 | (bits >> 64 & 0xFFF) << 64 | 0b10 << 62 | bits & _RANDOM_BITS))
    return ids


def oldest_id(unix_seconds: float) -> UUID:
    """The smallest id that can have been made at `unix_seconds`: `id < oldest_id(t)` means made before t."""
    return UUID(int=int(unix_seconds * 1000) << 80 | 0x7 << 76 | 0b10 << 62)
