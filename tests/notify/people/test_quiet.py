"""Claims about quiet hours: they cross midnight, follow a place's clock, and never hold a password."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from imece import db
from imece.errors import Invalid
from imece.ids import new_id
from notify.people import quiet
from notify.people.quiet import Rules, not_before

NIGHT = Rules()
BERLIN = Rules(time(22), time(6), "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-29T17:59:59", None),  # 20:59:59 in Istanbul
        ("2026-11-29T18:00:00", "2026-11-30T06:00:00"),
        ("2026-11-29T20:59:00", "2026-11-30T06:00:00"),
        ("2026-11-29T21:00:00", "2026-11-30T06:00:00"),  # midnight there
        ("2026-11-30T05:59:59", "2026-11-30T06:00:00"),
        ("2026-11-30T06:00:00", None),
        ("2026-12-31T22:00:00", "2027-01-01T06:00:00"),
    ],
)
def test_a_night_crosses_midnight(moment: str, end: str | None) -> None:
    assert not_before(NIGHT, "commercial", at(moment)) == (at(end) if end else None)


def test_hours_of_one_day_do_not() -> None:
    noon = Rules(time(12), time(13, 30))
    assert not_before(noon, "commercial", at("2026-11-29T09:00:00")) == at("2026-11-29T10:30:00")
    assert not_before(noon, "commercial", at("2026-11-29T08:59:59")) is None
    assert not_before(noon, "commercial", at("2026-11-29T10:30:00")) is None


@pytest.mark.parametrize("moment", ["2026-11-29T20:00:00", "2026-11-30T02:00:00"])
def test_a_password_is_never_held_and_the_rest_as_the_company_says(moment: str) -> None:
    everything = Rules(quiet_kinds=frozenset({"commercial", "informational"}))

    assert not_before(everything, "otp", at(moment)) is None
    assert not_before(Rules(quiet_kinds=frozenset({"otp"})), "otp", at(moment)) is None
    assert not_before(everything, "informational", at(moment)) is not None
    assert not_before(NIGHT, "informational", at(moment)) is None
    assert not_before(Rules(quiet_kinds=frozenset()), "commercial", at(moment)) is None


def test_the_end_follows_summer_time() -> None:
    """In Berlin 06:00 is 05:00 UTC in winter and 04:00 in summer; the night of the change is an hour shorter, or longer."""
    assert not_before(BERLIN, "commercial", at("2026-03-28T22:00:00")) == at("2026-03-29T04:00:00")
    assert not_before(BERLIN, "commercial", at("2026-03-27T22:00:00")) == at("2026-03-28T05:00:00")
    assert not_before(BERLIN, "commercial", at("2026-10-24T21:00:00")) == at("2026-10-25T05:00:00")


def test_an_end_that_summer_time_leaves_out_comes_after_it() -> None:
    """02:30 does not exist in Berlin on the 29th of March: it is 03:30 by then."""
    assert not_before(Rules(time(22), time(2, 30), "Europe/Berlin"), "commercial", at("2026-03-28T23:00:00")) == at("2026-03-29T01:30:00")


def test_an_end_that_winter_time_repeats_is_never_in_the_past() -> None:
    rules = Rules(time(22), time(2, 30), "Europe/Berlin")
    first, second = at("2026-10-25T00:10:00"), at("2026-10-25T01:10:00")  # 02:10 twice

    assert not_before(rules, "commercial", first) == at("2026-10-25T00:30:00")
    assert not_before(rules, "commercial", second) == at("2026-10-25T01:30:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (the strategy adds the zone)
    st.times(),
    st.times(),
    st.sampled_from(["Europe/Istanbul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_what_is_held_may_go_when_its_wait_is_over(moment: datetime, start: time, end: time, zone: str) -> None:
    """The end lies ahead, within a day and an hour, and is itself not quiet; what is not held is outside."""
    rules = Rules(start.replace(fold=0), end.replace(fold=0), zone)
    until = not_before(rules, "commercial", moment)

    if until is not None:
        assert moment < until <= moment + timedelta(hours=25)
        assert not_before(rules, "commercial", until) is None or start == end


def test_rules_are_a_companys_own(database: sa.Engine, company: UUID) -> None:
    rules = Rules(time(20), time(8, 30), "Europe/Berlin", frozenset({"commercial", "informational"}), needs_consent=False)
    with db.transaction() as session:
        assert quiet.of_company(session, company) == Rules()
        quiet.put(session, company, Rules(), by="ayşe")
        quiet.put(session, company, rules, by="ayşe")

    with db.transaction() as session:
        assert quiet.of_company(session, company) == rules
        assert quiet.of_company(session, new_id()) == quiet.of_company(session, None) == Rules()


@pytest.mark.parametrize("rules", [Rules(zone="Istanbul"), Rules(time(9), time(9)), Rules(quiet_kinds=frozenset({"otp"}))])
def test_rules_that_make_no_sense_are_refused(database: sa.Engine, company: UUID, rules: Rules) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        quiet.put(session, company, rules, by="ayşe")
