"""
Which column of a sheet means what: the header is found among the first rows, under titles, in one row or two, in many spellings.

Two layouts are known and may be mixed. Ours: title, tax number, tax office, e-mail, phone, date, currency, debit and credit (or balance).
The one of the system before: VKN/TC, Bayi Kodu, Bakiye (+ they owe, − we owe), Dönem Başlangıç, Dönem Bitiş, Açıklama.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from documents.currencies import code_of
from documents.headings import Field, named
from imece.workbooks import Row, Unreadable, column_name

WITHIN = 20  #: rows from the top in which the header must stand


AMOUNTS = frozenset({Field.DEBIT, Field.CREDIT, Field.BALANCE, Field.DEBIT_BALANCE, Field.CREDIT_BALANCE})
#: A second telephone or note is left alone; a second amount, date or tax number would have to be guessed at.
_MAY_REPEAT = frozenset(
    {Field.TITLE, Field.TAX_OFFICE, Field.EMAIL, Field.PHONE, Field.NOTE, Field.ACCOUNT_CODE, Field.DEALER_NAME, Field.FOREIGN}
)
_TOKENS = re.compile(r"[^\W\d_]+|[₺$€£¥₽]")

#: What a column holds and, for an amount, the currency its heading names.
Meaning = tuple[Field, str | None]


@dataclass(frozen=True)
class Header:
    """
    The header of a sheet. `row` is its last row's number; `names` are the headings from column A on, "" where there is none.

    `places` gives each field's column; amounts stand in `sums`, per currency that the heading itself names (`Bakiye (USD)`), else under None.
    """

    row: int
    names: tuple[str, ...]
    places: dict[Field, int] = field(default_factory=dict)
    sums: dict[str | None, dict[Field, int]] = field(default_factory=dict)
    twice: tuple[tuple[Field, int, int], ...] = ()

    @property
    def known(self) -> int:
        """How many different things the headings name."""
        return len(self.places) + sum(map(len, self.sums.values()))

    @property
    def shown(self) -> list[str]:
        """The headings that are there."""
        return [name for name in self.names if name]

    def name(self, index: int) -> str:
        """The heading of a column, or its letter."""
        return (self.names[index] if index < len(self.names) else "") or column_name(index)

    def fault(self) -> tuple[str, str] | None:
        """Why no balances can be read under this header, (en, tr); None when they can."""
        if self.twice:
            what, first, second = self.twice[0]
            at = f"{column_name(first)} ({self.name(first)}), {column_name(second)} ({self.name(second)})"
            return f"Two columns hold the {what.en}: {at}. Delete one.", f"İki sütun birden “{what.tr}” içeriyor: {at}. Birini silin."
        if self.sums and Field.FOREIGN in self.places:
            column = self.name(self.places[Field.FOREIGN])
            return (
                f"The column “{column}” holds second amounts in foreign currency: keep one set of amounts and its currency.",
                f"“{column}” sütunu dövizli ikinci bir tutar içeriyor: yalnız bir tutar takımını ve para birimini bırakın.",
            )
        missing = self._missing()
        if missing:
            en, tr = ", ".join(en for en, _ in missing), ", ".join(tr for _, tr in missing)
            return (
                f"This is not a list of balances: missing column {en}; found: {_listed(self.shown)}.",
                f"Bu bir bakiye listesi değil: {tr} sütunu yok; bulunan başlıklar: {_listed(self.shown)}.",
            )
        return None

    def undated(self) -> tuple[str, str] | None:
        """Why the balances have no date, (en, tr); None when a column names it."""
        if {Field.AS_OF, Field.PERIOD_END} & set(self.places):
            return None
        return (
            "The balances have no date: add a date column, or give the date with the file.",
            "Bakiyelerin tarihi yok: bir Tarih sütunu ekleyin ya da tarihi dosyayla birlikte verin.",
        )

    def _missing(self) -> list[tuple[str, str]]:
        missing = []
        if Field.TITLE not in self.places and Field.PERIOD_END not in self.places:
            missing.append((Field.TITLE.en, Field.TITLE.tr))
        if not {Field.TAX_NUMBER, Field.PERSON_NUMBER} & set(self.places):
            missing.append((Field.TAX_NUMBER.en, Field.TAX_NUMBER.tr))
        if not self.sums:
            missing.append(("debit and credit (or balance)", "Borç ve Alacak (ya da Bakiye)"))
        for fields in self.sums.values():
            for one, other in ((Field.DEBIT, Field.CREDIT), (Field.DEBIT_BALANCE, Field.CREDIT_BALANCE)):
                if (one in fields) != (other in fields):
                    lost = other if one in fields else one
                    missing.append((lost.en, lost.tr))
        return missing


def find(rows: Sequence[Row]) -> Header | None:
    """
    The header among the first rows of a sheet: the row, or two rows joined, whose headings name the most known things; at least two.

    The upper of two rows counts for the columns to its right until its next heading, as merged cells do.
    """
    rows = rows[:WITHIN]
    best: Header | None = None
    for place, row in enumerate(rows):
        for header in _single(row), _joined(row, rows[place + 1]) if place + 1 < len(rows) else None:
            if header and header.known >= 2 and (best is None or header.known > best.known):
                best = header
    return best


def unknown(rows: Sequence[Row]) -> tuple[str, str]:
    """Why a sheet without a recognised header holds no balances, (en, tr); names what its first row says."""
    texts = first_texts(rows)
    if not texts:
        return "The sheet has no column headings.", "Sayfada sütun başlığı yok."
    return (
        f"No column headings of a list of balances were found; the first row says: {_listed(texts)}.",
        f"Bakiye listesinin sütun başlıkları bulunamadı; ilk satırda şunlar var: {_listed(texts)}.",
    )


def first_texts(rows: Sequence[Row]) -> list[str]:
    """The texts of the first row that has any: the nearest thing to headings."""
    return next((texts for row in rows if (texts := [name for name in _names(row) if name])), [])


def empty(sheet: str) -> Unreadable:
    """The error for a sheet that holds nothing."""
    named = f" “{sheet}”" if sheet else ""
    return Unreadable(f"The first visible sheet{named} is empty.", f"Görünen ilk sayfa{named} boş.")


def _single(row: Row) -> Header:
    names = _names(row)
    return _header(row.number, names, [_meaning(name) for name in names])


def _joined(upper: Row, under: Row) -> Header | None:
    """The header of two rows, one below the other; None where the lower holds more than text."""
    if under.number != upper.number + 1 or not all(isinstance(cell, str | None) for cell in under.cells):
        return None
    names, meanings, group = [], [], ""
    for above, below in zip_longest(_names(upper), _names(under), fillvalue=""):
        group = above or group
        name = f"{group} {below}".strip() if below else above
        meaning = _meaning(name)
        if meaning is None and below:
            name, meaning = below, _meaning(below)
        names.append(name)
        meanings.append(meaning)
    return _header(under.number, names, meanings)


def _names(row: Row) -> list[str]:
    return [" ".join(cell.split()) if isinstance(cell, str) else "" for cell in row.cells]


def _header(number: int, names: list[str], meanings: list[Meaning | None]) -> Header:
    places: dict[Field, int] = {}
    sums: dict[str | None, dict[Field, int]] = {}
    twice = []
    for index, meaning in enumerate(meanings):
        if meaning is None:
            continue
        what, currency = meaning
        columns = sums.setdefault(currency, {}) if what in AMOUNTS else places
        if what not in columns:
            columns[what] = index
        elif what not in _MAY_REPEAT:
            twice.append((what, columns[what], index))
    return Header(number, tuple(names), places, sums, tuple(twice))


def _meaning(name: str) -> Meaning | None:
    """What a heading means: as it stands, without what it has in brackets, or as an amount in the currency it names."""
    if not name or len(name) > 80:
        return None
    plain = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)
    words = _TOKENS.findall(name)
    for word in {words[0], words[-1]} if len(words) > 1 else ():
        what = named(plain.replace(word, " "))
        if what in AMOUNTS and (code := code_of(word)):
            assert what is not None
            return what, code
    found = named(name) or named(plain)
    return (found, None) if found else None


def _listed(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= 30 else name[:29] + "…" for name in names[:12])
    return (shown or "—") + (" …" if len(names) > 12 else "")
