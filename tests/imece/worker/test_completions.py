"""Successes are written many at a time; none is lost, none is written for another."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from imece.worker import completions as module
from imece.worker.completions import Completions

AWAY = sa.exc.OperationalError("update", {}, Exception("gone"))
#: What psycopg2 makes of a connection that is lost in the middle of an answer.
CUT = sa.exc.DatabaseError("update", {}, Exception("server closed the connection unexpectedly"), connection_invalidated=True)


def ignore(item: Any, error: BaseException) -> None:
    raise AssertionError(f"{item} was refused: {error}")


def test_everything_added_is_written_once_and_in_order() -> None:
    written: list[int] = []
    completions: Completions[int] = Completions(written.extend, ignore)
    completions.start()
    for n in range(5000):
        completions.add(n)
    completions.stop(20)
    assert written == list(range(5000))


def test_what_gathers_during_a_write_goes_into_the_next_one() -> None:
    entered, go_on, calls = threading.Event(), threading.Event(), []

    def write(items: list[int]) -> None:
        calls.append(items)
        entered.set()
        go_on.wait(20)

    completions: Completions[int] = Completions(write, ignore)
    completions.start()
    completions.add(0)
    entered.wait(20)
    for n in range(1, 100):
        completions.add(n)
    go_on.set()
    completions.stop(20)
    assert calls == [[0], list(range(1, 100))]


@pytest.mark.parametrize("fault", [AWAY, CUT])
def test_while_postgresql_is_away_the_same_items_are_tried_again(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _seconds: None)
    calls: list[list[str]] = []

    def write(items: list[str]) -> None:
        calls.append(items)
        if len(calls) < 4:
            raise fault

    completions: Completions[str] = Completions(write, ignore)
    completions.start()
    completions.add("a")
    completions.stop(20)
    assert calls == [["a"]] * 4


def test_one_bad_item_is_refused_alone() -> None:
    written: list[int] = []
    refused: list[tuple[int, str]] = []

    def write(items: list[int]) -> None:
        if 7 in items:
            raise ValueError("seven")
        written.extend(items)

    completions: Completions[int] = Completions(write, lambda item, error: refused.append((item, str(error))))
    for n in range(20):
        completions.add(n)
    completions.start()
    completions.stop(20)
    assert written == [n for n in range(20) if n != 7]
    assert refused == [(7, "seven")]


def test_a_refusal_that_fails_itself_does_not_end_the_thread() -> None:
    written: list[int] = []

    def write(items: list[int]) -> None:
        if 1 in items:
            raise ValueError("one")
        written.extend(items)

    def refuse(item: int, error: BaseException) -> None:
        raise RuntimeError("cannot even say so")

    completions: Completions[int] = Completions(write, refuse)
    for n in (1, 2):
        completions.add(n)
    completions.start()
    completions.add(3)
    completions.stop(20)
    assert written == [2, 3]


def test_stopping_gives_up_after_its_patience() -> None:
    def write(items: list[int]) -> None:
        raise AWAY

    completions: Completions[int] = Completions(write, ignore)
    completions.start()
    completions.add(1)
    completions.stop(0.05)
    completions._thread.join(20)
    assert not completions._thread.is_alive()
