"""The ear of a process: one model, loaded once, gone when it is not needed, never more than fits."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from imece.errors import Permanent, Snooze
from transcription import hearing


@pytest.fixture(autouse=True)
def loaded(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The models that were loaded and unloaded, in order."""
    told: list[str] = []
    real = hearing.opened

    def opened(found: Any) -> Any:
        told.append(f"+{found.name}")
        made = real(found)
        made.unload = lambda: told.append(f"-{found.name}")
        return made

    monkeypatch.setattr(hearing, "opened", opened)
    yield told
    hearing.unload()


def test_a_model_is_loaded_once_and_makes_room_for_another(loaded: list[str]) -> None:
    for name in ("base", "base", "small", "base"):
        with hearing.lent(name) as (_, weights):
            assert weights.name == name
    assert loaded == ["+base", "-base", "+small", "-small", "+base"]


def test_what_does_not_fit_now_waits_and_what_never_fits_is_refused(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing.memory, "needed", lambda _name, _type: 9 << 30)
    with pytest.raises(Snooze) as wait, hearing.lent("turbo"):
        pass
    assert wait.value.delay.total_seconds() > 5
    monkeypatch.setattr(hearing.memory, "needed", lambda _name, _type: 17 << 30)
    with pytest.raises(Permanent, match="smaller"), hearing.lent("turbo"):
        pass
    assert loaded == []


def test_a_model_that_finds_no_room_while_it_is_loaded_waits_too(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_self: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(scripted, "load", load)
    with pytest.raises(Snooze), hearing.lent("base"):
        pass
    assert hearing._ear is None


def test_what_is_loaded_already_needs_no_room(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with hearing.lent("base"):
        pass
    monkeypatch.setattr(hearing.memory, "available", lambda: 0)
    with hearing.lent("base"):
        pass
    assert loaded == ["+base"]


def test_one_job_hears_at_a_time() -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(10)
        with hearing.lent("base"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with hearing.lent("base"):
        inside.set()
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_model_that_nobody_needs_leaves_the_memory(loaded: list[str], monkeypatch: pytest.MonkeyPatch, setting: Any) -> None:
    setting(unload_seconds=1)
    with hearing.lent("base"):
        pass
    assert hearing._ear is not None
    hearing.look()
    assert loaded == ["+base"], "it has just been used"
    hearing._ear.used -= 2
    hearing.look()
    assert loaded == ["+base", "-base"]
