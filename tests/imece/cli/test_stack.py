"""`imece up`, `down`, `status`, `logs`, on a stack of small scripts."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from imece import service
from imece.cli import stack
from imece.embedded import supervision
from imece.errors import Misconfigured


@pytest.fixture
def imece(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command line; English, no services."""
    monkeypatch.setattr(service, "installed", dict)
    monkeypatch.setenv("IMECE_LOCALE", "en")
    app = typer.Typer()
    stack.register(app)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


def test_a_day_with_the_stack(imece: Any, scripted: Any) -> None:
    """Down, up, up again, one program killed for good, logs, down."""
    assert imece("status").exit_code == stack.NOT_RUNNING

    up = imece("up")
    assert up.exit_code == 0, up.output
    assert "imece runs: 2 programs" in up.output
    pid = scripted.pid_of("worker")

    assert "was running already" in imece("up").output
    assert scripted.pid_of("worker") == pid

    status = imece("status", "--json")
    rows = {row["program"]: row for row in json.loads(status.stdout)}
    assert status.exit_code == 0
    assert (rows["worker"]["state"], rows["worker"]["pid"], rows["worker"]["starts"]) == ("running", pid, 1)
    assert rows["worker"]["memory_mb"] > 1
    assert rows["migrate"]["state"] == "done"
    table = imece("status").output
    assert "worker" in table
    assert "running" in table

    assert imece("logs", "work").output == "worker  said by worker\n"

    down = imece("down")
    assert (down.exit_code, down.stdout) == (0, "stopped\n")
    assert imece("status").exit_code == stack.NOT_RUNNING
    assert imece("down").stdout == "nothing runs\n"


def test_up_that_fails_shows_the_last_words_of_what_is_not_well(imece: Any, scripted: Any) -> None:
    script = scripted.home / "worker" / "script.py"
    script.write_text("raise SystemExit('worker: there is no letter template')")

    up = imece("up", "--patience", "2")

    assert up.exit_code == 1
    assert "worker: crashing" in up.output
    assert "there is no letter template" in up.output
    assert "there is no letter template" in imece("status").output.replace("\n", " ")


def test_logs_can_be_followed_across_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("old\n")
    lines = (line for _, line in stack._follow({log: stack._end(log)}))

    with log.open("a") as writing:
        writing.write("one\ntw")
        writing.flush()
        assert next(lines) == "one"
        writing.write("o\n")
    assert next(lines) == "two", "half a line waits for its other half"
    log.rename(tmp_path / "worker.log.1")
    log.write_text("three\n")

    assert next(lines) == "three"


def test_an_unknown_log_is_answered_with_those_that_exist(imece: Any, scripted: Any) -> None:
    (scripted.home / "logs").mkdir()
    (scripted.home / "logs" / "gateway.log").touch()

    result = imece("logs", "gatwey")

    assert isinstance(result.exception, Misconfigured)
    assert "gateway" in result.exception.en
    assert "gateway" in result.exception.tr


def test_without_the_embedded_extra_it_says_what_to_install(imece: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imece.embedded.supervision", None)
    monkeypatch.delattr("imece.embedded.supervision")

    result = imece("status")

    assert isinstance(result.exception, Misconfigured)
    assert "imece[embedded]" in result.exception.en


def test_a_long_stay_is_told_in_days() -> None:
    assert [stack._span(seconds) for seconds in (None, 4.9, 65, 3700, 90_000)] == ["", "4s", "1m 5s", "1h 1m", "1d 1h"]
    assert supervision  # imported above, so that the test before this one has something to take away
