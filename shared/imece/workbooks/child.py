"""
The process that opens the file. It limits its own memory and time first, then writes lines of JSON to its output.

`python -I -m imece.workbooks.child LIMITS ATTEMPT PATH`. Lines: `{"kind", "more"}` before anything risky (`more`: another attempt
has another reader), `{"sheet"}`, rows as lists, and last one of `{"end": rows}`, `{"fault": [en, tr]}`, `{"refused": why}`.
"""

import resource
import sys
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import orjson

from imece.workbooks import archive, delimited, kinds, ooxml, opendocument, web, xls
from imece.workbooks.cells import Limits, Unreadable, kept, to_line
from imece.workbooks.kinds import Kind
from imece.workbooks.ooxml import Refused, Table

_FLUSH = 1 << 17


def main(limits: Limits, attempt: int, path: Path) -> None:
    """Read the first visible sheet of `path` and write it out."""
    memory = limits.megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(limits.seconds), ceil(limits.seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        kind = kinds.kind_of(path, limits)
        _say(kind=kind, more=kind is Kind.XLSX and attempt == 1)
        if kind in {Kind.XLSX, Kind.XLSB, Kind.ODS}:
            archive.check(path, limits)
        table = _open(path, kind, attempt, limits)
        _say(end=_write(table.sheet, kept(table.rows, limits)))
    except Refused as why:
        if attempt == 1 and kind is Kind.XLSX:
            _say(refused=str(why))
        else:
            _fault(kinds.damaged())
    except Unreadable as fault:
        _fault(fault)
    except (MemoryError, ImportError):  # a library that cannot be loaded for want of memory
        _fault(kinds.too_large(limits))


def _open(path: Path, kind: Kind, attempt: int, limits: Limits) -> Table:
    match kind:
        case Kind.XLSX if attempt == 2:
            return ooxml.by_openpyxl(path)
        case Kind.XLSX | Kind.XLSB:
            return ooxml.by_calamine(path, kind)
        case Kind.XLS:
            return xls.by_xlrd(path)
        case Kind.ODS:
            return opendocument.by_stream(path, limits)
        case Kind.HTML:
            return web.by_tags(path, limits)
        case Kind.TEXT:
            return delimited.by_lines(path, limits)


def _write(sheet: str, rows: Iterator[tuple[int, list[Any]]]) -> int:
    """Write the sheet's name and its rows; returns how many. The name comes with the first rows: until then another reader may begin anew."""
    out = sys.stdout.buffer
    lines = [orjson.dumps({"sheet": sheet})]
    size = count = 0
    for number, cells in rows:
        line = to_line(number, cells)
        if len(line) > 1 << 20:
            raise Unreadable(f"Row {number} holds more than a megabyte of text.", f"{number}. satırda bir megabayttan fazla metin var.")
        lines.append(line)
        size += len(line)
        count += 1
        if size > _FLUSH:
            out.write(b"\n".join(lines) + b"\n")
            lines, size = [], 0
    out.write(b"".join(line + b"\n" for line in lines))
    return count


def _say(**message: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()


def _fault(fault: Unreadable) -> None:
    _say(fault=[fault.en, fault.tr])


if __name__ == "__main__":
    main(Limits(**orjson.loads(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[3]))
