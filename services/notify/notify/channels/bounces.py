"""
Bounces: mails by which other servers say, minutes or days later, what became of ours; read from a mailbox of their own.

What is read: delivery status notifications (RFC 3464) and reports of abuse (RFC 5965, whoever pressed "this is spam"). Anything else is left alone.
Anybody may write to the mailbox, so a bounce counts only for a Message-ID of ours.
"""

import email
import imaplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

from imece import log
from imece.clock import now
from imece.errors import Transient
from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.channels.receipts import Receipt, State
from notify.channels.refusals import Closed
from notify.settings import Settings

_MOST = 200  #: mails looked at in one go
_LONGEST = 256 << 10  #: bytes read of each; what comes after is the mail that came back
_TIMEOUT = 20.0
_LOGIN_PATIENCE = timedelta(minutes=5)

_ACTIONS: dict[str, State] = {"delivered": State.DELIVERED, "relayed": State.SENT, "expanded": State.SENT}

#: RFC 3463: no such mailbox, no such domain, a mailbox that has moved or is closed. A full one (5.2.2) and a policy (5.7.x) may mend.
_ADDRESS = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")

_log = log.get(__name__)


class Mailbox:
    """The mailbox of bounces; in catch mode, the catcher's."""

    def __init__(self, given: Settings) -> None:
        """Connects when it is asked."""
        self.given = given
        self.catching = given.mode == "catch"

    @property
    def open(self) -> bool:
        """Whether there is one to read; nothing bounces at a catcher that must not misbehave."""
        return self.given.catcher_faults if self.catching else bool(self.given.imap_host)

    def collect(self, apply: Callable[[Sequence[Receipt]], None]) -> int:
        """
        Read what is new and hand the receipts in it over, mail by mail; returns how many receipts that were.

        A mail is marked as read only after `apply` came back: one that was not handed over is read again. Raises Transient and Closed.
        """
        count = 0
        with self._connected() as imap:
            _, found = imap.uid("SEARCH", "UNSEEN")
            for uid in (found[0] or b"").split()[:_MOST]:
                content = _fetched(imap, uid)
                receipts = read(content, self.given.domain) if content else []
                if receipts:
                    apply(receipts)
                    count += len(receipts)
                imap.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)")
        _log.info("bounces", receipts=count)
        return count

    @contextmanager
    def _connected(self) -> Iterator[imaplib.IMAP4]:
        given = self.given
        user = CATCH_USER if self.catching else given.imap_user
        password = CATCH_PASSWORD if self.catching else given.imap_password.get_secret_value()
        imap: imaplib.IMAP4 | None = None
        try:
            if self.catching or given.imap_tls == "none":
                host, port = (given.catcher_host, given.catcher_imap_port) if self.catching else (given.imap_host, given.imap_port)
                imap = imaplib.IMAP4(host, port, timeout=_TIMEOUT)
            else:
                trust = ssl.create_default_context(cafile=str(given.imap_ca_file) if given.imap_ca_file else None)
                imap = imaplib.IMAP4_SSL(given.imap_host, given.imap_port, ssl_context=trust, timeout=_TIMEOUT)
            try:
                imap.login(user, password)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                raise Closed(
                    "The mailbox of bounces refused our login: check NOTIFY_IMAP_USER and NOTIFY_IMAP_PASSWORD.",
                    "Geri dönen postaların kutusu girişimizi reddetti: NOTIFY_IMAP_USER ve NOTIFY_IMAP_PASSWORD'u denetleyin.",
                    retry_after=_LOGIN_PATIENCE,
                ) from None  # the refused credentials stay out of the traceback
            _expected(imap.select("INBOX" if self.catching else _quoted(given.imap_folder)), "NOTIFY_IMAP_FOLDER")
            yield imap
        except (OSError, imaplib.IMAP4.error) as error:
            raise Transient(
                f"The mailbox of bounces could not be read: {error}", f"Geri dönen postaların kutusu okunamadı: {error}"
            ) from error
        finally:
            if imap is not None:
                _leave(imap)


def read(content: bytes, domain: str) -> list[Receipt]:
    """The receipts in a mail, for mails whose Message-ID ends with `@domain`; none where it is no bounce of ours."""
    message = email.message_from_bytes(content)
    kind = str(message.get_param("report-type") or "").lower() if message.get_content_type() == "multipart/report" else ""
    reference = _original(message)
    if kind not in {"delivery-status", "feedback-report"} or not reference.endswith(f"@{domain}>"):
        return []
    at = _moment(message)
    if kind == "feedback-report":
        return [Receipt("email", reference, reference, State.DELIVERED, "abuse", at, opted_out=True)] if _abuse(message) else []
    return [receipt for block in _recipients(message) if (receipt := _receipt(block, reference, at))]


def _receipt(block: Message, reference: str, at: datetime) -> Receipt | None:
    """What a block of a notification says of its recipient; None for a delay."""
    action = str(block.get("Action", "")).strip().lower()
    status = str(block.get("Status", "")).split(" ")[0].strip()
    if action == "failed":
        gone = status in _ADDRESS
        return Receipt(
            "email", reference, reference, State.FAILED if status.startswith("5") else State.UNDELIVERED, status, at, address=gone
        )
    state = _ACTIONS.get(action)
    return Receipt("email", reference, reference, state, status, at) if state else None


def _recipients(message: Message) -> Iterator[Message]:
    """The blocks of a notification that speak of a recipient each."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message) and block.get("Action")) if isinstance(blocks, list) else ()


def _original(message: Message) -> str:
    """The Message-ID of the mail that came back; empty if it does not say."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            found = inner[0].get("Message-ID") if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            written = part.get_payload(decode=True)
            found = email.message_from_bytes(written).get("Message-ID") if isinstance(written, bytes) else None
        else:
            continue
        if found:
            return "".join(str(found).split())
    return "".join(str(message.get("In-Reply-To") or "").split())


def _abuse(message: Message) -> bool:
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            inner = part.get_payload()
            block = inner[0] if isinstance(inner, list) and inner else email.message_from_string(str(inner))
            return isinstance(block, Message) and str(block.get("Feedback-Type", "")).strip().lower() in {
                "abuse",
                "opt-out",
                "opt-out-list",
            }
    return False


def _moment(message: Message) -> datetime:
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
    except ValueError:
        return now()
    return at if at.tzinfo else now()


def _fetched(imap: imaplib.IMAP4, uid: bytes) -> bytes:
    """The beginning of a mail, which stays unread."""
    _, found = imap.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{_LONGEST}>)")
    return next((part[1] for part in found or () if isinstance(part, tuple)), b"")


def _expected(answer: tuple[str, list[bytes | None]], setting: str) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{setting}: {(answer[1][0] or b'').decode('ascii', 'replace')}")


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _leave(imap: imaplib.IMAP4) -> None:
    try:
        imap.logout()
    except (OSError, imaplib.IMAP4.error):
        imap.shutdown()
