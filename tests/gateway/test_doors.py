"""Which face an address leads to, and how often anybody may ask."""

import time

import pytest

from gateway import doors, settings
from imece import face


def test_without_the_setting_faces_are_those_installed_here(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("GATEWAY_FACES", raising=False)
    settings.forget()

    assert doors.known() == face.installed()


@pytest.mark.parametrize(
    ("path", "open_to_anybody"),
    [
        ("/shop/public/x", True),
        ("/shop/public/", True),
        ("/shop/public", False),
        ("/shop/publicx/", False),
        ("//shop/public/x", False),
        ("/other/public/x", False),
        ("/v1/shop/public/x", False),
        ("/static/public/x", False),
    ],
)
def test_what_is_anybodys_lies_below_the_public_folder_of_a_face(environment: pytest.MonkeyPatch, path: str, open_to_anybody: bool) -> None:
    environment.setenv("GATEWAY_FACES", "shop=http://127.0.0.1:1")
    settings.forget()

    assert doors.is_anybodys(path) is open_to_anybody


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_ten_seconds_worth_may_come_at_once_and_then_the_rate(clock: list[float]) -> None:
    pace = doors.Pace(2)

    assert [pace.wait("192.0.2.1") for _ in range(21)] == [0.0] * 21
    assert pace.wait("192.0.2.1") == pytest.approx(0.5)
    assert pace.wait("192.0.2.2") == 0
    clock[0] += 0.5
    assert pace.wait("192.0.2.1") == 0
    assert pace.wait("192.0.2.1") == pytest.approx(0.5)
    clock[0] += 60
    assert [pace.wait("192.0.2.1") for _ in range(21)] == [0.0] * 21


def test_a_network_of_ipv6_is_one_asker(clock: list[float]) -> None:
    pace = doors.Pace(0.1)

    assert [pace.wait(f"2001:db8::{number}") for number in range(3)] == [0.0, 0.0, pytest.approx(10)]
    assert pace.wait("2001:db8:1::1") == 0


def test_a_million_askers_are_not_all_remembered(clock: list[float]) -> None:
    pace = doors.Pace(100)
    for number in range(30_000):
        assert pace.wait(f"198.51.{number // 250}.{number % 250}") == 0

    assert len(pace._next) <= 20_000
    clock[0] += 1
    pace.wait("192.0.2.1")
    assert len(pace._next) == 1
