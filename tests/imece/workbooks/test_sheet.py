"""Every ugly file ends as rows or as one sentence, in time and in little memory, and no process is left behind."""

import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import orjson
import psutil
import pytest

from imece.workbooks import Broken, Row, Unreadable, opened, sheet

FILES = Path(__file__).parent / "files"
Rows = Callable[..., list[Row]]

#: What becomes of each file: the number of rows, or words of the sentence.
EXPECTED: dict[str, int | str] = {
    "cal-OOM_alloc.xls": 19,
    "cal-date_1904.xlsx": 3,
    "cal-date_iso.xlsx": 6,
    "cal-empty_sheet.xlsx": "boş",
    "cal-has_x000D_.xlsx": 1,
    "cal-issue_594_dos.ods": "tabloya ait olmayanları silin",
    "cal-issue_666_panic.xlsb": "boş",
    "cal-nonstandard-xml-ns-prefix.xlsx": 3,
    "cal-pass_protected.xlsx": "parolalı",
    "cal-too_small.xls": "sütunsuz düz bir metin",
    "clx-InvalidColors.xlsx": 2,
    "clx-LibreOfficeFileWithDates.xlsx": 33,
    "clx-NoReferencesOnRowsOrCells.xlsx": 2,
    "clx-file1.xlsx": 2,
    "clx-tdf105840_allRowsHidden.xlsx": "boş",
    "poi-1904DateWindowing.xls": 1,
    "poi-SimpleStrict.xlsx": 6,
    "poi-clusterfuzz-6448258963341312.xlsx": "bozuk ya da yarım",
    "poi-crash-9bf3cd4b.xlsx": "parolalı",
    "poi-duplicate-filename-case-insensitive.xlsx": "iki kez",
    "poi-password.xls": "parolalı",
    "poi-poc-shared-strings.xlsx": 3999,
    "poi-poc-xmlbomb.xlsx": "açmak güvenli değil",
    "poi-protect.xlsx": "parolalı",
    "poi-workbookProtection-sheet_password-2013.xlsx": 1,
}


def test_every_file_is_expected_to_end_somehow() -> None:
    assert {path.name for path in FILES.iterdir()} - {"LICENCES"} == set(EXPECTED)


