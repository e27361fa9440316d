"""What travels from child to parent, and what of a sheet is kept."""

from datetime import datetime, time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.workbooks.cells import Broken, Limits, Row, Unreadable, column_name, from_line, kept, to_line

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.text().map(Broken),
)


@given(st.integers(1, 1 << 20), st.lists(CELLS))
def test_a_row_arrives_as_it_left(number: int, cells: list[Any]) -> None:
    """But for the midnight of a day, which is that day."""
    days = [cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell for cell in cells]
    assert from_line(orjson.loads(to_line(number, cells))) == Row(number, tuple(days))


def test_what_json_does_not_know_arrives_as_the_next_best() -> None:
    assert from_line(orjson.loads(to_line(1, [time(10, 30), 10**30]))) == Row(1, ("10:30:00", 1e30))


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")])
def test_column_names(index: int, name: str) -> None:
    assert column_name(index) == name


def test_blank_cells_and_rows_go_but_numbers_stay() -> None:
    rows: list[tuple[int, list[Any]]] = [(1, ["a", "", None]), (2, ["", "  ", "\u00a0"]), (3, []), (4, [None, 0.0, ""]), (5, [False])]
    assert list(kept(rows, Limits())) == [(1, ["a"]), (4, [None, 0.0]), (5, [False])]


def test_a_cell_too_far_to_the_right_is_named() -> None:
    with pytest.raises(Unreadable, match="Cell D7 lies beyond column C"):
        list(kept([(7, [None, None, None, "x"])], Limits(columns=3)))


def test_every_broken_cell_has_its_sentence() -> None:
    said = {Broken(text).tr for text in ("=", "…", "#DIV/0!", "#N/A")} | {Broken(text).en for text in ("=", "…", "#DIV/0!", "#N/A")}
    assert len(said) == 8
