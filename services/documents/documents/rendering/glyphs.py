"""Which letters our fonts can draw, and what stands for those they cannot."""

import unicodedata
from functools import cache
from typing import Any

#: First and last code point of each stretch the fonts cover; see fonts/README.md.
COVERED = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x18F, 0x18F),
    (0x192, 0x192),
    (0x218, 0x21B),
    (0x259, 0x259),
    (0x2BB, 0x2BC),
    (0x2C6, 0x2DD),
    (0x384, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x3CE),
    (0x400, 0x4FF),
    (0x1E9E, 0x1E9E),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x2030),
    (0x2039, 0x203A),
    (0x2044, 0x2044),
    (0x20A0, 0x20BF),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0xFFFD, 0xFFFD),
)
UNKNOWN = "\ufffd"

_STAND_INS = {"\u2212": "-", "\u2190": "<", "\u2192": ">"}


def legible(text: str) -> str:
    """
    `text` as the letter can show it: composed, on one line, and only of letters the fonts have.

    A letter they lack becomes its plain form (`ế` gives `e`), or U+FFFD where it has none: PDF/A forbids a glyph that is missing, and one odd
    letter in a name must not cost its owner the document.
    """
    composed = " ".join(unicodedata.normalize("NFC", text.replace("i\u0307", "i")).split())
    return composed if composed.isascii() else "".join(map(_drawable, composed))


def legible_in(value: Any) -> Any:
    """`value` with every string in its dictionaries, lists and tuples made legible; keys stay as they are."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {key: legible_in(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [legible_in(inner) for inner in value]
    return value


@cache
def _drawable(letter: str) -> str:
    if _covered(letter):
        return letter
    if unicodedata.category(letter) in {"Mn", "Cf", "Cc", "Cs"}:
        return ""
    plain = "".join(filter(_covered, unicodedata.normalize("NFKD", letter)))
    return plain or _STAND_INS.get(letter, UNKNOWN)


def _covered(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in COVERED)
