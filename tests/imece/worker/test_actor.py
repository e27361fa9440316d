"""Which function does which work."""

import sys
from typing import Any

import pytest

from imece.worker import actor
from imece.worker.actor import handlers


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this test registers is forgotten after it."""
    monkeypatch.setattr(sys.modules[handlers.__module__], "_handlers", handlers())


def test_a_handler_is_found_by_its_kind_and_stays_an_ordinary_function(bench: Any) -> None:
    @actor(bench.Step)
    def step(job: Any, contract: Any) -> None: ...

    assert handlers()["workertest.step"] is step


def test_two_actors_of_one_kind_are_refused(bench: Any) -> None:
    @actor(bench.Step)
    def one(job: Any, contract: Any) -> None: ...

    with pytest.raises(TypeError, match=r"workertest\.step has two actors"):

        @actor(bench.Step)
        def another(job: Any, contract: Any) -> None: ...


def test_a_module_that_is_imported_anew_replaces_its_own_handler(bench: Any) -> None:
    def loaded() -> Any:
        @actor(bench.Step)
        def step(job: Any, contract: Any) -> None: ...

        return step

    loaded()
    second = loaded()
    assert handlers()["workertest.step"] is second
