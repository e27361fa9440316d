"""`imece documents read-workbook`: what it prints and how it exits, with no stack running."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

HEADINGS = "Ünvan;VKN;Tarih;Borç;Alacak"


def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "documents.cli", "read-workbook", *map(str, arguments)], capture_output=True, check=False)


def answer(*arguments: object) -> tuple[int, Any]:
    done = run(*arguments, "--json")
    assert done.stderr == b""
    return done.returncode, orjson.loads(done.stdout)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "bakiyeler.csv"
    path.write_text(f"{HEADINGS}\nIşık;4540536920;30.09.2026;1.000;0\nÇınar;10000000147;30.09.2026;5,00;0\n", encoding="cp1254")
    return path


def test_rows_columns_and_errors(table: Path) -> None:
    assert answer(table) == (
        0,
        {
            "rows": 2,
            "columns": HEADINGS.split(";"),
            "errors": [{"row": 3, "column": "VKN", "reason": "10000000147 geçerli bir TCKN değil: denetim basamakları tutmuyor."}],
            "fault": None,
        },
    )


def test_in_english(table: Path) -> None:
    _, found = answer(table, "--locale", "en")
    assert found["errors"][0]["reason"] == "The check digits of TCKN 10000000147 do not fit."


@pytest.mark.parametrize(
    ("content", "fault"), [(b"", "Dosya boş (0 bayt)."), (b"PK\x03\x04", "bozuk ya da yarım"), (None, "Böyle bir dosya yok.")]
)
def test_a_fault_is_one_sentence_and_exit_code_2(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "liste.xlsx"
    if content is not None:
        path.write_bytes(content)
    code, found = answer(path)
    assert (code, found["rows"], found["columns"], found["errors"]) == (2, 0, [], [])
    assert fault in found["fault"]

    done = run(path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert fault in done.stderr.decode()


def test_another_table_was_read_but_is_no_list_of_balances(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    code, found = answer(tmp_path / "x.csv")
    assert (code, found["rows"], found["columns"], found["fault"]) == (0, 2, ["a", "b"], None)
    assert [(error["row"], error["column"]) for error in found["errors"]] == [(None, None)]


def test_what_the_caller_decides(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Ünvan;VKN;Bakiye\nIşık;4540536920;1.000\n", encoding="utf-8")
    code, found = answer(tmp_path / "x.csv", "--as-of", "30.09.2026", "--decimal-mark", ",", "--currency", "dolar")
    assert (code, found["errors"]) == (0, [])
    assert run(tmp_path / "x.csv", "--currency", "XYZ").returncode == 2


def test_the_refused_rows_as_a_workbook(table: Path, tmp_path: Path) -> None:
    run(table, "--refused", tmp_path / "hatali.xlsx")
    assert answer(tmp_path / "hatali.xlsx")[1]["rows"] == 1


def test_for_people(table: Path) -> None:
    shown = run(table).stdout.decode()
    assert "2 satır, 1 mektup, 1 hatalı satır" in shown
    assert "10000000147 geçerli bir TCKN değil" in shown


def test_it_starts_without_what_it_does_not_need() -> None:
    """Neither the database nor a reader of spreadsheets is loaded to show the help."""
    script = "import sys, documents.cli;print({'sqlalchemy', 'openpyxl', 'python_calamine', 'dramatiq', 'typst'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.strip() == b"set()"
