"""
Recordings from addresses: only public ones, no more than may be, and on from where a cut left off.

Nothing that the other side says names a file here or leads anywhere: every hop of a redirect is looked at again, the connection goes to the very address
that was looked at, and what comes is a file under a name of ours whatever it is called there.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

import aiohttp
from yarl import URL

from imece import log
from imece.addresses import Guard, Resolver
from imece.errors import Permanent, Transient

#: Told how many bytes there are of how many; may raise.
Report = Callable[[int, int | None], None]

_logger = log.get("transcription")
_HOPS = 5
_TRIES = 4  #: connections of one attempt; each goes on where the last was cut
_PIECE = 1 << 18
_CONNECT, _SILENCE = 15.0, 60.0  #: seconds
_PAUSE = 0.5
_MOVED = {301, 302, 303, 307, 308}
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_AGENT = "imece-transcription/1"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Terms:
    """What may be fetched: `most` bytes, in `seconds`, from public addresses and `allowed` networks."""

    most: int
    seconds: float
    allowed: tuple[str, ...] = ()


class _Cut(Exception):
    """The connection ended before the file did."""


class _Kept:
    """What has come so far, and what the other side calls the file it is of, so that a beginning is never put before another file's end."""

    def __init__(self, to: Path) -> None:
        self._to, self._note = to, to.with_name(f"{to.name}-mark")
        self.size: int | None = None  #: of the whole file, once it is known
        self.mark = self._note.read_text(encoding="utf-8") if self._note.exists() else ""
        if not self.mark:
            to.unlink(missing_ok=True)

    def have(self) -> int:
        """How many bytes."""
        return self._to.stat().st_size if self._to.exists() else 0

    def remember(self, mark: str) -> None:
        """Write down what the file is called."""
        self.mark = mark
        self._note.write_text(mark, encoding="utf-8")

    def opened(self, begin: int) -> IO[bytes]:
        """To be written to from byte `begin` on."""
        file = self._to.open("r+b" if begin else "wb")
        file.seek(begin)
        file.truncate()
        return file

    def complete(self) -> None:
        """Nothing is needed to go on from any more."""
        self._note.unlink(missing_ok=True)


def fetch(address: str, to: Path, terms: Terms, report: Report) -> int:
    """
    Fetch what is at `address` into the file `to`; returns its size.

    What `to` holds already is taken for its beginning, where the other side can go on from there and says that the file is still the same. Raises
    Permanent for an address that may not be asked, a page in place of a recording, a file that is too large; Transient for what may go better later.
    """

    async def run() -> int:
        guard = Guard(terms.allowed)
        try:
            async with asyncio.timeout(terms.seconds):
                connector = aiohttp.TCPConnector(resolver=Resolver(guard), use_dns_cache=False, limit=2)
                timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
                async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers={"User-Agent": _AGENT}) as session:
                    return await _whole(session, guard, address, to, terms.most, report)
        except TimeoutError:
            raise Permanent(
                f"Fetching the recording took longer than {terms.seconds / 60:.0f} minutes.",
                f"Kaydın indirilmesi {terms.seconds / 60:.0f} dakikadan uzun sürdü.",
            ) from None

    return asyncio.run(run())


async def _whole(session: aiohttp.ClientSession, guard: Guard, address: str, to: Path, most: int, report: Report) -> int:
    kept = _Kept(to)
    for turn in range(_TRIES):
        try:
            size = await _once(session, guard, address, kept, most, report)
        except (aiohttp.ClientError, OSError, _Cut) as error:
            _logger.warning("transcription.fetch_cut", error=str(error) or type(error).__name__, turn=turn)
            if turn + 1 == _TRIES:
                raise Transient("The connection to the recording breaks off.", "Kayıt indirilirken bağlantı kopuyor.") from error
            await asyncio.sleep(min(_PAUSE * 4**turn, 10))
        else:
            kept.complete()
            return size
    raise AssertionError  # the last turn returns or raises


async def _once(session: aiohttp.ClientSession, guard: Guard, address: str, kept: _Kept, most: int, report: Report) -> int:
    """One connection. Raises _Cut when less came than was promised."""
    have = kept.have()
    headers = {"Accept-Encoding": "identity"}
    if have and kept.mark:
        headers |= {"Range": f"bytes={have}-", "If-Range": kept.mark}
    async with await _answer(session, guard, address, headers) as answer:
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have and _total(answer) == have:
            return have
        _look(answer)
        begin = done = _begin(answer, have)
        promised = answer.content_length
        kept.size = None if promised is None else begin + promised
        if kept.size is not None and kept.size > most:
            raise _too_large(most)
        kept.remember(_mark(answer.headers))
        with kept.opened(begin) as file:
            async for piece in answer.content.iter_chunked(_PIECE):
                done += len(piece)
                if done > most:
                    raise _too_large(most)
                file.write(piece)
                report(done, kept.size)
        if kept.size is not None and done < kept.size:
            raise _Cut("less came than was promised")
    if not done:
        raise Permanent("What is at this address is empty.", "Bu adresteki dosya boş.")
    return done


async def _answer(session: aiohttp.ClientSession, guard: Guard, address: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
    """The answer that is no redirect. Raises Permanent for a hop that may not be made, or too many."""
    try:
        url = guard.checked(address)
        for _ in range(_HOPS):
            answer = await session.get(url, headers=headers, allow_redirects=False)
            if answer.status not in _MOVED:
                return answer
            answer.close()
            url = guard.hop(url.join(URL(answer.headers.get("Location", ""))))
    except ValueError:
        raise Permanent("The address leads to something that is no address.", "Adres, adres olmayan bir yere yönlendiriyor.") from None
    raise Permanent("The address leads on and on.", "Adres durmadan başka adrese yönlendiriyor.")


def _look(answer: aiohttp.ClientResponse) -> None:
    """Raise for an answer that is no file."""
    status = answer.status
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Transient(f"The other side answers {status} for now.", f"Karşı taraf şimdilik {status} yanıtı veriyor.")
    if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        raise Permanent(
            f"The recording cannot be fetched: the other side answers {status}.",
            f"Kayıt indirilemiyor: karşı taraf {status} yanıtı veriyor.",
        )
    if answer.content_type in _PAGES:
        raise Permanent("There is a web page at this address, and no recording.", "Bu adreste kayıt değil, bir web sayfası var.")


def _begin(answer: aiohttp.ClientResponse, have: int) -> int:
    """From which byte on the answer is: what we asked for, or from the first where the other side does not go on."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return 0
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > have:
        raise _Cut("another range than was asked for")
    return int(found[1])


def _total(answer: aiohttp.ClientResponse) -> int | None:
    """The size of the file, of an answer that there is nothing behind what we have."""
    _, _, total = answer.headers.get("Content-Range", "").rpartition("/")
    return int(total) if total.isdigit() else None


def _mark(headers: Mapping[str, str]) -> str:
    """What the other side calls this very file; a weak tag does not promise the same bytes. Empty: nothing."""
    tag = headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return headers.get("Last-Modified", "")


def _too_large(most: int) -> Permanent:
    size = f"{most / (1 << 30):.1f} GB" if most >= 1 << 30 else f"{most / (1 << 20):.0f} MB"
    return Permanent(f"The recording is larger than {size}.", f"Kayıt {size} sınırından büyük.")