#: Runs a command and says the seconds of processor time it took, and the largest peak of its processes, in KiB. A process of its own: what is forked from the tests begins at their size.
_WEIGHED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write(f"\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
sys.exit(done.returncode)
"""


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_or_one_sentence_within_ten_seconds_and_512_megabytes(name: str) -> None:
    """
    As a person would see it: the command, its exit code, its JSON, and the processor time and memory of both processes.

    The clock would measure what else the machine does. The kernel gives the larger peak of the command and its child, so each stays under half of what both may have, or under what is left
    beside the child's limit.
    """
    command = [sys.executable, "-m", "documents.cli", "read-workbook", str(FILES / name), "--json"]
    process = subprocess.run([sys.executable, "-c", _WEIGHED, *command], capture_output=True, check=False, timeout=120)
    answer, (seconds, peak) = orjson.loads(process.stdout), map(float, process.stderr.split()[-2:])

    assert set(answer) == {"rows", "columns", "errors", "fault"}
    expected = EXPECTED[name]
    if isinstance(expected, int):
        errors = {error["row"] for error in answer["errors"]}
        assert (process.returncode, answer["rows"], answer["fault"], errors) == (0, expected, None, {None})
    else:
        assert (process.returncode, answer["rows"], answer["errors"]) == (2, 0, [])
        assert expected in answer["fault"]
        assert re.fullmatch(r"[^\n]{10,200}\.", answer["fault"])
    assert seconds < 10
    assert peak < 256 * 1024


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "imece.workbooks.child" in child.cmdline()]


def test_a_cell_in_the_last_corner_costs_the_child_not_the_worker(make: Callable[..., Path], rows_of: Rows) -> None:
    """The first reader wants a dense table of 17 thousand million cells and aborts; the second one streams, and the cell is named."""
    from openpyxl import load_workbook

    path = make([["Cari kodu", "Borç"]])
    book = load_workbook(path)
    assert book.active is not None
    book.active["XFD1048576"] = "x"
    book.save(path)

    with pytest.raises(Unreadable) as fault:
        rows_of(path)
    assert fault.value.tr == "XFD1048576 hücresi SR sütununun dışında kalıyor: tabloya ait olmayanları silin."


def test_a_far_row_in_a_near_column_is_read(make: Callable[..., Path], rows_of: Rows) -> None:
    from openpyxl import load_workbook

    path = make([["Cari kodu", "Borç"]])
    book = load_workbook(path)
    assert book.active is not None
    book.active["B1048576"] = "x"
    book.save(path)

    assert [row.number for row in rows_of(path)] == [1, 1048576]


def test_the_child_ends_when_the_reader_has_enough(make: Callable[..., Path]) -> None:
    path = make([[number, "x" * 100] for number in range(5_000)])
    with opened(path) as sheet:
        assert len(list(islice(sheet.rows, 3))) == 3
        assert len(children()) == 1
    assert children() == []


def test_the_child_ends_when_the_reader_fails(make: Callable[..., Path]) -> None:
    path = make([[number, "x" * 100] for number in range(5_000)])
    with pytest.raises(ZeroDivisionError), opened(path) as sheet:
        assert 1 / len(next(sheet.rows).cells[2:])
    assert children() == []


def test_a_file_that_needs_too_much_memory_says_so(pack: Callable[..., Path], rows_of: Rows) -> None:
    """When both readers have ended that way."""
    noise = random.Random(1).randbytes(20 << 20).hex()
    path = pack('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=[noise])
    with pytest.raises(Unreadable, match="100 MB of memory"):
        rows_of(path, megabytes=100)


def test_a_file_that_takes_too_long_says_so(make: Callable[..., Path], rows_of: Rows) -> None:
    path = make([[number, f"metin {number}"] for number in range(5000)])
    with pytest.raises(Unreadable, match=r"longer than 0\.02 seconds"):
        rows_of(path, seconds=0.02)
    assert children() == []


def test_the_time_a_reader_takes_over_its_rows_does_not_count(make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = make([[number, "x" * 200] for number in range(5000)])
    now = [0.0]
    monkeypatch.setattr("imece.workbooks.sheet.time.monotonic", lambda: now[0])
    with opened(path) as sheet:
        for _ in sheet.rows:
            now[0] += 1000


def test_a_child_that_is_killed_half_way_is_no_end_of_the_sheet(make: Callable[..., Path]) -> None:
    """Rows that were read before it died must not pass for the whole."""
    path = make([[number, "x" * 200] for number in range(5_000)])
    with opened(path) as sheet:
        next(sheet.rows)
        children()[0].terminate()
        with pytest.raises(Unreadable):
            list(sheet.rows)


def test_too_many_rows_and_too_large_a_file_are_told(make: Callable[..., Path], rows_of: Rows) -> None:
    path = make([["a"]] * 30)
    with pytest.raises(Unreadable, match="more than 20 rows"):
        rows_of(path, rows=20)
    with pytest.raises(Unreadable, match="larger than 0 MB"):
        rows_of(path, size=1000)


def test_a_text_longer_than_a_cell_may_hold_is_broken_not_cut(pack: Callable[..., Path], rows_of: Rows) -> None:
    path = pack(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 40_000}</t></is></c><c r="B1"><v>1</v></c></row>')
    assert rows_of(path) == [Row(1, (Broken("…"), 1.0))]


def test_the_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, make: Callable[..., Path]) -> None:
    monkeypatch.setenv("IMECE_DATABASE_URL", "postgresql://user:password@host/db")
    with opened(make([[number, "x" * 200] for number in range(5000)])) as sheet:
        next(sheet.rows)
        assert children()[0].environ() == {"OPENPYXL_LXML": "False", "OPENBLAS_NUM_THREADS": "1"}


def test_a_missing_file_is_told(tmp_path: Path, rows_of: Rows) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        rows_of(tmp_path / "nothing.xlsx")


def test_a_busy_machine_is_not_the_files_fault(
    make: Callable[..., Path], rows_of: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that gets no processor for longer than it may take is waited for, as long as the kernel says so."""
    late = tmp_path / "late"
    late.write_text(f'#!/bin/sh\nsleep 2.2\nexec {sys.executable} "$@"\n')
    late.chmod(0o700)
    path = make([["Cari kodu", "Borç"], ["1", "2"]])
    monkeypatch.setattr(sheet.sys, "executable", str(late))
    with pytest.raises(Unreadable, match="longer than 2 seconds"):
        rows_of(path, seconds=2)
    monkeypatch.setattr(sheet, "_stalled", lambda _pid: time.monotonic())
    assert len(rows_of(path, seconds=2)) == 2
