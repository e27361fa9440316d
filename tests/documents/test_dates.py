"""Dates as cells hold them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.dates import parse, shown
from imece.errors import Invalid

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


@given(DAYS)
def test_every_way_of_writing_a_day_gives_that_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - cells know no zones
    for cell in (
        day,
        midnight,
        shown(day),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day}-{day.month}-{day.year}",
        day.isoformat(),
        serial,
    ):
        assert parse(cell) == day
    assert parse(f"{shown(day)} 00:00:00") == parse(f"{day.isoformat()}T23:59:59") == parse(serial + 0.5) == day


@given(st.one_of(st.text(max_size=20), st.text("0123456789./- :T", max_size=20), st.floats(), st.integers(), st.booleans()))
def test_any_cell_is_a_day_or_refused(cell: object) -> None:
    try:
        day = parse(cell)
    except Invalid:
        return
    assert day is None or date(1990, 1, 1) <= day < date(2100, 1, 1)


@pytest.mark.parametrize("text", ["30 Eylül 2026", "30 EYLÜL 2026", "30 Eyl 2026", "30 September 2026", "30. Sep. 2026"])
def test_month_names(text: str) -> None:
    assert parse(text) == date(2026, 9, 30)


@pytest.mark.parametrize(
    "cell", ["31.02.2026", "09/30/2026", "1.1.26", "30.09/2026", "Eylül 2026", "dün", 5, True, 1e9, "30.09.1926", "99 Eylül 2026"]
)
def test_refused(cell: object) -> None:
    """A two-digit year and the American order included: nothing is guessed."""
    with pytest.raises(Invalid):
        parse(cell)


@pytest.mark.parametrize("cell", [None, "", "\u00a0"])
def test_blank(cell: object) -> None:
    assert parse(cell) is None
