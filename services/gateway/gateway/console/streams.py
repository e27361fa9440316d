"""Live pages: the same watchers as the API's events, sent as pieces of HTML that the page puts in the place of the old ones."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID

import anyio.to_thread
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from gateway import accounts
from gateway.api.events import HEADERS, HEARTBEAT, LIFETIME, event
from gateway.callers import Caller
from gateway.console import jobs, pages
from gateway.gate import needs
from gateway.live import Live
from gateway.problems import locale_of
from imece import clock, db
from imece.contracts import Role
from imece.errors import NotFound
from imece.ledger import Job

router = APIRouter()

_MOST = 200

Viewer = Annotated[Caller, Depends(needs(Role.VIEWER))]


@router.get("/live")
async def live_rows(
    request: Request, caller: Viewer, job: Annotated[list[UUID] | None, Query(max_length=_MOST)] = None
) -> StreamingResponse:
    """Rows of the list as they change (`row`), and word of jobs that are not on the list yet (`news`)."""
    locale = locale_of(request)
    ours, names = await anyio.to_thread.run_sync(_ours, job or [], caller)
    return _stream(request.app.state.live, ours, caller, lambda job: pages.draw("row.html", locale, job=job, names=names), news=True)


@router.get("/jobs/{job_id}/live")
async def live_job(job_id: UUID, request: Request, caller: Viewer) -> StreamingResponse:
    """The head of one job's page, at each change."""
    locale = locale_of(request)
    ours, names = await anyio.to_thread.run_sync(_ours, [job_id], caller)
    if not ours:
        raise NotFound("There is no such job.", "Böyle bir iş yok.")
    csrf = pages.csrf_of(caller)

    def draw(job: Job) -> str:
        return pages.draw("head.html", locale, job=job, names=names, csrf=csrf, **jobs.may(caller, job))

    return _stream(request.app.state.live, ours, caller, draw, news=False)


def _stream(live: Live, ours: set[UUID], caller: Caller, draw: Callable[[Job], str], *, news: bool) -> StreamingResponse:
    async def follow() -> AsyncIterator[str]:
        ends = clock.now().timestamp() + LIFETIME
        async with live.watch(ours, news=news, company_id=caller.company_id) as watcher:
            yield "retry: 2000\n\n"
            while clock.now().timestamp() < ends and (heard := await watcher.next(HEARTBEAT)) is not None:
                changed, arrived = heard
                for job in changed:
                    yield event(draw(job), name="row", number=str(job.id))
                if arrived:
                    yield event(str(len(arrived)), name="news")
                if not changed and not arrived:
                    yield ": still here\n\n"

    return StreamingResponse(follow(), media_type="text/event-stream", headers=HEADERS)


def _ours(wanted: list[UUID], caller: Caller) -> tuple[set[UUID], dict[UUID, str]]:
    """Those of the wanted jobs that the caller may see, and the companies' names where there are several."""
    query = sa.select(Job.id).where(Job.id.in_(wanted))
    if caller.company_id is not None:
        query = query.where(Job.company_id == caller.company_id)
    with db.transaction() as session:
        return set(session.scalars(query)) if wanted else set(), accounts.company_names(session, caller.company_id)
