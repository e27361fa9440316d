"""E-mail: a contract becomes a MIME message, and goes to the relay or, in catch mode, to the catcher."""

import mimetypes
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from uuid import UUID

from imece import storage
from imece.clock import ISTANBUL, now
from imece.contracts.notify import Attachment, SendEmail
from imece.errors import NotFound, Permanent, Transient
from notify.channels import Accepted, Finding, Outcome, Verdict, one_by_one, signing
from notify.channels.smtp import Relay, Server
from notify.people import addresses, unsubscribe
from notify.settings import Settings

_CATCHER_PATIENCE = 10.0  #: seconds a mail to the catcher may take; shorter than a dead worker takes to be noticed
_MARGIN = timedelta(seconds=2)  #: for a clock read before the claim was written

#: Unicode categories: control characters, line and paragraph separators.
_BREAKING = {"Cc", "Zl", "Zp"}

#: Seven bits travel through every server: Turkish becomes quoted-printable or base64, whichever is shorter.
_SEVEN_BITS = SMTP.clone(cte_type="7bit")

#: Types whose parts are messages themselves cannot be encoded as a file is (RFC 2045, section 6.4).
_NOT_FILES = ("message/", "multipart/")


@dataclass(frozen=True)
class Mail:
    """A mail as the server takes it: one recipient, CRLF line ends; `utf8` where an address is not ASCII."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool
    reference: str = ""  #: its Message-ID


class Email:
    """The channel. One per process; its connections are kept per thread."""

    name = "email"
    most = 1

    def __init__(self, given: Settings) -> None:
        """In catch mode nothing of the live server's settings is used."""
        self.given = given
        self.catching = given.mode == "catch"
        self.relay = Relay(_server(given))

    @property
    def begins_within(self) -> timedelta:
        """Longest time between a claim and the end of the mail's content; later it is broken off."""
        return timedelta(seconds=self.relay.server.timeout)

    @property
    def settles_within(self) -> timedelta:
        """Longest time between a claim and the moment when nothing more can come of it: the catcher knows at once, a relay takes its time."""
        waits = 0.0 if self.catching else self.relay.server.answer_timeout
        return self.begins_within + timedelta(seconds=waits) + _MARGIN

    def send(self, parcel: Mail, deadline: float) -> Accepted:
        """Say it once. Raises Transient, Permanent or Unknown, as `Relay.deliver` does."""
        answer = self.relay.deliver(parcel.sender, parcel.recipient, parcel.content, utf8=parcel.utf8, deadline=deadline)
        return Accepted(parcel.reference, answer)

    def send_many(self, parcels: Sequence[Mail], deadline: float) -> list[Verdict]:
        """One after the other, on this thread's connection."""
        return one_by_one(self, parcels, deadline)

    def look_up(self, reference: str, parcel: Mail | None = None, since: timedelta | None = None) -> Finding:  # noqa: ARG002 (it knows our references)
        """Whether the mail with this Message-ID arrived. The catcher knows; SMTP has no such question. Raises Transient."""
        if not self.catching:
            return Finding(Outcome.UNTOLD)
        code, text = self.relay.ask("XHELD", reference)
        if code == 250:
            return Finding(Outcome.ARRIVED, f"{code} {text}")
        if code == 550:
            return Finding(Outcome.ABSENT)
        raise Transient(f"The catcher does not know yet: {code} {text}", f"Posta yakalayıcı henüz bilmiyor: {code} {text}")


def message_id(job_id: UUID, given: Settings) -> str:
    """The Message-ID of a job's mail, the same at every attempt: receivers can tell a repetition by it."""
    return f"<{job_id}@{given.domain}>"


