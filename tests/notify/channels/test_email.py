"""Claims about mails as they arrive."""

import email
import email.policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imece import storage
from imece.contracts.notify import Attachment, SendEmail
from imece.errors import Permanent, Transient
from imece.ids import new_id
from notify.channels import Channel, Outcome
from notify.channels.email import _SEVEN_BITS, Email, Mail, compose, message_id
from notify.settings import Settings

REFERENCE = "<0199a000-0000-7000-8000-000000000001@sirket.example>"
OURS = Settings(sender_address="muhasebe@sirket.example", sender_name="Şirket Muhasebe, A.Ş.")


def composed(company: UUID | None = None, given: Settings = OURS, **fields: object) -> Mail:
    contract = SendEmail.model_validate({"to": "ali@example.com", "subject": "Konu", "text": "Metin", **fields})
    return compose(contract, REFERENCE, company, given)


def parsed(mail: Mail) -> EmailMessage:
    return email.message_from_bytes(mail.content, policy=email.policy.default)


def test_a_mail_has_every_header_that_receivers_expect() -> None:
    mail = composed(to_name="Ali Çağrı Öztürk", reply_to="yetkili@sirket.example", subject="Mutabakat mektubu", locale="tr")
    message = parsed(mail)

    assert message["Message-ID"] == REFERENCE
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "tr"
    assert message["To"].addresses[0].display_name == "Ali Çağrı Öztürk"
    assert message["From"].addresses[0].display_name == "Şirket Muhasebe, A.Ş."
    assert message["Reply-To"] == "yetkili@sirket.example"
    assert message["Date"].datetime.utcoffset().total_seconds() == 3 * 3600
    assert (mail.sender, mail.recipient, mail.utf8) == ("muhasebe@sirket.example", "ali@example.com", False)
    assert all(len(message.get_all(name)) == 1 for name in message.keys())  # noqa: SIM118 (an EmailMessage is no dict)


def test_text_and_html_are_two_sides_of_one_mail() -> None:
    message = parsed(composed(text="Sayın yetkili,\nığüşöç İĞÜŞÖÇ ₺", html="<p>Sayın <b>yetkili</b> ğ</p>"))

    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content().splitlines() == ["Sayın yetkili,", "ığüşöç İĞÜŞÖÇ ₺"]
    assert message.get_body(("html",)).get_content().strip() == "<p>Sayın <b>yetkili</b> ğ</p>"


def test_it_travels_through_servers_that_know_seven_bits_and_short_lines() -> None:
    content = composed(subject="ığüşöç " * 40, to_name="Şükrü " * 20, text="çok uzun satır " * 500).content

    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


letters = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), min_size=1, max_size=200)
words = st.lists(st.text("abcçğıiİöşüABC,.:;()<>@\"'\\&=?_-/1230", min_size=1, max_size=30), min_size=1, max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(words, letters), words)
def test_any_subject_and_any_name_arrive_as_they_were(subject: str, name: str) -> None:
    message = email.message_from_bytes(composed(subject=subject, to_name=name).content)
    shown, address = parseaddr(message["To"])

    assert " ".join(decoded(message["Subject"]).split()) == " ".join(subject.split())
    assert (decoded(shown), address) == (name, "ali@example.com")
    assert [got.addr_spec for got in parsed(composed(to_name=name))["To"].addresses] == ["ali@example.com"]


def decoded(text: str) -> str:
    """RFC 2047 read by the old reader: the newer one splits names with dots at places of its own."""
    return str(make_header(decode_header(text)))


@settings(max_examples=100, deadline=None)
@given(words.filter(lambda name: not set(name) & set('/\\<>"')))
def test_any_file_name_arrives_as_it_was(name: str) -> None:
    message = EmailMessage(_SEVEN_BITS)
    message.set_content("x")
    message.add_attachment(b"x", "application", "pdf", filename=name)

    [part] = email.message_from_bytes(message.as_bytes(), policy=email.policy.default).iter_attachments()
    assert part.get_filename() == name


@pytest.mark.parametrize("field", ["subject", "to_name"])
@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_nobody_begins_another_header(field: str, break_: str) -> None:
    with pytest.raises(Permanent) as refused:
        composed(**{field: f"Konu{break_}Bcc: veli@example.com"})

    assert "denetim karakteri" in refused.value.tr


