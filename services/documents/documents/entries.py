"""One row of a list of balances, made typed: who, when and how much, with a reason for everything that does not fit."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar

from documents import dates, identity
from documents.amounts import Amount, Mark, Side
from documents.columns import Header
from documents.currencies import code_of
from documents.headings import Field
from documents.sums import Misfit, Sum, Sums
from imece.errors import Invalid
from imece.text import fold
from imece.workbooks import Broken, Cell, Row

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_TOTALS = frozenset(
    {"toplam", "toplamlar", "genel toplam", "ara toplam", "yekun", "sayfa toplami", "total", "totals", "grand total", "subtotal"}
)
_DEBIT, _CREDIT = ("b", "borc", "borclu", "d", "dr", "debit"), ("a", "alacak", "alacakli", "c", "cr", "credit")
_SIDES: dict[str, Side] = {**dict.fromkeys(_DEBIT, "debit"), **dict.fromkeys(_CREDIT, "credit")}
_LONGEST = 300  #: characters of a text; a letter has no place for more

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was refused, or what was put right in it. `row` is the sheet's own number, `column` the heading; None: all of it."""

    row: int | None
    column: str | None
    en: str
    tr: str

    def reason(self, locale: Literal["tr", "en"]) -> str:
        """The sentence in the reader's language."""
        return self.tr if locale == "tr" else self.en


@dataclass(slots=True)
class Entry:
    """A row of the list. What could not be read is None and has its fault; `sums` are there once it is settled."""

    row: int
    tax_number: str | None = None
    title: str | None = None
    tax_office: str | None = None
    email: str | None = None
    phone: str | None = None
    as_of: date | None = None
    period_start: date | None = None
    dealer_code: str | None = None
    account_code: str | None = None
    dealer_name: str | None = None
    note: str | None = None
    currency: str | None = None
    side: Side | None = None
    amounts: dict[int, Amount] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)

    @property
    def code(self) -> str | None:
        """What tells this account of the party from its others."""
        return self.dealer_code or self.account_code

    @property
    def description(self) -> str | None:
        """What a letter says beside the amount."""
        return " · ".join(filter(None, (self.dealer_name, self.note))) or None


class Entries:
    """Reads the rows under one header. `read` every row, then `settle` each (see Sums)."""

    def __init__(self, header: Header, *, as_of: date | None, currency: str | None, decimal_mark: Mark | None) -> None:
        self._header = header
        self._as_of = as_of
        self._numbered = [header.places[what] for what in (Field.TAX_NUMBER, Field.PERSON_NUMBER) if what in header.places]
        self._sums = Sums(header, currency=currency, decimal_mark=decimal_mark)
        beside = [header.places[what] for what in (Field.CURRENCY, Field.SIDE) if what in header.places]
        self._money = {header.name(column) for column in (*self._sums.columns, *beside)}

    def read(self, row: Row) -> Entry | Fault:
        """The entry in a row; a remark (Fault) instead where the row is a total or repeats the heading, and so is no data."""
        if apart := self._apart(row):
            return apart
        cells = _Cells(row, self._header)
        entry = Entry(row.number, faults=cells.faults, remarks=cells.remarks)
        entry.tax_number = _tax_number(cells)
        entry.title = cells.read(Field.TITLE, _text)
        if entry.title is None and Field.TITLE in self._header.places:
            cells.blame(Field.TITLE, "The title is missing.", "Unvan boş.")
        entry.tax_office = cells.read(Field.TAX_OFFICE, _text)
        entry.email = _email(cells)
        entry.phone = cells.read(Field.PHONE, _text)
        self._days(entry, cells)
        entry.dealer_code = cells.read(Field.DEALER_CODE, _text)
        entry.account_code = cells.read(Field.ACCOUNT_CODE, _text)
        entry.dealer_name = cells.read(Field.DEALER_NAME, _text)
        entry.note = cells.read(Field.NOTE, _text)
        entry.currency = cells.read(Field.CURRENCY, _currency)
        entry.side = cells.read(Field.SIDE, _side)
        for column in self._sums.columns:
            amount = cells.at(column, lambda cell, column=column: self._sums.look(column, cell))  # type: ignore[misc]
            if amount is not None:
                entry.amounts[column] = amount
        return entry

    def settle(self, entry: Entry) -> None:
        """Give the entry its sums, or the fault that keeps it from having them. After every row has been read."""
        self._count(entry)
        entry.amounts = {}
        if entry.faults:
            names = self._header.names
            entry.faults.sort(key=lambda fault: names.index(fault.column) if fault.column in names else len(names))

    def _count(self, entry: Entry) -> None:
        if any(fault.column in self._money for fault in entry.faults):
            return  # said already
        try:
            entry.sums = self._sums.settle(entry.amounts, entry.currency, entry.side)
        except Misfit as wrong:
            column = None if wrong.column is None else self._header.name(wrong.column)
            entry.faults.append(Fault(entry.row, column, wrong.en, wrong.tr))

    def _days(self, entry: Entry, cells: "_Cells") -> None:
        start, end, day = (cells.read(what, dates.parse) for what in (Field.PERIOD_START, Field.PERIOD_END, Field.AS_OF))
        if end and day and end != day:
            cells.blame(Field.AS_OF, "The date is not the end of the period.", "Tarih, dönem bitişiyle aynı değil.")
        entry.period_start, entry.as_of = start, end or day or self._as_of
        where = Field.PERIOD_END if Field.PERIOD_END in self._header.places else Field.AS_OF
        if entry.as_of is None:
            cells.blame(where, "The date is missing.", "Tarih boş.")
        elif start and start > entry.as_of:
            cells.blame(Field.PERIOD_START, "The period begins after it ends.", "Dönem, bittiği tarihten sonra başlıyor.")

    def _apart(self, row: Row) -> Fault | None:
        """A remark for a row that is no data: a total, or the heading again at the top of a printed page."""
        for column in self._numbered:
            cell = row.cells[column] if column < len(row.cells) else None
            if cell is not None and not (isinstance(cell, str) and (cell.strip() == self._header.names[column] or fold(cell) in _TOTALS)):
                return None
        texts = [" ".join(cell.split()) for cell in row.cells if isinstance(cell, str)]
        if texts == self._header.shown:
            return Fault(row.number, None, "Left out: the heading again.", "Atlandı: başlığın yinelenmesi.")
        if any(fold(text) in _TOTALS for text in texts):
            return Fault(row.number, None, "Left out: a line of totals.", "Atlandı: toplam satırı.")
        return None


