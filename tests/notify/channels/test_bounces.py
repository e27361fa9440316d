"""Claims about bounces: what other servers say afterwards is heard, once, and only about mails of ours."""

import smtplib
import threading
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from tests.notify.conftest import Catching, forget_settings, point_to

from imece.errors import Transient
from imece.ids import new_id
from notify.catcher.mailbox import bounced
from notify.channels.bounces import Mailbox, read
from notify.channels.receipts import Receipt, State
from notify.channels.refusals import Closed
from notify.settings import Settings, settings

_READING = threading.Lock()  # the catcher has one mailbox for all tests


def a_mail(identity: str = "<1@sirket.example>") -> bytes:
    message = EmailMessage(SMTP)
    message["From"], message["To"], message["Subject"], message["Message-ID"] = "a@sirket.example", "ali@example.com", "Konu ğ", identity
    message.set_content("Metin")
    return message.as_bytes()


def bounce(address: str = "ali+bounce@example.com", identity: str = "<1@sirket.example>") -> bytes:
    content = bounced(address, a_mail(identity))
    assert content is not None
    return content


def states(content: bytes) -> list[tuple[str, str, bool, bool]]:
    return [(receipt.state, receipt.code, receipt.address, receipt.opted_out) for receipt in read(content, "sirket.example")]


@pytest.mark.parametrize(
    ("address", "state", "code", "gone"),
    [
        ("ali+bounce@example.com", State.FAILED, "5.1.1", True),
        ("ali+bounce=5.1.10@example.com", State.FAILED, "5.1.10", True),
        ("ali+bounce=5.2.2@example.com", State.FAILED, "5.2.2", False),
        ("ali+bounce=5.7.1@example.com", State.FAILED, "5.7.1", False),
        ("ali+bounce=4.2.2@example.com", State.UNDELIVERED, "4.2.2", False),
        ("ali+bounce=2.1.5@example.com", State.DELIVERED, "2.1.5", False),
    ],
)
def test_a_notification_says_what_became_of_the_mail(address: str, state: State, code: str, gone: bool) -> None:
    assert states(bounce(address)) == [(state, code, gone, False)]


def test_it_is_of_the_mail_whose_message_id_comes_back() -> None:
    [receipt] = read(bounce(), "sirket.example")

    assert (receipt.provider, receipt.provider_id, receipt.reference) == ("email", "<1@sirket.example>", "<1@sirket.example>")


def test_a_complaint_is_an_opt_out_of_a_mail_that_arrived() -> None:
    assert states(bounce("ali+complaint@example.com")) == [(State.DELIVERED, "abuse", False, True)]


POSTFIX = """From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Date: Mon, 23 Nov 2026 10:00:00 +0300
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Bu posta iletilemedi.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ali@example.com
Action: failed
Status: 5.1.1 (no such user)
Diagnostic-Code: smtp; 550 5.1.1

Final-Recipient: rfc822; veli@example.com
Action: delayed
Status: 4.4.1

Final-Recipient: rfc822; ayse@example.com
Action: relayed
Status: 2.1.5
--b
Content-Type: message/rfc822

From: a@sirket.example
Message-ID:
 <1@sirket.example>
Subject: x

Metin
--b--
"""


def test_a_notification_for_several_as_postfix_writes_it() -> None:
    receipts = read(POSTFIX.replace("\n", "\r\n").encode(), "sirket.example")

    assert [(receipt.state, receipt.code) for receipt in receipts] == [(State.FAILED, "5.1.1"), (State.SENT, "2.1.5")]
    assert {receipt.provider_id for receipt in receipts} == {"<1@sirket.example>"}
    assert receipts[0].at.isoformat() == "2026-11-23T10:00:00+03:00"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        a_mail(),
        b"Subject: Tatildeyim\r\nIn-Reply-To: <1@sirket.example>\r\n\r\nGelince bakarim.\r\n",
        bounce(identity="<1@evil.example>"),
        bounce(identity="<1@sirket.example.evil.example>"),
        bounce().replace(b"Action: failed", b"Action: odd"),
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts",
    ],
)
def test_what_is_no_bounce_of_ours_is_left_alone(content: bytes) -> None:
    assert read(content, "sirket.example") == []


@pytest.fixture
def mailbox(catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    point_to(catcher, monkeypatch)
    monkeypatch.setenv("NOTIFY_CATCHER_FAULTS", "true")
    monkeypatch.setenv("NOTIFY_SENDER_ADDRESS", "muhasebe@sirket.example")
    forget_settings()
    with _READING:
        box = Mailbox(settings())
        box.collect(lambda _: None)
        yield box
    forget_settings()


def sent(catcher: Catching, *addresses: str) -> list[str]:
    """Mails to these, by SMTP; their Message-IDs."""
    identities = [f"<{new_id()}@sirket.example>" for _ in addresses]
    with smtplib.SMTP("127.0.0.1", catcher.port, "localhost") as smtp:
        for identity, address in zip(identities, addresses, strict=True):
            smtp.sendmail("muhasebe@sirket.example", [address], a_mail(identity))
    return identities


def test_what_bounces_is_read_from_the_mailbox_once(mailbox: Mailbox, catcher: Catching) -> None:
    hard, soft, _, spam = sent(catcher, "a+bounce@example.com", "b+bounce=4.2.2@example.com", "c@example.com", "d+complaint@example.com")
    heard: list[Receipt] = []

    assert mailbox.collect(heard.extend) == 3
    assert mailbox.collect(heard.extend) == 0

    found = {receipt.provider_id: (receipt.state, receipt.opted_out) for receipt in heard}
    assert found == {hard: (State.FAILED, False), soft: (State.UNDELIVERED, False), spam: (State.DELIVERED, True)}


def test_what_could_not_be_written_down_is_read_again(mailbox: Mailbox, catcher: Catching) -> None:
    [identity] = sent(catcher, "a+bounce@example.com")

    def broken(_: Sequence[Receipt]) -> None:
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        mailbox.collect(broken)
    heard: list[Receipt] = []
    mailbox.collect(heard.extend)

    assert [receipt.provider_id for receipt in heard] == [identity]


def test_a_wrong_password_waits_for_a_person_and_is_not_repeated(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.channels.bounces.CATCH_PASSWORD", "gizli")

    with pytest.raises(Closed, match="NOTIFY_IMAP_PASSWORD") as closed:
        mailbox.collect(lambda _: None)

    assert "gizli" not in str(closed.getrepr(style="native"))


def test_a_mailbox_that_is_not_there_is_transient(mailbox: Mailbox) -> None:
    away = Mailbox(mailbox.given.model_copy(update={"catcher_imap_port": 1}))

    with pytest.raises(Transient):
        away.collect(lambda _: None)


def test_a_folder_that_is_not_there_is_named(mailbox: Mailbox, catcher: Catching) -> None:
    live = Mailbox(
        Settings(mode="live", smtp_host="x", sender_address="a@sirket.example", allowed_domains="*").model_copy(
            update={
                "imap_host": "127.0.0.1",
                "imap_port": catcher.imap_port,
                "imap_tls": "none",
                "imap_user": "catcher",
                "imap_password": mailbox.given.imap_password.__class__("catcher"),
                "imap_folder": 'Bo"unces',
            }
        )
    )

    assert live.open
    with pytest.raises(Transient, match="NOTIFY_IMAP_FOLDER"):
        live.collect(lambda _: None)


def test_where_no_mailbox_is_named_none_is_open() -> None:
    assert not Mailbox(Settings()).open
    assert not Mailbox(Settings(mode="live", smtp_host="x", sender_address="a@sirket.example", allowed_domains="*")).open
