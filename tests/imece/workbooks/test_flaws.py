"""A cell without a value is seen, not blank: a blank debit is no debit."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from imece.workbooks import Broken, Row

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FILES = Path(__file__).parent / "files"
Rows = Callable[..., list[Row]]


def test_errors_and_formulas_without_a_value(pack: Callable[..., Path], rows_of: Rows) -> None:
    path = pack(
        '<row r="1"><c r="A1" t="e"><v>#DIV/0!</v></c><c r="B1"><v>1</v></c><c r="C1" t="e"><f>1/0</f><v>#N/A</v></c></row>'
        '<row r="2"><c r="A2"><f>A1+1</f></c><c r="B2"><f>A1+1</f><v></v></c><c r="C2"><f>2+2</f><v>4</v></c></row>'
        '<row r="3"><c r="B3" t="str"><f>""</f><v></v></c><c r="C3"><v>3</v></c></row>'
        '<row r="4"><c r="D4"><f t="shared" si="0"/></c></row>'
    )
    assert rows_of(path) == [
        Row(1, (Broken("#DIV/0!"), 1.0, Broken("#N/A"))),
        Row(2, (Broken("="), Broken("="), 4.0)),
        Row(3, (None, None, 3.0)),
        Row(4, (None, None, None, Broken("="))),
    ]


def test_formulas_as_openpyxl_writes_them(make: Callable[..., Path], rows_of: Rows) -> None:
    assert rows_of(make([["Borç", "Alacak"], ["=1+1", 5]])) == [Row(1, ("Borç", "Alacak")), Row(2, (Broken("="), 5.0))]


def test_a_zero_that_nobody_calculated(pack: Callable[..., Path], rows_of: Rows) -> None:
    """Some programs write 0 behind every formula and ask for a calculation when the file is opened."""
    rows = '<row r="1"><c r="A1"><f>SUM(B1:C1)</f><v>0</v></c><c r="B1"><v>2</v></c><c r="C1"><f>1+2</f><v>3</v></c></row>'
    book = (
        f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="Cari" sheetId="1" r:id="rId1"/></sheets>'
        '<calcPr calcId="1" fullCalcOnLoad="1"/></workbook>'
    )
    assert rows_of(pack(rows)) == [Row(1, (0.0, 2.0, 3.0))]
    assert rows_of(pack(rows, **{"xl/workbook.xml": book})) == [Row(1, (Broken("="), 2.0, 3.0))]


def test_rows_and_cells_without_references(pack: Callable[..., Path], rows_of: Rows) -> None:
    path = pack('<row><c><v>1</v></c><c t="e"><v>#REF!</v></c></row><row><c t="e"><v>#NAME?</v></c></row>')
    assert rows_of(path) == [Row(1, (1.0, Broken("#REF!"))), Row(2, (Broken("#NAME?"),))]


def test_prefixed_names(pack: Callable[..., Path], rows_of: Rows) -> None:
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1"><x:f>1+1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert rows_of(pack(sheet=sheet)) == [Row(1, (1.0, Broken("=")))]


def test_errors_in_binary_workbooks(tmp_path: Path, rows_of: Rows) -> None:
    """Records of MS-XLSB: row 3 with the number 1.5 in A, #DIV/0! in B, and a formula that gives #N/A in D."""

    def record(number: int, body: bytes = b"") -> bytes:
        head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
        return head + bytes([len(body)]) + body

    def cell(column: int, value: bytes) -> bytes:
        return struct.pack("<II", column, 0) + value

    sheet = b"".join(
        [
            *(record(129), record(148, struct.pack("<IIII", 2, 2, 0, 3)), record(145)),
            record(0, struct.pack("<I", 2) + bytes(21)),
            record(5, cell(0, struct.pack("<d", 1.5))),
            record(3, cell(1, b"\x07")),
            record(11, cell(3, b"\x2a" + bytes(2) + struct.pack("<I", 0) + bytes(4))),
            *(record(146), record(130)),
        ]
    )
    with zipfile.ZipFile(FILES / "cal-issue_666_panic.xlsb") as old, zipfile.ZipFile(tmp_path / "errors.xlsb", "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.bin") else old.read(name))
    assert rows_of(tmp_path / "errors.xlsb") == [Row(3, (1.5, Broken("#DIV/0!"), None, Broken("#N/A")))]
