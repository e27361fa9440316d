"""
The catcher's mailbox of bounces: what other servers would write back, kept as files and read by IMAP.

A recipient such as `ali+bounce@example.com` bounces (no such mailbox), `+bounce=4.2.2` with another status, `+complaint` presses "this is spam";
all of it only with NOTIFY_CATCHER_FAULTS. Of IMAP (RFC 3501) it knows as much as a reader of bounces needs.
"""

import asyncio
import re
from contextlib import suppress
from email.utils import format_datetime
from pathlib import Path

from imece.clock import now
from imece.ids import new_id
from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.caught import mails

_ASKED = re.compile(r"\+(?P<what>bounce|complaint)(=(?P<status>\d\.\d{1,3}\.\d{1,3}))?@")
_WORDS = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


def bounced(address: str, content: bytes) -> bytes | None:
    """The mail that comes back for one to `address`; None if none does."""
    found = _ASKED.search(address)
    if found is None:
        return None
    complaint = found["what"] == "complaint"
    status = found["status"] or "5.1.1"
    if complaint:
        kind, said = "feedback-report", "Feedback-Type: abuse\nUser-Agent: mail-catcher\nVersion: 1\n"
    else:
        action = "failed" if status[0] in "45" else "delivered"
        kind, said = (
            "delivery-status",
            f"Reporting-MTA: dns; mail-catcher\n\nFinal-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n",
        )
    identity, boundary = new_id(), f"=={new_id()}=="
    written = _REPORT.format(
        subject="Abuse report" if complaint else "Undelivered Mail Returned to Sender",
        date=format_datetime(now()),
        identity=identity,
        kind=kind,
        boundary=boundary,
        said=said,
    ).replace("\n", "\r\n")
    head = content.partition(b"\r\n\r\n")[0]
    return written.encode() + head + f"\r\n\r\n--{boundary}--\r\n".encode()


_REPORT = """\
From: MAILER-DAEMON@mail-catcher
Subject: {subject}
Date: {date}
Message-ID: <{identity}@mail-catcher>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

This is the mail catcher.

--{boundary}
Content-Type: message/{kind}

{said}
--{boundary}
Content-Type: text/rfc822-headers

"""


class Mailbox:
    """The files, and which of them are new. One event loop uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[str] = set()

    def put(self, content: bytes) -> None:
        """Keep a bounce. Raises OSError."""
        mails.keep(self.folder, mails.message_id(content), content)

    def names(self) -> list[str]:
        """What lies there, the oldest first; a mail's place in it is its UID."""
        return sorted(path.name for path in self.folder.glob("[!.]*.eml")) if self.folder.is_dir() else []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's conversation."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            writer.write(b"* OK [CAPABILITY IMAP4rev1] imece mail catcher\r\n")
            let_in = False
            while line := await reader.readline():
                words = [next(filter(None, found.groups()), b"") for found in _WORDS.finditer(line)]
                if len(words) < 2:
                    break
                tag, command = words[0], words[1].upper()
                if command == b"LOGOUT":
                    writer.write(b"* BYE\r\n" + tag + b" OK done\r\n")
                    break
                if command == b"LOGIN":
                    let_in = words[2:4] == [CATCH_USER.encode(), CATCH_PASSWORD.encode()]
                    writer.write(tag + (b" OK done\r\n" if let_in else b" NO [AUTHENTICATIONFAILED]\r\n"))
                elif command in {b"CAPABILITY", b"NOOP"}:
                    writer.write(b"* CAPABILITY IMAP4rev1\r\n" * (command == b"CAPABILITY") + tag + b" OK done\r\n")
                elif let_in:
                    writer.write(self._answer(tag, command, words[2:]))
                else:
                    writer.write(tag + b" NO log in first\r\n")
                await writer.drain()
        writer.close()

    def _answer(self, tag: bytes, command: bytes, words: list[bytes]) -> bytes:
        names = self.names()
        if command == b"SELECT":
            known = words[:1] == [b"INBOX"]
            return b"* %d EXISTS\r\n* FLAGS (\\Seen)\r\n%b OK done\r\n" % (len(names), tag) if known else tag + b" NO no such folder\r\n"
        if command != b"UID" or not words:
            return tag + b" BAD\r\n"
        asked = words[0].upper()
        if asked == b"SEARCH":
            new = [str(number) for number, name in enumerate(names, 1) if name not in self.seen]
            return f"* SEARCH {' '.join(new)}\r\n".encode() + tag + b" OK done\r\n"
        number = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        if not 1 <= number <= len(names):
            return tag + b" NO no such mail\r\n"
        if asked == b"STORE":
            self.seen.add(names[number - 1])
            return b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n%b OK done\r\n" % (number, number, tag)
        content = (self.folder / names[number - 1]).read_bytes()
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n%b OK done\r\n" % (number, number, len(content), content, tag)
