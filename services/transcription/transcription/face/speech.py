"""
`/v1/audio/transcriptions` and `/v1/audio/translations`: OpenAI's interface, for programs that speak it already.

The recording becomes a job that goes before all others; the request waits for its end, or is told what is said as it is heard (`stream`). Whoever
goes away cancels it. Everything is answered in OpenAI's shapes, errors too.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from imece import db, face, ledger, storage
from imece.contracts import Role
from imece.errors import ImeceError, Permanent, Transient
from imece.face.asking import caller_of
from imece.ledger import State
from transcription import media, progress, transcripts
from transcription.face import orders, waiting
from transcription.face import speech_shapes as shapes
from transcription.face.intake import received
from transcription.face.speech_shapes import Refused, Wish
from transcription.models import Stage

#: Errors of the preparation that are about the recording, by the names the ledger keeps.
_THEIRS = frozenset({Permanent.__name__, media.Unreadable.__name__})


def application() -> Starlette:
    """What answers below `/v1/audio`."""
    return Starlette(
        routes=[
            Route("/transcriptions", _transcriptions, methods=["POST"]),
            Route("/translations", _translations, methods=["POST"]),
        ],
        exception_handlers={Refused: _refuse, ImeceError: _refuse_ours, HTTPException: _refuse_http, ClientDisconnect: _leave},
    )


async def _transcriptions(request: Request) -> Response:
    """What is said, in the language it is said in."""
    return await _heard(request, translate=False)


async def _translations(request: Request) -> Response:
    """What is said, in English."""
    return await _heard(request, translate=True)


async def _heard(request: Request, *, translate: bool) -> Response:
    caller = caller_of(request)
    caller.must(Role.OPERATOR)
    async with received(request) as sent:
        wish = shapes.read(sent, translate=translate)
        await anyio.to_thread.run_sync(_refuse_if_idle)
        key = await anyio.to_thread.run_sync(sent.store, caller.company_id)
    job_id = await anyio.to_thread.run_sync(_ask, caller, wish, key)
    if wish.stream:
        return StreamingResponse(
            _told(request, caller, job_id), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
    try:
        async with aclosing(waiting.sights(caller.company_id, job_id, request.is_disconnected)) as sights:
            async for sight in sights:
                last = sight
    except waiting.Left:
        return Response(status_code=499)
    await anyio.to_thread.run_sync(_must_have_succeeded, caller.company_id, job_id, last)
    return await anyio.to_thread.run_sync(_answer, caller.company_id, job_id, wish)


def _refuse_if_idle() -> None:
    """Raise Transient where nobody would take the job: the request would wait for nothing."""
    if queue := orders.unserved(urgent=True):
        raise Transient(
            f"No worker serves the queue {queue} just now; nothing was begun.",
            f"{queue} kuyruğuna şu anda bakan işleyici yok; hiçbir iş başlatılmadı.",
        )


def _ask(caller: face.Caller, wish: Wish, key: str) -> UUID:
    try:
        with db.transaction() as session:
            return ledger.submit(session, wish.contract(key), company_id=caller.company_id, requested_by=caller.name)
    except BaseException:
        storage.delete([key])
        raise


def _answer(company_id: UUID, job_id: UUID, wish: Wish) -> Response:
    with db.transaction() as session:
        recording = progress.of_job(session, company_id, job_id)
        assert recording is not None  # it has succeeded
        return shapes.answer(wish, recording, transcripts.segments(session, company_id, recording.id))


async def _told(request: Request, caller: face.Caller, job_id: UUID) -> AsyncIterator[str]:
    """The events of a stream: what is said, piece by piece in the order it was said, then all of it; or what went wrong."""
    window, said = -1, ""
    try:
        async with aclosing(waiting.sights(caller.company_id, job_id, request.is_disconnected)) as sights:
            async for sight in sights:
                window, texts = await anyio.to_thread.run_sync(_news, caller.company_id, job_id, window)
                for text in texts:
                    delta = f" {text}" if said else text
                    said += delta
                    yield _event({"type": "transcript.text.delta", "delta": delta})
                if not sight.final and not texts:
                    yield ": still listening\n\n"
        await anyio.to_thread.run_sync(_must_have_succeeded, caller.company_id, job_id, sight)
        yield _event({"type": "transcript.text.done", "text": said})
        yield "data: [DONE]\n\n"
    except waiting.Left:
        return
    except (Refused, ImeceError) as error:
        yield _event(shapes.error(error if isinstance(error, Refused) else shapes.refusal(error), caller.locale))


def _news(company_id: UUID, job_id: UUID, since: int) -> tuple[int, list[str]]:
    """The last window up to which everything has been heard, and what is said in those after `since`."""
    with db.transaction() as session:
        recording = progress.of_job(session, company_id, job_id)
        if recording is None:
            return since, []
        last = progress.heard_up_to(session, recording.id)
        if last <= since:
            return since, []
        new = transcripts.rows(session, company_id, recording.id, since=since)
        return last, [text for row in new if row.window_idx <= last and (text := row.text.strip())]


def _must_have_succeeded(company_id: UUID, job_id: UUID, sight: waiting.Sight) -> None:
    """Raise Refused for a job that ended otherwise: 400 for a recording that cannot be read, 500 for one that could not be heard."""
    if sight.state == State.SUCCEEDED:
        return
    if sight.state == State.CANCELLED:
        raise Refused(409, "The work was cancelled.", "İş iptal edildi.", type="server_error", code="cancelled")
    with db.transaction() as session:
        recording = progress.of_job(session, company_id, job_id)
        unread = recording is not None and recording.stage == Stage.PREPARING
    error = sight.error or {}
    en = str(error.get("en") or "It did not work.")
    if unread and error.get("type") in _THEIRS:
        raise Refused(400, en, error.get("tr"), param="file")
    raise Refused(500, en, error.get("tr"), type="server_error")


def _event(said: dict[str, Any]) -> str:
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n"


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(shapes.error(error, caller_of(request).locale), error.status, headers=error.headers)


async def _refuse_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ImeceError)
    return await _refuse(request, shapes.refusal(error))


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return await _refuse(request, Refused(error.status_code, f"{request.method} {request.url.path}: {error.detail}", None))


async def _leave(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)
