"""The example workbooks that `make demo` uploads: what is in them, and that the script beside them makes them."""

import runpy
from pathlib import Path

import openpyxl
import pytest

from documents.balances import read_balances

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_script_makes_the_workbooks_that_are_kept(tmp_path: Path) -> None:
    script = tmp_path / "make_mutabakat.py"
    script.write_bytes((EXAMPLES / "make_mutabakat.py").read_bytes())

    runpy.run_path(str(script), run_name="__main__")

    for made in tmp_path.glob("*.xlsx"):
        # Cells, not bytes: openpyxl writes other bytes where lxml is installed.
        assert cells(made) == cells(EXAMPLES / made.name), f"{made.name}: run examples/make_mutabakat.py"
    assert len(list(tmp_path.glob("*.xlsx"))) == 2


def cells(path: Path) -> list[tuple[object, ...]]:
    return [row for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True)]


def test_the_balances_are_of_many_parties_in_several_currencies() -> None:
    reading = read_balances(EXAMPLES / "mutabakat.xlsx")

    assert len(reading.letters) == len({draft.party.tax_number for draft in reading.letters}) == 240
    assert {line.currency for draft in reading.letters for line in draft.lines} == {"TRY", "USD", "EUR", "GBP"}
    assert max(len(draft.lines) for draft in reading.letters) == 4
    assert 5 <= sum(draft.party.email is None for draft in reading.letters) <= 15
    assert {len(draft.party.tax_number) for draft in reading.letters} == {10, 11}
    assert reading.remarks


def test_each_bad_row_is_bad_in_its_own_way() -> None:
    reading = read_balances(EXAMPLES / "mutabakat.xlsx")

    assert len(reading.faults) == reading.refused == 7
    assert len({fault.tr for fault in reading.faults}) == 7


@pytest.mark.parametrize("name", ["mutabakat-eski.xlsx"])
def test_the_layout_of_the_old_system_is_grouped_by_party_and_period(name: str) -> None:
    reading = read_balances(EXAMPLES / name)

    assert (reading.rows, len(reading.letters), reading.refused) == (132, 40, 2)
    assert max(len(draft.lines) for draft in reading.letters) == 19
    assert all(line.dealer_code for draft in reading.letters for line in draft.lines)
    assert all(draft.period_start for draft in reading.letters)
