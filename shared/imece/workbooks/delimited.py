"""Text tables: CSV and its relatives, whatever the encoding and the delimiter."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from imece.workbooks.cells import Limits, Unreadable
from imece.workbooks.ooxml import Rows, Table

_DELIMITERS = ";\t|,"  #: in this order where two fit equally: a comma may be a decimal mark
_NONE = "\x1f"  #: where there is one column
_SAMPLE = 100


def by_lines(path: Path, limits: Limits) -> Table:
    """
    The rows of a text table; blank lines count in their numbers, as in a spreadsheet.

    Encoding: by the byte order mark, else UTF-8, else Windows-1254. Delimiter: the one of `;`, tab, `|`, `,` that cuts most rows into the
    same number of columns, or what a first line `sep=;` names. Raises Unreadable when no encoding or delimiter fits, or a quote never closes.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        named = _named_delimiter(file)
        delimiter = named or _delimiter(file, limits)
    return Table("", _rows(path, encoding, delimiter, limits, skip=named is not None))


def encoding_of(path: Path) -> str:
    """The encoding of a text file. Raises Unreadable when it is none of those that Turkish offices write."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return encoding
    for encoding in ("utf-8", "cp1254"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable(
        "The encoding of the text is unknown: save it as UTF-8 (or as .xlsx).",
        "Metnin harf kodlaması tanınmadı: UTF-8 (ya da .xlsx) olarak kaydedin.",
    )


def _named_delimiter(file: TextIO) -> str | None:
    first = file.readline(20).rstrip("\r\n").lower()
    file.seek(0)
    return first[4] if len(first) == 5 and first.startswith("sep=") else None


def _delimiter(file: TextIO, limits: Limits) -> str:
    lines = list(islice(iter(lambda: file.readline(limits.characters), ""), _SAMPLE))
    best, cut = "", 0
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter) if len(cells) > 1)
        except csv.Error:
            continue
        agree = max(widths.values(), default=0)
        if agree > cut:
            best, cut = delimiter, agree
    if limits.plain and 2 * cut < len(lines):
        return _NONE
    if not best:
        raise Unreadable(
            "This is plain text without columns: no delimiter (; , tab or |) was found.",
            "Bu, sütunsuz düz bir metin: ayraç (; , sekme ya da |) bulunamadı.",
        )
    return best


def _rows(path: Path, encoding: str, delimiter: str, limits: Limits, *, skip: bool) -> Rows:
    csv.field_size_limit(limits.characters + 1)
    with path.open(encoding=encoding, newline="") as file:
        if skip:
            file.readline()
        reader = csv.reader(_printable(file), delimiter=delimiter, strict=True)
        try:
            yield from enumerate(reader, 1)
        except (csv.Error, UnicodeDecodeError):
            line = reader.line_num
            raise Unreadable(
                f"Line {line}: a quotation mark does not close, or a cell is longer than {limits.characters} characters.",
                f"{line}. satır: bir tırnak işareti kapanmıyor ya da bir hücre {limits.characters} karakterden uzun.",
            ) from None


def _printable(file: TextIO) -> Iterator[str]:
    for line in file:
        if "\0" in line:
            raise Unreadable("This is not a text table: it holds binary data.", "Bu bir metin tablosu değil: ikili veri içeriyor.")
        yield line
