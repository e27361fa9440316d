"""Claims about connections and faults: real conversations with the catcher, and with a server that says what a test wants."""

import itertools
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.notify.conftest import Catching

from imece.errors import Permanent, Transient, Unknown
from imece.ids import new_id
from notify.channels import smtp
from notify.channels.smtp import Refused, Relay, Server

GREETING = {
    "connect": "220 hello",
    "ehlo": "250 hello",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    ".": "250 taken",
    "rset": "250 ok",
}


#: What a server says of itself: that each command waits for its answer, or that they may travel together.
ALONE, TOGETHER = "250 hello", "250-hello\r\n250 PIPELINING"
either_way = pytest.mark.parametrize("hello", [ALONE, TOGETHER])


class Scripted:
    """A server that answers each command as told; a None hangs up, a function is called for its answer."""

    def __init__(self, **answers: str | Callable[[], str | None] | None) -> None:
        self.answers: dict[str, Any] = {**GREETING, **{name.rstrip("_"): answer for name, answer in answers.items()}}
        self.connections = 0
        self.heard: list[str] = []
        self.content: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.tls: ssl.SSLContext | None = None
        self.tls_at_once = False

    def run(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError):
                self.converse(client)

    def converse(self, client: socket.socket, *, greet: bool = True) -> None:
        if self.tls and (self.tls_at_once or not greet):
            client = self.tls.wrap_socket(client, server_side=True)
        with client, client.makefile("rwb") as file:
            if not greet or self.answer("connect", file):
                self.listen(client, file)

    def listen(self, client: socket.socket, file: Any) -> None:
        content = False
        for line in file:
            word = "." if content and line == b".\r\n" else "" if content else line.split()[0].decode().lower()
            if not word:
                self.content.append(line.rstrip())
                continue
            self.heard.append(word)
            answer = self.answer(word, file)
            content = word == "data" and str(answer).startswith("354")
            if not answer:
                return
            if word == "starttls":
                self.converse(client, greet=False)
                return

    def answer(self, word: str, file: Any) -> str | None:
        answer = self.answers.get(word, "250 ok")
        answer = answer() if callable(answer) else answer
        if answer is not None:
            file.write(answer.encode() + b"\r\n")
            file.flush()
        return answer


@contextmanager
def scripted(**answers: Any) -> Iterator[Scripted]:
    server = Scripted(**answers)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()
    thread.join()


def relay(port: int, patience: float = 2) -> Relay:
    return Relay(Server("127.0.0.1", port, patience, patience))


def deliver(to: Relay, recipient: str = "ali@example.com", message_id: str = "<a@x>", *, seconds: float = 2, utf8: bool = False) -> str:
    content = f"Message-ID: {message_id}\r\nSubject: x\r\n\r\n.nokta\r\nson satır".encode()
    return to.deliver("muhasebe@sirket.example", recipient, content, utf8=utf8, deadline=time.monotonic() + seconds)


def test_a_delivered_mail_arrives_as_it_was_with_the_servers_words_for_an_answer(catcher: Catching) -> None:
    message_id, to = f"<{new_id()}@x>", relay(catcher.port)

    answer = deliver(to, message_id=message_id)
    to.hang_up()

    [path] = catcher.held(message_id)
    assert path.read_bytes().endswith("\r\n\r\n.nokta\r\nson satır\r\n".encode())
    assert answer == f"250 2.0.0 Kept as {path.name}"


def test_the_connection_is_kept_and_changed_after_a_hundred_mails() -> None:
    with scripted() as server:
        to = relay(server.port)
        for _ in range(100):
            deliver(to)
        assert server.connections == 1
        deliver(to)
        to.hang_up()

    assert server.connections == 2
    assert "quit" in server.heard


def test_the_connection_is_changed_after_a_minute_without_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted() as server:
        to = relay(server.port)
        deliver(to)
        to._own.kept.used -= 61
        deliver(to)
        to.hang_up()

    assert server.connections == 2


def test_every_thread_has_a_connection_of_its_own(catcher: Catching) -> None:
    to = relay(catcher.port)
    answers: list[str] = []

    def work() -> None:
        answers.extend(deliver(to, message_id=f"<{new_id()}@x>") for _ in range(5))
        to.hang_up()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 20


