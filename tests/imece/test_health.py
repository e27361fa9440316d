"""What a process says when it is asked how it is."""

import http.client
import subprocess
import sys

import pytest

from imece import health


def test_a_process_that_is_well_says_so_and_one_that_is_not_says_why() -> None:
    fault: str | None = None
    server = health.serve("127.0.0.1", 0, lambda: fault)
    try:
        assert health.ask(server.server_port) is None
        fault = "no heartbeat written for 20 s"
        assert health.ask(server.server_port) == fault
    finally:
        server.shutdown()
        server.server_close()
    assert "no answer" in (health.ask(server.server_port) or "")


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/metrics", 200), ("/", 404), ("/metrics/", 404)])
def test_only_two_pages_exist(path: str, status: int) -> None:
    server = health.serve("127.0.0.1", 0, lambda: None)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == status
        if path == "/metrics":
            assert b"imece_attempts" in answer.read()
    finally:
        connection.close()
        server.shutdown()
        server.server_close()


def test_a_container_asks_with_an_exit_code() -> None:
    server = health.serve("127.0.0.1", 0, lambda: "unwell")
    try:
        done = subprocess.run([sys.executable, "-m", "imece.health", str(server.server_port)], check=False, capture_output=True, text=True)
    finally:
        server.shutdown()
        server.server_close()
    assert (done.returncode, done.stderr.strip()) == (1, "unwell")
