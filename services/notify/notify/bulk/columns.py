"""The columns of a list of recipients: their headings, what stands in them, and what each is likely to be."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imece.errors import Permanent
from imece.text import fold
from imece.workbooks import Broken, Limits, Row, opened
from notify.people import recipients

#: What a column of recipients is called, by channel, most telling first.
_RECIPIENTS: dict[str, tuple[str, ...]] = {
    "sms": (
        "cep telefonu", "cep telefon", "cep no", "cep", "gsm no", "gsm", "mobil", "mobile number", "mobile phone", "mobile", "telefon numarasi",
        "telefon no", "telefon", "tel no", "tel", "phone number", "phone", "numara", "irtibat no", "iletisim no", "alici", "to", "recipient",
    ),
    "email": (
        "e posta adresi", "e posta", "eposta", "eposta adresi", "e mail", "email", "e mail adresi", "email address", "mail", "mail adresi",
        "elektronik posta", "alici", "to", "recipient",
    ),
    "telegram": ("telegram", "telegram id", "chat id", "chat", "sohbet", "kanal", "alici", "to", "recipient"),
}  # fmt: skip
_LOCALES = frozenset({"dil", "locale", "language", "lang"})

#: Words of the templates' language that cannot be names in it: a heading `Not` becomes `not_`.
_RESERVED = frozenset({"and", "else", "elif", "false", "if", "in", "is", "none", "not", "or", "true"})

_LIMITS = Limits(seconds=20.0, rows=1_000_000, plain=True)
_WITHIN, _SAMPLES, _LOOKED_AT = 20, 3, 50


@dataclass(frozen=True)
class Column:
    """One column: its heading, the first values in it, and what it is taken for: `to`, `locale`, or the name of a variable."""

    heading: str
    samples: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Preview:
    """The top of a sheet. `row` is where its headings stand; `recipients` how many of the rows looked at hold a recipient that can be read."""

    columns: tuple[Column, ...]
    row: int
    looked_at: int
    recipients: int


def preview(path: Path, channel: str) -> Preview:
    """The top of the file at `path`. Raises Permanent for what is no table, or is empty."""
    rows: list[Row] = []
    with opened(path, _LIMITS) as sheet:
        for row in sheet.rows:
            rows.append(row)
            if len(rows) >= _WITHIN + _LOOKED_AT:
                break
    if not rows:
        raise Permanent("The file is empty.", "Dosya boş.")
    place = _headings(rows, channel)
    headings = [_said(cell) for cell in rows[place].cells]
    below = rows[place + 1 : place + 1 + _LOOKED_AT]
    columns = guessed(headings, [[_said(cell) for cell in row.cells] for row in below], channel)
    to = next((index for index, column in enumerate(columns) if column.role == "to"), None)
    good = sum(_is_recipient(_said(row.cells[to]), channel) for row in below if len(row.cells) > to) if to is not None else 0
    return Preview(tuple(column for column in columns if column.heading), rows[place].number, len(below), good)


def guessed(headings: Sequence[str], rows: Sequence[Sequence[str]], channel: str) -> list[Column]:
    """What each column is likely to be: by its heading, and where no heading says so, the recipients by what stands below."""
    found, names = [], set[str]()
    for index, heading in enumerate(headings):
        samples = [row[index] for row in rows if len(row) > index and row[index]][:_SAMPLES]
        role = variable(heading, names) if heading else ""
        names.add(role)
        found.append(Column(heading, tuple(samples), role))
    to = _by_heading(headings, channel)
    if to is None:
        to = _by_content(headings, rows, channel)
    if to is not None:
        found[to] = replace(found[to], role="to")
    for index, heading in enumerate(headings):
        if index != to and fold(heading) in _LOCALES:
            found[index] = replace(found[index], role="locale")
            break
    return found


def variable(heading: str, taken: Iterable[str] = ()) -> str:
    """The name of a variable for a heading: `Borç Tutarı (TL)` becomes `borc_tutari_tl`."""
    name = re.sub(r"\s+", "_", fold(heading)) or "alan"
    name = f"{name}_" if name in _RESERVED or name in {"to", "locale"} else f"a_{name}" if name[0].isdigit() else name
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _headings(rows: Sequence[Row], channel: str) -> int:
    """Which row holds the headings: the first that names a recipient in our words, else the first with several words in it."""
    known = set(_RECIPIENTS[channel])
    for place, row in enumerate(rows[:_WITHIN]):
        if any(fold(_said(cell)) in known for cell in row.cells):
            return place
    for place, row in enumerate(rows[:_WITHIN]):
        words = [text for text in map(_said, row.cells) if text]
        if len(words) > 1 and not any(_is_recipient(text, channel) for text in words):
            return place
    raise Permanent(
        "The file has no row of headings: give the columns names in the first row.",
        "Dosyada başlık satırı yok: ilk satırda sütunlara ad verin.",
    )


def _by_heading(headings: Sequence[str], channel: str) -> int | None:
    folded = [fold(heading) for heading in headings]
    for name in _RECIPIENTS[channel]:
        if name in folded:
            return folded.index(name)
    for name in _RECIPIENTS[channel][:-3]:
        for index, heading in enumerate(folded):
            if re.search(rf"\b{name}\b", heading):
                return index
    return None


def _by_content(headings: Sequence[str], rows: Sequence[Sequence[str]], channel: str) -> int | None:
    """The column most of whose cells are recipients, if half of them are."""
    shares = []
    for index in range(len(headings)):
        cells = [row[index] for row in rows if len(row) > index and row[index]]
        shares.append(sum(_is_recipient(cell, channel) for cell in cells) / len(cells) if cells else 0.0)
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= 0.5 else None


def _is_recipient(text: str, channel: str) -> bool:
    try:
        recipients.parse(channel, text)
    except Permanent:
        return False
    return channel != "telegram" or text.startswith(("@", "-"))


def _said(cell: object) -> str:
    if cell is None or isinstance(cell, Broken):
        return ""
    return str(cell).strip()
