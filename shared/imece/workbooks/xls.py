"""Old workbooks (.xls, Excel 2 to 2003), by xlrd: it shows error cells, and knows Excel 2 to 4, which calamine does not."""

from io import StringIO
from pathlib import Path
from typing import Any

from imece.workbooks.cells import Broken, Unreadable
from imece.workbooks.kinds import damaged, locked
from imece.workbooks.ooxml import Rows, Table


def by_xlrd(path: Path) -> Table:
    """The first visible sheet. Raises Unreadable."""
    import xlrd  # noqa: PLC0415 (a child reads one kind of file and loads one reader)

    try:
        book = xlrd.open_workbook(path, on_demand=True, ragged_rows=True, logfile=StringIO())
        for index, name in enumerate(book.sheet_names()):
            sheet = book.sheet_by_index(index)
            if sheet.visibility == 0:
                return Table(name, _rows(xlrd, book, sheet))
            book.unload_sheet(index)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise locked() from None
        raise damaged() from None
    except (MemoryError, Unreadable):
        raise
    except Exception:  # noqa: BLE001 - xlrd lets every fault of a file out as it comes
        raise damaged() from None
    raise Unreadable("Every sheet of the workbook is hidden.", "Çalışma kitabındaki bütün sayfalar gizli.")


def _rows(xlrd: Any, book: Any, sheet: Any) -> Rows:
    for index in range(sheet.nrows):
        yield (
            index + 1,
            [_value(xlrd, book, kind, value) for kind, value in zip(sheet.row_types(index), sheet.row_values(index), strict=True)],
        )


def _value(xlrd: Any, book: Any, kind: int, value: Any) -> Any:
    if kind == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(value, book.datemode)
        except (ValueError, OverflowError):
            return value
        if value < 1:
            return moment.time()
        return moment.date() if value == int(value) else moment
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_ERROR:
        return Broken(xlrd.error_text_from_code.get(value, "#N/A"))
    return value
