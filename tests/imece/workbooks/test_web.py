"""Web tables that call themselves .xls."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imece.workbooks import Row, Unreadable

Rows = Callable[..., list[Row]]


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Path]:
    def made(content: str, encoding: str = "utf-8") -> Path:
        (tmp_path / "rapor.xls").write_text(content, encoding=encoding)
        return tmp_path / "rapor.xls"

    return made


@pytest.mark.parametrize(
    ("named", "encoding"), [("utf-8", "utf-8"), ("windows-1254", "cp1254"), ("iso-8859-9", "cp1254"), ("utf-8", "cp1254"), ("", "cp1254")]
)
def test_a_page_in_turkish(page: Callable[..., Path], rows_of: Rows, named: str, encoding: str) -> None:
    """In the encoding it names, or in another: many programs name the wrong one."""
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={named}">' if named else ""
    path = page(
        f"<html><head>{meta}</head><table><tr><th>Cari</th><th>Borç</th></tr><tr><td>Öğüt Şişe</td><td>1.234,56</td></tr></table></html>",
        encoding,
    )
    assert rows_of(path) == [Row(1, ("Cari", "Borç")), Row(2, ("Öğüt Şişe", "1.234,56"))]


def test_what_programs_leave_out_and_put_in(page: Callable[..., Path], rows_of: Rows) -> None:
    """No closing tags, entities, markup inside cells, blanks for nothing, upper case."""
    path = page("<TABLE><TR><TD><b>Işık</b> &amp; Çınar<br>A.Ş.<TD>&nbsp;<TD>5<TR><TD>son</TABLE>")
    assert rows_of(path) == [Row(1, ("Işık & Çınar A.Ş.", None, "5")), Row(2, ("son",))]


def test_cells_that_span(page: Callable[..., Path], rows_of: Rows) -> None:
    path = page(
        "<table><tr><td colspan=2>Cari</td><td rowspan=2>Tarih</td></tr><tr><td>Ünvan</td><td>VKN</td></tr>"
        "<tr><td>a</td><td>b</td><td>c</td></tr></table>"
    )
    assert rows_of(path) == [Row(1, ("Cari", None, "Tarih")), Row(2, ("Ünvan", "VKN")), Row(3, ("a", "b", "c"))]


def test_tables_stand_one_below_the_other(page: Callable[..., Path], rows_of: Rows) -> None:
    path = page("<table><tr><td>Başlık</td></tr></table><p>metin</p><table><tr></tr><tr><td>a</td><td>b</td></tr></table>")
    assert rows_of(path) == [Row(1, ("Başlık",)), Row(3, ("a", "b"))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html><body>Merhaba</body></html>", "tablosu olmayan"),
        ("<html><table><tr><td>a</td></tr><tr><td>b", "yarım"),
        (f"<table><tr>{'<td colspan=500>x</td>' * 10}</tr></table>", "çok fazla sütun"),
    ],
)
def test_what_is_no_table_is_told(page: Callable[..., Path], rows_of: Rows, content: str, said: str) -> None:
    with pytest.raises(Unreadable) as fault:
        rows_of(page(content))
    assert said in fault.value.tr


def test_spans_without_end_are_bounded(page: Callable[..., Path], rows_of: Rows) -> None:
    assert rows_of(page("<table><tr><td rowspan=999999 colspan=400>a</td></tr><tr><td>b</td></tr></table>"), seconds=3)[0].cells == ("a",)
