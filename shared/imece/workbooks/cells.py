"""What comes out of a workbook: rows of cells, the one error when nothing does, the limits, and how a row travels from child to parent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import orjson

from imece.errors import Permanent


class Unreadable(Permanent):
    """The file cannot be read as a table, and one sentence says why and what to do. It will never work with this file."""


@dataclass(frozen=True, slots=True)
class Broken:
    """
    A cell without a value.

    `text` is the spreadsheet's own error (`#DIV/0!`), `=` for a formula that was never calculated, `…` for a text longer than a cell may hold.
    """

    text: str

    @property
    def en(self) -> str:
        """Why there is no value."""
        if self.text == "=":
            return "The formula has no calculated value: open the file in Excel and save it."
        if self.text == "…":
            return "The cell holds more text than a cell may."
        return f"The cell holds the error {self.text}."

    @property
    def tr(self) -> str:
        """Why there is no value, in Turkish."""
        if self.text == "=":
            return "Formülün hesaplanmış değeri yok: dosyayı Excel'de açıp kaydedin."
        if self.text == "…":
            return "Hücredeki metin, bir hücreye sığandan uzun."
        return f"Hücrede {self.text} hatası var."


Cell = str | int | float | bool | date | datetime | Broken | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something. `number` is the one the sheet itself shows; `cells` begin at column A, without trailing blanks."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Limits:
    """
    What one file may cost and hold.

    `seconds` bounds both the child's CPU time and the time the parent waits for it. The time a consumer takes over its rows does not count, nor
    that in which the child had no processor, up to three quarters of the waiting.
    `megabytes` is the child's address space, so its memory stays below. `inflated` bounds what a zip holds, in bytes.
    """

    seconds: float = 8.0
    megabytes: int = 400
    size: int = 100 << 20
    inflated: int = 500 << 20
    rows: int = 300_000
    columns: int = 512
    characters: int = 32_767  #: in one cell; Excel's own limit
    plain: bool = False  #: text in which less than half of the lines are cut alike is one column, and not refused


_MIDNIGHT = time()
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def column_name(index: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def kept(rows: Iterable[tuple[int, list[Any]]], limits: Limits) -> Iterator[tuple[int, list[Any]]]:
    """
    The rows that hold something, each without its trailing blanks, empty text as None.

    A text longer than a cell may hold is Broken. Raises Unreadable where there are too many rows or columns.
    """
    count = 0
    for number, cells in rows:
        last = 0
        for index, cell in enumerate(cells):
            if cell is None:
                continue
            if type(cell) is str:
                if len(cell) > limits.characters:
                    cells[index] = Broken("…")
                elif not cell or cell.isspace():
                    cells[index] = None
                    continue
            last = index + 1
        if not last:
            continue
        if last > limits.columns:
            raise Unreadable(
                f"Cell {column_name(last - 1)}{number} lies beyond column {column_name(limits.columns - 1)}: delete what is not part of the table.",
                f"{column_name(last - 1)}{number} hücresi {column_name(limits.columns - 1)} sütununun dışında kalıyor: tabloya ait olmayanları silin.",
            )
        count += 1
        if count > limits.rows:
            raise Unreadable(
                f"The sheet has more than {limits.rows:,} rows: split it.",
                f"Sayfada {limits.rows:_} satırdan fazlası var: bölüp yükleyin.".replace("_", "."),
            )
        del cells[last:]
        yield number, cells


def to_line(number: int, cells: list[Any]) -> bytes:
    """One row as a line of JSON: its number, then its cells; days and broken cells as objects."""
    try:
        return orjson.dumps([number, *cells], default=_plain, option=_OPTIONS)
    except TypeError:  # a whole number of more than 64 bits; spreadsheets compute with floating point in any case
        return orjson.dumps([number, *(float(cell) if type(cell) is int else cell for cell in cells)], default=_plain, option=_OPTIONS)


def from_line(values: list[Any]) -> Row:
    """The row in a parsed line."""
    return Row(values[0], tuple([_cell(value) if type(value) is dict else value for value in values[1:]]))


def _plain(cell: Any) -> Any:
    if isinstance(cell, Broken):
        return {"broken": cell.text}
    if isinstance(cell, datetime) and cell.time() == _MIDNIGHT:
        cell = cell.date()  # readers differ in which of the two they give
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    return str(cell)  # a time of day, a duration: shown, never computed with


def _cell(value: dict[str, str]) -> Cell:
    if "broken" in value:
        return Broken(value["broken"])
    day = value["day"]
    return date.fromisoformat(day) if len(day) == 10 else datetime.fromisoformat(day)