@pytest.mark.parametrize("field", ["to", "reply_to"])
def test_an_address_field_holds_one_address(field: str) -> None:
    for bad in ("ali@example.com\r\nBcc: veli@example.com", "ali@example.com, veli@example.com"):
        with pytest.raises(Permanent):
            composed(**{field: bad})


def test_an_address_beyond_ascii_keeps_its_letters_and_says_so() -> None:
    mail = composed(to="ayşe@müşteri.example")

    assert mail.utf8
    assert mail.recipient == "ayşe@xn--mteri-kva70e.example"
    assert "ayşe@".encode() in mail.content


def test_attachments_arrive_byte_for_byte_under_turkish_names(stack: object, company: UUID) -> None:
    files = {
        "Mutabakat Mektubu İĞÜŞÖÇ ığüşöç – 2026 (çok uzun bir ad, virgüllü).pdf": b"%PDF-1.7\n\x00\xff" * 999,
        "liste.txt": b"a\nb\r\n.\r\n",
        "posta.eml": b"x",
    }
    attachments = []
    for name, data in files.items():
        attachments.append(Attachment(key=storage.new_key(company, "letters", name), name=name))
        storage.put(attachments[-1].key, data)

    message = parsed(composed(company, attachments=attachments))

    arrived = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
    types = [part.get_content_type() for part in message.iter_attachments()]
    assert arrived == files
    assert types == ["application/pdf", "text/plain", "application/octet-stream"]


def test_another_companys_file_is_as_missing_as_one_that_never_was(stack: object, company: UUID) -> None:
    theirs = storage.new_key(new_id(), "letters", "mektup.pdf")
    storage.put(theirs, b"secret")
    never = storage.new_key(company, "letters", "mektup.pdf")
    reasons = set()

    for key, asker in ((theirs, company), (never, company), ("../../etc/passwd", company), (theirs, None)):
        with pytest.raises(Permanent) as refused:
            composed(asker, attachments=[Attachment(key=key, name="mektup.pdf")])
        reasons.add((refused.value.en, refused.value.tr))

    assert reasons == {("The attachment “mektup.pdf” does not exist.", "“mektup.pdf” adlı ek bulunamadı.")}


def test_attachments_have_a_limit_together(stack: object, company: UUID) -> None:
    half = storage.new_key(company, "letters", "yarım.bin")
    storage.put(half, b"x" * 600_000)
    small = OURS.model_copy(update={"attachments_mb": 1})
    attachment = Attachment(key=half, name="yarım.bin")

    composed(company, small, attachments=[attachment])
    with pytest.raises(Permanent, match="1 MB"):
        composed(company, small, attachments=[attachment, attachment])


def test_live_mode_writes_only_to_the_allowed_domains(live: Settings) -> None:
    composed(given=live, to="ali@example.com")
    composed(given=live, to="ali@müşteri.example")
    composed(given=live.model_copy(update={"allowed_domains": ("*",)}), to="ali@elsewhere.example")

    for to in ("ali@elsewhere.example", "ali@sub.example.com"):
        with pytest.raises(Permanent, match="NOTIFY_ALLOWED_DOMAINS"):
            composed(given=live, to=to)


def test_the_message_id_comes_from_the_job() -> None:
    assert message_id(UUID("0199a000-0000-7000-8000-000000000001"), OURS) == REFERENCE


def test_catch_mode_uses_nothing_of_the_live_server() -> None:
    channel: Channel[Mail] = Email(Settings(smtp_host="relay.sirket.example", smtp_user="imece", catcher_port=2526))

    assert isinstance(channel, Email)
    assert (channel.relay.server.host, channel.relay.server.port, channel.relay.server.user) == ("127.0.0.1", 2526, "")


def test_the_catcher_is_asked_and_a_relay_cannot_be(catching: Settings) -> None:
    assert Email(catching).look_up(REFERENCE).outcome is Outcome.ABSENT
    with pytest.raises(Transient):
        Email(catching.model_copy(update={"catcher_port": 1})).look_up(REFERENCE)
    assert Email(catching.model_copy(update={"mode": "live"})).look_up(REFERENCE).outcome is Outcome.UNTOLD
