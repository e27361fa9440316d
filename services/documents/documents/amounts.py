"""
Money: read from a cell, shown as people write it, and in words. Decimal throughout; nothing is guessed.

`1.234.567,89` and `1,234,567.89` each have one reading. `1.000` and `1,000` have two: the cells beside it in the column decide, or the caller
does, or it is refused.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from documents.currencies import CURRENCIES, code_of
from imece.errors import Invalid

Mark = Literal[",", "."]  #: the decimal mark
Side = Literal["debit", "credit"]
Locale = Literal["tr", "en"]

#: Beyond this a spreadsheet's own numbers no longer hold their hundredths.
LARGEST = Decimal(10) ** 13

_COMMA = re.compile(r"(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d+)?", re.ASCII)
_DOT = re.compile(r"(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_SPACED = re.compile(r"[1-9]\d{0,2}(?:[ '’]\d{3})+(?:[.,]\d+)?", re.ASCII)
_BARE = re.compile(r"[\d.,]+", re.ASCII)
_SIDE = re.compile(r"(?<=[\d)\s])\s*(?:\(\s*([ABab])\s*\)|([ABab]))$")
_DASH = str.maketrans("−–—\u00a0\u202f\u2009", "---   ")  # what people and programs put into numbers
_TURKISH = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class Amount:
    """
    What one cell says: its value read with a decimal comma and with a decimal point, None where that reading is impossible.

    `currency` and `side` are what stood beside the number (`1.500,00 TL`, `1.500,00 (A)`). `exact` is false for a binary number out of a
    spreadsheet, whose digits beyond the currency's are noise or hidden by its format.
    """

    comma: Decimal | None
    dot: Decimal | None
    currency: str | None = None
    side: Side | None = None
    exact: bool = True

    @property
    def mark(self) -> Mark | None:
        """The decimal mark that the shape of this cell proves; None where it proves nothing."""
        if self.comma is None:
            return "."
        return "," if self.dot is None else None

    def under(self, mark: Mark | None) -> Decimal:
        """
        The value in a column whose decimal mark is `mark`; None: the column has not decided.

        Raises Invalid when the cell does not fit the mark, or could be read both ways.
        """
        if mark is None and self.comma is not None and self.dot is not None and self.comma != self.dot:
            raise Invalid(
                f"Could mean {_brief(self.comma, 'en')} or {_brief(self.dot, 'en')}, and the column does not decide: name the decimal mark.",
                f"Hem {_brief(self.comma)} hem {_brief(self.dot)} olabilir, sütun da belirlemiyor: ondalık işaretini seçin.",
            )
        value = self.comma if mark == "," else self.dot if mark == "." else self.dot if self.comma is None else self.comma
        if value is None:
            raise Invalid(f"Does not fit the decimal mark “{mark}”.", f"Ondalık işareti “{mark}” olan yazıma uymuyor.")
        return value


def parse(cell: Any) -> Amount | None:
    """
    What the cell says, or None for a blank one. A lone dash, the accountants' nothing, is zero.

    Understands grouping by points, commas, blanks and apostrophes; `(750,40)`, `750,40-` and `−750,40` as negative; a currency sign or
    code before or behind; B (borç) or A (alacak) behind. Raises Invalid for anything else: dates, logical values, letters, digits beyond
    what money has.
    """
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise _not_a_number(cell)
    if not isinstance(cell, str):
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        return Amount(_in_range(value), value, exact=not isinstance(cell, float))
    text = cell.translate(_DASH).strip()
    if not text:
        return None
    if len(text) > 60:
        raise _not_a_number(cell)
    side: Side | None = None
    currency: str | None = None
    sign = 1
    if not _BARE.fullmatch(text):
        if found := _SIDE.search(text):
            side = "credit" if (found[1] or found[2]) in "Aa" else "debit"
            text = text[: found.start()].rstrip()
        currency, text = _currency(text)
        sign, text = _sign(text)
        if not currency:  # `TL -1.500,00` has its sign inside, `-TL 1.500,00` outside
            currency, text = _currency(text)
        if text == "" and sign == -1:
            return Amount(Decimal(0), Decimal(0), currency, side)
        if _SPACED.fullmatch(text):
            text = re.sub("[ '’]", "", text)
    comma = Decimal(text.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(text) else None
    dot = Decimal(text.replace(",", "")) if _DOT.fullmatch(text) else None
    if comma is None and dot is None:
        raise _not_a_number(cell)
    return Amount(None if comma is None else _in_range(sign * comma), None if dot is None else _in_range(sign * dot), currency, side)


def settled(value: Decimal, currency: str, *, exact: bool) -> Decimal:
    """
    `value` with exactly the decimals that `currency` has.

    A binary number is rounded half up, as a spreadsheet shows it; an amount that was typed (`exact`) with more decimals is refused with
    Invalid, because somebody meant them.
    """
    digits = CURRENCIES[currency].digits
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    if exact and rounded != value:
        raise Invalid(
            f"{currency} has {digits} decimals; this amount has more.", f"{currency} {digits} ondalıklıdır; bu tutarda daha fazlası var."
        )
    return rounded + 0  # no negative zero


def shown(value: Decimal, locale: Locale = "tr") -> str:
    """`value` as people write it, with the decimals it has, at least two: `1.234.567,89` in Turkish, `1,234,567.89` in English."""
    text = f"{value:,.2f}" if value.as_tuple().exponent == -2 else f"{value:,f}"
    if "." not in text:
        text += ".00"
    elif len(text) - text.index(".") == 2:
        text += "0"
    return text.translate(_TURKISH) if locale == "tr" else text


def in_words(value: Decimal, currency: str, locale: Locale = "tr") -> str:
    """
    `value` in words, as a cheque says it.

    `Yalnız bin iki yüz Türk lirası elli kuruş` / `One thousand two hundred Turkish liras and fifty kuruş only`. `value` has no more decimals
    than `currency` (see `settled`). Raises Invalid above LARGEST.
    """
    money = CURRENCIES[currency]
    _in_range(value)
    whole, parts = divmod(int(abs(value).scaleb(money.digits).to_integral_value(ROUND_HALF_UP)), 10**money.digits)
    if locale == "tr":
        words = ["Yalnız", *(["eksi"] if value < 0 else []), _turkish(whole), money.tr[0]]
        if parts:
            words += [_turkish(parts), money.tr[1]]
        return " ".join(words)
    text = f"{'minus ' if value < 0 else ''}{_english(whole)} {money.en[0 if whole == 1 else 1]}"
    if parts:
        text += f" and {_english(parts)} {money.en[2 if parts == 1 else 3]}"
    return f"{text[0].upper()}{text[1:]} only"


def _brief(value: Decimal, locale: Locale = "tr") -> str:
    return shown(value.normalize(), locale)


def _currency(text: str) -> tuple[str | None, str]:
    """The currency written before or behind the number, and the text without it."""
    for pattern in (r"^([^\d\s().,+-]+(?: [^\d\s().,+-]+)?)\s*(?=[\d(+-])", r"(?<=[\d).,-])\s*([^\d\s().,+-]+(?: [^\d\s().,+-]+)?)$"):
        found = re.search(pattern, text)
        if found and (code := code_of(found[1])):
            return code, (text[: found.start()] + text[found.end() :]).strip()
    return None, text


def _sign(text: str) -> tuple[int, str]:
    if text.startswith("(") and text.endswith(")"):
        inside = text[1:-1].strip()
        return (-1, inside) if inside and inside[0] not in "-+" else (1, text)
    if text.startswith("-"):
        return -1, text[1:].lstrip()
    if text.endswith("-"):
        return -1, text[:-1].rstrip()
    return 1, text.removeprefix("+").lstrip()


def _in_range(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Invalid("The amount is too large to be one.", "Tutar olamayacak kadar büyük bir sayı.")
    return value


def _not_a_number(cell: Any) -> Invalid:
    text = str(cell)
    text = text if len(text) <= 40 else text[:39] + "…"
    return Invalid(f"“{text}” is not an amount.", f"“{text}” bir tutar değil.")


_TR_ONES = ("", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_TR_TENS = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")
_TR_SCALES = ("", "bin", "milyon", "milyar", "trilyon")
_EN_ONES = (
    *("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_EN_SCALES = ("", "thousand", "million", "billion", "trillion")


def _thousands(number: int) -> list[tuple[int, int]]:
    """`number` in groups of three digits, (group, power of a thousand), the largest first, zero groups left out."""
    groups = []
    power = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            groups.append((group, power))
        power += 1
    return groups[::-1]


def _turkish(number: int) -> str:
    words: list[str] = []
    for group, power in _thousands(number):
        hundreds, rest = divmod(group, 100)
        if hundreds:
            words += ["yüz"] if hundreds == 1 else [_TR_ONES[hundreds], "yüz"]
        words.append(_TR_TENS[rest // 10])
        if not (group == 1 and power == 1):  # 1000 is "bin", never "bir bin"
            words.append(_TR_ONES[rest % 10])
        words.append(_TR_SCALES[power])
    return " ".join(filter(None, words)) or "sıfır"


def _english(number: int) -> str:
    words: list[str] = []
    for group, power in _thousands(number):
        hundreds, rest = divmod(group, 100)
        if hundreds:
            words += [_EN_ONES[hundreds], "hundred"]
        tens = _EN_ONES[rest] if rest < 20 else "-".join(filter(None, (_EN_TENS[rest // 10], _EN_ONES[rest % 10])))
        words += [tens, _EN_SCALES[power]]
    return " ".join(filter(None, words)) or "zero"