def compose(contract: SendEmail, reference: str, company_id: UUID | None, given: Settings) -> Mail:
    """
    The mail that `contract` asks for, with `reference` as its Message-ID.

    Raises Permanent: a wrong address, a line break or other control character in a header, a recipient outside NOTIFY_ALLOWED_DOMAINS (live
    mode), an attachment that is missing, another company's, or beyond NOTIFY_ATTACHMENTS_MB.
    """
    sender, recipient = addresses.parse(given.sender_address), addresses.parse(contract.to)
    reply_to = addresses.parse(contract.reply_to) if contract.reply_to else ""
    _allowed(recipient, given)
    for text in (contract.to_name, contract.subject, given.sender_name, *(attachment.name for attachment in contract.attachments)):
        _on_one_line(text)
    fields = {
        "Date": format_datetime(now().astimezone(ISTANBUL)),
        "Message-ID": reference,
        "From": _person("From", given.sender_name, sender),
        "To": _person("To", contract.to_name, recipient),
        "Reply-To": reply_to,
        "Subject": _words("Subject", contract.subject),
        "Content-Language": contract.locale,
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday answers, please
        **(unsubscribe.headers(company_id, recipient) if contract.purpose == "commercial" else {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    body = EmailMessage(_SEVEN_BITS)
    body.set_content(contract.text)
    if contract.html is not None:
        body.add_alternative(contract.html, subtype="html")
    _attach(body, contract.attachments, company_id, given.attachments_mb << 20)
    content = head.encode() + body.as_bytes()
    if given.dkim_selector and given.dkim_key_file:
        content = signing.signer(given.dkim_selector, addresses.domain(sender), given.dkim_key_file).signed(content)
    envelope = addresses.parse(given.bounce_address) if given.bounce_address else sender
    return Mail(envelope, recipient, content, not head.isascii(), reference)


def _server(given: Settings) -> Server:
    if given.mode == "catch":
        patience = min(_CATCHER_PATIENCE, given.smtp_timeout)
        return Server(given.catcher_host, given.catcher_port, patience, min(patience, given.smtp_answer_timeout))
    return Server(
        given.smtp_host,
        given.smtp_port,
        given.smtp_timeout,
        given.smtp_answer_timeout,
        tls=given.smtp_tls,
        ca_file=given.smtp_ca_file,
        user=given.smtp_user,
        password=given.smtp_password,
        hello=given.domain,
    )


def _person(field: str, name: str, address: str) -> str:
    if not name:
        return address
    plain = name.isascii() and len(name) <= 60 and "=?" not in name
    return f'"{quote(name)}" <{address}>' if plain else f"{_encoded(field, name)} <{address}>"


def _words(field: str, text: str) -> str:
    return text if text.isascii() and len(text) <= 60 and "=?" not in text else _encoded(field, text)


def _encoded(field: str, text: str) -> str:
    """
    RFC 2047's encoded words, folded.

    By the old `Header`: the folding of `EmailMessage` loses spaces in one long Turkish line of twenty (Python 3.11.7).
    """
    return Header(text, "utf-8", header_name=field).encode(linesep="\r\n")


def _allowed(recipient: str, given: Settings) -> None:
    domain = addresses.domain(recipient)
    if given.mode == "live" and "*" not in given.allowed_domains and domain not in given.allowed_domains:
        raise Permanent(
            f"Mails to {domain} are not allowed here (NOTIFY_ALLOWED_DOMAINS).",
            f"{domain} adreslerine e-posta gönderilmesine izin verilmiyor (NOTIFY_ALLOWED_DOMAINS).",
        )


def _on_one_line(text: str) -> None:
    """Refuse what could begin another header, in whatever way some program breaks lines."""
    if any(unicodedata.category(c) in _BREAKING and c != "\t" for c in text):
        raise Permanent(
            "A name or the subject holds a line break or another control character.",
            "Bir ad ya da konu, satır sonu veya başka bir denetim karakteri içeriyor.",
        )


def _attach(message: EmailMessage, attachments: tuple[Attachment, ...], company_id: UUID | None, limit: int) -> None:
    left = limit
    for attachment in attachments:
        data = _read(attachment, company_id, left, limit)
        left -= len(data)
        guess, encoding = mimetypes.guess_type(attachment.name, strict=False)
        if guess is None or encoding or guess.startswith(_NOT_FILES):
            guess = "application/octet-stream"
        main, _, sub = guess.partition("/")
        message.add_attachment(data, main, sub, filename=attachment.name)


def _read(attachment: Attachment, company_id: UUID | None, left: int, limit: int) -> bytes:
    data = bytearray()
    try:
        mine = company_id is not None and storage.owner(attachment.key) == company_id
        size = storage.size(attachment.key) if mine else -1
        for piece in storage.stream(attachment.key) if 0 <= size <= left else ():
            data += piece
    except NotFound:
        size = -1
    if size < 0:  # another company's file is not there, for us
        raise Permanent(f"The attachment “{attachment.name}” does not exist.", f"“{attachment.name}” adlı ek bulunamadı.")
    if size > left:
        raise Permanent(
            f"The attachments are too big: together they may have {limit >> 20} MB.",
            f"Ekler çok büyük: toplam en fazla {limit >> 20} MB olabilir.",
        )
    return bytes(data)
