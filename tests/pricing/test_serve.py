"""The face as a process: it refuses what is not safe, serves, and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from imece import health


def run(**more: str) -> subprocess.Popen[str]:
    environment = os.environ | more  # noqa: TID251 (for a process of its own)
    return subprocess.Popen([sys.executable, "-m", "pricing.serve"], env=environment, stderr=subprocess.PIPE, text=True)


def test_it_serves_until_it_is_told_to_stop(stack: Any) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    process = run(PRICING_PORT=str(port))
    deadline = time.monotonic() + 30
    while health.ask(port) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)  # it is starting; there is nothing to wait for but the port
    assert health.ask(port) is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PRICING_HOST": "0.0.0.0"}, "IMECE_FACE_SECRET"),  # noqa: S104 (to be refused)
        ({"IMECE_FACE_SECRET": "short"}, "IMECE_FACE_SECRET"),
        ({"PRICING_PORT": "http"}, "PRICING_PORT"),
        ({"IMECE_REDIS_URL": "redis://127.0.0.1:1", "IMECE_SERVER_PATIENCE": "0"}, "IMECE_REDIS_URL"),
    ],
)
def test_what_cannot_work_is_one_clear_line_and_exit_1(stack: Any, settings: dict[str, str], words: str) -> None:
    process = run(**settings)
    _, said = process.communicate(timeout=40)

    assert process.returncode == 1
    assert said.strip().splitlines()[-1].startswith("pricing: ")
    assert words in said
    assert "Traceback" not in said
