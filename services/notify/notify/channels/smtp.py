"""
SMTP with kept connections, and every fault sorted by one question: can the server have taken the mail, or can it not.

Until the line with the single dot has left, it cannot; after it, only the server's own answer tells. Source: RFC 5321, section 4.1.1.4: a
server that has not seen the dot must not deliver. Where the server can take it, what goes before the content travels together: RFC 2920.
"""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from imece.errors import Permanent, Transient, Unknown
from notify.people import addresses

MAILS_PER_CONNECTION = 100  #: then a fresh one: relays cut long ones off, and the balancer of a cluster gets to choose again
IDLE_SECONDS = 60.0  #: then a fresh one: many relays hang up after a minute or few, without a word

_LOGIN_PATIENCE = timedelta(minutes=5)  #: a wrong password mends when a person mends it
_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[\w.-]+")
_DOTS = re.compile(rb"^\.", re.MULTILINE)


class Refused(Permanent):
    """The server refused this mail for good. `address`: it was the recipient that it did not want."""

    def __init__(self, en: str, tr: str, *, address: bool = False) -> None:
        """`address` is kept beside the message: the next mail to it will fare no better."""
        super().__init__(en, tr)
        self.address = address


@dataclass(frozen=True)
class Server:
    """An SMTP server and how to talk to it. Seconds: `timeout` up to the end of a mail's content, `answer_timeout` for the answer to it."""

    host: str
    port: int
    timeout: float
    answer_timeout: float
    tls: Literal["starttls", "tls", "none"] = "none"
    ca_file: Path | None = None
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    hello: str = "localhost"  #: how we introduce ourselves (EHLO)


@dataclass
class _Kept:
    """A thread's connection, and what it has been used for."""

    smtp: smtplib.SMTP
    mails: int = 1
    used: float = field(default_factory=time.monotonic)

    @property
    def worn(self) -> bool:
        return self.mails >= MAILS_PER_CONNECTION or time.monotonic() - self.used > IDLE_SECONDS


class _Gone(Exception):
    """The connection is no good any more, and the mail was surely not taken on it."""


