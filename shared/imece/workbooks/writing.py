"""
What goes back to people as a workbook: cells in which nothing becomes a formula, and the rows that were refused, each with its reason.

Needs openpyxl, which is slow to load: import it where it is used.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from imece.workbooks.cells import Broken, Limits, Row, column_name
from imece.workbooks.sheet import opened

Locale = Literal["tr", "en"]

_RED, _GREY = PatternFill("solid", fgColor="F8C9C4"), PatternFill("solid", fgColor="E7EAEE")
_BOLD, _WRAPPED = Font(bold=True), Alignment(vertical="top", wrap_text=True)
_COMMENTS = 500  #: a sheet full of them is slow to open, and the reasons stand in their own column too
_FORMULA = re.compile(r"[=+\-@\t\r]")


class Fault(Protocol):
    """Why a row was refused. `column` is the heading of the wrong cell; None: the row as a whole."""

    @property
    def column(self) -> str | None:
        """The heading of the wrong cell."""

    def reason(self, locale: Locale) -> str:
        """The sentence in the reader's language."""


def cell(sheet: Any, value: str | date | datetime | Decimal | float | bool | Broken | None) -> Any:
    """A cell of a write-only `sheet`. A text stays a text, whatever it begins with, also when somebody edits it; a day is written as `20.11.2026`."""
    if isinstance(value, Broken):
        value = value.text
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    made = WriteOnlyCell(sheet, value)  # type: ignore[arg-type] # the stubs forget date
    if isinstance(value, str):
        made.data_type = "s"  # a text that begins with = stays a text
        made.quotePrefix = bool(_FORMULA.match(value))  # and does so when somebody edits it
    elif isinstance(value, datetime):
        made.number_format = "dd.mm.yyyy hh:mm"
    elif isinstance(value, date):
        made.number_format = "dd.mm.yyyy"
    return made


def heading(sheet: Any, name: str) -> Any:
    """A cell of the first row."""
    made = cell(sheet, name)
    made.font, made.fill, made.alignment = _BOLD, _GREY, _WRAPPED
    return made


@contextmanager
def sheet_at(to: Path, title: str, widths: Sequence[int], freeze: str) -> Iterator[Any]:
    """A write-only sheet, saved as the .xlsx `to` at the end of the block, and not at all when that fails. `widths` are its columns', in characters."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = freeze
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    try:
        yield sheet
    except BaseException:
        sheet.close()  # or its writer would complain when it is collected
        raise
    book.save(to)


def refused(
    path: Path, to: Path, names: Sequence[str], faults: Mapping[int, Sequence[Fault]], *, locale: Locale, limits: Limits | None = None
) -> None:
    """
    Write the rows of the workbook at `path` that have `faults`, by their numbers, to a new .xlsx at `to`, to be put right and given again.

    Each is as it was, under its headings (`names`, from column A on), with the reasons beside it and its wrong cells in red. The file is read once
    more, so that refused rows need not be kept in memory. Raises Unreadable.
    """
    title = "Hatalı satırlar" if locale == "tr" else "Refused rows"
    with sheet_at(to, title, (7, 60, *[22] * len(names)), "C2") as sheet, opened(path, limits) as source:
        lines = _Lines(sheet, names, locale)
        sheet.append(lines.heading())
        for row in source.rows:
            if row.number in faults:
                sheet.append(lines.row(row, faults[row.number]))


class _Lines:
    """Makes the cells of one sheet; counts its comments."""

    def __init__(self, sheet: Any, names: Sequence[str], locale: Locale) -> None:
        self._sheet = sheet
        self._names = names
        self._locale = locale
        self._comments = 0

    def heading(self) -> Iterable[Any]:
        for name in (*(("Satır", "Neden") if self._locale == "tr" else ("Row", "Reason")), *self._names):
            yield heading(self._sheet, name)

    def row(self, row: Row, faults: Sequence[Fault]) -> Iterator[Any]:
        yield self._cell(row.number)
        yield self._cell("\n".join(self._reason(fault) for fault in faults))
        wrong = {fault.column: fault for fault in faults if fault.column}
        width = max(len(row.cells), len(self._names))
        for column, value in enumerate((*row.cells, *[None] * (width - len(row.cells)))):
            fault = wrong.get((self._names[column] if column < len(self._names) else "") or column_name(column))
            made = self._cell(value)
            if fault:
                made.fill = _RED
                if self._comments < _COMMENTS:
                    self._comments += 1
                    made.comment = Comment(fault.reason(self._locale), "imece", width=260, height=90)
            yield made

    def _reason(self, fault: Fault) -> str:
        reason = fault.reason(self._locale)
        return f"{fault.column}: {reason}" if fault.column else reason

    def _cell(self, value: Any) -> Any:
        made = cell(self._sheet, value)
        made.alignment = _WRAPPED
        return made
