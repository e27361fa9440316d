"""What goes back to people as a workbook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from openpyxl import Workbook, load_workbook

from imece.workbooks import Broken, writing


@dataclass(frozen=True)
class Wrong:
    """A fault."""

    column: str | None

    def reason(self, locale: Literal["tr", "en"]) -> str:
        return "olmaz" if locale == "tr" else "no"


@pytest.mark.parametrize("text", ["=1+1", "+90 312", "-5", "@SUM(A1)", "\tx", '=HYPERLINK("http://x.example")'])
def test_a_text_stays_a_text(tmp_path: Path, text: str) -> None:
    """Also when somebody edits it: the sign that Excel shows as a leading apostrophe is there."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([writing.cell(sheet, text)])
    book.save(tmp_path / "x.xlsx")
    read = load_workbook(tmp_path / "x.xlsx").worksheets[0]["A1"]
    assert (read.data_type, read.value, read.quotePrefix) == ("s", text, True)


def test_values_keep_their_types(tmp_path: Path) -> None:
    given = [Decimal("12.50"), 3, date(2026, 11, 20), datetime(2026, 11, 20, 9, 5), None, True, Broken("#REF!"), "a\x00b"]  # noqa: DTZ001 (a cell has no zone)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([writing.cell(sheet, value) for value in given])
    book.save(tmp_path / "x.xlsx")
    row = next(load_workbook(tmp_path / "x.xlsx").worksheets[0].iter_rows())
    assert [cell.value for cell in row] == [
        12.5,
        3,
        datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None),
        datetime(2026, 11, 20, 9, 5, tzinfo=UTC).replace(tzinfo=None),
        None,
        True,
        "#REF!",
        "ab",
    ]
    assert (row[2].number_format, row[3].number_format) == ("dd.mm.yyyy", "dd.mm.yyyy hh:mm")


def test_refused_rows_stand_under_their_headings(make: Callable[..., Path], tmp_path: Path) -> None:
    """Only they, as they were, with the reasons in the reader's language; a column without a heading goes by its letter."""
    path = make([["Adres", "Ad"], ["http://a", "iyi"], ["yok", "kötü", "fazla"]])
    writing.refused(path, tmp_path / "out.xlsx", ["Adres", "Ad"], {3: [Wrong("Adres"), Wrong("C"), Wrong(None)]}, locale="tr")
    rows = list(load_workbook(tmp_path / "out.xlsx").worksheets[0].iter_rows())
    assert [cell.value for cell in rows[0]][:4] == ["Satır", "Neden", "Adres", "Ad"]
    assert [[cell.value for cell in row] for row in rows[1:]] == [[3, "Adres: olmaz\nC: olmaz\nolmaz", "yok", "kötü", "fazla"]]
    assert [cell.fill.fgColor.rgb for cell in rows[1][2:]] == ["00F8C9C4", "00000000", "00F8C9C4"]
