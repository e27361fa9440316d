"""
Prices out of text and out of structured data. Decimal throughout; what could be read two ways says so, what is no price is refused.

Visible text: the number beside the currency sign counts, so `2 adet 67,50 TL` is 67.50 and `%20 indirim 67,50 TL` is 67.50. Structured data
(JSON-LD, microdata, meta): the point is the decimal mark by specification, but shops write `12.699,00` there too.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any, Literal, cast

from pricing.currencies import BEFORE, BEHIND, Mark, digits_of, mark_of, sign_of

#: What the words around an amount make of it. Only `price` and `from` ("49 TL'den başlayan") can be what a thing costs.
Kind = Literal["price", "from", "unit", "range", "instalment", "threshold", "saving", "old", "condition", "refused"]

#: A text longer than this names no price by itself; only its beginning is read.
LONGEST = 300

_PLAIN = {
    **{ord(blank): " " for blank in "\u00a0\u202f\u2009\u2007\u200a\u2006\u2005\u2002"},
    **{ord(quote): "'" for quote in "’‘´`ʼ＇"},
    **{ord(invisible): None for invisible in "\u200b\u200e\u200f\u2060\ufeff\u00ad"},
    **{ord(mark): plain for mark, plain in {"−": "-", "٫": ".", "٬": ",", "，": ",", "．": "."}.items()},
    **{
        ord(digit): str(value)
        for row in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９")
        for value, digit in enumerate(row)
    },
}
_ODD = re.compile("[" + "".join(map(chr, _PLAIN)).replace("\\", "") + "]")
_BLANKS = re.compile(r"\s{2,}|[\t\r\n]")
#: `12 . 699 ,00`, `12.699, 00`: separators that markup broke off their number.
_BROKEN = re.compile(r"(?<=\d) ([.,]) ?(?=\d)|(?<=\d)([.,]) (?=\d\d(?!\d))|(?<=\d)(\.) (?=\d{3},\d\d(?!\d))")
_NUMBER = re.compile(r"(?:(?<!\d)\d{1,3}(?: \d{3})+(?!\d)|\d+|(?<![\d.,])(?=[.,]\d{1,2}(?!\d)))(?:[.,']\d+)*")
_TAIL = re.compile(r"[.,:](?:--?|–|—|=)")  # `299,-` and `299:-`: no cents
_SCALE = re.compile(r" ?(bin|milyon|million|mio)\b\.?", re.IGNORECASE)
_JOINS = frozenset({"-", "–", "—", "~", "…", "...", "to", "bis", "ile", "ila", "à", "a", "-ile"})

_BEHIND = re.compile(
    r"""\s*(?:
    (?P<instalment>[x×*]\s*\d+\b|/\s*(?:ay|mo|month|mois|mes|monat)\b|taksit|per\ month|a\ month|monthly|p\.m\.|mtl\b|monatlich)
    |(?P<condition>\(?\s*(?:\+|plus\b)\s*(?:kdv|vat|tax)\b|\(?\s*(?:kdv|vergi(?:ler)?)\s+(?:hariç|dahil\s+değil)(?![^\w\n]{0,4}\d)
        |\(?\s*(?:excl?\b\.?|excluding|ex\b\.?|before|without)\s*(?:vat|tax(?:es)?|gst)\b(?![^\w\n]{0,4}\d))
    |(?P<unit>(?:/|\bper\b|\bpro\b)\s*(?:\d+\s*)?[^\W\d_])
    |(?P<threshold>(?:ve\ )?üz[e]?ri|\+\s*$|(?:and|or)\ (?:over|above|more|up)|ve\ altı)
    |(?P<saving>'?(?:ye|ya|e|a)\s+(?:varan|kadar)|indirim(?!l)|tasarruf|kazan|puan|off\b|rabatt|discount|cashback|hediye|kupon)
    |(?P<old>yerine\b|değil\b)
    |(?P<from>'?(?:den|dan|ten|tan)?\s*(?:başla|itibaren)|'(?:den|dan|ten|tan)\b|起|から|부터)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE = re.compile(
    r"""(?:(?<!\w)|(?=[(每滿運現可折原定市建参]))(?:  # words begin here: nothing is tried within one
    (?P<instalment>\b\d+\s*(?:[x×*]|taksit\w*|ay(?:lık|da)?\b)|\baylık|\btaksit\w*|\bmonthly|\bpro\ monat)
    |(?P<unit>\(\s*(?:birim|unit|adet|kg|lt|litre)[^()\d]{0,12}|\bbirim\s+fiyat\w*|\bunit\s+price|\b\d+\s*(?:gr?|kg|ml|cl|lt?)\s*=|每\S{1,2})
    |(?P<threshold>\bover|\babove|\bminimum|\bat\ least|\ben\ az|\bkargo(?:\s+(?:ücreti|bedeli))?|\bshipping|\bdelivery|\bversand|\bhediye\s+paketi|\bgift\s*wrap\w*
        |\bmontaj(?:\s+(?:ücreti|bedeli))?|\bkurulum(?:\s+(?:ücreti|bedeli))?|\bek\s+garanti|滿|運費)
    |(?P<saving>\bsave|\bsavings?|\bkazan\w*|\btasarruf\w*|\bsparen|現省|可省|折抵)
    |(?P<condition>\bsepet(?:te|inde)\b[^\d]{0,24}|\bhavale\b[^\d]{0,12}|\beft\b[^\d]{0,12}|\bkuponla|\büyelere\b[^\d]{0,8}|\bmembers?|\bclub
        |\b(?:kdv|vergi(?:ler)?)\s+hariç(?:\s+fiyat\w*)?|\b(?:excl?\.?|excluding|ex\.?)\s+(?:vat|tax(?:es)?|gst))
    |(?P<old>\beski\ fiyat\w*|\betiket\ fiyat\w*|\bönceki(?:\s+en\s+düşük)?\s+fiyat\w*|\bindirimsiz(?:\s+(?:satış\s+)?fiyat\w*)?|\bgün\w*\s+en\s+düşük\s+fiyat\w*
        |\b(?:last|past|previous)\s+\d+\s+days|\b(?:original|previous)\s+price|\bwas|\brrp|\bmsrp|\bpsf|\buvp|\bpiyasa\ fiyat\w*|\bliste\ fiyat\w*|\blist(?:\ price|(?=:))
        |原價|原价|定價|市價|建議售價|参考価格|\bstatt|\binvece\ di|\bantes|\bau\ lieu\ de|\bprix\ conseillé|\bvan|\bpůvodn\w*)
    |(?P<from>\bfrom|\bstart(?:ing|s)\ at|\bab|\bdès|\bà\ partir\ de|\bdesde|\ba\ partire\ da|\bvanaf|\bod|\bот|\bbaşlayan)
    )\s*:?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_COUNTED = re.compile(
    r"""\s*(?:[%°"']|[:/]\s?\d|(?:adet|gün|ay|yıl|saat|dk|dakika|taksit|kişi\w*|yorum|puan|parça|reviews?|pcs|pieces?|days?|months?|years?
    |kg|gr?|lt?|litre|ml|cl|cm|mm|mt?|km|gb|tb|mb|hz|mah|kw|w|v|inç|inch|x|×)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_LABELS = re.compile(
    r"""(?:fiyat\w*|tutar\w*|toplam|kdv|dahil|hariç|net|brüt|peşin|nakit|havale|satış|indirimli|kampanyalı|güncel|son|özel|sadece|yalnız|şimdi|bugün|yeni
    |price|preis|prix|precio|preço|prezzo|cena|цена|total|amount|only|now|sale|our|incl|excl|vat|from|den|dan|ten|tan|başlayan)""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+")
_LONE = re.compile(r"([1-9]\d{0,2})([.,])(\d{3})")
_BY_SPECIFICATION = re.compile(r"\d{1,12}(?:\.\d{1,12})?")
#: Nearly every price on a page: a sign, digits, a sign.
_SIMPLE = re.compile(rf" ?(?:{BEFORE.pattern.removesuffix(' ?$')} ?)?(\d[\d.,]{{0,14}})(?:{BEHIND.pattern})? ?")
#: Letters of scripts that put no blank between a word and a number: `特價29元`.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_LETTER = re.compile(rf"[^\W\d_{_UNSPACED}]$")
_JOINED = re.compile(rf"(?:[^\W\d_{_UNSPACED}]|[%#/_:.]|(?<!\d)-)$")  # `S21`, `%20`, `#3`, `-67`
_MINUS = re.compile(r"(?:^|[\s(:])-$")
_TAILED, _SCALED = frozenset(".,:"), frozenset("bBmM")
_NEVER = frozenset("-–—:;,()[]|+*%=<>!?&#")  # no sign ends with these
_RIGHT_SIDED = frozenset("$£¥￥")
_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Amount:
    """
    Money found somewhere. `currency` is what stood beside it.

    `sure`: the digits have one reading; a lone `8.450` of nobody knows which country has two, then `other` is the second one.
    """

    value: Decimal
    currency: str | None = None
    kind: Kind = "price"
    sure: bool = True
    other: Decimal | None = None


@dataclass(slots=True)
class _Number:
    """A number in a text: where it stands with its sign, and what it says."""

    start: int
    end: int
    digits: tuple[int, int]
    token: str
    scale: int = 1
    money: bool = False
    currency: str | None = None


def parse_price(text: str, *, locale: str | None = None, currency: str | None = None, country: str | None = None) -> Amount | None:
    """
    The one price that a visible text names, or None: no price, a range, a discount, an instalment, or two different prices.

    `locale` (`tr`, `de-CH`; None or `auto`: unknown) or else `currency` decides a lone `8.450`; `currency` is also what a text without a sign
    is in; `country` (`ca`) decides a bare `$`. The amount may be zero. Never raises.
    """
    found = amounts(text, locale=locale, currency=currency, country=country)
    chosen = only(found)
    return chosen if chosen is None or chosen.currency else replace(chosen, currency=currency)


def only(found: Sequence[Amount]) -> Amount | None:
    """The one among the amounts of a text that is its price, None where there is none or more than one. A unit's or a basket's counts if alone."""
    chosen = [amount for amount in found if amount.kind in {"price", "from"}]
    if not chosen and not any(amount.kind == "range" for amount in found):
        chosen = [amount for amount in found if amount.kind in {"unit", "condition"}]
    return chosen[0] if len({amount.value for amount in chosen}) == 1 else None


def span(found: Sequence[Amount]) -> Amount | None:
    """The lower end where the amounts of a text are one range, else None."""
    return min(found, key=lambda amount: amount.value) if len(found) == 2 and {amount.kind for amount in found} == {"range"} else None


def amounts(text: str, *, locale: str | None = None, currency: str | None = None, country: str | None = None) -> list[Amount]:
    """
    Every amount of money in a visible text, in order, each with its kind. Where no currency sign stands, a lone number counts if nothing else does.

    Arguments as in `parse_price`; a currency found here is never the argument's.
    """
    text = _BLANKS.sub(" ", text[:LONGEST])
    if _ODD.search(text):
        text = text.translate(_PLAIN)
    known = mark_of(locale=locale)
    if (simple := _SIMPLE.fullmatch(text)) and (one := _simple(simple, known, currency, country)):
        return [one]
    if _BROKEN.search(text):
        text = _BROKEN.sub(lambda found: found[1] or found[2] or found[3], text)
    numbers = [_Number(m.start(), m.end(), m.span(), m[0]) for m in _NUMBER.finditer(text)]
    if not numbers:
        return []
    _signed(text, numbers, country)
    found = []
    if any(number.money for number in numbers):
        ranges = _ranges(text, numbers)
        chosen = [number for place, number in enumerate(numbers) if number.money or place in ranges]
    else:
        ranges = set()
        chosen = _unsigned(text, numbers)
    for number in chosen:
        mark = known or mark_of(currency=number.currency or currency)
        if amount := _amount(number.token, mark, number.currency or currency, by_locale=known is not None):
            kind = "range" if numbers.index(number) in ranges else _kind(text, number)
            value = amount.value * number.scale
            if value < _LARGEST:
                found.append(replace(amount, value=value, currency=number.currency, kind=kind))
    return found


def _simple(found: re.Match[str], known: Mark | None, currency: str | None, country: str | None) -> Amount | None:
    """The amount of a text that is one number with at most one sign; None: it needs a closer look."""
    money, code = sign_of(found[1] or found[3], country=country) if found[1] or found[3] else (True, None)
    if not money or (found[1] and found[3]) or found[2][-1] in ".,":
        return None
    amount = _amount(found[2], known or mark_of(currency=code or currency), code or currency, by_locale=known is not None)
    return replace(amount, currency=code) if amount and amount.value < _LARGEST else None


def declared_price(value: Any, *, locale: str | None = None, currency: str | None = None) -> Amount | None:
    """
    The price that structured data give: a number, a string, a list of one of them, or `{"@value": ...}`. None where there is no price in it.

    A string with a comma is read by its shape. A lone point before three digits is unsure in currencies spent with a decimal comma. Never raises.
    """
    if not isinstance(value, str):
        if isinstance(value, list):
            value = value[0] if value and all(one == value[0] for one in value) else None
        if isinstance(value, dict):
            value = value.get("@value", value.get("value"))
        if isinstance(value, str):
            return declared_price(value, locale=locale, currency=currency)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not math.isfinite(value) or not 0 <= value < _LARGEST:
            return None
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return Amount(_rounded(exact))
    text = value.strip()
    if _BY_SPECIFICATION.fullmatch(text):
        exact = _rounded(Decimal(text))
        if text[-4:-3] != "." or not (lone := _LONE.fullmatch(text)) or digits_of(currency) == 3:
            return Amount(exact)
        if (mark_of(currency=currency) or mark_of(locale=locale)) != ",":
            return Amount(exact)
        return Amount(Decimal(lone[1] + lone[3]), sure=False, other=exact)
    text = text.translate(_PLAIN)
    if not _NUMBER.fullmatch(text):
        return parse_price(text, locale=locale, currency=currency)
    return _amount(text, mark_of(currency=currency) or mark_of(locale=locale), currency, by_locale=False)


def written(value: Decimal, currency: str | None) -> str:
    """`value` with the decimals that `currency` usually has, and more only where it needs them: `12699.00`, `0.4567`, `1299` of yen."""
    digits = digits_of(currency)
    short = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{short if short == value else value.normalize():f}"


def _signed(text: str, numbers: Sequence[_Number], country: str | None) -> None:
    """Give every currency sign to the number it stands at: the nearer one, and at equal distance by the sign's custom."""
    claims: dict[int, tuple[int, _Number, int, str | None]] = {}
    for number in numbers:
        end = number.end
        if text[end : end + 1] in _TAILED and (tail := _TAIL.match(text, end)):
            end = tail.end()
        if text[end : end + 2].strip()[:1] in _SCALED and (scale := _SCALE.match(text, end)):
            number.scale = 1000 if scale[1].lower() == "bin" else 1_000_000
            end = scale.end()
        number.end = end
        start = max(0, number.start - 14)
        before = text[start : number.start]
        last = before[-2:].strip()[-1:]
        signs = (
            (None if _LETTER.search(before) else BEHIND.match(text, end), True),  # `D2S/`
            (BEFORE.search(before) if last and not last.isdigit() and last not in _NEVER else None, False),
        )
        for sign, behind in signs:
            if sign is None:
                continue
            money, code = sign_of(sign[1], country=country)
            if not money:
                continue
            place = sign.start(1) + (0 if behind else start)
            gap = (sign.start(1) - end if behind else len(before) - sign.end(1)) * 2
            gap += (sign[1][-1:] in _RIGHT_SIDED) == behind  # at equal distance `$` belongs to what follows, `TL` to what precedes
            edge = sign.end(1) if behind else place
            if place not in claims or gap < claims[place][0]:
                claims[place] = (gap, number, edge, code)
    for _, number, edge, code in claims.values():
        number.money = True
        number.currency = number.currency or code
        number.start, number.end = min(number.start, edge), max(number.end, edge)


def _ranges(text: str, numbers: Sequence[_Number]) -> set[int]:
    """Places of numbers that are the ends of a range: `67,50 - 89,90 TL`. `iPhone 13 - 45.999 TL` is none."""
    found: set[int] = set()
    for place, (low, high) in enumerate(pairwise(numbers)):
        if text[low.end : high.start].strip().lower() not in _JOINS or not (low.money or high.money):
            continue
        values = [_amount(number.token, ",", None, by_locale=True) for number in (low, high)]
        if values[0] and values[1] and values[1].value / 100 <= values[0].value < values[1].value:
            found |= {place, place + 1}
    return found


def _unsigned(text: str, numbers: Sequence[_Number]) -> list[_Number]:
    """The number of a text without any currency sign, if there is one only and no words but labels (`Fiyat: 8.450,75`)."""
    if len(numbers) > 2:
        return []
    left = [number for number in numbers if not _COUNTED.match(text, number.end) and not _JOINED.search(text[: number.start])]
    return left if len(left) == 1 and all(_LABELS.fullmatch(word) for word in _WORD.findall(text)) else []


def _kind(text: str, number: _Number) -> Kind:
    before = text[max(0, number.start - 28) : number.start]
    if _MINUS.search(before) or before.endswith(("%", "_", "bin ", "milyon ")):  # `12 bin 500 TL` is two numbers
        return "refused"
    bracketed = before.rfind("(") > before.rfind(")")
    return "unit" if bracketed and "/" in text[number.end : number.end + 12] else kind_among(before, text[number.end :])


def kind_among(before: str, behind: str) -> Kind:
    """What the words right before and right behind an amount make of it."""
    for found in (_BEHIND.match(behind), _BEFORE.search(before)):
        if found and found.lastgroup:
            return cast("Kind", found.lastgroup)  # the groups are named by kinds
    return "price"


def _amount(token: str, mark: Mark | None, currency: str | None, *, by_locale: bool) -> Amount | None:
    """
    What the digits and separators of `token` say. None when their shape is no number: `12.05.2024`.

    `mark`: the decimal mark expected; it decides only a lone separator before three digits. `by_locale`: it is known from the page's language.
    """
    token = token.replace(" ", "").replace("'", "")
    marks = [character for character in token if character in ".,"]
    if len(token) - len(marks) > 18:
        return None
    if not marks:
        return Amount(Decimal(token))
    lone = _LONE.fullmatch(token)
    if lone and digits_of(currency) != 3:
        grouped, decimal = Decimal(lone[1] + lone[3]), Decimal(f"{lone[1]}.{lone[3]}")
        if lone[2] == mark and by_locale and mark == ".":
            return Amount(decimal, sure=False, other=grouped)
        return Amount(grouped) if mark and lone[2] != mark else Amount(grouped, sure=False, other=decimal)
    last = marks[-1]
    whole, _, cents = token.rpartition(last)
    if len(set(marks)) == 1 and len(marks) > 1 and len(cents) == 3:
        whole, cents = token, ""
    elif len(set(marks)) == 2 and marks.count(last) > 1:
        return None
    groups = re.split("[.,]", whole) if whole else ["0"]
    if any(len(group) != 3 for group in groups[1:]) and not _is_indian(groups):
        return None
    return Amount(_rounded(Decimal("".join(groups) + (f".{cents}" if cents else ""))))


def _is_indian(groups: Sequence[str]) -> bool:
    """`1,29,900.00`: groups of two before the last three."""
    return len(groups) > 2 and len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[1:-1])


def _rounded(value: Decimal) -> Decimal:
    """Without the noise of binary fractions beyond four decimals."""
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP) if isinstance(exponent, int) and exponent < -4 else value
