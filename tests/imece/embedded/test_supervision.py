"""The supervised stack, really broken: real servers and real supervisord, small scripts (see conftest) in the place of services."""

import configparser
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from imece.embedded import postgres, programs, supervision
from imece.embedded.supervision import Status


def until_well(home: Path, seconds: float = 120) -> dict[str, Status]:
    *_, last = supervision.wait(home, seconds)
    assert all(one.well for one in last), last
    return {one.program.name: one for one in last}


def until(true: Callable[[], bool], seconds: float = 120) -> float:
    """Seconds until something is the case."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds
        time.sleep(0.01)
    return time.monotonic() - began


def test_a_killed_program_is_back_within_five_seconds_again_and_again(scripted: Any) -> None:
    supervision.start(scripted.home)
    until_well(scripted.home)

    for _ in range(3):  # waits 0, 1 and 2 seconds; the rest of the ladder is the launcher's test
        killed = scripted.pid_of("worker")
        os.kill(killed, 9)
        assert until(lambda killed=killed: scripted.pid_of("worker") not in {0, killed}) < 5

    worker = next(one for one in supervision.status(scripted.home) if one.program.name == "worker")
    assert worker.starts == 4
    assert worker.state == "crashing", "it answers, but nobody should believe it yet"


def test_a_killed_supervisord_leaves_nothing_running_and_the_next_start_works(scripted: Any) -> None:
    supervision.start(scripted.home)
    until_well(scripted.home)
    supervisor = supervision.supervisor(scripted.home)
    assert supervisor
    children = supervisor.children(recursive=True)

    supervisor.kill()

    assert not psutil.wait_procs(children, 10)[1]
    assert supervision.start(scripted.home), "it starts anew and does not take the dead one for living"
    until_well(scripted.home)


def test_a_second_start_reuses_what_runs_and_takes_over_what_is_new(scripted: Any) -> None:
    assert supervision.start(scripted.home)
    before = until_well(scripted.home)

    assert not supervision.start(scripted.home)
    assert until_well(scripted.home)["worker"].pid == before["worker"].pid

    scripted.add("newcomer")
    assert not supervision.start(scripted.home)
    assert set(until_well(scripted.home)) == {"migrate", "worker", "newcomer"}


def test_stopping_is_polite_and_complete(scripted: Any) -> None:
    supervision.start(scripted.home)
    until_well(scripted.home)
    supervisor = supervision.supervisor(scripted.home)
    assert supervisor
    family = [supervisor, *supervisor.children(recursive=True)]
    bystander = subprocess.Popen([sys.executable, "-c", "input()", str(scripted.home)], stdin=subprocess.PIPE)

    assert supervision.stop(scripted.home)

    assert not [process for process in family if process.is_running()]
    assert (scripted.home / "worker" / "left").read_text() == "politely"
    assert bystander.poll() is None, "a process that only looks like ours is left alone"
    bystander.communicate(b"\n")
    assert not supervision.stop(scripted.home)
    assert {one.state for one in supervision.status(scripted.home)} == {"stopped"}


def test_nothing_starts_before_the_migrations_are_through(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They fail at first, and are tried again."""
    gate = scripted.home / "gate"
    steps = f"echo tried >>{shlex.quote(str(scripted.home / 'tries'))}; test -e {shlex.quote(str(gate))}"
    monkeypatch.setattr(supervision, "programs", lambda _home: [scripted.migrate(steps), *scripted.wanted])
    supervision.start(scripted.home)

    until(lambda: (scripted.home / "tries").exists() and (scripted.home / "tries").read_text().count("tried") == 2)
    assert scripted.pid_of("worker") == 0
    assert {one.program.name: one.well for one in supervision.status(scripted.home)} == {"migrate": False, "worker": False}

    gate.touch()
    until_well(scripted.home)


def test_servers_outlive_the_services_and_their_data_a_restart(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real PostgreSQL and Redis, started, stopped, killed with everything else, and started again."""
    monkeypatch.setattr(
        supervision, "programs", lambda _home: [*programs._servers(scripted.home), scripted.migrate("true"), *scripted.wanted]
    )

    def ask(sql: str) -> object:
        engine = sa.create_engine(postgres.embedded_url(scripted.home), poolclass=sa.NullPool)
        with engine.begin() as connection:
            return connection.execute(sa.text(sql)).scalar()

    supervision.start(scripted.home)
    until_well(scripted.home)
    ask("CREATE TABLE kept AS SELECT 1 AS one; SELECT 1")
    supervision.stop(scripted.home)
    supervision.start(scripted.home)
    until_well(scripted.home)
    supervisor = supervision.supervisor(scripted.home)
    assert supervisor
    servers = supervisor.children()
    supervisor.kill()
    psutil.wait_procs(servers, 20)
    supervision.start(scripted.home)
    until_well(scripted.home)

    assert ask("SELECT one FROM kept") == 1


def test_every_log_rotates_with_backups(scripted: Any) -> None:
    """Supervisord and Python alike never rotate where the number of backups is 0."""
    parsed = configparser.RawConfigParser()
    parsed.read_string(supervision.configuration(scripted.home, scripted.wanted))

    for section, prefix in (("supervisord", "logfile"), ("program:worker", "stdout_logfile")):
        assert parsed[section][f"{prefix}_maxbytes"] == "1MB"
        assert parsed[section][f"{prefix}_backups"] == "3"
