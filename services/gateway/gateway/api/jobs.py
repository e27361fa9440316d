"""Jobs: asked for, listed, looked at, cancelled, run again; and the status that the old front ends poll."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from gateway import submissions, views
from gateway.callers import Caller
from gateway.gate import needs
from gateway.problems import locale_of
from gateway.refusals import Refusal
from imece import contracts, db, ledger
from imece.contracts import Contract, Role
from imece.ledger import State

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
old_router = APIRouter(prefix="/api/tasks", tags=["old front ends"])

#: Arguments are small; what is big is uploaded first.
_LARGEST_BODY = 1 << 20

Viewer = Annotated[Caller, Depends(needs(Role.VIEWER))]
Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]


class JobPage(BaseModel):
    """Jobs, newest first. `next` is what to give as `before` for the page after this one; null: this was the last."""

    jobs: list[views.JobView]
    next: UUID | None


class Children(BaseModel):
    """The jobs that a job asked for: how many of each kind are in each state, and a page of them."""

    counts: dict[str, dict[str, int]] = Field(examples=[{"documents.render_letters": {"succeeded": 197, "failed": 3}}])
    jobs: list[views.JobView]
    next: UUID | None


class OldStatus(BaseModel):
    """The status in the shape that the old front ends poll."""

    state: Literal["PENDING", "PROGRESS", "SUCCESS", "FAILURE"]
    current: int
    total: int
    status: str
    result: Any = None


@router.post("/{kind}", status_code=202)
async def submit(
    kind: str,
    request: Request,
    response: Response,
    caller: Operator,
    idempotency_key: Annotated[str | None, Header(description="The same key again gives the same job, for a day")] = None,
    at: Annotated[AwareDatetime | None, Query(description="Not before this time (ISO 8601 with its zone)")] = None,
    company: Annotated[UUID | None, Query(description="For which company; only for keys of the whole installation")] = None,
) -> views.JobView:
    """Ask for a job. The answer comes as soon as it is written down; `Location` tells where to follow it."""
    contract = submissions.contract_of(kind, caller)
    asked = submissions.read(contract, await _body(request))
    view = await run_in_threadpool(_submit, request, caller, asked, idempotency_key, at, company)
    response.headers["Location"] = f"/v1/jobs/{view.id}"
    return view


@router.get("")
def search(
    request: Request,
    caller: Viewer,
    kind: Annotated[str | None, Query(max_length=100)] = None,
    state: State | None = None,
    text: Annotated[str | None, Query(max_length=200, description="In the id, arguments, requester, error")] = None,
    top: Annotated[bool, Query(description="Without the jobs that other jobs asked for")] = False,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """Jobs of the caller's company, newest first."""
    with db.transaction() as session:
        found = ledger.search(
            session,
            company_id=caller.company_id,
            kind=kind,
            state=state,
            text=text.replace("\0", "") if text else None,
            top_only=top,
            before=before,
            limit=limit + 1,
        )
        jobs, following = views.page_of(found, limit, locale_of(request))
    return JobPage(jobs=jobs, next=following)


@router.get("/{job_id}")
def show(job_id: UUID, request: Request, caller: Viewer) -> views.JobDetail:
    """One job with its attempts. Tracebacks are shown to operators and admins."""
    with db.transaction() as session:
        job = ledger.find(session, job_id, company_id=caller.company_id)
        return views.job_detail(session, job, caller, locale_of(request))


@router.get("/{job_id}/children")
def children(
    job_id: UUID,
    request: Request,
    caller: Viewer,
    kind: Annotated[str | None, Query(max_length=100)] = None,
    state: State | None = None,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Children:
    """The jobs that this one asked for."""
    with db.transaction() as session:
        ledger.find(session, job_id, company_id=caller.company_id)
        found = ledger.search(
            session, company_id=caller.company_id, parent_id=job_id, kind=kind, state=state, before=before, limit=limit + 1
        )
        jobs, following = views.page_of(found, limit, locale_of(request))
        return Children(counts=views.children(session, job_id), jobs=jobs, next=following)


@router.post("/{job_id}/cancel")
def cancel(job_id: UUID, request: Request, caller: Operator) -> views.JobView:
    """End a job and what it asked for. What has not begun is cancelled at once, what runs within two seconds. 409 when it is final already."""
    with db.transaction() as session:
        _must_be_theirs(session, job_id, caller)
        ledger.cancel(session, job_id, by=caller.name, company_id=caller.company_id)
        return views.job_view(ledger.find(session, job_id, company_id=caller.company_id), locale_of(request))


@router.post("/{job_id}/retry")
def retry(job_id: UUID, request: Request, caller: Operator) -> views.JobView:
    """Run a failed or cancelled job again, with all its attempts before it. 409 for one that is neither."""
    with db.transaction() as session:
        _must_be_theirs(session, job_id, caller)
        ledger.retry(session, job_id, by=caller.name, company_id=caller.company_id)
        return views.job_view(ledger.find(session, job_id, company_id=caller.company_id), locale_of(request))


@old_router.get("/{job_id}/status", response_model=OldStatus)
def old_status(job_id: UUID, request: Request, caller: Viewer) -> dict[str, Any]:
    """The status of a job as the old systems' front ends poll it."""
    with db.transaction() as session:
        return views.old_status(ledger.find(session, job_id, company_id=caller.company_id), locale_of(request))


def _must_be_theirs(session: Session, job_id: UUID, caller: Caller) -> None:
    """Whoever may not ask for a kind may neither end it nor run it again. Raises NotFound, Refusal 403."""
    job = ledger.find(session, job_id, company_id=caller.company_id)
    contract = contracts.find(job.kind)
    if contract and contract.role is not Role.SYSTEM and not caller.may(contract.role):
        raise Refusal(403, f"{job.kind} needs the role {contract.role}.", f"{job.kind} için {contract.role} rolü gerekir.")


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_BODY:
            raise Refusal(
                413,
                "Arguments may have 1 MiB; upload what is bigger.",
                "Argümanlar en çok 1 MiB olabilir; büyük olanı dosya olarak yükleyin.",
            )
        parts.append(part)
    return b"".join(parts)


def _submit(
    request: Request, caller: Caller, asked: Contract, idempotency_key: str | None, at: datetime | None, company: UUID | None
) -> views.JobView:
    with db.transaction() as session:
        company_id = submissions.company_for(session, caller, company)
        job_id = submissions.submit(session, caller, asked, company_id=company_id, idempotency_key=idempotency_key, at=at)
        return views.job_view(ledger.find(session, job_id, company_id=company_id), locale_of(request))
