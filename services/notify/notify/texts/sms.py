"""
What a text costs as SMS: its encoding, and how many segments it takes in it.

A segment is 140 bytes. Seven-bit texts hold 160 characters there, less what a header takes away: parts of a longer text carry a number, and a Turkish
table has to be announced. Source: 3GPP TS 23.038 (alphabets, sections 6.2.1, A.2.1, A.3.1) and TS 23.040 (headers, section 9.2.3.24).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Characters of a text that imece takes; Twilio takes no more, and a longer one is a letter.
LONGEST = 1600

#: What operators in Turkey append to a bulk SMS of theirs; it counts. Source: BTK decision 2016/DK-YED/211.
OPERATOR_CODE = " B038"

_BYTES = 140
_ESCAPE = "\x1b"

# In the order of their codes, as the standard prints them.
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TURKISH = (
    "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_TURKISH_EXTENSION = _EXTENSION + "ĞİŞçğış"

#: What says the same in the basic alphabet, whatever the reader's language.
_PLAIN = str.maketrans(
    {
        "₺": "TL",
        "…": "...",
        "\t": " ",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "•": "-",
        "·": ".",
    }
    | dict.fromkeys("‘’‚‛′´`", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}", None)
)
_WITHOUT_MARKS = str.maketrans("ğşıçöüĞŞİÇÖÜâîûÂÎÛ", "gsicouGSICOUaiuAIU")


class Encoding(StrEnum):
    """How the text travels."""

    GSM7 = "gsm7"  #: the default alphabet
    TR_SINGLE = "tr_single"  #: with the Turkish extension: ğ ş ı ç Ğ Ş İ count twice
    TR_LOCKING = "tr_locking"  #: the Turkish alphabet in the default's place: every Turkish letter counts once
    TR_BOTH = "tr_both"  #: the Turkish alphabet and the Turkish extension
    UCS2 = "ucs2"  #: anything; two bytes a character, four for an emoji


class Profile(StrEnum):
    """What is asked of a provider. Where a text does not fit the alphabet, every one of them falls back to UCS-2, as providers do."""

    TWILIO = "twilio"  #: the default alphabet or UCS-2; no Turkish table
    GSM7 = "gsm7"
    TR_SINGLE = "tr_single"
    TR_LOCKING = "tr_locking"
    TR_BOTH = "tr_both"
    UCS2 = "ucs2"


@dataclass(frozen=True)
class Plan:
    """
    How a text would go out. `units` are septets, or 16-bit units in UCS-2, `room` those that the last part still has free.

    `misfits` are the characters that kept it out of the alphabet that was asked for, each once.
    """

    encoding: Encoding
    segments: int
    units: int
    room: int
    misfits: str = ""


@dataclass(frozen=True)
class _Alphabet:
    single: int  #: units of a text in one part
    part: int  #: units of each part of a longer text
    costs: dict[str, int] | None  #: units of each character; None: as UTF-16 has it


def _seven_bits(table: str, extension: str, header: int) -> _Alphabet:
    """`header` are the bytes that announce the Turkish tables; the number of a part takes 5, the header's length 1 if there is a header."""
    costs = dict.fromkeys(extension, 2) | dict.fromkeys(table.replace(_ESCAPE, ""), 1)
    alone = header + 1 if header else 0
    return _Alphabet((_BYTES - alone) * 8 // 7, (_BYTES - header - 6) * 8 // 7, costs)


_ALPHABETS = {
    Encoding.GSM7: _seven_bits(_DEFAULT, _EXTENSION, 0),
    Encoding.TR_SINGLE: _seven_bits(_DEFAULT, _TURKISH_EXTENSION, 3),
    Encoding.TR_LOCKING: _seven_bits(_TURKISH, _EXTENSION, 3),
    Encoding.TR_BOTH: _seven_bits(_TURKISH, _TURKISH_EXTENSION, 6),
    Encoding.UCS2: _Alphabet(_BYTES // 2, (_BYTES - 6) // 2, None),
}


def plan(text: str, profile: str = Profile.TWILIO, *, suffix: str = "") -> Plan:
    """
    How `text` goes out under `profile`; `suffix` is what the operator appends to it.

    The encoding is the profile's own even where the default alphabet would do, or UCS-2; for the cheapest of several use `cheapest`.
    """
    asked = Encoding.GSM7 if profile == Profile.TWILIO else Encoding(profile)
    whole = text + suffix
    known = _ALPHABETS[asked].costs
    misfits = "" if known is None else "".join(dict.fromkeys(c for c in whole if c not in known))
    encoding = Encoding.UCS2 if misfits else asked
    alphabet = _ALPHABETS[encoding]
    sizes = [_size(c, alphabet) for c in whole]
    units, filled = sum(sizes), list(_filled(sizes, alphabet))
    room = (alphabet.single if len(filled) == 1 else alphabet.part) - filled[-1][1]
    return Plan(encoding, len(filled), units, room, misfits)


def cheapest(text: str, profiles: Sequence[str], *, suffix: str = "") -> Plan:
    """The plan with the fewest segments; of equals one whose alphabet the text fits, and of those the first profile's."""
    return min((plan(text, profile, suffix=suffix) for profile in profiles), key=lambda found: (found.segments, bool(found.misfits)))


def parts(text: str, encoding: Encoding) -> list[str]:
    """The text of each segment, for an encoding that it fits. A character is never in two of them."""
    alphabet = _ALPHABETS[encoding]
    found, start = [], 0
    for count, _ in _filled([_size(c, alphabet) for c in text], alphabet):
        found.append(text[start : start + count])
        start += count
    return found


def plain(text: str) -> str:
    """`text` with what costs dearly and says nothing more replaced: ₺ by TL, curly quotes, long dashes, odd spaces. One ₺ makes a whole text UCS-2."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def fold(text: str) -> str:
    """`plain(text)` with the Turkish letters' marks off: `Ödemeniz alındı, 250 ₺` becomes `Odemeniz alindi, 250 TL`."""
    return plain(text).translate(_WITHOUT_MARKS)


def _size(character: str, alphabet: _Alphabet) -> int:
    if alphabet.costs is None:
        return 2 if character > "\uffff" else 1
    return alphabet.costs[character]


def _filled(sizes: list[int], alphabet: _Alphabet) -> Iterator[tuple[int, int]]:
    """Characters and units of each part. An escape or surrogate pair that does not fit into a part goes whole into the next."""
    if sum(sizes) <= alphabet.single:
        yield len(sizes), sum(sizes)
        return
    count = used = 0
    for size in sizes:
        if used + size > alphabet.part:
            yield count, used
            count = used = 0
        count, used = count + 1, used + size
    yield count, used
