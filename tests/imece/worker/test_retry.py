"""The policy, without a database."""

from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
import redis
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from imece.errors import Cancelled, Permanent, Snooze, TimedOut, Transient, Unknown
from imece.ledger.states import State
from imece.worker import retry
from imece.worker.retry import Verdict


def judge(error: BaseException, *, spent: int = 1, forgiven: int = 0, max_attempts: int = 3) -> Verdict:
    return retry.judge(error, spent=spent, forgiven=forgiven, max_attempts=max_attempts)


def with_code(code: str | None) -> sa.exc.OperationalError:
    """An OperationalError of PostgreSQL with this SQLSTATE."""
    error = psycopg2.OperationalError("no") if code is None else psycopg2.errors.lookup(code)("no")
    if code is not None:
        error.__setstate__({"pgcode": code})
    return sa.exc.OperationalError("select", {}, error)


@pytest.mark.parametrize("error", [Permanent("no"), Unknown("perhaps")])
def test_some_errors_end_the_job_whatever_is_left(error: Exception) -> None:
    assert judge(error, max_attempts=100) == Verdict("failed", state=State.FAILED)


def test_a_cancelled_job_is_cancelled() -> None:
    assert judge(Cancelled()).state is State.CANCELLED


def test_a_snooze_spends_nothing_even_in_the_last_attempt() -> None:
    assert judge(Snooze(timedelta(hours=9)), spent=3) == Verdict("snoozed", charged=False, delay=timedelta(hours=9))


def test_a_snooze_without_a_time_is_no_hot_loop() -> None:
    assert judge(Snooze(timedelta(0))).delay == timedelta(seconds=1)


@pytest.mark.parametrize("error", [ValueError("x"), Transient("x"), TimedOut()])
def test_the_last_attempt_is_the_last(error: Exception) -> None:
    assert judge(error, spent=2).state is None
    assert judge(error, spent=3).state is State.FAILED


def test_a_time_out_is_recorded_as_one() -> None:
    assert judge(TimedOut()).outcome == judge(TimedOut(), spent=3).outcome == "timed out"


@given(st.integers(1, 60))
def test_the_wait_doubles_from_four_seconds_to_a_quarter_of_an_hour_with_full_jitter(spent: int) -> None:
    delays = [judge(ValueError(), spent=spent, max_attempts=100).delay for _ in range(20)]
    longest = min(timedelta(seconds=4) * 2 ** min(spent - 1, 20), timedelta(minutes=15))
    assert all(timedelta(0) <= delay <= longest for delay in delays)
    assert max(delays) > longest / 4


@given(st.integers(1, 2), st.floats(0, 86400))
def test_the_time_the_other_side_names_is_a_floor(spent: int, seconds: float) -> None:
    asked = timedelta(seconds=seconds)
    delay = judge(Transient("429", retry_after=asked), spent=spent).delay
    assert asked <= delay <= asked + timedelta(seconds=2)


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("gone"),
        redis.TimeoutError("slow"),
        with_code(None),
        with_code("08006"),
        with_code("40P01"),
        with_code("53300"),
        with_code("57P01"),
        sa.exc.DatabaseError(
            "select", {}, psycopg2.DatabaseError("server closed the connection unexpectedly"), connection_invalidated=True
        ),
    ],
)
def test_a_fault_of_the_servers_is_not_charged(error: Exception) -> None:
    verdict = judge(error, spent=3)
    assert (verdict.outcome, verdict.charged, verdict.state) == ("interrupted", False, None)
    assert verdict.delay <= timedelta(seconds=32)


@pytest.mark.parametrize(
    "error",
    [
        with_code("57014"),
        sa.exc.DatabaseError("select", {}, psycopg2.DatabaseError("something else")),
        sa.exc.IntegrityError("insert", {}, Exception("twice")),
        redis.ResponseError("WRONGTYPE"),
    ],
)
def test_a_fault_of_the_job_itself_is_charged(error: Exception) -> None:
    """57014: the statement ran longer than it may."""
    assert judge(error).charged


def test_a_job_that_always_breaks_its_connection_ends_too() -> None:
    assert judge(redis.ConnectionError("gone"), spent=3, forgiven=49).state is None
    assert judge(redis.ConnectionError("gone"), spent=3, forgiven=50).state is State.FAILED


def test_our_errors_are_kept_in_both_languages_and_others_with_their_name() -> None:
    assert retry.described(Permanent("no", "yok")) == {"type": "Permanent", "en": "no", "tr": "yok"}
    assert retry.described(KeyError("a")) == {"type": "KeyError", "en": "KeyError: 'a'", "tr": "KeyError: 'a'"}
    assert retry.described(ValueError())["en"] == "ValueError"


@given(st.text(st.characters()))
def test_every_text_can_be_stored(text: str) -> None:
    clean: Any = retry.storable(text + "\ud800\x00")
    assert "\x00" not in clean
    assert clean.encode()
