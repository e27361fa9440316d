"""The way of a receipt: the provider calls our public address, signed, and the message is delivered; who signs otherwise is turned away."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
import requests
from tests.notify.conftest import forget_settings, point_to, running_catcher
from tests.notify.pumping import ask, effects, message, pumping, until

from imece.ids import new_id
from imece.testing import Stack
from notify.channels.callbacks import TWILIO_PATH

pytestmark = pytest.mark.usefixtures("database", "redis_client")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def public(stack: Stack) -> Iterator[str]:
    """A gateway and notify's face, each in a process of its own; the gateway's address."""
    gateway, face = free_port(), free_port()
    environment = {
        **os.environ,  # noqa: TID251 (for processes of their own)
        "GATEWAY_PORT": str(gateway),
        "GATEWAY_FACES": f"notify=http://127.0.0.1:{face}",
        "NOTIFY_PORT": str(face),
        "NOTIFY_PUBLIC_URL": f"http://127.0.0.1:{gateway}",
        "IMECE_FACE_SECRET": "a-secret-for-the-length-of-this-test-only",
        "IMECE_LOG_LEVEL": "WARNING",
    }
    with ExitStack() as after:
        for name in ("gateway", "notify"):
            process = subprocess.Popen([sys.executable, "-m", f"{name}.serve"], env=environment)
            after.callback(process.wait)
            after.callback(process.kill)
        for port in (gateway, face):
            end = time.monotonic() + 60
            while True:
                try:
                    requests.request("GET", f"http://127.0.0.1:{port}/healthz", timeout=2)
                    break
                except requests.ConnectionError:
                    assert time.monotonic() < end
                    time.sleep(0.05)  # until it listens
        yield f"http://127.0.0.1:{gateway}"


def test_a_receipt_comes_in_through_the_gateway_and_a_forged_one_does_not(
    public: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company: UUID = new_id()
    with running_catcher(tmp_path / "caught", NOTIFY_PUBLIC_URL=public) as catcher:
        point_to(catcher, monkeypatch)
        monkeypatch.setenv("NOTIFY_PUBLIC_URL", public)
        monkeypatch.setenv("NOTIFY_SMS_PROVIDERS", "twilio")
        forget_settings()
        delivered, failed = ask(company, "+90 532 111 22 33"), ask(company, "+90 555 000 01 05")
        with pumping():
            until(lambda: message(delivered).state == "delivered")
            until(lambda: message(failed).state == "failed")
        sid = effects(delivered)[-1].provider_id
        forged = requests.request(
            "POST",
            f"{public}{TWILIO_PATH}?m={effects(delivered)[-1].id}",
            data={"MessageSid": sid, "MessageStatus": "failed"},
            headers={"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
            timeout=5,
        )
        forget_settings()

    assert message(failed).code == "30005"
    assert effects(failed)[-1].address_refused
    assert forged.status_code == 422
    assert message(delivered).state == "delivered"
