"""The workbook of refused rows: as they were, with reasons, harmless, and good for a second upload."""

from datetime import date
from pathlib import Path

from openpyxl import Workbook, load_workbook

from documents.balances import read_balances
from documents.refusals import write

HEADINGS = ["Ünvan", "VKN", "E-posta", "Tarih", "Borç", "Alacak"]


def source(folder: Path, *rows: list[object]) -> Path:
    book = Workbook()
    assert book.active is not None
    book.active.append(["CARİ LİSTE"])
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(folder / "liste.xlsx")
    return folder / "liste.xlsx"


GOOD: list[object] = ["Işık A.Ş.", "4540536920", None, date(2026, 9, 30), 5.5, 0]


def test_each_refused_row_is_there_as_it_was_with_its_reason(tmp_path: Path) -> None:
    path = source(tmp_path, GOOD, ["Çınar", "10000000147", "a@b", date(2026, 9, 30), "beş", 0.25], GOOD)
    write(path, read_balances(path), tmp_path / "hatali.xlsx", "tr")

    sheet = load_workbook(tmp_path / "hatali.xlsx").worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert sheet.title == "Hatalı satırlar"
    assert rows[0] == ("Satır", "Neden", *HEADINGS)
    assert [row[0] for row in rows[1:]] == [4, 5]
    assert rows[1][2:5] == ("Çınar", "10000000147", "a@b")
    assert rows[1][6:] == ("beş", 0.25)
    assert rows[2][1] == "3. satırın tekrarı."
    assert str(rows[1][1]).splitlines() == [
        "VKN: 10000000147 geçerli bir TCKN değil: denetim basamakları tutmuyor.",
        "E-posta: “a@b” bir e-posta adresi değil.",
        "Borç: “beş” bir tutar değil.",
    ]
    red = {cell.column_letter: cell.comment.text for cell in sheet[2] if cell.comment}
    assert red == {
        "D": "10000000147 geçerli bir TCKN değil: denetim basamakları tutmuyor.",
        "E": "“a@b” bir e-posta adresi değil.",
        "G": "“beş” bir tutar değil.",
    }
    assert {cell.column_letter for cell in sheet[2] if cell.fill.fgColor.rgb == "00F8C9C4"} == set(red)
    assert sheet["F2"].number_format == "dd.mm.yyyy"


def test_nothing_in_it_becomes_a_formula(tmp_path: Path) -> None:
    """What was text stays text, also when somebody edits the cell; what was a formula is gone."""
    path = tmp_path / "liste.csv"
    evil = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2+3", "\t=1+1"]
    path.write_text(";".join(HEADINGS) + "\n" + "\n".join(f"{text};1;;;1;0" for text in evil), encoding="utf-8")
    write(path, read_balances(path), tmp_path / "hatali.xlsx", "tr")

    sheet = load_workbook(tmp_path / "hatali.xlsx").worksheets[0]
    cells = [row[2] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == evil
    assert all(cell.data_type in {"s", "inlineStr"} and cell.quotePrefix for cell in cells)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_control_characters_and_broken_cells_are_written_as_text(tmp_path: Path) -> None:
    path = source(tmp_path, ["Işık", "4540536920", None, date(2026, 9, 30), "=1+1", 0])
    write(path, read_balances(path), tmp_path / "hatali.xlsx", "en")

    sheet = load_workbook(tmp_path / "hatali.xlsx").worksheets[0]
    assert (sheet.title, sheet["G2"].value, sheet["G2"].data_type) == ("Refused rows", "=", "s")

    path = tmp_path / "liste.csv"
    path.write_text(";".join(HEADINGS) + "\nI\x0bşık;1;;;1;0\n", encoding="utf-8")
    write(path, read_balances(path), tmp_path / "hatali.xlsx", "en")
    assert load_workbook(tmp_path / "hatali.xlsx").worksheets[0]["C2"].value == "Işık"


def test_put_right_it_can_be_uploaded_again(tmp_path: Path) -> None:
    path = source(tmp_path, GOOD, ["Çınar", "10000000146", None, date(2026, 9, 30), "beş", 0.25])
    write(path, read_balances(path), tmp_path / "hatali.xlsx", "tr")

    book = load_workbook(tmp_path / "hatali.xlsx")
    book.worksheets[0]["G2"] = 5
    book.save(tmp_path / "hatali.xlsx")
    again = read_balances(tmp_path / "hatali.xlsx")
    assert (again.faults, [draft.party.title for draft in again.letters]) == ([], ["Çınar"])
