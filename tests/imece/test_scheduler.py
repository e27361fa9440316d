"""What is due, and who may fire it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from imece import clock, db, ledger, scheduler
from imece.contracts import Contract
from imece.errors import Misconfigured
from imece.scheduler import Clock, due_times, fire, name_of, spec
from imece.service import Tick


class Strike(Contract, kind="clocktest.strike", queue="clocktest.io"):
    """What the clock asks for."""

    number: int = 0


def at(hour: int, minute: int = 0, *, day: int = 20) -> datetime:
    """A moment of November 2026 in Istanbul, three hours before UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=clock.ISTANBUL)


def tick(cron: str, **more: Any) -> Tick:
    return Tick(cron, Strike(), **more)


def fired(database: sa.Engine) -> list[tuple[datetime, bool]]:
    """Every due time, and whether its job exists."""
    with database.connect() as connection:
        rows = connection.execute(
            sa.text("select f.due_at, j.id is not null from ledger.firing f left join ledger.job j on j.id = f.job_id order by f.due_at")
        )
        return [(due, exists) for due, exists in rows]


@pytest.mark.parametrize(
    "text", ["* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 1-13 *", "* * * * 8", "a b c d e", "", "*/0 * * * *"]
)
def test_a_tick_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        spec(text)


@pytest.mark.parametrize("text", ["0 9 * * 0", "0 9 * * sun", "0 9 * * SUN", "0 9 * * 0-4", "0 9 * * 3,0"])
def test_a_sunday_that_would_never_come_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="Sunday is 7"):
        spec(text)


@pytest.mark.parametrize("text", ["*/5 * * * *", "0-59/90 * * * *", "0,30 9-17 1,15 */2 1-5", "59 23 31 12 7", "0 8 * * mon"])
def test_what_can_come_is_accepted(text: str) -> None:
    assert spec(text)


def test_sunday_is_seven() -> None:
    sundays = due_times(tick("0 9 * * 7"), at(0, day=1), at(23, day=30))
    assert [due.astimezone(clock.ISTANBUL).day for due in sundays] == [1, 8, 15, 22, 29]


def test_the_minutes_are_those_of_istanbul() -> None:
    assert due_times(tick("30 2 * * *"), at(0), at(23)) == [at(2, 30)]
    assert at(2, 30).astimezone(UTC).hour == 23


def test_what_is_due_lies_after_the_beginning_and_not_after_the_end() -> None:
    every = tick("* * * * *")
    assert due_times(every, at(9), at(9, 3)) == [at(9, 1), at(9, 2), at(9, 3)]
    assert due_times(every, at(9), at(9)) == []
    assert due_times(every, at(9), at(8)) == []
    assert due_times(every, at(9) + timedelta(seconds=59), at(9, 1)) == [at(9, 1)]


def test_a_schedule_is_called_by_its_kind_and_told_apart_by_its_arguments() -> None:
    plain, other = name_of(tick("* * * * *")), name_of(Tick("* * * * *", Strike(number=2)))
    assert plain == "clocktest.strike"
    assert other.startswith("clocktest.strike#")
    assert other == name_of(Tick("0 0 1 1 *", Strike(number=2)))


def test_the_right_to_fire_is_had_once(database: sa.Engine) -> None:
    for expected in (True, False):
        with db.transaction() as session:
            assert fire(session, tick("* * * * *"), at(9)) is expected
    assert fired(database) == [(at(9), True)]
    with db.transaction() as session:
        (job,) = ledger.search(session, company_id=None)
    assert (job.kind, job.requested_by) == ("clocktest.strike", "scheduler")


def test_who_dies_between_taking_the_right_and_submitting_has_taken_nothing(database: sa.Engine) -> None:
    with db.transaction() as session:
        assert fire(session, tick("* * * * *"), at(9))
        session.rollback()
    assert fired(database) == []
    with db.transaction() as session:
        assert fire(session, tick("* * * * *"), at(9))


def test_many_clocks_at_the_same_moment_fire_once(database: sa.Engine) -> None:
    together, count = threading.Barrier(4), []

    def run() -> None:
        walking = Clock([tick("* * * * *", catch_up_hours=0)], at(9))
        for minute in range(1, 6):
            together.wait()
            count.append(walking.advance(at(9, minute)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(count) == 5
    assert fired(database) == [(at(9, minute), True) for minute in range(1, 6)]


def test_what_was_slept_through_is_made_up_once_and_for_its_latest_time(database: sa.Engine) -> None:
    walking = Clock([tick("0 * * * *", catch_up_hours=24)], at(12, 30))
    assert walking.advance(at(12, 30)) == 1
    assert walking.advance(at(12, 31)) == 0
    assert walking.advance(at(18, 5)) == 1
    assert fired(database) == [(at(12), True), (at(18), True)]


def test_what_was_slept_through_for_too_long_is_let_go(database: sa.Engine) -> None:
    assert Clock([tick("0 3 * * *", catch_up_hours=2)], at(9)).advance(at(9)) == 0
    assert Clock([tick("0 3 * * *", catch_up_hours=8)], at(9)).advance(at(9)) == 1


def test_a_second_start_does_not_fire_what_the_first_has_fired(database: sa.Engine) -> None:
    assert Clock([tick("0 3 * * *")], at(9)).advance(at(9)) == 1
    assert Clock([tick("0 3 * * *")], at(10)).advance(at(10)) == 0


def test_a_clock_that_is_set_back_fires_nothing_twice(database: sa.Engine) -> None:
    walking = Clock([tick("*/10 * * * *", catch_up_hours=0)], at(9))
    assert walking.advance(at(9, 30)) == 1
    assert walking.advance(at(8, 30)) == 0
    assert walking.advance(at(9, 30)) == 0
    assert walking.advance(at(9, 40)) == 1


def test_a_tick_that_cannot_be_read_is_refused_at_the_start() -> None:
    with pytest.raises(Misconfigured):
        Clock([tick("often")], at(9))


def test_queues_are_measured_with_the_age_of_their_oldest_job(database: sa.Engine) -> None:
    with db.transaction() as session:
        ledger.submit_many(session, [Strike() for _ in range(3)])
        ledger.submit(session, Strike(), at=at(9, day=30))
    with database.begin() as connection:
        connection.execute(sa.text("update ledger.job set sent_at = clock_timestamp() - interval '1 hour' where state = 'queued'"))

    scheduler._measure()

    def value(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"queue": "clocktest.io", **labels})

    assert value("imece_queue_jobs", state="queued") == 3
    assert value("imece_queue_jobs", state="scheduled") == 1
    assert 3600 <= (value("imece_queue_oldest_seconds") or 0) < 3700

    with database.begin() as connection:
        connection.execute(sa.text("delete from ledger.job"))
    scheduler._measure()
    assert value("imece_queue_jobs", state="queued") is None, "an empty queue has no old figure"


def test_a_scheduler_without_a_round_for_half_a_minute_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    health = scheduler._Health()
    assert health.fault() is None
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=45))
    assert "no round for" in (health.fault() or "")
    health.well()
    assert health.fault() is None
