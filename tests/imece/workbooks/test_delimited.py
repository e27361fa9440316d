"""Text tables of any encoding and delimiter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imece.workbooks import Row, Unreadable

Rows = Callable[..., list[Row]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_turkish_text_tables(tmp_path: Path, rows_of: Rows, encoding: str, delimiter: str) -> None:
    """The decimal comma is no delimiter, however many there are."""
    table = [("Ünvan", "Borç", "Alacak"), ("Öğüt Şişe Işık İğne", "1.234,56", "0,00"), ("Çınar", "1,5", "2,5")]
    (tmp_path / "liste.xlsx").write_text("\r\n".join(delimiter.join(row) for row in table), encoding=encoding, newline="")
    assert rows_of(tmp_path / "liste.xlsx") == [Row(number, row) for number, row in enumerate(table, 1)]


def test_english_text_tables(tmp_path: Path, rows_of: Rows) -> None:
    (tmp_path / "list.csv").write_text('Title,Debit\n"Işık, Ltd.","1,234.56"\nÇınar,5.00\n', encoding="utf-8")
    assert rows_of(tmp_path / "list.csv") == [Row(1, ("Title", "Debit")), Row(2, ("Işık, Ltd.", "1,234.56")), Row(3, ("Çınar", "5.00"))]


def test_numbers_are_those_of_a_spreadsheet(tmp_path: Path, rows_of: Rows) -> None:
    """Blank rows count; a text in two lines is one row; a line that names the delimiter is none."""
    (tmp_path / "liste.csv").write_text('sep=;\na;b\n\n"iki\nsatır";c\nd;e\n', encoding="utf-8")
    assert rows_of(tmp_path / "liste.csv") == [Row(1, ("a", "b")), Row(3, ("iki\nsatır", "c")), Row(4, ("d", "e"))]


def test_titles_above_do_not_hide_the_delimiter(tmp_path: Path, rows_of: Rows) -> None:
    (tmp_path / "liste.csv").write_text("CARİ LİSTE, 2026\n\nÜnvan;Borç\nIşık;1,5\nÇınar;2,5\n", encoding="utf-8")
    assert [len(row.cells) for row in rows_of(tmp_path / "liste.csv")] == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Sadece bir yazi.\nIkinci satir.\n", "ayraç"),
        (b'a;b\n"acik;c\nd;e\n', "tırnak işareti"),
        (b'a;b\n"kapali"x;c\n', "tırnak işareti"),
        (b"a;b\nc;\x9d\x81\n", "kodlaması"),
        (b"a;b\n" + b"c;d\n" * 20_000 + b"e;\x00\n", "ikili veri"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, rows_of: Rows, content: bytes, said: str) -> None:
    """An open quotation mark would swallow the rest of the file in silence."""
    (tmp_path / "liste.csv").write_bytes(content)
    with pytest.raises(Unreadable) as fault:
        rows_of(tmp_path / "liste.csv")
    assert said in fault.value.tr


def test_a_column_of_links_is_a_table_where_one_column_is_enough(tmp_path: Path, rows_of: Callable[..., list[Row]]) -> None:
    """Also when some of them have a comma inside."""
    path = tmp_path / "links.txt"
    path.write_text("https://a.example/1\nhttps://a.example/2,3\nhttps://a.example/4\n", encoding="utf-8")
    assert [row.cells for row in rows_of(path, plain=True)] == [
        ("https://a.example/1",),
        ("https://a.example/2,3",),
        ("https://a.example/4",),
    ]
    path.write_text("Adres;Ad\nhttps://a.example/1;Bir\n", encoding="utf-8")
    assert rows_of(path, plain=True)[1].cells == ("https://a.example/1", "Bir")
