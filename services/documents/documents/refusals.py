"""The workbook of refused rows: each as it was, with the reason beside it and its wrong cells in red, to be put right and uploaded again."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from documents import columns
from documents.amounts import Locale
from documents.balances import Fault, Reading
from documents.columns import Header
from imece import storage
from imece.workbooks import Broken, Cell, Limits, Row, opened

if TYPE_CHECKING:
    from documents.models import Batch

_RED, _GREY = PatternFill("solid", fgColor="F8C9C4"), PatternFill("solid", fgColor="E7EAEE")
_BOLD, _WRAPPED = Font(bold=True), Alignment(vertical="top", wrap_text=True)
_COMMENTS = 500  #: a sheet full of them is slow to open, and the reasons stand in their own column too
_FORMULA = re.compile(r"[=+\-@\t\r]")


def store(batch: "Batch", reading: Reading, path: Path) -> str | None:
    """Keep the workbook of refused rows in storage and return its key, the same for the same batch; None when no row was refused."""
    if not reading.refused:
        return None
    name = "hatali-satirlar.xlsx" if batch.locale == "tr" else "refused-rows.xlsx"
    key = storage.new_key(batch.company_id, "refusals", name, of=batch.id)
    with TemporaryDirectory(prefix="imece-") as folder:
        made = Path(folder) / name
        write(path, reading, made, "tr" if batch.locale == "tr" else "en")
        storage.put(key, made)
    return key


def write(path: Path, reading: Reading, to: Path, locale: Locale, limits: Limits | None = None) -> None:
    """
    Write the rows of the workbook at `path` that `reading` refused to a new .xlsx at `to`.

    The file is read once more, so that refused rows need not be kept in memory. Nothing in a cell becomes a formula. Raises Unreadable.
    """
    faults: dict[int, list[Fault]] = defaultdict(list)
    for fault in reading.faults:
        if fault.row is not None:
            faults[fault.row].append(fault)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Hatalı satırlar" if locale == "tr" else "Refused rows")
    sheet.freeze_panes = "C2"
    with opened(path, limits) as source:
        top = list(islice(source.rows, columns.WITHIN))
        header = columns.find(top) or Header(0, ())
        for letter, width in (("A", 7), ("B", 60), *((get_column_letter(place), 22) for place in range(3, len(header.names) + 3))):
            sheet.column_dimensions[letter].width = width
        lines = _Lines(sheet, header, locale)
        sheet.append(lines.heading())
        for row in chain(top, source.rows):
            if row.number in faults:
                sheet.append(lines.row(row, faults[row.number]))
    book.save(to)


class _Lines:
    """Makes the cells of one sheet; counts its comments."""

    def __init__(self, sheet: Any, header: Header, locale: Locale) -> None:
        self._sheet = sheet
        self._header = header
        self._locale = locale
        self._comments = 0

    def heading(self) -> Iterable[Any]:
        for name in ("Satır", "Neden") if self._locale == "tr" else ("Row", "Reason"), self._header.names:
            for text in name:
                cell = self._cell(text)
                cell.font, cell.fill = _BOLD, _GREY
                yield cell

    def row(self, row: Row, faults: list[Fault]) -> Iterator[Any]:
        yield self._cell(row.number)
        yield self._cell("\n".join(self._reason(fault) for fault in faults))
        wrong = {fault.column: fault for fault in faults if fault.column}
        width = max(len(row.cells), len(self._header.names))
        for column, value in enumerate((*row.cells, *[None] * (width - len(row.cells)))):
            fault = wrong.get(self._header.name(column))
            cell = self._cell(value)
            if fault:
                cell.fill = _RED
                if self._comments < _COMMENTS:
                    self._comments += 1
                    cell.comment = Comment(fault.reason(self._locale), "imece", width=260, height=90)
            yield cell

    def _reason(self, fault: Fault) -> str:
        reason = fault.reason(self._locale)
        return f"{fault.column}: {reason}" if fault.column else reason

    def _cell(self, value: Cell) -> Any:
        if isinstance(value, Broken):
            value = value.text
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell = WriteOnlyCell(self._sheet, value)  # type: ignore[arg-type] # the stubs forget date
        cell.alignment = _WRAPPED
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins with = stays a text
            cell.quotePrefix = bool(_FORMULA.match(value))  # and does so when somebody edits it
        elif isinstance(value, date):
            cell.number_format = "dd.mm.yyyy"
        return cell
