from typing import Any

import pytest

from gateway import health


def test_an_answer_is_good_for_a_second_so_that_asking_is_no_burden(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def database() -> bool:
        asked.append(1)
        return True

    monkeypatch.setattr(health, "_database", database)

    assert [health.check() for _ in range(50)] == [(True, True)] * 50
    assert len(asked) == 1
