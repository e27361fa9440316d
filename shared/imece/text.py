"""Turkish text: upper and lower case, the search key, the sorting key. Python's own `upper` and `lower` are wrong for i, ı, I, İ."""

import re

_UPPER, _LOWER = str.maketrans("iı", "İI"), str.maketrans("İI", "iı")
_ASCII = str.maketrans("çğıöşüâîû", "cgiosuaiu")
_CIRCUMFLEX = str.maketrans("âîû", "aiu")
_ORDER = {letter: place for place, letter in enumerate("abcçdefgğhıijklmnoöpqrsştuüvwxyz")}


def upper(text: str) -> str:
    """`text` in Turkish capitals: `iğne` becomes `İĞNE`, `ışık` becomes `IŞIK`."""
    return text.translate(_UPPER).upper()


def lower(text: str) -> str:
    """`text` in Turkish small letters: `İSTANBUL` becomes `istanbul`, `ISPARTA` becomes `ısparta`; the length stays."""
    return text.translate(_LOWER).lower()


def fold(text: str) -> str:
    """The key under which spellings meet: `BORÇ`, `Borc` and ` borç: ` all give `borc`. Words are parted by one space."""
    return re.sub(r"[^a-z0-9]+", " ", lower(text).translate(_ASCII)).strip()


def sort_key(text: str) -> list[int]:
    """
    A key that sorts as a Turkish telephone book does: the 29 letters with q, w, x in their places, â î û as a i u, punctuation first.

    Agrees with ICU (tr_TR) on ordinary names.
    """
    return [_ORDER[c] if c in _ORDER else ord(c) - 200 if c < "\x7f" else 100 + ord(c) for c in lower(text).translate(_CIRCUMFLEX)]
