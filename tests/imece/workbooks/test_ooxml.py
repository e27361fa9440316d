"""Workbooks of Excel 2007 and later: which sheet, which rows, and never a part of them in silence."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from imece.workbooks import Row, Unreadable, opened

FILES = Path(__file__).parent / "files"
Rows = Callable[..., list[Row]]


def test_rows_have_the_numbers_and_columns_that_the_sheet_shows(tmp_path: Path, rows_of: Rows) -> None:
    """Also where it begins in the middle and has blank rows between."""
    book = Workbook()
    assert book.active is not None
    book.active["C5"], book.active["D7"], book.active["C9"] = "x", 1.5, date(2026, 9, 30)
    book.save(tmp_path / "middle.xlsx")
    assert rows_of(tmp_path / "middle.xlsx") == [
        Row(5, (None, None, "x")),
        Row(7, (None, None, None, 1.5)),
        Row(9, (None, None, date(2026, 9, 30))),
    ]


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.sheet_state = "hidden"
    book.active["A1"] = "secret"
    book.create_sheet("Cari")["A1"] = "seen"
    book.save(tmp_path / "hidden.xlsx")
    with opened(tmp_path / "hidden.xlsx") as sheet:
        assert (sheet.name, list(sheet.rows)) == ("Cari", [Row(1, ("seen",))])


def test_a_wrong_claim_about_the_size_hides_no_rows(pack: Callable[..., Path], rows_of: Rows) -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>' for number in range(1, 2001))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:B1"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    assert len(rows_of(pack(sheet=sheet))) == 2000


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_a_part_that_ends_in_the_middle_is_no_shorter_sheet(pack: Callable[..., Path], rows_of: Rows, tmp_path: Path, part: str) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n - 1}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 301))
    source = pack(rows, strings=[f"metin {number}" for number in range(300)])
    assert len(rows_of(source)) == 300
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) * 3 // 4] if name == part else content)
    with pytest.raises(Unreadable, match="damaged or incomplete"):
        rows_of(tmp_path / "cut.xlsx")


def test_fifty_thousand_merged_cells_take_no_quadratic_time(pack: Callable[..., Path], rows_of: Rows) -> None:
    merges = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(2, 50_002))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        f'</sheetData><mergeCells count="50000">{merges}</mergeCells></worksheet>'
    )
    assert rows_of(pack(sheet=sheet), seconds=5) == [Row(1, (1.0,))]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("cal-date_1904.xlsx", (date(2021, 1, 1), 15.0)),
        ("cal-date_iso.xlsx", (date(2021, 1, 1),)),
        ("clx-LibreOfficeFileWithDates.xlsx", (date(2017, 1, 2),)),
        ("clx-NoReferencesOnRowsOrCells.xlsx", ("Test1", "Test2")),
        ("poi-SimpleStrict.xlsx", ("test", None, 1.0)),
        ("cal-nonstandard-xml-ns-prefix.xlsx", ("a", "b")),
        ("cal-has_x000D_.xlsx", ("ABC\r\nDEF",)),
        ("clx-InvalidColors.xlsx", ("Font Color '0'",)),
        ("clx-file1.xlsx", ("test1", "aaa")),
    ],
)
def test_what_ugly_files_hold(rows_of: Rows, name: str, first: tuple[object, ...]) -> None:
    assert rows_of(FILES / name)[0] == Row(1, first)
