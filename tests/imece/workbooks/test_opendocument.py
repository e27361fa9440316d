"""OpenDocument spreadsheets: values by their type, repeats bounded, errors seen."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from imece.workbooks import Broken, Row, Unreadable, opened

Rows = Callable[..., list[Row]]
NAMES = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style"))
CALC = ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


@pytest.fixture
def ods(tmp_path: Path) -> Callable[..., Path]:
    def made(rows: str, *, before: str = "", styles: str = "", manifest: str = "") -> Path:
        path = tmp_path / "tablo.ods"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
            archive.writestr(
                "content.xml",
                f'<?xml version="1.0"?><office:document-content{NAMES}{CALC}><office:automatic-styles>{styles}</office:automatic-styles>'
                f'<office:body><office:spreadsheet>{before}<table:table table:name="Cari">{rows}</table:table>'
                "</office:spreadsheet></office:body></office:document-content>",
            )
        return path

    return made


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def cell(content: str = "", **attributes: str) -> str:
    names = "".join(f' {name.replace("__", ":").replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell{names}>{content}</table:table-cell>"


def text(content: str) -> str:
    return cell(f"<text:p>{content}</text:p>", office__value_type="string")


def test_values_by_type(ods: Callable[..., Path], rows_of: Rows) -> None:
    path = ods(
        row(
            text("Işık<text:s text:c='2'/>A.Ş."),
            cell("<text:p>1.234,50</text:p>", office__value_type="float", office__value="1234.5"),
            cell("<text:p>30.09.2026</text:p>", office__value_type="date", office__date_value="2026-09-30"),
            cell("<text:p>x</text:p>", office__value_type="date", office__date_value="2026-09-30T10:30:00"),
            cell("<text:p>DOĞRU</text:p>", office__value_type="boolean", office__boolean_value="true"),
            cell("<text:p>bir</text:p><text:p>iki</text:p>", office__value_type="string"),
            cell("<office:annotation><text:p>not</text:p></office:annotation><text:p>üç</text:p>", office__value_type="string"),
        )
    )
    assert rows_of(path) == [
        Row(1, ("Işık  A.Ş.", 1234.5, date(2026, 9, 30), datetime(2026, 9, 30, 10, 30), True, "bir\niki", "üç"))  # noqa: DTZ001
    ]


def test_errors_and_formulas_without_a_value(ods: Callable[..., Path], rows_of: Rows) -> None:
    path = ods(
        row(
            cell("<text:p>#DIV/0!</text:p>", table__formula="of:=1/0", office__value_type="string", calcext__value_type="error"),
            cell("<text:p>#N/A</text:p>", table__formula="of:=NA()", office__value_type="string"),
            cell(table__formula="of:=1+1"),
            text("#1 müşteri"),
        )
    )
    assert rows_of(path) == [Row(1, (Broken("#DIV/0!"), Broken("#N/A"), Broken("="), "#1 müşteri"))]


def test_repeats_count_in_the_numbers(ods: Callable[..., Path], rows_of: Rows) -> None:
    path = ods(
        row(text("a"), more=' table:number-rows-repeated="2"')
        + row(cell(table__number_columns_repeated="16384"), more=' table:number-rows-repeated="1000000"')
        + row(
            cell(table__number_columns_repeated="2"),
            cell("<text:p>b</text:p>", table__number_columns_repeated="2", office__value_type="string"),
        )
    )
    assert rows_of(path) == [Row(1, ("a",)), Row(2, ("a",)), Row(1_000_003, (None, None, "b", "b"))]


@pytest.mark.parametrize("repeats", [' table:number-rows-repeated="1000000000"', ""])
def test_a_full_cell_repeated_without_end_is_refused(ods: Callable[..., Path], rows_of: Rows, repeats: str) -> None:
    full = cell("<text:p>x</text:p>", office__value_type="string", table__number_columns_repeated="1" if repeats else "1000000000")
    with pytest.raises(Unreadable, match=r"rows|beyond column"):
        rows_of(ods(row(full, more=repeats)), rows=1000)


def test_the_first_visible_sheet_is_read(ods: Callable[..., Path]) -> None:
    path = ods(
        row(text("seen")),
        before=f'<table:table table:name="Gizli" table:style-name="ta1">{row(text("secret"))}</table:table>',
        styles='<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>',
    )
    with opened(path) as sheet:
        assert (sheet.name, list(sheet.rows)) == ("Cari", [Row(1, ("seen",))])


def test_a_password_is_told(ods: Callable[..., Path], rows_of: Rows) -> None:
    with pytest.raises(Unreadable, match="password"):
        rows_of(ods("", manifest="<encryption-data/>"))


def test_content_that_ends_in_the_middle_is_told(ods: Callable[..., Path], rows_of: Rows, tmp_path: Path) -> None:
    source = ods("".join(row(text(f"metin {number}")) for number in range(3000)))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "cut.ods", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[: 100_000 if name == "content.xml" else None])
    with pytest.raises(Unreadable, match="damaged or incomplete"):
        rows_of(tmp_path / "cut.ods")
