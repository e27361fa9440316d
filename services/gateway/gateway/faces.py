"""
How a request is handed on to the face of another service.

A face is asked with the caller signed into a header, for exactly one company, and with nothing else of the request but its address, its body and
what describes the body. What is anybody's is asked as nobody. Bytes run through both ways as they come. What a face refuses is drawn here, like every other refusal.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import unquote

import aiohttp
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from yarl import URL

from gateway import credentials, doors, problems
from gateway.callers import Caller
from gateway.models import Company
from gateway.problems import locale_of
from gateway.refusals import Fault, Refusal
from gateway.settings import settings
from imece import face, log

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

#: Where a request of nobody came from, by its network address. Only the gateway says it.
PEER = "x-imece-peer"

#: Seconds for a connection.
_CONNECT = 3.0

#: What comes back of an answer's headers. A face sets no cookies and no rules for the browser.
_ANSWERED = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "x-accel-buffering",
)

#: The largest page or refusal.
_LARGEST_TEXT = 8 << 20

_log = log.get("gateway")


@dataclass(frozen=True)
class Way:
    """
    How a request is handed on.

    Which of its headers go with it, how large it may be (None: `GATEWAY_MAX_UPLOAD`), how many seconds each silence of the face may last, whether
    what the face refuses in words of its own is passed on as it is, and whether the face learns at once that whoever asked has gone.
    """

    headers: tuple[str, ...] = (
        "accept",
        "content-length",
        "content-type",
        "idempotency-key",
        "if-none-match",
        "if-range",
        "last-event-id",
        "range",
    )
    largest: int | None = None
    patience: float = 60.0
    own_errors: bool = False
    attentive: bool = False


#: To the pages and the API of a service, as a caller of one company.
INSIDE = Way()

#: To what is anybody's. Of the headers also those by which providers prove that it is they who ask; none that could open anything here.
PUBLIC = Way(
    headers=(
        "accept",
        "content-length",
        "content-type",
        "i-twilio-idempotency-token",
        "user-agent",
        "x-imece-signature",
        "x-telegram-bot-api-secret-token",
        "x-twilio-signature",
        "x-twilio-webhooks-signature-settings",
        "x-zm-request-timestamp",
        "x-zm-signature",
    ),
    largest=1 << 20,
    patience=20.0,
)

#: To addresses that are other people's: their clients wait for the whole of a long work, and know only their own errors.
BORROWED = Way(patience=3600.0, own_errors=True, attentive=True)


def caller_for(request: Request, caller: Caller, company: Company) -> face.Caller:
    """The caller as a face is told of them, for this company, which they may see."""
    return face.Caller(
        name=caller.name,
        role=caller.role,
        company_id=company.id,
        company=company.name,
        locale=locale_of(request),
        form_token=credentials.form_token(caller.cookie) if caller.cookie else "",
    )


class Faces:
    """The connections of this process to its faces."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._stopping = asyncio.Event()

    async def ask(self, request: Request, name: str, reader: face.Reader, way: Way) -> aiohttp.ClientResponse:
        """
        Hand the request on to the face `name`; its answer, whose body has not been read. The caller of this closes it.

        Raises Refusal for what the face refuses, 413 for a body that is too large, 503 for a face that is not there or does not know our
        signature, 504 for one that is silent; HTTPException for what its framework refuses; ClientDisconnect.
        """
        address, target = doors.known()[name], face.target(request.scope)
        headers = {header: request.headers[header] for header in way.headers if header in request.headers}
        headers |= {face.CALLER: face.sign(reader, name, request.method, target), "x-request-id": request.state.request_id}
        if isinstance(reader, face.Nobody) and request.client:
            headers[PEER] = request.client.host
        if "transfer-encoding" in request.headers:
            headers.pop("content-length", None)  # it does not count beside the other, and nobody has checked it (RFC 9112, section 6.3)
        largest = settings().max_upload if way.largest is None else way.largest
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > largest:
            raise _too_large()
        body = _Body(request, largest) if request.method not in ("GET", "HEAD") else None
        try:
            asking = self._sessions().request(
                request.method,
                URL(address + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=way.patience),
            )
            answer = await (_unless_gone(asking, request, body) if body and way.attentive else asking)
        except TimeoutError as error:
            _log.warning("gateway.face_silent", face=name, error=str(error))
            raise Refusal(
                504,
                f"The pages of {name} have not answered in time. Try again shortly.",
                f"{name} sayfaları zamanında yanıt vermedi. Birazdan yeniden deneyin.",
            ) from None
        except aiohttp.ClientError as error:
            if body and body.fault:
                raise body.fault from None
            _log.warning("gateway.face_away", face=name, error=str(error))
            raise Refusal(
                503,
                f"The pages of {name} do not answer just now; everything else works on. Try again shortly.",
                f"{name} sayfaları şu anda yanıt vermiyor; geri kalan her şey çalışmaya devam ediyor. Birazdan yeniden deneyin.",
                headers={"Retry-After": "5"},
            ) from None
        if answer.status >= HTTPStatus.BAD_REQUEST and not (way.own_errors and answer.content_type == "application/json"):
            async with answer:
                await _refused(answer, name)
        return answer

    def passed_on(self, answer: aiohttp.ClientResponse) -> StreamingResponse:
        """The answer as it comes, with the headers that a face may set. A stream of events ends when this process is told to stop."""

        async def pieces() -> AsyncIterator[bytes]:
            async with answer:
                async for piece in answer.content.iter_any():
                    yield piece

        async def events() -> AsyncIterator[bytes]:
            async with answer:
                stopping = asyncio.ensure_future(self._stopping.wait())
                try:
                    while piece := await _first(answer.content.readany(), stopping):
                        yield piece
                finally:
                    stopping.cancel()

        endless = answer.content_type == "text/event-stream"
        return StreamingResponse(events() if endless else pieces(), status_code=answer.status, headers=_headers(answer))

    def stop(self) -> None:
        """End the open streams of events: their readers will come back to the next process."""
        self._stopping.set()

    async def close(self) -> None:
        """End every connection."""
        if self._session:
            await self._session.close()

    def _sessions(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Given up before the face does it (uvicorn: 5 s), so that no request is sent into a connection that is just being closed.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session


async def text_of(answer: aiohttp.ClientResponse) -> str:
    """The whole body of an answer that is a page. Raises Refusal 502 for one that is too large for a page."""
    return (await _whole(answer)).decode("utf-8", "replace")


def title_of(answer: aiohttp.ClientResponse) -> str | None:
    """What the page in the answer is called; None where the answer is no page, but something to be passed on."""
    title = answer.headers.get(face.TITLE)
    return unquote(title) if title is not None and answer.content_type == "text/html" else None


class _Body:
    """The body of a request, piece by piece; `fault` is why it ended early."""

    def __init__(self, request: Request, largest: int) -> None:
        self.fault: Exception | None = None
        self.sent = asyncio.Event()
        self._request, self._largest = request, largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces():
                yield piece
        except Exception as error:
            self.fault = error
            raise

    async def _pieces(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._request.stream():
            size += len(piece)
            if size > self._largest:
                raise _too_large()
            yield piece
        self.sent.set()


async def _unless_gone(asking: Coroutine[Any, Any, aiohttp.ClientResponse], request: Request, body: _Body) -> aiohttp.ClientResponse:
    """The answer; or ClientDisconnect as soon as whoever asked has gone, and the face's connection is closed over it."""

    async def gone() -> None:
        await body.sent.wait()  # until then, a client that goes is noticed by reading on
        while (await request.receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.ensure_future(asking), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise ClientDisconnect
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()


async def _first(reading: Coroutine[Any, Any, bytes], stopping: asyncio.Future[Any]) -> bytes:
    """The next piece; none at the end, and when the process is to stop."""
    piece = asyncio.ensure_future(reading)
    try:
        await asyncio.wait({piece, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return piece.result() if piece.done() else b""
    finally:
        piece.cancel()


def _too_large() -> Refusal:
    return Refusal(413, "The request is too large.", "İstek çok büyük.", headers={"Connection": "close"})


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    found = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
    if "location" in found:  # the framework's own redirects, to an address without its last slash, name the face
        found["location"] = found["location"].removeprefix(str(answer.url.origin()))
    if not found.get("location", "/").startswith("/") or found.get("location", "").startswith("//"):
        del found["location"]
    return found


async def _refused(answer: aiohttp.ClientResponse, name: str) -> NoReturn:
    """Say in our own way what a face has refused."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        _log.error("gateway.face_knows_us_not", face=name, setting="IMECE_FACE_SECRET")
        raise Refusal(
            503,
            f"The pages of {name} do not accept the gateway's signature: both need the same IMECE_FACE_SECRET, and clocks that agree.",
            f"{name} sayfaları ağ geçidinin imzasını kabul etmiyor: ikisinde de aynı IMECE_FACE_SECRET ve uyumlu saat olmalı.",
        )
    if answer.content_type == face.REFUSAL:
        said = orjson.loads(await _whole(answer))
        pairs = zip(problems.pointed(said["errors"], "en"), problems.pointed(said["errors"], "tr"), strict=True)
        raise Refusal(
            answer.status,
            said["en"],
            said["tr"],
            headers={key: value for key, value in _headers(answer).items() if key == "retry-after"},
            faults=[Fault(en["pointer"], en["detail"], tr["detail"]) for en, tr in pairs],
        )
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("gateway.face_failed", face=name, status=answer.status)
        raise Refusal(
            502,
            f"Something unexpected happened in {name}. It stands in its log; give the number if you ask about it.",
            f"{name} tarafında beklenmeyen bir şey oldu. Günlüğüne yazıldı; sorarken numarayı verin.",
        )
    raise HTTPException(answer.status)


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async with answer:
        async for piece in answer.content.iter_any():
            parts.append(piece)
            size += len(piece)
            if size > _LARGEST_TEXT:
                raise Refusal(502, "The page is too large.", "Sayfa çok büyük.")
    return b"".join(parts)
