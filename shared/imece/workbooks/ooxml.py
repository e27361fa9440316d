"""
Workbooks of the Office Open XML kind: .xlsx, .xlsm, .xlsb.

python-calamine reads first: ten times faster than openpyxl, and it knows strict OOXML and .xlsb. It shows an error cell and a formula
without a value as blank, so `flaws` finds those. Where calamine refuses a file, openpyxl reads it, slower and as a stream.
"""

import heapq
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imece.workbooks.cells import Broken, Unreadable
from imece.workbooks.flaws import Flaws, flaws_of
from imece.workbooks.kinds import Kind, damaged, locked

Rows = Iterator[tuple[int, list[Any]]]


class Refused(Exception):
    """This reader cannot read the file; another may."""


@dataclass(frozen=True)
class Table:
    """The sheet that is read, and its rows with the sheet's own numbers; empty cells are None or empty text."""

    sheet: str
    rows: Rows


def by_calamine(path: Path, kind: Kind) -> Table:
    """The first visible sheet, loaded whole. Raises Refused or Unreadable. May end the process (an allocation that fails aborts it)."""
    import python_calamine as calamine  # noqa: PLC0415 (a child reads one kind of file and loads one reader)

    try:
        book = calamine.CalamineWorkbook.from_filelike(path.open("rb"))  # by path it would believe the name's ending
        sheets = [
            (index, sheet.name)
            for index, sheet in enumerate(book.sheets_metadata)
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if not sheets:
            raise _nothing_visible()
        index, name = sheets[0]
        sheet = book.get_sheet_by_index(index)
    except calamine.PasswordError:
        raise locked() from None
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise Refused(str(error)) from None
    found = flaws_of(path, kind, name)
    if found is None:
        raise Refused(f"the part of sheet {name} was not found")
    return Table(name, _with_flaws(_calamine_rows(sheet), found))


def by_openpyxl(path: Path) -> Table:
    """The first visible sheet, as a stream. Its own claim about its size is not believed: a wrong one would hide rows. Raises Unreadable."""
    from openpyxl import load_workbook  # noqa: PLC0415 (see by_calamine)

    warnings.simplefilter("ignore")  # remarks about styles
    try:
        book = load_workbook(path.open("rb"), read_only=True, data_only=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - openpyxl lets every fault of a file out as it comes
        raise damaged() from None
    if not book.worksheets:
        raise damaged()
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            found = flaws_of(path, Kind.XLSX, sheet.title) or {}
            return Table(sheet.title, _with_flaws(_openpyxl_rows(sheet), found))
    raise _nothing_visible()


def _calamine_rows(sheet: Any) -> Rows:
    # Rows come from row 1 of the sheet on, but cells only from the first used column on.
    before = [None] * sheet.start[1] if sheet.start else []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, before + cells


def _openpyxl_rows(sheet: Any) -> Rows:
    try:
        for number, cells in enumerate(sheet.iter_rows(), 1):
            yield number, [Broken(cell.value) if cell.data_type == "e" else cell.value for cell in cells]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see by_openpyxl
        raise damaged() from None


def _with_flaws(rows: Rows, flaws: Flaws) -> Rows:
    """`rows` with the broken cells put in, also in rows that have nothing else."""
    if not flaws:
        return rows
    missing: Rows = ((number, []) for number in sorted(flaws))
    return _mended(heapq.merge(rows, missing, key=lambda row: row[0]), flaws)


def _mended(rows: Rows, flaws: Flaws) -> Rows:
    done = 0
    for number, cells in rows:
        broken = flaws.get(number)
        if broken is not None:
            if number == done:  # the row itself came before its stand-in
                continue
            done = number
            cells.extend([None] * (max(broken) + 1 - len(cells)))
            for index, text in broken.items():
                cells[index] = Broken(text)
        yield number, cells


def _nothing_visible() -> Unreadable:
    return Unreadable("Every sheet of the workbook is hidden.", "Çalışma kitabındaki bütün sayfalar gizli.")
