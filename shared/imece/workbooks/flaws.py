"""
Cells without a value in .xlsx and .xlsb: errors such as #DIV/0!, and formulas that were never calculated.

Readers show both as blank, and a blank debit is no debit: so the sheet's part is looked through once more. The look costs a tenth of the
reading where nothing is wrong, since only parts that mention formulas or errors are parsed. Sources: ECMA-376 part 1, 18.3.1.4 (cells) and
18.2.2 (calculation); MS-XLSB 2.1.4 (records).
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from posixpath import join, normpath
from typing import Any
from xml.parsers import expat

from defusedxml import ElementTree

from imece.workbooks.kinds import Kind, damaged

#: row number -> column index -> text of `Broken`
Flaws = dict[int, dict[int, str]]

_CHUNK = 1 << 20
_MENTIONS = (b'"e"', b"'e'", b"<f", b":f")  # a false alarm costs time, nothing else
_ENDS = re.compile(rb"</(?:[\w.-]+:)?worksheet\s*>")
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_LETTERS = re.compile("[A-Z]+")


def flaws_of(path: Path, kind: Kind, sheet: str) -> Flaws | None:
    """The cells of `sheet` without a value; None when its part is not where a workbook keeps it. Raises Unreadable for a part cut off."""
    with zipfile.ZipFile(path) as archive:
        try:
            names = {name.lower().replace("\\", "/").lstrip("/"): name for name in archive.namelist()}
            book = _office_document(archive, names)
            parts = _parts_by_id(archive, names, book)
            content = archive.read(names[book.lower()])
            part = names[parts[(_xlsb_id if kind is Kind.XLSB else _xlsx_id)(content, sheet)].lower()]
        except (KeyError, StopIteration, ElementTree.ParseError, struct.error, UnicodeDecodeError):
            return None
        if kind is Kind.XLSB:
            return _in_records(archive.read(part))
        if not _mentioned(archive, part):
            return {}
        always = re.search(rb"""fullCalcOnLoad\s*=\s*["'](1|true)""", content) is not None
        with archive.open(part) as stream:
            return _in_xml(stream, recalculated=always)


def _office_document(archive: zipfile.ZipFile, names: dict[str, str]) -> str:
    relations = _relations(archive, names, "_rels/.rels")
    return next(target for kind, target in relations.values() if kind.endswith("/officeDocument"))


def _parts_by_id(archive: zipfile.ZipFile, names: dict[str, str], book: str) -> dict[str, str]:
    folder, _, name = book.rpartition("/")
    return {
        identity: target for identity, (_, target) in _relations(archive, names, f"{folder}/_rels/{name}.rels".lstrip("/"), folder).items()
    }


def _relations(archive: zipfile.ZipFile, names: dict[str, str], part: str, folder: str = "") -> dict[str, tuple[str, str]]:
    """Id -> (type, part) of a relationships part."""
    root = ElementTree.fromstring(archive.read(names[part.lower()]))
    return {
        relation.get("Id", ""): (relation.get("Type", ""), normpath(join("/", folder, relation.get("Target", ""))).lstrip("/"))
        for relation in root
    }


def _xlsx_id(book: bytes, sheet: str) -> str:
    for element in ElementTree.fromstring(book).iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet:
            return next(value for name, value in element.attrib.items() if name.endswith("}id"))
    raise KeyError(sheet)


def _xlsb_id(book: bytes, sheet: str) -> str:
    for record, body in _records(book):
        if record == 156:  # BrtBundleSh: state, sheet id, relation id, name
            length = int.from_bytes(body[8:12], "little")
            name_at = 12 + 2 * length
            name_length = int.from_bytes(body[name_at : name_at + 4], "little")
            if body[name_at + 4 : name_at + 4 + 2 * name_length].decode("utf-16-le") == sheet:
                return body[12:name_at].decode("utf-16-le")
    raise KeyError(sheet)


def _mentioned(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether the part mentions formulas or errors. Raises Unreadable for a part that does not end as a worksheet does."""
    mentioned = False
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            tail = tail[-64:] + chunk
            mentioned = mentioned or any(word in tail for word in _MENTIONS)
    if not _ENDS.search(tail[-2048:]):
        raise damaged()
    return mentioned


def _in_xml(stream: Any, *, recalculated: bool) -> Flaws:
    """`recalculated`: the workbook asks to be calculated when opened, so a formula's 0 is what the writing program put there unasked."""
    flaws: Flaws = {}
    row = column = 0
    kind: str | None = None
    formula = inside = False
    value = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, kind, formula, inside, value
        name = name.rpartition(":")[2]
        if name == "c":
            reference = attributes.get("r")
            letters = _LETTERS.match(reference) if reference else None
            column = _index(letters[0]) if letters else column + 1
            kind, formula, value = attributes.get("t"), False, ""
        elif name == "row":
            number = attributes.get("r")
            row, column = int(number) if number else row + 1, -1
        elif name == "f":
            formula = True
        elif name == "v":
            inside = kind == "e" or formula

    def end(name: str) -> None:
        nonlocal inside
        name = name.rpartition(":")[2]
        if name == "v":
            inside = False
        elif name == "c":
            if kind == "e":
                flaws.setdefault(row, {})[column] = value or "#N/A"
            elif formula and ((not value and kind not in {"str", "inlineStr"}) or (recalculated and value == "0")):
                flaws.setdefault(row, {})[column] = "="

    def text(data: str) -> None:
        nonlocal value
        if inside:
            value += data

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.ParseFile(stream)
    except (expat.ExpatError, ValueError):
        raise damaged() from None
    return flaws


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _in_records(part: bytes) -> Flaws:
    flaws: Flaws = {}
    row = 0
    for record, body in _records(part):
        if record == 0:  # BrtRowHdr
            row = int.from_bytes(body[:4], "little") + 1
        elif record in {3, 11} and len(body) > 8:  # BrtCellError, BrtFmlaError: column, style, error code
            flaws.setdefault(row, {})[int.from_bytes(body[:4], "little")] = _ERRORS.get(body[8], "#N/A")
    return flaws


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Records of a binary part: an id of one or two bytes, a size of up to four bytes of seven bits, the body."""
    at = 0
    while at < len(part):
        record = part[at]
        at += 1
        if record & 0x80 and at < len(part):
            record = (record & 0x7F) | part[at] << 7
            at += 1
        size = shift = 0
        while at < len(part):
            byte = part[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield record, part[at : at + size]
        at += size
