"""Old workbooks."""

import struct
from collections.abc import Callable
from datetime import date
from pathlib import Path

from imece.workbooks import Broken, Row

FILES = Path(__file__).parent / "files"
Rows = Callable[..., list[Row]]


def test_days_counted_from_1904(rows_of: Rows) -> None:
    assert rows_of(FILES / "poi-1904DateWindowing.xls") == [Row(1, (date(2000, 1, 1), date(2000, 1, 1)))]


def test_excel_2_without_a_container(tmp_path: Path, rows_of: Rows) -> None:
    """A few records written by hand, as very old programs still do: texts, a number, an error, a logical value."""

    def record(number: int, body: bytes) -> bytes:
        return struct.pack("<HH", number, len(body)) + body

    def at(row: int, column: int) -> bytes:
        return struct.pack("<HH", row, column) + bytes(3)

    text = "Borç".encode("cp1254")
    content = b"".join(
        [
            record(0x0009, struct.pack("<HH", 2, 0x10)),
            record(0x0042, struct.pack("<H", 1254)),
            record(0x0004, at(0, 0) + bytes([len(text)]) + text),
            record(0x0003, at(2, 1) + struct.pack("<d", 12.5)),
            record(0x0005, at(2, 2) + b"\x07\x01"),
            record(0x0005, at(2, 3) + b"\x01\x00"),
            record(0x000A, b""),
        ]
    )
    (tmp_path / "eski.xls").write_bytes(content)
    assert rows_of(tmp_path / "eski.xls") == [Row(1, ("Borç",)), Row(3, (None, 12.5, Broken("#DIV/0!"), True))]
