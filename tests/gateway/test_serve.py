"""The server process itself: it waits, refuses, serves, and stops without losing what runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest

Firm = Any  #: conftest.Firm


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def gateway(**more: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | more  # noqa: TID251 (for a process of its own)
    process = subprocess.Popen([sys.executable, "-m", "gateway.serve"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def await_health(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # it is starting; there is nothing to wait for but the port
    raise AssertionError("the gateway did not come up")


def test_sigterm_ends_streams_and_exits_0(firm: Firm, add_job: Callable[..., Any]) -> None:
    port = free_port()
    job = add_job(firm)
    with gateway(GATEWAY_PORT=str(port)) as process:
        await_health(port)
        url = f"http://127.0.0.1:{port}/v1/jobs/{job}/events"
        with httpx.stream("GET", url, headers=firm.headers(), timeout=20) as answer:
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("data"))
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert not any(line.startswith("data") for line in lines)
        assert process.wait(15) == 0
        assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"GATEWAY_HOST": "0.0.0.0", "GATEWAY_SESSION_SECRET": ""}, "GATEWAY_SESSION_SECRET"),  # noqa: S104 (to be refused)
        ({"GATEWAY_PORT": "http"}, "GATEWAY_PORT"),
        ({"GATEWAY_MAX_UPLOAD": "-1"}, "GATEWAY_MAX_UPLOAD"),
        ({"IMECE_REDIS_URL": "redis://127.0.0.1:1", "IMECE_SERVER_PATIENCE": "0"}, "IMECE_REDIS_URL"),
        ({"IMECE_DATABASE_URL": "postgresql://u:canary@127.0.0.1:1/x", "IMECE_SERVER_PATIENCE": "0"}, "IMECE_DATABASE_URL"),
    ],
)
def test_what_cannot_work_is_one_clear_line_and_exit_1(stack: Any, settings: dict[str, str], words: str) -> None:
    with gateway(**settings) as process:
        _, said = process.communicate(timeout=40)

    assert process.returncode == 1
    last = said.strip().splitlines()[-1]
    assert last.startswith("gateway: ")
    assert words in last
    assert "Traceback" not in said
    assert "canary" not in said
