"""
The catcher's side of SMTP: it keeps every mail as a file and delivers none.

What `250` says is true: the mail is on the disk. Beyond SMTP it knows one word of its own, `XHELD <message-id>`, by which the sender of a mail
whose answer was lost asks whether it is held: `250` with the file's name, `450` while it is being kept, `550` otherwise.
"""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from email.utils import format_datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from imece import log
from imece.clock import now
from notify.catcher.mailbox import Mailbox, bounced
from notify.caught import mails
from notify.people import addresses
from notify.settings import Settings

#: A recipient that makes the catcher misbehave: `ali+550@...`, `ali+answer-late=2@...` (seconds), `ali+drop-afterx1@...`
#: (the first time only).
_FAULT = re.compile(
    r"\+(?P<what>421|450|550|451-content|552-content|keep-late|answer-late|drop-before|drop-after)(=(?P<seconds>[\d.]+))?(x(?P<times>\d+))?@"
)

_log = log.get(__name__)


class Catcher:
    """The catcher's answers, and what it is doing just now. aiosmtpd calls `handle_...` by name."""

    def __init__(self, folder: Path, *, faults: bool = False) -> None:
        """Keeps mails in `folder` and bounces beside them; `faults` lets recipients ask for misbehaviour."""
        self.folder = folder
        self.bounces = Mailbox(folder / "bounces")
        self.faults = faults
        self.arriving: Counter[str] = Counter()  #: Message-IDs whose content has come and is not on the disk yet
        self._times: Counter[str] = Counter()

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say that commands may travel together: aiosmtpd reads them one by one, and loses none."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take any recipient, or refuse as the recipient's own name demands."""
        what, _ = self._fault(address, {"421", "450", "550"})
        if what == "421":
            asyncio.get_running_loop().call_soon(_close, server)
            return "421 4.3.2 Closing, try again later"
        if what:
            return {"450": "450 4.2.1 Mailbox busy", "550": f"550 5.1.1 No such user {address}"}[what]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keep the mail, then say so."""
        content = bytes(envelope.original_content or b"")
        identity = mails.message_id(content)
        what, seconds = self._fault(
            envelope.rcpt_tos[0], {"451-content", "552-content", "keep-late", "answer-late", "drop-before", "drop-after"}
        )
        if what in {"451-content", "552-content"}:
            return {"451-content": "451 4.3.0 Try again later", "552-content": "552 5.2.2 Mailbox full"}[what]
        if what == "drop-before":
            await _drop(server)
        self.arriving[identity] += 1
        # Shielded: a client that hangs up now has handed its mail over all the same.
        keeping = asyncio.ensure_future(self._keep(identity, _stamped(content, session, envelope), seconds if what == "keep-late" else 0))
        try:
            path = await asyncio.shield(keeping)
        except OSError as error:
            _log.error("not_kept", message_id=identity, fault=str(error))
            return "452 4.3.1 The mail could not be written to the disk"
        if self.faults and (bounce := bounced(envelope.rcpt_tos[0], content)):
            await asyncio.to_thread(self.bounces.put, bounce)
        if what == "drop-after":
            await _drop(server)
        if what == "answer-late":
            await asyncio.sleep(seconds)
        _log.info("caught", message_id=identity, recipient=addresses.masked(envelope.rcpt_tos[0]), size=len(content))
        return f"250 2.0.0 Kept as {path.name}"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of our own is no reason for the sender to give the mail up."""
        _log.error("fault", exc_info=error)
        return "451 4.3.0 The catcher failed, try again later"

    def held(self, identity: str) -> str:
        """The answer to XHELD."""
        if paths := mails.find(self.folder, identity):
            return f"250 2.0.0 Kept as {paths[-1].name}"
        if self.arriving[identity]:
            return "450 4.2.0 Being kept just now"
        return "550 5.1.0 Not held"

    async def _keep(self, identity: str, content: bytes, wait: float) -> Path:
        try:
            await asyncio.sleep(wait)
            return await asyncio.to_thread(mails.keep, self.folder, identity, content)
        finally:
            self.arriving[identity] -= 1
            self.arriving += Counter()  # forgets the zeros

    def _fault(self, address: str, among: set[str]) -> tuple[str, float]:
        """What the recipient's name asks for, if it may ask, and has not been given it often enough."""
        found = _FAULT.search(address) if self.faults else None
        if found is None or found["what"] not in among:
            return "", 0
        self._times[address] += 1
        if found["times"] and self._times[address] > int(found["times"]):
            return "", 0
        return found["what"], float(found["seconds"] or 1)


class Conversation(SMTP):
    """One client's session."""

    def __init__(self, catcher: Catcher, given: Settings, party: "Party") -> None:
        super().__init__(
            catcher,
            data_size_limit=given.catcher_max_mb << 20,
            enable_SMTPUTF8=True,
            hostname="mail-catcher",
            ident="imece mail catcher",
            loop=asyncio.get_running_loop(),
        )
        self.catcher = catcher
        self.party = party
        self.taking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        self.party.come(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """And went."""
        super().connection_lost(error)
        self.party.go(self)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's way of declaring a command)
        """Take a mail. Nobody is sent away in the middle of it."""
        self.taking = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.taking = False
        if self.party.over:
            await self.leave()

    async def smtp_XHELD(self, arg: str | None) -> None:  # noqa: N802 (see above)
        """Say whether a mail is held."""
        await self.push(self.catcher.held(arg) if arg else "501 5.5.4 Syntax: XHELD <message-id>")

    async def leave(self) -> None:
        """Say goodbye and hang up."""
        with suppress(ConnectionError):
            await self.push("421 4.3.2 Closing")
        _close(self)


class Party:
    """Who is connected, and the end of it."""

    def __init__(self) -> None:
        self.guests: set[Conversation] = set()
        self.over = False
        self._empty = asyncio.Event()
        self._empty.set()

    def come(self, guest: Conversation) -> None:
        """One more."""
        self.guests.add(guest)
        self._empty.clear()

    def go(self, guest: Conversation) -> None:
        """One less."""
        self.guests.discard(guest)
        if not self.guests:
            self._empty.set()

    async def end(self, patience: float) -> None:
        """Send the idle away at once, the others after the mail they are at, or when `patience` (seconds) is over."""
        self.over = True
        for guest in [guest for guest in self.guests if not guest.taking]:
            await guest.leave()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), patience)


def _stamped(content: bytes, session: Session, envelope: Envelope) -> bytes:
    """The mail under the lines that a server adds: where it came from, whom it was for (the headers need not say so)."""
    peer = session.peer[0] if session.peer else "unknown"
    lines = [f"Return-Path: <{envelope.mail_from}>"]
    lines += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
    lines += [f"Received: from {session.host_name} ([{peer}]) by mail-catcher; {format_datetime(now())}"]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape") + content


async def _drop(server: SMTP) -> None:
    """Cut the connection without a word. Does not return: the session ends with it."""
    if server.transport is not None:
        server.transport.abort()  # type: ignore[attr-defined]  # aiosmtpd calls it a BaseTransport
    await asyncio.Event().wait()


def _close(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.close()
