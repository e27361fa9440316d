"""Channels in catch mode, pointing at the catcher; and a way to make its stand-ins misbehave for one recipient."""

import random
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from tests.notify.conftest import Catching, forget_settings, home, point_to

from imece.ids import new_id
from notify.caught import texts
from notify.caught.texts import CaughtText
from notify.channels.receipts import State
from notify.channels.sms import Sms
from notify.settings import Settings, settings

Rule = Callable[..., None]

#: After these nothing more is expected.
ENDS = {State.DELIVERED, State.UNDELIVERED, State.EXPIRED, State.FAILED}

_numbers = random.Random()


@pytest.fixture
def given(catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Catch mode for every way out, with a patience that a busy machine needs."""
    point_to(catcher, monkeypatch)
    for name, value in {"SMS_TIMEOUT": "5", "SMS_ANSWER_TIMEOUT": "10", "CHAT_TIMEOUT": "5", "CHAT_ANSWER_TIMEOUT": "10"}.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()
    monkeypatch.setattr(texts, "_lock", lambda: lock(catcher.folder))
    yield settings()
    forget_settings()


@pytest.fixture
def rules(catcher: Catching) -> Iterator[Rule]:
    """`rules(do, to=..., ...)` adds a rule to the catcher's."""
    known: list[dict[str, Any]] = []

    def put(do: str, **more: Any) -> None:
        known.append({"do": do, **more})
        assert requests.request("PUT", f"http://127.0.0.1:{catcher.http_port}/catcher/rules", json=known, timeout=5).ok

    yield put
    requests.request("PUT", f"http://127.0.0.1:{catcher.http_port}/catcher/rules", json=[], timeout=5)


def lock(folder: Path) -> Fernet:
    """What the catcher of that folder encrypts with."""
    return Fernet(urlsafe_b64encode(bytes.fromhex((home(folder) / "catcher.key").read_text(encoding="ascii")[:64])))


def a_number() -> str:
    """A mobile number in Turkey that no other test writes to."""
    return f"+90532{_numbers.randrange(10**7):07}"


def an_sms(text: str = "Sayın yetkili, mutabakat mektubunuz hazır.", **fields: Any) -> Sms:
    return Sms(**{"reference": str(new_id()), "to": a_number(), "text": text, **fields})


def soon() -> float:
    """A deadline that does not matter."""
    return time.monotonic() + 10


def caught_by(catcher: Catching, to: str) -> list[CaughtText]:
    """What the stand-ins keep for one recipient, the newest first."""
    return list(texts.listed(catcher.folder / "texts", to=to))
