"""Claims about one line to a provider: what can have been taken, and what cannot."""

import logging
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.errors import Transient, Unknown
from notify.channels.http import Answer, Line, Plain, _thread
from notify.channels.refusals import Closed

SECRET = "100:token-in-the-path"
WHERE = "/send?To=%2B905321112233"


@contextmanager
def server(
    *answers: bytes | Callable[[socket.socket], None] | None, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """Gives each request the next answer on its connection; None: hangs up. What was asked is in the list."""
    asked: list[bytes] = []
    left = list(answers)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    over = threading.Event()

    def talk(client: socket.socket) -> None:
        with client:
            while left:
                head = b""
                while b"\r\n\r\n" not in head:
                    try:
                        piece = client.recv(65536)
                    except OSError:
                        return
                    if not piece:
                        return
                    head += piece
                length = re.search(rb"(?i)content-length: (\d+)", head)
                while length and len(head.partition(b"\r\n\r\n")[2]) < int(length[1]):
                    head += client.recv(65536)
                asked.append(head)
                answer = left.pop(0)
                if answer is None:
                    return
                if callable(answer):
                    answer(client)
                    return
                client.sendall(answer)

    def run() -> None:
        while not over.is_set():
            try:
                client, _ = listening.accept()
            except OSError:
                continue
            client.settimeout(2)
            try:
                talk(tls.wrap_socket(client, server_side=True) if tls else client)
            except OSError:
                client.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        over.set()
        thread.join()
        listening.close()


def said(status: str = "200 OK", body: bytes = b"{}", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


@contextmanager
def line(port: int, patience: float = 5) -> Iterator[Line]:
    made = Line("Provider", f"http://127.0.0.1:{port}/bot{SECRET}", patience)
    yield made
    made.close()


def post(to: Line, seconds: float = 5) -> Answer:
    return to.post(WHERE, time.monotonic() + seconds, json={"text": "ğ"})


def test_a_request_goes_out_once_and_its_answer_comes_back() -> None:
    with server(said(body='{"ad": "şükrü"}'.encode(), X_Word="yes")) as (port, asked), line(port) as to:
        answer = post(to)

    assert (answer.ok, answer.status, answer.json(), answer.headers["x-word"]) == (True, 200, {"ad": "şükrü"}, "yes")
    assert len(asked) == 1
    assert asked[0].startswith(f"POST /bot{SECRET}/send?To=%2B905321112233 HTTP/1.1".encode())


def test_connections_are_kept_and_one_that_was_closed_meanwhile_is_replaced_unseen() -> None:
    with server(said(), said(Connection="close"), said()) as (port, asked), line(port) as to:
        for _ in range(3):
            assert post(to).ok

    assert len(asked) == 3


def test_a_connection_that_has_rested_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its other end may be hanging up just now, and a request that meets that is neither taken nor not."""
    opened: list[Plain] = []
    connect = Plain.connect
    monkeypatch.setattr(Plain, "connect", lambda self: (opened.append(self), connect(self))[1])
    with server(*[said()] * 4) as (port, _), line(port) as to:
        for rest, connections in ((60.0, 1), (60.0, 1), (0.0, 2), (0.0, 3)):
            monkeypatch.setattr("notify.channels.http.IDLE_SECONDS", rest)
            assert post(to).ok
            assert len(opened) == connections


def test_nobody_there_is_surely_not_taken() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with line(unused.getsockname()[1]) as to, pytest.raises(Transient, match="no connection"):
            post(to)


def test_no_time_left_is_surely_not_taken() -> None:
    with server() as (port, asked), line(port) as to, pytest.raises(Transient, match="no time left"):
        post(to, seconds=-1)

    assert asked == []


def test_a_connection_that_stands_too_late_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that takes its time cannot make a message leave after somebody else may have begun to send it."""
    slow = Plain._new_conn

    def late(self: Plain) -> socket.socket:
        _thread.deadline = time.monotonic() - 1
        return slow(self)

    monkeypatch.setattr(Plain, "_new_conn", late)
    with server(said()) as (port, asked), line(port) as to, pytest.raises(Transient):
        post(to)

    assert asked == []


def cut_short(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def silent(client: socket.socket) -> None:
    time.sleep(0.5)


def dripping(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(20):
        try:
            client.sendall(b"x")
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [None, silent, dripping, cut_short, said("500 Oops"), said("503 Busy"), b"no http\r\n\r\n"])
def test_no_clear_answer_may_have_been_taken(answer: bytes | Callable[[socket.socket], None] | None) -> None:
    with server(answer) as (port, _), line(port, 0.3) as to, pytest.raises(Unknown):
        post(to)


def test_a_question_changes_nothing_so_that_no_answer_to_it_is_transient() -> None:
    with server(None, said("500 Oops"), said("200 OK")) as (port, asked), line(port) as to:
        for _ in range(2):
            with pytest.raises(Transient):
                to.ask("/report")
        assert to.ask("/report", query={"To": "+90"}).ok

    assert b"To=%2B90" in asked[2].split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("status", "kind"), [(302, Closed), (400, Closed), (401, Closed), (404, Closed), (408, Unknown), (200, Unknown), (502, Unknown)]
)
def test_whoever_answers_in_an_apis_place_has_taken_nothing_if_he_says_no(status: int, kind: type[Exception]) -> None:
    with line(1) as to:
        assert type(to.wordless(Answer(status, {}, b"<html>"))) is kind


@pytest.mark.parametrize("base", ["http://", "nohttp://x", "//x", "http://[::1", "http://x:99999"])
def test_an_address_that_is_none_is_surely_not_reached(base: str) -> None:
    with pytest.raises(Transient):
        Line("Provider", base, 0.3).post("/", time.monotonic() + 1, json={})


def test_429_waits_as_long_as_it_is_asked_to() -> None:
    with server(said("429 Slow", Retry_After="7"), said("429 Slow")) as (port, _), line(port) as to:
        for seconds in (7, 1):
            with pytest.raises(Transient) as slow:
                post(to)
            assert slow.value.retry_after == timedelta(seconds=seconds)


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_left_alone(text: str) -> None:
    wait = Answer(429, {"Retry-After": text}, b"").retry_after

    assert wait is None or timedelta(0) <= wait <= timedelta(hours=1)


def test_a_retry_after_may_be_a_date() -> None:
    assert Answer(429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"").retry_after == timedelta(0)
    assert Answer(429, {"Retry-After": "86400"}, b"").retry_after == timedelta(hours=1)


@pytest.mark.parametrize("answer", [None, said("500 Oops"), said("429 Slow"), silent])
def test_neither_errors_nor_logs_hold_the_address(
    answer: bytes | Callable[[socket.socket], None] | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Telegram's holds the token, Twilio's list the recipient."""
    caplog.set_level(logging.DEBUG)
    with server(answer) as (port, _), line(port, 0.3) as to, pytest.raises((Transient, Unknown)) as fault:
        post(to)
    with line(1) as to, pytest.raises(Transient) as nobody:
        post(to)

    for text in (caplog.text, fault.value.en, fault.value.tr, nobody.value.en, str(fault.getrepr(style="native"))):
        assert SECRET not in text
        assert "5321112233" not in text


def test_this_machines_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with server(said()) as (port, asked), line(port) as to:
        assert post(to).ok

    assert len(asked) == 1


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    moved = said("302 Found", Location="http://127.0.0.1:1/", Set_Cookie="a=b")
    with server(moved, said()) as (port, asked), line(port) as to:
        assert post(to).status == 302
        post(to)

    assert b"a=b" not in asked[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    wish = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    wish += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(["openssl", "req", "-x509", *wish], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


def test_only_a_server_it_can_trust_is_told_anything(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with server(said(), tls=context) as (port, asked):
        with pytest.raises(Transient, match="certificate"):
            Line("Provider", f"https://localhost:{port}", 2).post("/", time.monotonic() + 2, json={})
        assert asked == []

        trusting = Line("Provider", f"https://localhost:{port}", 2, ca_file=Path(f"{certificate}.crt"))
        assert trusting.post("/", time.monotonic() + 2, json={}).ok
        trusting.close()
