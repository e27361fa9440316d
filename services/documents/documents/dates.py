"""Dates as cells hold them: real dates, text in the Turkish order or ISO, and a spreadsheet's bare day numbers."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from imece.errors import Invalid
from imece.text import fold

_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)
#: Day 0 of spreadsheets; the 29 February 1900 that they believe in lies before any date accepted here.
_DAY_ZERO = date(1899, 12, 30)
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})" + _CLOCK, re.ASCII)
_ISO = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})" + _CLOCK, re.ASCII)
_NAMED = re.compile(r"(\d{1,2})\.? ([^\W\d_]+)\.?,? (\d{4})")
_MONTHS = {
    fold(name): number
    for names in (
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    )
    for number, name in enumerate(names.split(), 1)
}
_SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}", re.ASCII)


def parse(cell: Any) -> date | None:
    """
    The day in a cell of a date column, or None for a blank one.

    Understands dates, `30.09.2026`, `30/09/2026`, `30-09-2026` (day first, always), `2026-09-30`, a time of day behind them (dropped),
    `30 Eylül 2026`, and day numbers such as 46295 (system of 1900). Raises Invalid for anything else, two-digit years and days outside 1990-2100 included.
    """
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return _plausible(cell.date(), cell)
    if isinstance(cell, date):
        return _plausible(cell, cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not 0 < cell < 100_000:
            raise _wrong(cell)
        return _plausible(_DAY_ZERO + timedelta(days=int(cell)), cell)
    if not isinstance(cell, str):
        raise _wrong(cell)
    text = cell.replace("\u00a0", " ").strip()
    if not text:
        return None
    if _SHORT_YEAR.fullmatch(text):
        raise Invalid(f"“{text}”: write the year with four digits.", f"“{text}”: yılı dört basamakla yazın.")
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return _plausible(date(int(found[4]), int(found[3]), int(found[1])), cell)
        if found := _ISO.fullmatch(text):
            return _plausible(date(int(found[1]), int(found[3]), int(found[4])), cell)
        if (found := _NAMED.fullmatch(text)) and (month := _MONTHS.get(fold(found[2]))):
            return _plausible(date(int(found[3]), month, int(found[1])), cell)
    except ValueError:
        raise Invalid(f"There is no day {text} (day.month.year).", f"{text} diye bir gün yok (gün.ay.yıl).") from None
    raise _wrong(cell)


def shown(day: date) -> str:
    """`30.09.2026`."""
    return day.strftime("%d.%m.%Y")


def _plausible(day: date, cell: Any) -> date:
    if not _FIRST <= day < _LAST:
        raise _wrong(cell)
    return day


def _wrong(cell: Any) -> Invalid:
    text = str(cell)[:40]
    return Invalid(f"“{text}” is not a date (day.month.year).", f"“{text}” bir tarih değil (gün.ay.yıl).")
