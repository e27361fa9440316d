"""The supervised stack, really broken: real servers and real supervisord, small scripts in the place of services."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from imece import config
from imece.embedded import home as places
from imece.embedded import postgres, programs, supervision
from imece.embedded.programs import Program
from imece.embedded.supervision import Status

#: Says that it runs, forever; TERM ends it politely, and it writes that down.
_SCRIPT = """
import os, pathlib, signal, sys, time
here = pathlib.Path(sys.argv[1])
def leave(*_):
    (here / "left").write_text("politely")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
(here / "pid").write_text(str(os.getpid()))
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a space and a percent sign in its path; whatever a test leaves running there is stopped."""
    home = tmp_path / "50 % h"
    home.mkdir()
    monkeypatch.setenv("IMECE_HOME", str(home))
    monkeypatch.setenv("IMECE_DATABASE_URL", "")
    monkeypatch.setenv("IMECE_REDIS_URL", "")
    config.settings.cache_clear()
    yield home
    supervision.stop(home)
    config.settings.cache_clear()
    shutil.rmtree(places.run_folder(home))


@pytest.fixture
def wanted(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """What the stack consists of: a script under the name of a worker. Tests add to it."""
    found = [script(home, "worker")]
    monkeypatch.setattr(supervision, "programs", lambda _home: [migrate(home, "true"), *found])
    return found


def script(home: Path, name: str) -> Program:
    here = home / name
    here.mkdir()
    (here / "script.py").write_text(_SCRIPT)

    def ping() -> None:
        (here / "pid").read_text()

    return Program(name, (sys.executable, str(here / "script.py"), str(here)), "a script", ping=ping)


def migrate(home: Path, command: str) -> Program:
    return Program("migrate", ("sh", "-c", command), "schemas", ping=lambda: programs._migrated(home), once=True)


def until_well(home: Path, seconds: float = 30) -> dict[str, Status]:
    *_, last = supervision.wait(home, seconds)
    assert all(one.well for one in last), last
    return {one.program.name: one for one in last}


def until(true: Callable[[], bool], seconds: float = 30) -> float:
    """Seconds until something is the case."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds
        time.sleep(0.01)
    return time.monotonic() - began


def pid_of(home: Path, name: str) -> int:
    """The pid the script itself wrote down; 0 for none."""
    try:
        return int((home / name / "pid").read_text() or 0)
    except FileNotFoundError:
        return 0


def test_a_killed_program_is_back_within_five_seconds_again_and_again(home: Path, wanted: list[Program]) -> None:
    supervision.start(home)
    until_well(home)

    for _ in range(3):  # waits 0, 1 and 2 seconds; the rest of the ladder is the launcher's test
        killed = pid_of(home, "worker")
        os.kill(killed, 9)
        assert until(lambda killed=killed: pid_of(home, "worker") not in {0, killed}) < 5

    worker = next(one for one in supervision.status(home) if one.program.name == "worker")
    assert worker.starts == 4
    assert worker.state == "crashing", "it answers, but nobody should believe it yet"


def test_a_killed_supervisord_leaves_nothing_running_and_the_next_start_works(home: Path, wanted: list[Program]) -> None:
    supervision.start(home)
    until_well(home)
    supervisor = supervision.supervisor(home)
    assert supervisor
    children = supervisor.children(recursive=True)

    supervisor.kill()

    assert not psutil.wait_procs(children, 10)[1]
    assert supervision.start(home), "it starts anew and does not take the dead one for living"
    until_well(home)


def test_a_second_start_reuses_what_runs_and_takes_over_what_is_new(home: Path, wanted: list[Program]) -> None:
    assert supervision.start(home)
    before = until_well(home)

    assert not supervision.start(home)
    assert until_well(home)["worker"].pid == before["worker"].pid

    wanted.append(script(home, "newcomer"))
    assert not supervision.start(home)
    assert set(until_well(home)) == {"migrate", "worker", "newcomer"}


def test_stopping_is_polite_and_complete(home: Path, wanted: list[Program]) -> None:
    supervision.start(home)
    until_well(home)
    supervisor = supervision.supervisor(home)
    assert supervisor
    family = [supervisor, *supervisor.children(recursive=True)]
    bystander = subprocess.Popen([sys.executable, "-c", "input()", str(home)], stdin=subprocess.PIPE)

    assert supervision.stop(home)

    assert not [process for process in family if process.is_running()]
    assert (home / "worker" / "left").read_text() == "politely"
    assert bystander.poll() is None, "a process that only looks like ours is left alone"
    bystander.communicate(b"\n")
    assert not supervision.stop(home)
    assert {one.state for one in supervision.status(home)} == {"stopped"}


def test_nothing_starts_before_the_migrations_are_through(home: Path, wanted: list[Program], monkeypatch: pytest.MonkeyPatch) -> None:
    """They fail at first, and are tried again."""
    gate = home / "gate"
    steps = f"echo tried >>{shlex.quote(str(home / 'tries'))}; test -e {shlex.quote(str(gate))}"
    monkeypatch.setattr(supervision, "programs", lambda _home: [migrate(home, steps), *wanted])
    supervision.start(home)

    until(lambda: (home / "tries").exists() and (home / "tries").read_text().count("tried") == 2)
    assert pid_of(home, "worker") == 0
    assert {one.program.name: one.well for one in supervision.status(home)} == {"migrate": False, "worker": False}

    gate.touch()
    until_well(home)


def test_servers_outlive_the_services_and_their_data_a_restart(home: Path, wanted: list[Program], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real PostgreSQL and Redis, started, stopped, killed with everything else, and started again."""
    monkeypatch.setattr(supervision, "programs", lambda _home: [*programs._servers(home), migrate(home, "true"), *wanted])

    def ask(sql: str) -> object:
        engine = sa.create_engine(postgres.embedded_url(home), poolclass=sa.NullPool)
        with engine.begin() as connection:
            return connection.execute(sa.text(sql)).scalar()

    supervision.start(home)
    until_well(home)
    ask("CREATE TABLE kept AS SELECT 1 AS one; SELECT 1")
    supervision.stop(home)
    supervision.start(home)
    until_well(home)
    supervisor = supervision.supervisor(home)
    assert supervisor
    servers = supervisor.children()
    supervisor.kill()
    psutil.wait_procs(servers, 20)
    supervision.start(home)
    until_well(home)

    assert ask("SELECT one FROM kept") == 1


def test_every_log_rotates_with_backups(home: Path, wanted: list[Program]) -> None:
    """Supervisord and Python alike never rotate where the number of backups is 0."""
    parsed = configparser.RawConfigParser()
    parsed.read_string(supervision.configuration(home, wanted))

    for section, prefix in (("supervisord", "logfile"), ("program:worker", "stdout_logfile")):
        assert parsed[section][f"{prefix}_maxbytes"] == "1MB"
        assert parsed[section][f"{prefix}_backups"] == "3"
