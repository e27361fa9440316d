"""Claims about the catcher, made to a real one over real SMTP."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from tests.notify.conftest import Catching, running_catcher

from imece.ids import new_id
from notify import catcher
from notify.caught import mails
from notify.settings import Settings


@pytest.fixture
def conversation(catcher: Catching) -> Iterator[smtplib.SMTP]:
    smtp = smtplib.SMTP("127.0.0.1", catcher.port, "localhost", timeout=10)
    smtp.ehlo()
    yield smtp
    smtp.close()


def mail(message_id: str, text: str = "Sayın yetkili,\r\n.noktalı satır\r\n") -> bytes:
    message = EmailMessage(SMTP)
    message["Message-ID"] = message_id
    message["Subject"] = "Mutabakat mektubu: Şükrü Ağaoğlu İnşaat"
    message.set_content(text)
    return message.as_bytes()


def an_id() -> str:
    return f"<{new_id()}@sirket.example>"


def test_what_it_took_is_on_the_disk_as_it_was_sent_under_the_servers_own_lines(catcher: Catching, conversation: smtplib.SMTP) -> None:
    message_id = an_id()

    conversation.sendmail("muhasebe@sirket.example", ["ali@example.com"], mail(message_id))

    [path] = catcher.held(message_id)
    stamps, original = path.read_bytes().split(b"Message-ID", 1)
    assert b"Message-ID" + original == mail(message_id)
    assert stamps.splitlines()[:2] == [b"Return-Path: <muhasebe@sirket.example>", b"Delivered-To: ali@example.com"]
    assert path.name == f"{message_id[1:-1]}.eml"


def test_it_says_what_it_holds_and_what_it_does_not(conversation: smtplib.SMTP) -> None:
    held, other = an_id(), an_id()
    conversation.sendmail("a@sirket.example", ["ali@example.com"], mail(held))

    assert conversation.docmd("XHELD", held) == (250, f"2.0.0 Kept as {held[1:-1]}.eml".encode())
    assert conversation.docmd("XHELD", other)[0] == 550
    assert conversation.docmd("XHELD")[0] == 501


def test_a_mail_sent_twice_is_kept_twice(catcher: Catching, conversation: smtplib.SMTP) -> None:
    """Hiding the second would hide the fault that this catcher is there to show."""
    message_id = an_id()

    for _ in range(3):
        conversation.sendmail("a@sirket.example", ["ali@example.com"], mail(message_id))

    assert len(catcher.held(message_id)) == 3


def test_it_is_honest_about_what_it_can_take(conversation: smtplib.SMTP) -> None:
    assert {"size", "8bitmime", "smtputf8"} <= set(conversation.esmtp_features)
    assert conversation.mail("a@sirket.example", ["SIZE=99999999999"])[0] == 552
    conversation.rset()

    conversation.mail("şükrü@sirket.example", ["SMTPUTF8", "BODY=8BITMIME"])
    conversation.rcpt("ayşe@example.com")
    assert conversation.data("Message-ID: <a>\r\nSubject: ğüşiöç\r\n\r\nşöyle\r\n".encode())[0] == 250


def test_a_mail_beyond_the_limit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with running_catcher(tmp_path, NOTIFY_CATCHER_MAX_MB="1") as small, smtplib.SMTP("127.0.0.1", small.port, "localhost") as smtp:
        smtp.helo()  # an old client that announces no size
        message_id = an_id()
        smtp.mail("a@sirket.example")
        smtp.rcpt("ali@example.com")

        assert smtp.data(mail(message_id, "satır\r\n" * 300_000))[0] == 552

        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("tag", "code"), [("450", 450), ("550", 550)])
def test_a_recipient_may_ask_to_be_refused(conversation: smtplib.SMTP, tag: str, code: int) -> None:
    conversation.mail("a@sirket.example")

    assert conversation.rcpt(f"ali+{tag}@example.com")[0] == code
    assert conversation.rcpt("veli@example.com")[0] == 250


def test_a_421_ends_the_conversation(conversation: smtplib.SMTP) -> None:
    conversation.mail("a@sirket.example")

    assert conversation.rcpt("ali+421@example.com")[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        conversation.noop()


def test_a_fault_may_be_asked_for_a_number_of_times(conversation: smtplib.SMTP) -> None:
    recipient = f"ali-{new_id()}+450x2@example.com"
    conversation.mail("a@sirket.example")

    assert [conversation.rcpt(recipient)[0] for _ in range(3)] == [450, 450, 250]


@pytest.mark.parametrize(("tag", "kept"), [("drop-before", 0), ("drop-after", 1)])
def test_it_may_hang_up_instead_of_answering(catcher: Catching, conversation: smtplib.SMTP, tag: str, kept: int) -> None:
    message_id = an_id()

    with pytest.raises(smtplib.SMTPServerDisconnected):
        conversation.sendmail("a@sirket.example", [f"ali+{tag}@example.com"], mail(message_id))

    assert len(catcher.held(message_id)) == kept


def test_without_leave_no_recipient_makes_it_misbehave(tmp_path: Path) -> None:
    with running_catcher(tmp_path, NOTIFY_CATCHER_FAULTS="false") as good, smtplib.SMTP("127.0.0.1", good.port, "localhost") as smtp:
        for tag in ("421", "550", "drop-after"):
            assert smtp.sendmail("a@sirket.example", [f"ali+{tag}@example.com"], mail(an_id())) == {}


def test_a_client_that_dies_after_the_last_dot_has_handed_its_mail_over(catcher: Catching) -> None:
    """And a look-up in the meantime says that it is being kept, not that it is absent."""
    message_id = an_id()
    dying, asking = (smtplib.SMTP("127.0.0.1", catcher.port, "localhost", timeout=10) for _ in range(2))
    dying.ehlo()
    asking.ehlo()
    dying.mail("a@sirket.example")
    dying.rcpt("ali+keep-late=0.5@example.com")
    dying.docmd("DATA")
    dying.send(mail(message_id) + b".\r\n")
    while asking.docmd("XHELD", message_id)[0] == 550:
        pass  # it has not read the last line yet
    dying.close()

    assert asking.docmd("XHELD", message_id)[0] == 450
    while asking.docmd("XHELD", message_id)[0] == 450:
        pass
    assert asking.docmd("XHELD", message_id)[0] == 250
    asking.close()


def test_it_remembers_after_a_restart_and_after_a_kill(tmp_path: Path) -> None:
    held = []
    for end in (signal.SIGKILL, signal.SIGTERM):
        with running_catcher(tmp_path) as running, smtplib.SMTP("127.0.0.1", running.port, "localhost") as smtp:
            smtp.ehlo()
            for message_id in held:
                assert smtp.docmd("XHELD", message_id)[0] == 250
            held.append(an_id())
            smtp.sendmail("a@sirket.example", ["ali@example.com"], mail(held[-1]))
            assert running.stop(end) == (0 if end is signal.SIGTERM else -end)
            smtp.close()


def test_sigterm_lets_the_mail_that_is_coming_in_reach_its_end_and_sends_the_idle_away(tmp_path: Path) -> None:
    with running_catcher(tmp_path) as running:
        idle, busy = (smtplib.SMTP("127.0.0.1", running.port, "localhost", timeout=10) for _ in range(2))
        message_id = an_id()
        busy.mail("a@sirket.example")
        busy.ehlo()
        busy.mail("a@sirket.example")
        busy.rcpt("ali@example.com")
        busy.docmd("DATA")

        running.process.send_signal(signal.SIGTERM)
        assert idle.getreply()[0] == 421
        busy.send(mail(message_id) + b".\r\n")

        assert busy.getreply()[0] == 250
        assert busy.getreply()[0] == 421
        assert running.process.wait(10) == 0
        assert len(running.held(message_id)) == 1
        idle.close()
        busy.close()


def test_what_is_past_its_retention_goes_at_the_start(tmp_path: Path) -> None:
    old, young = (mails.keep(tmp_path, an_id(), b"Subject: x\r\n\r\n") for _ in range(2))
    os.utime(old, (1e9, 1e9))

    with running_catcher(tmp_path) as running:
        running.stop()

    assert list(tmp_path.iterdir()) == [young]


def test_a_full_disk_is_the_catchers_fault_and_not_the_mails(tmp_path: Path) -> None:
    with running_catcher(tmp_path / "folder") as running, smtplib.SMTP("127.0.0.1", running.port, "localhost") as smtp:
        running.folder.rmdir()
        running.folder.write_text("no folder any more")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("a@sirket.example", ["ali@example.com"], mail(an_id()))

    assert refused.value.smtp_code == 452


def test_its_log_knows_no_whole_address_and_no_subject(tmp_path: Path) -> None:
    with running_catcher(tmp_path, IMECE_LOG_LEVEL="DEBUG") as running:
        with smtplib.SMTP("127.0.0.1", running.port, "localhost") as smtp:
            smtp.sendmail("muhasebe@sirket.example", ["ali.veli@example.com"], mail(an_id()))
        running.stop()
    logged = str(running.events)

    assert "a***@example.com" in logged
    assert "ali.veli" not in logged
    assert "muhasebe@" not in logged
    assert "Mutabakat" not in logged


def test_check_says_by_its_exit_status_whether_one_answers(catcher: Catching, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ports = {catcher.port: 0, unused.getsockname()[1]: 1}
        for port, status in ports.items():
            ports_of = {"NOTIFY_CATCHER_PORT": str(port), "NOTIFY_CATCHER_HTTP_PORT": str(catcher.http_port)}
            environment = {**os.environ, **ports_of}  # noqa: TID251 (for a process of its own)
            command = [sys.executable, "-m", "notify.catcher", "--check"]
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert ended.returncode == status, ended.stderr
            assert (str(port) in ended.stderr) == bool(status)


def test_a_port_that_is_taken_ends_it_with_one_line_that_names_the_setting(
    catcher: Catching, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("notify.catcher.settings", lambda: Settings(catcher_port=catcher.port, catcher_folder=tmp_path))
    monkeypatch.setattr("notify.catcher.log.configure", lambda **_: None)

    assert catcher_main() == 1
    assert "NOTIFY_CATCHER_PORT: cannot listen on 127.0.0.1:" in capsys.readouterr().err


def catcher_main() -> int:
    """`main` installs signal handlers, which only the main thread may."""
    assert threading.current_thread() is threading.main_thread()
    return catcher.main([])


def test_what_was_taken_is_found_by_the_folders_own_look_up(catcher: Catching, conversation: smtplib.SMTP) -> None:
    message_id = an_id()
    conversation.sendmail("a@sirket.example", ["ali@example.com", "veli@example.com"], mail(message_id))

    [seen] = mails.listed(catcher.folder, message_id)

    assert seen.recipients == ("ali@example.com", "veli@example.com")
    assert seen.subject == "Mutabakat mektubu: Şükrü Ağaoğlu İnşaat"
