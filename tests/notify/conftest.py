"""A real catcher in a process of its own, and settings that point at it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.notify.played import Played

from imece import config
from notify import messages
from notify import settings as notify_settings
from notify.caught import mails
from notify.sending import admission, lanes, pumps, routes, sealing, settling
from notify.settings import Settings

READER_KEY = "opens-the-reading-room"


@dataclass
class Catching:
    """A running catcher. `events` is what it has logged so far."""

    process: subprocess.Popen[str]
    port: int
    http_port: int
    imap_port: int
    folder: Path
    events: list[dict[str, object]]

    def held(self, message_id: str) -> list[Path]:
        """The mails with this Message-ID, one per time it was taken."""
        return mails.find(self.folder, message_id)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(10)


def home(folder: Path) -> Path:
    """Where the catcher of that folder keeps its keys: whatever else a test does to IMECE_HOME."""
    return folder.with_name(f"{folder.name}.home")


@contextmanager
def running_catcher(folder: Path, port: int = 0, **more: str) -> Iterator[Catching]:
    """A catcher with `folder`; `more` are further NOTIFY_ settings."""
    environment = {
        **os.environ,  # noqa: TID251 (for a process of its own)
        "IMECE_LOG_FORMAT": "json",
        "IMECE_HOME": str(home(folder)),
        "NOTIFY_CATCHER_FOLDER": str(folder),
        "NOTIFY_CATCHER_PORT": str(port),
        "NOTIFY_CATCHER_HTTP_PORT": "0",
        "NOTIFY_CATCHER_IMAP_PORT": "0",
        "NOTIFY_CATCHER_DELIVERY": "0.2",
        "NOTIFY_CATCHER_LIMITS": "false",
        "NOTIFY_CATCHER_FAULTS": "true",
        "NOTIFY_CATCHER_KEY": READER_KEY,
        **more,
    }
    process = subprocess.Popen([sys.executable, "-m", "notify.catcher"], env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    events: list[dict[str, object]] = []
    for line in process.stderr:
        events.append(json.loads(line))
        if events[-1]["event"] == "listening":
            break
    listening = events[-1]
    reader = threading.Thread(target=lambda: events.extend(json.loads(line) for line in process.stderr or ()))
    reader.start()
    try:
        ports = [int(str(listening.get(name, 0))) for name in ("port", "http_port", "imap_port")]
        yield Catching(process, *ports, folder, events)
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stderr.close()


@pytest.fixture(scope="session")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catching]:
    """One catcher for the whole run, which misbehaves where a recipient asks for it. Every test sends Message-IDs of its own."""
    with running_catcher(tmp_path_factory.mktemp("caught")) as running:
        yield running


@pytest.fixture
def catching(catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Catch mode, pointing at the catcher, with a short patience."""
    point_to(catcher, monkeypatch)
    yield notify_settings.settings()
    forget_settings()


@pytest.fixture
def live(catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Live mode: the catcher plays a relay that knows nothing but SMTP."""
    point_to(catcher, monkeypatch)
    for name, value in {
        "MODE": "live",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(catcher.port),
        "SMTP_TLS": "none",
        "SENDER_ADDRESS": "muhasebe@sirket.example",
        "ALLOWED_DOMAINS": "example.com, müşteri.example",
    }.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()
    yield notify_settings.settings()
    forget_settings()


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch, database: object, redis_client: object) -> Iterator[Callable[..., Settings]]:
    """`pace(RATES="twilio=50", ...)`: settings of the lanes, in an empty database and an empty Redis; fast where nothing is said."""

    def say(**more: str) -> Settings:
        for name, value in {"RATES": "twilio=2000,netgsm=2000,telegram=2000,webhook=2000,email=2000", "PUMPS": "1", **more}.items():
            monkeypatch.setenv(f"NOTIFY_{name}", value)
        forget_settings()
        return notify_settings.settings()

    say()
    lanes.forget()
    yield say
    forget_settings()
    lanes.forget()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, pace: object) -> Callable[..., Played]:
    """`played("netgsm", most=500)`: that provider is played from now on."""
    known: dict[str, Played] = {}

    def play(name: str = "twilio", **more: Any) -> Played:
        known[name] = Played(name, **more)
        return known[name]

    monkeypatch.setattr(pumps, "IDLE", 0.2)
    monkeypatch.setattr(pumps, "_TEND", 0.2)
    monkeypatch.setattr(settling, "_ASK_AGAIN", 0.1)
    monkeypatch.setattr(routes, "opened", lambda name: known.setdefault(name, Played(name)))
    return play


def point_to(catcher: Catching, monkeypatch: pytest.MonkeyPatch, patience: float = 0.6) -> None:
    """Settings of this process and its children: that catcher, and `patience` seconds for every mail."""
    for name in [name for name in os.environ if name.startswith("NOTIFY_")]:  # noqa: TID251 (what this machine says is not the test's business)
        monkeypatch.delenv(name)
    for name, value in {
        "CATCHER_PORT": str(catcher.port),
        "CATCHER_HTTP_PORT": str(catcher.http_port),
        "CATCHER_IMAP_PORT": str(catcher.imap_port),
        "CATCHER_KEY": READER_KEY,
        "CATCHER_FOLDER": str(catcher.folder),
        "SMTP_TIMEOUT": str(patience),
        "SMTP_ANSWER_TIMEOUT": str(patience),
    }.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()


def forget_settings() -> None:
    """The next reader of settings sees the environment as it is then."""
    config.settings.cache_clear()
    notify_settings.settings.cache_clear()
    sealing.forget()
    admission.forget()
    routes.forget()
    if messages._email.cache_info().currsize:
        messages._email().relay.close()
    messages._email.cache_clear()
