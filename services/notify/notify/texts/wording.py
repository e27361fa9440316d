"""Amounts, numbers, days and names as a reader's language writes them; what templates may ask of a value."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from imece import text
from imece.clock import ISTANBUL
from imece.errors import Permanent

Locale = Literal["tr", "en"]

MONTHS = {
    "tr": ("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}
DAYS = {
    "tr": ("Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}

_TURKISH = str.maketrans(",.", ".,")
_GROUPED_TR = re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::\d{2})?)?")


def money(value: Any, currency: str = "TRY", *, locale: Locale) -> str:
    """`1.234,50 TL` in Turkish (others by their code), `TRY 1,234.50` in English. Raises Permanent for what is no amount."""
    digits = f"{amount(value):,.2f}"
    if locale == "en":
        return f"{currency} {digits}"
    return f"{digits.translate(_TURKISH)} {'TL' if currency == 'TRY' else currency}"


def number(value: Any, decimals: int | None = None, *, locale: Locale) -> str:
    """`1.234,5` in Turkish, `1,234.5` in English, with `decimals` places or as many as it has. Raises Permanent for what is no number."""
    found = amount(value)
    digits = f"{found:,f}" if decimals is None else f"{found:,.{max(0, min(int(decimals), 8))}f}"
    return digits.translate(_TURKISH) if locale == "tr" else digits


def day(value: Any, style: str = "", *, locale: Locale) -> str:
    """`29.11.2026`, in English `29 Nov 2026`; with a style (`uzun`, `long`) `29 Kasım 2026 Pazar`. Raises Permanent for what is no day."""
    found = moment(value)
    if style:
        months, days = MONTHS[locale], DAYS[locale]
        written = f"{found.day} {months[found.month - 1]} {found.year}"
        return f"{written} {days[found.weekday()]}" if locale == "tr" else f"{days[found.weekday()]}, {written}"
    return f"{found:%d.%m.%Y}" if locale == "tr" else f"{found.day} {MONTHS['en'][found.month - 1][:3]} {found.year}"


def hour(value: Any) -> str:
    """`09:05`, in Istanbul. Raises Permanent for what has no time of day."""
    return f"{moment(value):%H:%M}"


def upper(value: Any) -> str:
    """In Turkish capitals."""
    return text.upper(str(value))


def lower(value: Any) -> str:
    """In Turkish small letters."""
    return text.lower(str(value))


def title(value: Any) -> str:
    """`AYŞE ILGAZ` becomes `Ayşe Ilgaz`."""
    return re.sub(r"\S+", lambda word: text.upper(word[0][:1]) + text.lower(word[0][1:]), str(value))


def short(value: Any, length: int = 30) -> str:
    """At most `length` characters, cut at a word where there is one; three dots say so."""
    whole, most = str(value), max(4, int(length))
    if len(whole) <= most:
        return whole
    cut = whole[: most - 3]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;.-") + "..."


def amount(value: Any) -> Decimal:
    """The number that is meant: `1234.5`, `1.234,50`, `1.234` (Turkish thousands). Raises Permanent."""
    if isinstance(value, bool):
        raise _none("a number", "bir sayı", value)
    if isinstance(value, int | Decimal):
        return Decimal(value)
    plain = str(value).strip().replace("\u00a0", "").replace(" ", "")
    if _GROUPED_TR.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif "," in plain and "." in plain:
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise _none("a number", "bir sayı", value) from None
    if not found.is_finite() or abs(found.adjusted()) > 18:
        raise _none("a number", "bir sayı", value)
    return found


def moment(value: Any) -> datetime:
    """The day that is meant, in Istanbul: `2026-11-29`, `29.11.2026`, each with a time or without. Raises Permanent."""
    if isinstance(value, datetime):
        return value.astimezone(ISTANBUL) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, time())
    written = str(value).strip()
    try:
        if found := _DAY_FIRST.fullmatch(written):
            return datetime(int(found[3]), int(found[2]), int(found[1]), int(found[4] or 0), int(found[5] or 0))  # noqa: DTZ001 (as people write it: Istanbul's)
        read = datetime.fromisoformat(written)
    except ValueError:
        raise _none("a date", "bir tarih", value) from None
    return read.astimezone(ISTANBUL) if read.tzinfo else read


def _none(en: str, tr: str, value: Any) -> Permanent:
    shown = str(value)[:40]
    return Permanent(f"“{shown}” is not {en}.", f"“{shown}” {tr} değil.")
