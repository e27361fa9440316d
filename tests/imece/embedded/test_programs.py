"""What has to run, and where each program answers."""

import os
import socket
from pathlib import Path

import pytest

from imece.embedded import programs
from imece.embedded.home import run_folder
from imece.embedded.programs import Program


@pytest.fixture
def three() -> list[Program]:
    """Three programs, whatever is installed."""
    return [Program(name, (name,), "for the test") for name in ("one", "two", "three")]


def ports(home: Path, wanted: list[Program]) -> list[int]:
    return [one.health_at[1] for one in programs._with_ports(home, wanted) if one.health_at]


def test_a_program_keeps_its_port_from_start_to_start(tmp_path: Path, three: list[Program]) -> None:
    first = ports(tmp_path, three)
    assert len(set(first)) == 3
    assert ports(tmp_path, three[1:]) == first[1:]
    assert ports(tmp_path, three[1:]) == first[1:]


def test_a_port_that_somebody_else_has_taken_since_is_given_up(tmp_path: Path, three: list[Program]) -> None:
    first = ports(tmp_path, three)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first[1]))
        stranger.listen()
        again = ports(tmp_path, three)
        assert (again[0], again[2]) == (first[0], first[2])
        assert again[1] not in first
        (run_folder(tmp_path) / "supervisord.pid").write_text(str(os.getpid()))
        assert ports(tmp_path, three) == again


def test_a_port_is_not_given_up_because_the_program_itself_listens_there(tmp_path: Path, three: list[Program]) -> None:
    first = ports(tmp_path, three)
    (run_folder(tmp_path) / "supervisord.pid").write_text(str(os.getpid()))
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", first[0]))
        ours.listen()
        assert ports(tmp_path, three) == first


def test_two_homes_begin_apart(tmp_path: Path, three: list[Program]) -> None:
    places = [tmp_path / str(number) for number in range(3)]
    assert len({ports(place, three)[0] for place in places}) > 1
