"""
OpenDocument spreadsheets (.ods), read as a stream.

Our own reader, because calamine shows an error cell as blank and loads the repeated rows and cells of which such files are made.
Source: OpenDocument 1.3 part 3, chapters 9 (tables) and 19.385 (value types).
"""

import re
import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

from imece.workbooks.cells import Broken, Limits, Unreadable, column_name
from imece.workbooks.kinds import damaged, locked
from imece.workbooks.ooxml import Rows, Table

_CHUNK = 1 << 16
_OF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OF}{name}:1.0 " for name in ("table", "office", "text", "style"))
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_CELL, _COVERED = _TABLE + "table-cell", _TABLE + "covered-table-cell"
_ERROR = re.compile(r"#(DIV/0|N/A|NAME|NULL|NUM|REF|VALUE)[!?]?|Err:\d+")


def by_stream(path: Path, limits: Limits) -> Table:
    """The first visible sheet. Raises Unreadable."""
    with zipfile.ZipFile(path) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise locked()
    reader = _Reader(limits)
    rows = _rows(path, reader)
    first = next(rows, None)  # the name is known once the sheet has begun
    if reader.sheet is None:
        raise Unreadable("Every sheet of the workbook is hidden.", "Çalışma kitabındaki bütün sayfalar gizli.")
    return Table(reader.sheet, rows if first is None else _behind(first, rows))


def _behind(first: tuple[int, list[Any]], rows: Rows) -> Rows:
    yield first
    yield from rows


def _rows(path: Path, reader: "_Reader") -> Iterator[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
            while not reader.done:
                chunk = stream.read(_CHUNK)
                reader.feed(chunk)
                while reader.rows:
                    number, cells, times = reader.rows.popleft()
                    for again in range(times):
                        yield number + again, list(cells)
                if not chunk:
                    return
    except (expat.ExpatError, KeyError, ValueError, zipfile.BadZipFile, EOFError):
        raise damaged() from None


class _Reader:
    """Turns the events of content.xml into rows (number, cells, times); only rows that hold something, of the first visible sheet."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows: deque[tuple[int, list[Any], int]] = deque()
        self.sheet: str | None = None
        self.done = False
        self._hidden: set[str] = set()
        self._style = ""
        self._depth = 0  # of tables; a cell may hold a table of its own
        self._reading = False
        self._number = 1
        self._times = 1
        self._cells: list[Any] = []
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._aside = 0  # inside a comment
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, not chunk)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE + "table":
            self._depth += 1
            if self._depth == 1 and self.sheet is None and attributes.get(_TABLE + "style-name") not in self._hidden:
                self.sheet = attributes.get(_TABLE + "name", "")
                self._reading = True
        elif name == _STYLE + "style":
            self._style = attributes.get(_STYLE + "name", "")
        elif name == _STYLE + "table-properties" and attributes.get(_TABLE + "display") == "false":
            self._hidden.add(self._style)
        if not self._reading or self._depth != 1:
            return
        if name == _TABLE + "table-row":
            self._cells, self._times = [], _repeated(attributes, "number-rows-repeated")
        elif name in {_CELL, _COVERED}:
            self._cell, self._text = attributes, []
        elif name == _OFFICE + "annotation":
            self._aside += 1
        elif name == _TEXT + "p" and self._text:
            self._text.append("\n")
        elif name == _TEXT + "s":
            self._text.append(" " * min(int(attributes.get(_TEXT + "c", "1")), 1000))
        elif name in {_TEXT + "tab", _TEXT + "line-break"}:
            self._text.append("\t" if name.endswith("tab") else "\n")

    def _characters(self, data: str) -> None:
        if self._cell is not None and not self._aside and self._depth == 1:
            self._text.append(data)

    def _end(self, name: str) -> None:
        if name == _TABLE + "table":
            self._depth -= 1
            if self._reading and self._depth == 0:
                self._reading, self.done = False, True
        if not self._reading or self._depth != 1:
            return
        if name == _OFFICE + "annotation":
            self._aside -= 1
        elif name in {_CELL, _COVERED} and self._cell is not None:
            self._place(_value(self._cell, "".join(self._text)), _repeated(self._cell, "number-columns-repeated"))
            self._cell = None
        elif name == _TABLE + "table-row":
            if any(cell is not None for cell in self._cells):
                self.rows.append((self._number, self._cells, self._times))
            self._number += self._times

    def _place(self, value: Any, times: int) -> None:
        if value is not None and len(self._cells) + times > self.limits.columns:
            far = column_name(len(self._cells) + times - 1)
            raise Unreadable(
                f"Cell {far}{self._number} lies beyond column {column_name(self.limits.columns - 1)}: delete what is not part of the table.",
                f"{far}{self._number} hücresi {column_name(self.limits.columns - 1)} sütununun dışında kalıyor: tabloya ait olmayanları silin.",
            )
        self._cells += [value] * min(times, self.limits.columns + 1)


def _repeated(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(_TABLE + name, "1")))


def _value(attributes: dict[str, str], text: str) -> Any:
    kind = attributes.get(_OFFICE + "value-type")
    if attributes.get(_CALC + "value-type") == "error" or (_TABLE + "formula" in attributes and _ERROR.fullmatch(text)):
        return Broken(text or "#N/A")
    if kind in {"float", "percentage", "currency"}:
        return float(attributes[_OFFICE + "value"])
    if kind == "date":
        day = attributes[_OFFICE + "date-value"]
        return date.fromisoformat(day) if len(day) == 10 else datetime.fromisoformat(day)
    if kind == "boolean":
        return attributes[_OFFICE + "boolean-value"] == "true"
    if kind is None and not text:
        return Broken("=") if _TABLE + "formula" in attributes else None
    return text or None
