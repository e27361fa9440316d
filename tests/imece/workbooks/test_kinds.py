"""A file is what it holds, not what it is called."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from imece.workbooks import Limits, Unreadable
from imece.workbooks.kinds import Kind, kind_of

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", ["liste.xls", "liste.csv", "liste", "liste.xlsx"])
def test_the_name_does_not_matter(make: Callable[..., Path], rows_of: Callable[..., list[object]], tmp_path: Path, name: str) -> None:
    """An .xlsx called .xls is read all the same."""
    shutil.move(make([["Ünvan", "Borç"], ["Işık", 5]]), tmp_path / name)
    assert kind_of(tmp_path / name, Limits()) is Kind.XLSX
    assert len(rows_of(tmp_path / name)) == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [("poi-1904DateWindowing.xls", Kind.XLS), ("cal-issue_666_panic.xlsb", Kind.XLSB), ("cal-issue_594_dos.ods", Kind.ODS)],
)
def test_containers(name: str, kind: Kind) -> None:
    assert kind_of(FILES / name, Limits()) is kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Dosya boş (0 bayt)."),
        (b"%PDF-1.7 ...", "Bu bir PDF dosyası"),
        (b"\x89PNG\r\n", "Bu bir PNG dosyası"),
        (b"{\\rtf1 Merhaba}", "Bu bir RTF dosyası"),
        (b"PK\x03\x04 cut off", "bozuk ya da yarım"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le") * 50, "Excel dosyası değil"),
        (b"\x00\x01\x02\x03", "Bu bir tablo dosyası değil."),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "web arşivi"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "2003 XML"),
        (b"<?xml version='1.0'?><kitap/>", "XML dosyası"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "liste.xlsx"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as fault:
        kind_of(path, Limits())
    assert said in fault.value.tr


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "arsiv.xlsx", "w") as archive:
        archive.writestr("merhaba.txt", "merhaba")
    with pytest.raises(Unreadable, match="a zip archive, not an Excel file"):
        kind_of(tmp_path / "arsiv.xlsx", Limits())


@pytest.mark.parametrize("start", ["<html><table>", "<!DOCTYPE HTML><html>", "\ufeff  <table>", "<meta charset=utf-8><table>"])
def test_web_pages(tmp_path: Path, start: str) -> None:
    (tmp_path / "rapor.xls").write_text(start, encoding="utf-8")
    assert kind_of(tmp_path / "rapor.xls", Limits()) is Kind.HTML


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
def test_texts(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "liste.xlsx").write_text("Ünvan;Borç\nIşık;5\n", encoding=encoding)
    assert kind_of(tmp_path / "liste.xlsx", Limits()) is Kind.TEXT
