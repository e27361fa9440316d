"""
The faces of other services: which there are, and how a request is handed on to one.

A face is asked with the caller signed into a header, for exactly one company, and with nothing else of the request but its address, its body and
what describes the body. Bytes run through both ways as they come. What a face refuses is drawn here, like every other refusal.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import unquote

import aiohttp
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse
from yarl import URL

from gateway import credentials, problems
from gateway.callers import Caller
from gateway.models import Company
from gateway.problems import locale_of
from gateway.refusals import Fault, Refusal
from gateway.settings import settings
from imece import face, log

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

#: Seconds for a connection, and for each silence after it.
_CONNECT = 3.0
_PATIENCE = 60.0

#: What goes to a face of a request's headers, and comes back of an answer's. A face sets no cookies and no rules for the browser.
_ASKED = ("accept", "content-type", "content-length", "idempotency-key", "if-none-match")
_ANSWERED = ("content-type", "content-length", "content-disposition", "cache-control", "etag", "location", "retry-after")

#: The largest page or refusal.
_LARGEST_TEXT = 8 << 20

_log = log.get("gateway")


def known() -> dict[str, str]:
    """Name and address of every face: `GATEWAY_FACES`, or else those of the services that are installed beside the gateway."""
    return settings().known_faces or face.installed()


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

    async def ask(self, request: Request, name: str, caller: face.Caller) -> aiohttp.ClientResponse:
        """
        Hand the request on to the face `name`; its answer, whose body has not been read. The caller of this closes it.

        Raises Refusal for what the face refuses, 413 for a body over `GATEWAY_MAX_UPLOAD`, 503 for a face that is not there or does not know our
        signature, 504 for one that is silent; HTTPException for what its framework refuses.
        """
        address, target = known()[name], face.target(request.scope)
        headers = {header: request.headers[header] for header in _ASKED if header in request.headers}
        headers |= {face.CALLER: face.sign(caller, name, request.method, target), "x-request-id": request.state.request_id}
        body = _Body(request) if request.method not in ("GET", "HEAD") else None
        try:
            answer = await self._sessions().request(
                request.method, URL(address + target, encoded=True), headers=headers, data=body, allow_redirects=False
            )
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
        if answer.status >= HTTPStatus.BAD_REQUEST:
            async with answer:
                await _refused(answer, name)
        return answer

    async def close(self) -> None:
        """End every connection."""
        if self._session:
            await self._session.close()

    def _sessions(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_PATIENCE),
                # Given up before the face does it (uvicorn: 5 s), so that no request is sent into a connection that is just being closed.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session


def passed_on(answer: aiohttp.ClientResponse) -> StreamingResponse:
    """The answer as it comes, with the headers that a face may set."""

    async def pieces() -> AsyncIterator[bytes]:
        async with answer:
            async for piece in answer.content.iter_any():
                yield piece

    return StreamingResponse(pieces(), status_code=answer.status, headers=_headers(answer))


async def text_of(answer: aiohttp.ClientResponse) -> str:
    """The whole body of an answer that is a page. Raises Refusal 502 for one that is too large for a page."""
    return (await _whole(answer)).decode("utf-8", "replace")


def title_of(answer: aiohttp.ClientResponse) -> str | None:
    """What the page in the answer is called; None where the answer is no page, but something to be passed on."""
    title = answer.headers.get(face.TITLE)
    return unquote(title) if title is not None and answer.content_type == "text/html" else None


class _Body:
    """The body of a request, piece by piece; `fault` is why it ended early."""

    def __init__(self, request: Request) -> None:
        self.fault: Exception | None = None
        self._request = request

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
            if size > settings().max_upload:
                raise Refusal(413, "The request is too large.", "İstek çok büyük.", headers={"Connection": "close"})
            yield piece


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    found = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
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
