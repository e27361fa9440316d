"""Claims about limits, by a clock of the test's own."""

import pytest

from notify.catcher.limits import Limit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [100.0]
    monkeypatch.setattr("notify.catcher.limits.time.monotonic", lambda: at[0])
    return at


def test_no_more_than_so_many_within_any_such_span(clock: list[float]) -> None:
    limit = Limit(2, 10)

    assert [limit.over() for _ in range(3)] == [False, False, True]
    assert limit.wait() == 10
    clock[0] += 9.5
    assert limit.over()
    clock[0] += 0.5
    assert [limit.over() for _ in range(3)] == [False, False, True]


def test_asking_alone_counts_nothing(clock: list[float]) -> None:
    limit = Limit(1, 10)

    assert [limit.wait() for _ in range(3)] == [0, 0, 0]
    limit.count()
    assert limit.wait() == 10
