"""A stack of small scripts in the place of services, for the tests of supervision and of the command line."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from imece import config
from imece.embedded import home as places
from imece.embedded import programs, supervision
from imece.embedded.programs import Program

#: Says that it runs, forever; TERM ends it politely, and it writes that down.
_SCRIPT = """
import os, pathlib, signal, sys, time
here = pathlib.Path(sys.argv[1])
def leave(*_):
    (here / "left").write_text("politely")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("said by", here.name, flush=True)
(here / "pid").write_text(str(os.getpid()))
while True:
    time.sleep(0.05)
"""


@dataclass
class Scripted:
    """A stack under `home` that consists of `wanted`: scripts instead of services."""

    home: Path
    wanted: list[Program] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more script."""
        here = self.home / name
        here.mkdir()
        (here / "script.py").write_text(_SCRIPT)

        def ping() -> None:
            (here / "pid").read_text()

        self.wanted.append(Program(name, (sys.executable, str(here / "script.py"), str(here)), "a script", ping=ping))

    def pid_of(self, name: str) -> int:
        """The pid the script itself wrote down; 0 for none."""
        try:
            return int((self.home / name / "pid").read_text() or 0)
        except FileNotFoundError:
            return 0

    def migrate(self, command: str) -> Program:
        """A shell command in the place of the migrations."""
        return Program("migrate", ("sh", "-c", command), "schemas", ping=lambda: programs._migrated(self.home), once=True)


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """One script called `worker`, in a home with a space and a percent sign in its path; whatever a test leaves running is stopped."""
    home = tmp_path / "50 % h"
    home.mkdir()
    for name, value in {"HOME": str(home), "DATABASE_URL": "", "REDIS_URL": ""}.items():
        monkeypatch.setenv(f"IMECE_{name}", value)
    config.settings.cache_clear()
    found = Scripted(home)
    found.add("worker")
    monkeypatch.setattr(supervision, "programs", lambda _home: [found.migrate("true"), *found.wanted])
    yield found
    supervision.stop(home)
    shutil.rmtree(places.run_folder(home))
    monkeypatch.undo()
    config.settings.cache_clear()
