"""Claims about kill -9 in the middle of sending: nothing is sent twice, nothing is lost, by SMS or by mail, against the real stand-ins."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.notify.conftest import Catching, point_to
from tests.notify.pumping import number, states, until

from imece import db
from notify import intake
from notify.caught import mails, texts
from notify.intake import Wish
from notify.sending import lanes
from notify.settings import settings

HOUSE = Path(__file__).parents[2]
OPEN = {"queued", "sending", "unknown"}


@pytest.fixture
def through(catcher: Catching, pace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything goes to the catcher, at thirty messages a second, by pumps in processes of their own."""
    point_to(catcher, monkeypatch, patience=1)
    for name in ("SMS_TIMEOUT", "SMS_ANSWER_TIMEOUT"):
        monkeypatch.setenv(f"NOTIFY_{name}", "1")
    monkeypatch.setenv("NOTIFY_SMS_PROVIDERS", "twilio")
    pace(RATES="twilio=30,email=30", IN_FLIGHT="8")
    yield
    lanes.forget()


@contextmanager
def under_fire(folder: Path, provider: str, workers: int, pause: float) -> Iterator[list[int]]:
    """Pumps, one of which is killed every `pause` seconds; how often one was."""
    files = [folder / f"{provider}-{place}" for place in range(workers)]
    nurseries = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.notify.crashing", str(file), provider, str(place)], cwd=HOUSE, stderr=subprocess.DEVNULL
        )
        for place, file in enumerate(files)
    ]
    over, kills = threading.Event(), [0]

    def shoot() -> None:
        place = 0
        while not over.wait(pause):
            place = (place + 1) % workers
            os.kill(int(files[place].read_text()), signal.SIGKILL)
            kills[0] += 1

    until(lambda: all(file.exists() for file in files), 60)
    shooter = threading.Thread(target=shoot)
    shooter.start()
    try:
        yield kills
    finally:
        over.set()
        shooter.join()
        for nursery, file in zip(nurseries, files, strict=True):
            nursery.kill()
            nursery.wait()
            os.kill(int(file.read_text()), signal.SIGKILL)


def texts_under_fire(company: UUID, count: int, folder: Path, workers: int, pause: float) -> tuple[Counter[str], int]:
    """So many SMS under fire: how often each arrived, and how many kills that were."""
    first = int(time.time()) % 1_000_000 * 1000 % 9_000_000  # the catcher is the whole run's: numbers of our own
    with under_fire(folder, "twilio", workers, pause) as kills:
        with db.transaction() as session:
            for place in range(count):
                intake.take(session, Wish("sms", number(first + place), text="Ekstreniz hazir"), company_id=company, requested_by="ali")
        until(lambda: not states().keys() & OPEN, 240)
    wanted = {number(first + place) for place in range(count)}
    taken = Counter(text.to for text in texts.listed(settings().caught_texts, provider="twilio") if text.to in wanted)
    return Counter({one: taken[one] for one in wanted}), kills[0]


def mails_under_fire(company: UUID, count: int, folder: Path, workers: int, pause: float) -> tuple[Counter[str], int]:
    """So many mails under fire: how often each arrived, and how many kills that were."""
    with under_fire(folder, "email", workers, pause) as kills:
        with db.transaction() as session:
            ids = [
                intake.take(
                    session,
                    Wish("email", f"ali{place}+answer-late=0.05@example.com", subject="Ekstre", text="Hazır"),
                    company_id=company,
                    requested_by="ali",
                ).id
                for place in range(count)
            ]
        until(lambda: not states().keys() & OPEN, 240)
    folder_of_mails, domain = settings().caught, settings().domain
    return Counter({str(one): len(mails.find(folder_of_mails, f"<{one}@{domain}>")) for one in ids}), kills[0]


def test_sms_under_fire(through: None, company: UUID, tmp_path: Path) -> None:
    arrived, kills = texts_under_fire(company, 40, tmp_path, workers=2, pause=1.0)

    assert set(arrived.values()) == {1}
    assert kills > 0


@pytest.mark.slow
def test_six_hundred_sms_with_a_kill_every_quarter_of_a_second(through: None, company: UUID, tmp_path: Path) -> None:
    arrived, kills = texts_under_fire(company, 600, tmp_path, workers=4, pause=0.25)

    assert Counter(arrived.values()) == {1: 600}
    assert kills > 20


@pytest.mark.slow
def test_six_hundred_mails_with_a_kill_every_quarter_of_a_second(through: None, company: UUID, tmp_path: Path) -> None:
    arrived, kills = mails_under_fire(company, 600, tmp_path, workers=4, pause=0.25)

    assert Counter(arrived.values()) == {1: 600}
    assert kills > 20