class _Cells:
    """The cells of one row by what they mean. A cell that cannot be read is None, and blamed once."""

    def __init__(self, row: Row, header: Header) -> None:
        self.faults: list[Fault] = []
        self.remarks: list[Fault] = []
        self._row = row
        self._header = header

    def has(self, what: Field) -> bool:
        """Whether the sheet has such a column."""
        return what in self._header.places

    def read(self, what: Field, reader: Callable[[Any], T | None]) -> T | None:
        """What `reader` makes of the cell for `what`; None where there is no such column."""
        column = self._header.places.get(what)
        return None if column is None else self.at(column, reader)

    def at(self, column: int, reader: Callable[[Any], T | None]) -> T | None:
        """What `reader` makes of a cell; None where it is blank, broken or raises Invalid."""
        cell: Cell = self._row.cells[column] if column < len(self._row.cells) else None
        try:
            if not isinstance(cell, Broken):
                return reader(cell)
            wrong: Broken | Invalid = cell
        except Invalid as refusal:
            wrong = refusal
        self.faults.append(Fault(self._row.number, self._header.name(column), wrong.en, wrong.tr))
        return None

    def blame(self, what: Field, en: str, tr: str) -> None:
        """Write a fault down, unless the cell has one already."""
        column = self._header.places.get(what)
        name = None if column is None else self._header.name(column)
        if not any(fault.column == name for fault in self.faults):
            self.faults.append(Fault(self._row.number, name, en, tr))

    def remark(self, what: Field, en: str, tr: str) -> None:
        """Write down what was put right."""
        self.remarks.append(Fault(self._row.number, self._header.name(self._header.places[what]), en, tr))


def _tax_number(cells: _Cells) -> str | None:
    """The VKN or TCKN; where a sheet has a column for each and both are filled, the VKN."""
    places = (Field.TAX_NUMBER, Field.PERSON_NUMBER)
    found = [(what, number) for what in places if (number := cells.read(what, identity.parse))]
    if not found:
        cells.blame(
            Field.TAX_NUMBER if cells.has(Field.TAX_NUMBER) else Field.PERSON_NUMBER, "The tax number is missing.", "Vergi numarası boş."
        )
        return None
    what, number = found[0]
    if number.zeros:
        cells.remark(
            what,
            f"The leading zero was lost; read as {number.number}, whose check digit fits.",
            f"Baştaki sıfır düşmüş; {number.number} olarak okundu, denetim basamağı tutuyor.",
        )
    return number.number


def _email(cells: _Cells) -> str | None:
    addresses = cells.read(Field.EMAIL, _addresses)
    if not addresses:
        return None
    if len(addresses) > 1:
        cells.remark(Field.EMAIL, f"Several addresses: {addresses[0]} is used.", f"Birden çok adres var: {addresses[0]} kullanılacak.")
    return addresses[0]


def _addresses(cell: Cell) -> list[str] | None:
    text = _text(cell)
    addresses = re.split(r"[;,\s]+", text.strip(";, ")) if text else []
    for address in addresses:
        if not _EMAIL.fullmatch(address):
            raise Invalid(f"“{address[:60]}” is not an e-mail address.", f"“{address[:60]}” bir e-posta adresi değil.")
    return addresses or None


def _text(cell: Cell) -> str | None:
    """A text in one line. Numbers as they were typed: 120.0 is 120."""
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = dates.shown(cell) if isinstance(cell, date) else " ".join(str(cell).split())
    if len(text) > _LONGEST:
        raise Invalid(f"The text is longer than {_LONGEST} characters.", f"Metin {_LONGEST} karakterden uzun.")
    if not text.isprintable():
        raise Invalid("The text holds characters that cannot be printed.", "Metinde basılamayan karakterler var.")
    return text or None


def _currency(cell: Cell) -> str | None:
    text = _text(cell)
    if not text:
        return None
    code = code_of(text)
    if code is None:
        raise Invalid(f"“{text[:40]}” is not a known currency.", f"“{text[:40]}” bilinen bir para birimi değil.")
    return code


def _side(cell: Cell) -> Side | None:
    text = _text(cell)
    if not text:
        return None
    side = _SIDES.get(fold(text))
    if side is None:
        raise Invalid(f"“{text[:40]}” is neither B (debit) nor A (credit).", f"“{text[:40]}” ne B (borç) ne A (alacak).")
    return side
