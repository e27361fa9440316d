"""Live progress by server-sent events: `GET /v1/jobs/{id}/events`."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response, StreamingResponse

from gateway import views
from gateway.callers import Caller
from gateway.gate import needs
from gateway.languages import Locale
from gateway.live import Live
from gateway.problems import locale_of
from imece import clock, db, ledger
from imece.contracts import Role

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

#: A comment goes out after this many silent seconds, so that proxies keep the stream open.
HEARTBEAT = 15.0

#: A stream ends after this many seconds; the client comes back by itself, and is asked again who it is.
LIFETIME = 900.0

HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


@router.get("/{job_id}/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    job_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(needs(Role.VIEWER))],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """
    Follow a job: an event `job` with its JSON at once and at every change, the last one when it is final; then the stream ends.

    States may be skipped, never invented. A client that comes back after the last event gets 204, which tells EventSource to stay away.
    """
    locale = locale_of(request)
    job = await anyio.to_thread.run_sync(_find, job_id, caller)
    if job.final and last_event_id == str(job.finished_at):
        return Response(status_code=204)
    return StreamingResponse(_follow(request.app.state.live, job_id, locale), media_type="text/event-stream", headers=HEADERS)


def event(data: str, *, name: str = "job", number: str | None = None) -> str:
    """One event in the wire format. Source: HTML standard, section 9.2."""
    lines = [f"id: {number}"] if number else []
    lines += [f"event: {name}", *(f"data: {line}" for line in data.splitlines())]
    return "\n".join(lines) + "\n\n"


async def _follow(live: Live, job_id: UUID, locale: Locale) -> AsyncIterator[str]:
    ends = clock.now().timestamp() + LIFETIME
    async with live.watch([job_id]) as watcher:
        yield "retry: 2000\n\n"
        while clock.now().timestamp() < ends and (news := await watcher.next(HEARTBEAT)) is not None:
            changed, _ = news
            if not changed:
                yield ": still here\n\n"
            for job in changed:
                yield event(views.job_view(job, locale).model_dump_json(), number=str(job.finished_at) if job.final else None)
                if job.final:
                    return


def _find(job_id: UUID, caller: Caller) -> ledger.Job:
    with db.transaction() as session:
        return ledger.find(session, job_id, company_id=caller.company_id)