class Relay:
    """A server, and for every thread that speaks to it one kept connection. Threads may share it."""

    def __init__(self, server: Server) -> None:
        """Connects at the first mail."""
        self.server = server
        self._own = threading.local()
        self._open: set[smtplib.SMTP] = set()

    def deliver(self, sender: str, recipient: str, content: bytes, *, utf8: bool, deadline: float) -> str:
        """
        Hand one mail over, for one recipient; returns the server's own words, such as `250 2.0.0 queued as 4f2`.

        `content` has CRLF line ends; `utf8` says that an address or a header is not ASCII. `deadline` (time.monotonic) is when the mail must
        have left whole: later it is broken off. Raises Transient when the server has surely not taken it, Refused when it never will,
        Unknown when its answer to the whole mail was not heard.
        """
        try:
            kept = self._introduced(sender, recipient, len(content), utf8=utf8, deadline=deadline)
            answer = self._handed_over(kept.smtp, content, deadline)
        except _Gone as gone:
            self.hang_up()
            raise Transient(f"The mail server could not be used: {gone}", f"E-posta sunucusu kullanılamadı: {gone}") from gone
        except (Transient, Refused):
            self._start_over()
            raise
        except BaseException:
            # An unheard answer, or a time limit raised into this thread: what would be read next on this connection belongs to this mail.
            self.hang_up()
            raise
        kept.used = time.monotonic()
        return answer

    def ask(self, command: str, argument: str) -> tuple[int, str]:
        """Say one command of the server's own on a connection of its own. Raises Transient when the server does not answer."""
        deadline = time.monotonic() + self.server.timeout
        try:
            with self._connected(deadline).smtp as smtp:
                return _reply(smtp.docmd(command, argument))
        except (_Gone, OSError) as error:
            raise Transient(f"The mail server could not be asked: {error}", f"E-posta sunucusuna sorulamadı: {error}") from error

    def hang_up(self) -> None:
        """Close this thread's connection, if there is one, without a word."""
        kept: _Kept | None = getattr(self._own, "kept", None)
        self._own.kept = None
        if kept is not None:
            kept.smtp.close()
            self._open.discard(kept.smtp)

    def close(self) -> None:
        """Close the connections of every thread. Only when none of them is at a mail."""
        while self._open:
            self._open.pop().close()

    def _introduced(self, sender: str, recipient: str, size: int, *, utf8: bool, deadline: float) -> _Kept:
        """A connection on which the server waits for the content. A kept one that turns out dead is replaced once, unseen."""
        kept: _Kept | None = getattr(self._own, "kept", None)
        if kept is not None and kept.worn:
            with suppress(OSError):
                kept.smtp.quit()
            self.hang_up()
            kept = None
        if kept is not None:
            try:
                self._introduce(kept.smtp, sender, recipient, size, utf8=utf8, deadline=deadline)
            except _Gone:
                self.hang_up()
            else:
                kept.mails += 1
                return kept
        self._own.kept = kept = self._connected(deadline)
        self._open.add(kept.smtp)
        self._introduce(kept.smtp, sender, recipient, size, utf8=utf8, deadline=deadline)
        return kept

    def _connected(self, deadline: float) -> _Kept:
        server = self.server
        smtp: smtplib.SMTP | None = None
        try:
            if server.tls == "tls":
                smtp = smtplib.SMTP_SSL(server.host, server.port, server.hello, timeout=_left(deadline), context=self._trust())
            else:
                smtp = smtplib.SMTP(server.host, server.port, server.hello, timeout=_left(deadline))
            _limit(smtp, deadline)
            # The last dot travels alone, and must not wait for the acknowledgement of what went before it.
            _socket(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                smtp.starttls(context=self._trust())
                smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password.get_secret_value())
        except smtplib.SMTPAuthenticationError as error:
            _close(smtp)
            raise Transient(
                f"The mail server refused our login ({error.smtp_code}): check NOTIFY_SMTP_USER and NOTIFY_SMTP_PASSWORD.",
                f"E-posta sunucusu girişimizi reddetti ({error.smtp_code}): NOTIFY_SMTP_USER ve NOTIFY_SMTP_PASSWORD'u denetleyin.",
                retry_after=_LOGIN_PATIENCE,
            ) from None  # the refused credentials stay out of the traceback
        except OSError as error:  # every error of smtplib, ssl and sockets
            _close(smtp)
            raise _Gone(f"{server.host}:{server.port}: {error}") from error
        except BaseException:
            _close(smtp)
            raise
        return _Kept(smtp)

    def _introduce(self, smtp: smtplib.SMTP, sender: str, recipient: str, size: int, *, utf8: bool, deadline: float) -> None:
        options = [f"SIZE={size}"] if smtp.has_extn("size") else []
        if utf8:
            if not smtp.has_extn("smtputf8"):
                raise Refused(
                    "The mail server does not know addresses with letters beyond ASCII.",
                    "E-posta sunucusu ASCII dışı harf içeren adresleri tanımıyor.",
                    address=True,
                )
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        smtp.command_encoding = "utf-8" if utf8 else "ascii"
        commands = (" ".join((f"MAIL FROM:{smtplib.quoteaddr(sender)}", *options)), f"RCPT TO:{smtplib.quoteaddr(recipient)}", "DATA")
        answers = _answers(smtp, commands, deadline)
        _expect(*next(answers), 2)
        _expect(*next(answers), 2, address=True)
        _expect(*next(answers), 3)

    def _handed_over(self, smtp: smtplib.SMTP, content: bytes, deadline: float) -> str:
        try:
            _limit(smtp, deadline)
            smtp.send(_DOTS.sub(b"..", content if content.endswith(b"\r\n") else content + b"\r\n"))
            _limit(smtp, deadline)
        except OSError as error:
            raise _Gone(f"broken off within the mail: {error}") from error
        try:
            _socket(smtp).settimeout(self.server.answer_timeout)
            smtp.send(b".\r\n")
            code, text = _reply(smtp.getreply())
        except OSError as error:
            raise Unknown(
                f"The whole mail was handed over, but the server's answer was not heard ({error}): whether it took the mail is not known.",
                f"E-postanın tamamı iletildi ama sunucunun yanıtı alınamadı ({error}): postayı kabul edip etmediği bilinmiyor.",
            ) from error
        if code == 421:
            raise _Gone(_words(code, text))
        _judge(code, text)
        if code // 100 != 2:
            raise Unknown(
                f"The server's answer to the mail makes no sense ({_words(code, text)}): whether it took the mail is not known.",
                f"Sunucunun e-postaya yanıtı anlamsız ({_words(code, text)}): postayı kabul edip etmediği bilinmiyor.",
            )
        return f"{code} {text}"

    def _start_over(self) -> None:
        """Make the connection ready for the next mail after a refusal, or drop it."""
        kept: _Kept | None = getattr(self._own, "kept", None)
        if kept is None:
            return
        try:
            _socket(kept.smtp).settimeout(self.server.timeout)
            if kept.smtp.rset()[0] != 250:
                self.hang_up()
        except OSError:
            self.hang_up()

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.server.ca_file) if self.server.ca_file else None)


