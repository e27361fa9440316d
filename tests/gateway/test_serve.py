"""The server process itself: it waits, refuses, serves, and stops without losing what runs."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI

from gateway import serve

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


@pytest.fixture
def patience(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A gateway that waits for a fifth of a second; where it listens."""
    monkeypatch.setattr(serve, "HEAD", 0.2)
    monkeypatch.setattr(serve, "SILENCE", 0.2)
    server = uvicorn.Server(uvicorn.Config(application, port=0, http=serve.Protocol, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)  # uvicorn has no event for this
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(10)


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nX: ", b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", HEALTH + b"GET /"]
)
def test_whoever_begins_a_request_and_falls_silent_is_let_go(patience: tuple[str, int], said: bytes) -> None:
    with socket.create_connection(patience, timeout=10) as connection:
        connection.sendall(said)
        while connection.recv(4096):
            pass  # what was asked before is answered; then it ends


def test_whoever_goes_on_is_heard_to_the_end(patience: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "HEAD", 60.0)
    with socket.create_connection(patience, timeout=10) as connection:
        for _ in range(2):
            for place in range(len(HEALTH)):
                connection.sendall(HEALTH[place : place + 1])
            assert b" 200 OK" in connection.recv(4096)
