"""Web pages that call themselves .xls, as many accounting programs export. Every row of every table, one below the other."""

import codecs
import re
from collections import deque
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from imece.workbooks.cells import Limits, Unreadable
from imece.workbooks.delimited import encoding_of
from imece.workbooks.ooxml import Rows, Table

_CHUNK = 1 << 16
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_TAIL = 1 << 12


def by_tags(path: Path, limits: Limits) -> Table:
    """
    The rows of all tables; a row's number is its place among them, as a spreadsheet would show it.

    Raises Unreadable when there is no table, or the page ends inside one.
    """
    return Table("", _rows(path, _encoding(path), limits))


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_TAIL)
    named = _CHARSET.search(head)
    if named and not head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            codec = codecs.lookup(named[1].decode())
            with path.open(encoding=codec.name) as file:
                while file.read(_CHUNK):
                    pass
        except (LookupError, UnicodeError):
            pass  # the page does not know itself
        else:
            return codec.name
    return encoding_of(path)


def _rows(path: Path, encoding: str, limits: Limits) -> Rows:
    page = _Page(limits)
    with path.open(encoding=encoding, newline="") as file:
        while chunk := file.read(_CHUNK):
            page.feed(chunk)
            while page.rows:
                yield page.rows.popleft()
    page.close()
    yield from page.rows
    if page.depth:
        raise Unreadable("The page ends inside its table: the file is incomplete.", "Sayfa, tablosunun ortasında bitiyor: dosya yarım.")
    if not page.tables:
        raise Unreadable("This is a web page without a table.", "Bu, tablosu olmayan bir web sayfası.")


class _Page(HTMLParser):
    """Collects rows (number, cells). Cells may span columns and rows; their text stands in the first, the others are blank."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: deque[tuple[int, list[Any]]] = deque()
        self.tables = 0
        self.depth = 0
        self._limits = limits
        self._number = 0
        self._cells: list[Any] | None = None
        self._held: dict[int, int] = {}  # column -> rows for which a cell above reaches into it
        self._text: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables += 1
            self.depth += 1
        elif tag == "tr" and self.depth:
            self._end_row()
            self._number += 1
            self._cells = []
        elif tag in {"td", "th"} and self._cells is not None:
            self._end_cell()
            given = dict(attrs)
            self._span = (_span(given.get("colspan"), self._limits.columns), _span(given.get("rowspan"), self._limits.rows))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table" and self.depth:
            self._end_row()
            self.depth -= 1
            self._held.clear()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is None or self._cells is None:
            return
        text = re.sub(r"[ \t\r\n\xa0]+", " ", "".join(self._text)).strip()
        self._text = None
        self._under_held()
        columns, rows = self._span
        if rows > 1:
            self._held.update({len(self._cells) + step: rows for step in range(columns)})
        self._cells += [text or None] + [None] * (columns - 1)
        if len(self._cells) > 4 * self._limits.columns:
            raise Unreadable(f"Row {self._number} has too many columns.", f"{self._number}. satırda çok fazla sütun var.")

    def _under_held(self) -> None:
        assert self._cells is not None
        while self._held.get(len(self._cells)):
            self._cells.append(None)

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells is None:
            return
        self.rows.append((self._number, self._cells))
        self._cells = None
        self._held = {column: rows - 1 for column, rows in self._held.items() if rows > 1}


def _span(given: str | None, most: int) -> int:
    return min(max(int(given), 1), most) if given and re.fullmatch("[0-9]{1,6}", given) else 1