@either_way
@pytest.mark.parametrize("end", [None, "421 4.3.2 closing"])
def test_a_kept_connection_that_died_meanwhile_is_replaced_and_nobody_notices(end: str | None, hello: str) -> None:
    times = itertools.count()
    with scripted(ehlo=hello, mail=lambda: end if next(times) == 1 else "250 ok") as server:
        to = relay(server.port)
        deliver(to)
        deliver(to)
        to.hang_up()

    assert server.connections == 2
    assert server.heard.count(".") == 2


@either_way
@pytest.mark.parametrize("word", ["connect", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", [None, "421 closing", "451 later"])
def test_a_fault_before_the_content_is_transient(word: str, answer: str | None, hello: str) -> None:
    with scripted(**{"ehlo": hello, word: answer, "helo": answer}) as server:
        to = relay(server.port)
        with pytest.raises(Transient):
            deliver(to)
        to.hang_up()

    assert server.content == []


def test_what_goes_before_the_content_travels_together_where_the_server_can_take_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        to = relay(listener.getsockname()[1])
        sender = threading.Thread(target=deliver, args=(to,))
        sender.start()
        client, _ = listener.accept()
        with client, client.makefile("rwb", buffering=0) as file:
            for said, last in ((b"220 hello", b"ehlo"), (b"250-hello\r\n250 PIPELINING", b"data"), (b"250 a\r\n250 b\r\n354 c", b".\r\n")):
                file.write(said + b"\r\n")
                assert any(line.lower().startswith(last) for line in iter(file.readline, b""))
            file.write(b"250 taken\r\n")
            sender.join()
            to.close()


@pytest.mark.parametrize("word", ["mail", "rcpt"])
def test_a_server_that_wants_a_content_for_nobody_gets_an_empty_one(word: str) -> None:
    times = itertools.count()
    with scripted(ehlo=TOGETHER, **{word: lambda: "550 never" if next(times) == 0 else "250 ok"}) as server:
        to = relay(server.port)
        with pytest.raises(Refused):
            deliver(to)
        assert server.content == []
        deliver(to)
        to.hang_up()

    assert server.connections == 1
    assert server.content[-1] == "son satır".encode()


@either_way
@pytest.mark.parametrize(("word", "address"), [("mail", False), ("rcpt", True), ("data", False), (".", False)])
def test_a_5xx_is_for_good_and_marks_the_address_only_if_that_was_refused(word: str, address: bool, hello: str) -> None:
    with scripted(ehlo=hello, **{word: "550 5.1.1 <ali.veli@example.com> unknown"}) as server:
        to = relay(server.port)
        with pytest.raises(Refused) as refused:
            deliver(to)
        to.hang_up()

    assert refused.value.address is address
    assert isinstance(refused.value, Permanent)
    assert "550 5.1.1 <a***@example.com> unknown" in refused.value.en
    assert "550 5.1.1" in refused.value.tr


@either_way
@pytest.mark.parametrize("word", ["mail", "rcpt", "data", "."])
@pytest.mark.parametrize("answer", ["450 later", "550 never"])
def test_after_a_refusal_the_same_connection_goes_on(word: str, answer: str, hello: str) -> None:
    times = itertools.count()
    with scripted(ehlo=hello, **{word: lambda: answer if next(times) == 0 else GREETING[word]}) as server:
        to = relay(server.port)
        with pytest.raises((Transient, Refused)):
            deliver(to)
        deliver(to)
        to.hang_up()

    assert server.connections == 1
    assert "rset" in server.heard


def test_a_4xx_to_the_whole_mail_is_a_clear_no_for_now() -> None:
    with scripted(**{".": "452 4.3.1 disk full"}) as server:
        with pytest.raises(Transient, match="452"):
            deliver(to := relay(server.port))
        to.hang_up()


@pytest.mark.parametrize("answer", [None, "hm", "354 what"])
def test_no_clear_answer_to_the_whole_mail_is_unknown(answer: str | None) -> None:
    with scripted(**{".": answer}) as server:
        to = relay(server.port)
        with pytest.raises(Unknown):
            deliver(to)
        assert to._own.kept is None


def test_a_time_out_after_the_last_dot_is_unknown(catcher: Catching) -> None:
    message_id, to = f"<{new_id()}@x>", relay(catcher.port, patience=0.3)

    with pytest.raises(Unknown):
        deliver(to, "ali+answer-late=1@example.com", message_id)

    assert len(catcher.held(message_id)) == 1


def test_a_time_out_before_the_content_is_transient() -> None:
    silence = threading.Event()
    with scripted(rcpt=lambda: str(silence.wait(5))) as server:
        to = relay(server.port)
        with pytest.raises(Transient):
            deliver(to, seconds=0.3)
        silence.set()

    assert "data" not in server.heard


def test_a_mail_whose_time_is_up_is_broken_off_before_its_last_dot() -> None:
    """So whoever waits until the deadline has passed may trust the server's word that it has no such mail."""
    late = threading.Event()
    with scripted(data=lambda: (late.wait(0.3), "354 go on")[1]) as server:
        to = relay(server.port)
        with pytest.raises(Transient):
            deliver(to, seconds=0.2)
        late.set()

    assert "." not in server.heard


def test_a_connection_lost_within_the_content_is_transient_for_the_dot_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted() as server:
        to = relay(server.port)
        deliver(to)
        send = to._own.kept.smtp.send

        def broken(data: Any) -> None:
            if isinstance(data, bytes) and len(data) > 10:
                to._own.kept.smtp.close()
            send(data)

        monkeypatch.setattr(to._own.kept.smtp, "send", broken)
        with pytest.raises(Transient, match="broken off"):
            deliver(to)

    assert server.heard.count(".") == 1


def test_nobody_at_home_is_transient() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        for host in ("127.0.0.1", "no-such-host.invalid"):
            with pytest.raises(Transient, match=host):
                deliver(Relay(Server(host, unused.getsockname()[1], 1, 1)))


def test_an_interruption_from_outside_drops_the_connection() -> None:
    """The next mail must not read this one's answer."""

    class Interruption(BaseException): ...

    def interrupt() -> str:
        raise Interruption

    with scripted() as server:
        to = relay(server.port)
        deliver(to)
        to._own.kept.smtp.getreply = interrupt
        with pytest.raises(Interruption):
            deliver(to)
        assert to._own.kept is None


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(catcher: Catching) -> None:
    to = relay(catcher.port)
    deliver(to, "ayşe@example.com", f"<{new_id()}@x>", utf8=True)
    to.hang_up()

    with scripted() as server:
        to = relay(server.port)
        with pytest.raises(Refused) as refused:
            deliver(to, "ayşe@example.com", utf8=True)
        to.hang_up()
    assert refused.value.address


def test_a_refused_login_waits_for_a_person_and_does_not_name_the_password() -> None:
    with scripted(ehlo="250-hello\r\n250 AUTH PLAIN", auth="535 5.7.8 no") as server:
        to = Relay(Server("127.0.0.1", server.port, 2, 2, user="imece", password=SecretStr("gizli")))
        with pytest.raises(Transient, match="NOTIFY_SMTP_USER") as refused:
            deliver(to)

    assert refused.value.retry_after is not None
    assert refused.value.retry_after.total_seconds() >= 60
    assert "gizli" not in repr(to.server) + str(refused.value) + str(refused.value.__context__)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {path} -out {path}.crt".split(),
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_it_speaks_tls_from_the_start_or_after_starttls_and_only_to_a_server_it_can_trust(certificate: Path, way: str) -> None:
    authority = Path(f"{certificate}.crt")
    with scripted(ehlo="250-hello\r\n250 STARTTLS", starttls="220 go on") as server:
        server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.tls.load_cert_chain(certificate)
        server.tls_at_once = way == "tls"
        to = Relay(Server("localhost", server.port, 5, 5, tls=way, ca_file=authority))  # type: ignore[arg-type]
        assert deliver(to, seconds=5) == "250 taken"
        to.hang_up()

        for host, file in (("localhost", None), ("127.0.0.1", authority)):
            with pytest.raises(Transient, match="CERTIFICATE_VERIFY_FAILED"):
                deliver(Relay(Server(host, server.port, 5, 5, tls=way, ca_file=file)), seconds=5)  # type: ignore[arg-type]


def test_starttls_is_demanded_not_hoped_for(catcher: Catching) -> None:
    with pytest.raises(Transient, match="STARTTLS"):
        deliver(Relay(Server("127.0.0.1", catcher.port, 2, 2, tls="starttls")))


def test_ask_says_one_command(catcher: Catching) -> None:
    assert relay(catcher.port).ask("XHELD", "<nothing@x>")[0] == 550
    with scripted(connect=None) as server, pytest.raises(Transient):
        relay(server.port).ask("XHELD", "<nothing@x>")


def test_two_constants_are_what_relays_expect() -> None:
    assert (smtp.MAILS_PER_CONNECTION, smtp.IDLE_SECONDS) == (100, 60)