def _answers(smtp: smtplib.SMTP, commands: Sequence[str], deadline: float) -> Iterator[tuple[int, str]]:
    """
    The answers to the commands before the content, as they are asked for; the commands travel together where the server can take that.

    Raises _Gone when the connection is no good any more.
    """
    together = smtp.has_extn("pipelining")
    try:
        if together:
            _limit(smtp, deadline)
            smtp.send("".join(f"{command}\r\n" for command in commands))
            answers = [_heard(smtp, deadline) for _ in commands]
            first = {code for code, _ in answers[:-1]}
            if answers[-1][0] // 100 == 3 and 421 not in first and any(code // 100 != 2 for code in first):
                # It waits for a content all the same. An empty mail to nobody ends that, whatever it says (RFC 2920, section 3.1).
                _limit(smtp, deadline)
                smtp.send(".\r\n")
                _heard(smtp, deadline)
            yield from answers
            return
        for command in commands:
            _limit(smtp, deadline)
            smtp.putcmd(command)
            yield _heard(smtp, deadline)
    except OSError as error:
        raise _Gone(str(error)) from error


def _heard(smtp: smtplib.SMTP, deadline: float) -> tuple[int, str]:
    _limit(smtp, deadline)
    return _reply(smtp.getreply())


def _expect(code: int, text: str, first: int, *, address: bool = False) -> None:
    """Raises _Gone, Transient or Refused unless the first digit of the answer is this one."""
    if code == 421:
        raise _Gone(_words(code, text))
    _judge(code, text, address=address)
    if code // 100 != first:
        raise _Gone(f"the answer makes no sense: {_words(code, text)}")


def _judge(code: int, text: str, *, address: bool = False) -> None:
    """Raise what a refusing answer means; nothing where it does not refuse."""
    words = _words(code, text)
    if 400 <= code < 500:
        raise Transient(f"The mail server asks to try later: {words}", f"E-posta sunucusu daha sonra denenmesini istiyor: {words}")
    if 500 <= code < 600:
        if address:
            raise Refused(f"The mail server refuses the recipient: {words}", f"E-posta sunucusu alıcıyı reddetti: {words}", address=True)
        raise Refused(f"The mail server refuses the mail: {words}", f"E-posta sunucusu postayı reddetti: {words}")


def _words(code: int, text: str) -> str:
    """An answer as an error may repeat it: servers quote addresses, and errors end up in logs."""
    return f"{code} {_ADDRESS.sub(lambda found: addresses.masked(found[0]), text)}"


def _reply(reply: tuple[int, bytes]) -> tuple[int, str]:
    return reply[0], " ".join(reply[1].decode("utf-8", "replace").split())[:500]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time left for it")
    return left


def _limit(smtp: smtplib.SMTP, deadline: float) -> None:
    """Whatever is said next ends before `deadline`. Raises TimeoutError when that has passed."""
    _socket(smtp).settimeout(_left(deadline))


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    return smtp.sock


def _close(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()
