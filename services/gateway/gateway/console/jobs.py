"""The console's pages about jobs: the list with the upload box, one job, and what can be done to it."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from gateway import accounts, uploads, views
from gateway.api.jobs import cancel as cancel_job
from gateway.api.jobs import retry as retry_job
from gateway.callers import Caller
from gateway.console import pages
from gateway.gate import needs
from gateway.problems import locale_of
from gateway.settings import settings
from imece import contracts, db, ledger
from imece.contracts import Role
from imece.contracts.documents import PrepareLetters
from imece.ledger import Job, State, overview

router = APIRouter()

_PAGE = 30
_CHILDREN = 20
_MOST_RETRIES = 1000

Viewer = Annotated[Caller, Depends(needs(Role.VIEWER))]
Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]


class Wanted:
    """What the list is to show, from the address."""

    def __init__(
        self,
        text: Annotated[str, Query(max_length=200)] = "",
        state: Annotated[str, Query(pattern="^[a-z]*$", max_length=20)] = "",
        kind: Annotated[str, Query(max_length=100)] = "",
        parent: UUID | None = None,
        parts: bool = False,
        own: bool = False,
        before: UUID | None = None,
    ) -> None:
        self.text = text.replace("\0", "").strip()
        self.state = state if state in set(State) else ""
        self.kind = kind
        self.parent = parent
        self.parts = parts or parent is not None
        self.own = own
        self.before = before

    @property
    def narrowed(self) -> bool:
        """Whether something is left out that would be there without asking."""
        return bool(self.text or self.state or self.kind or self.parent)

    def address(self, **changes: Any) -> str:
        """The query of this list, changed."""
        wanted: dict[str, Any] = {
            "text": self.text,
            "state": self.state,
            "kind": self.kind,
            "parent": self.parent,
            "parts": self.parts or "",
            "own": self.own or "",
        }
        return urlencode({name: value for name, value in (wanted | changes).items() if value})


List = Annotated[Wanted, Depends(Wanted)]


@router.get("/")
def index(request: Request, caller: Viewer, wanted: List) -> HTMLResponse:
    """The first page: what can be asked for, and what has been."""
    with db.transaction() as session:
        rows = _rows(session, caller, wanted)
        companies = accounts.companies(session) if caller.company_id is None else []
    stuck = [line for line in overview.queues(caller.company_id) if line.queued and not line.consumers]
    more = {
        "companies": companies,
        "stuck": stuck,
        "kinds": pages.kinds(locale_of(request)),
        "may_upload": caller.may(PrepareLetters.role),
        "max_upload": uploads.limit(),
        "max_bytes": int(settings().max_upload),
    }
    return pages.page(request, "index.html", rows | more)


@router.get("/rows")
def rows(request: Request, caller: Viewer, wanted: List) -> HTMLResponse:
    """The list alone, for a page that is already there."""
    with db.transaction() as session:
        return HTMLResponse(pages.draw("rows.html", locale_of(request), **_rows(session, caller, wanted)))


@router.get("/jobs/{job_id}")
def show(job_id: UUID, request: Request, caller: Viewer) -> HTMLResponse:
    """One job."""
    with db.transaction() as session:
        job = ledger.find(session, job_id, company_id=caller.company_id)
        parent = ledger.find(session, job.parent_id, company_id=caller.company_id) if job.parent_id else None
        known = (
            {"job": job, "parent": parent, "names": accounts.company_names(session, caller.company_id)}
            | _details(session, job, caller, request)
            | may(caller, job)
        )
        return pages.page(request, "job.html", known)


@router.get("/jobs/{job_id}/details")
def details(job_id: UUID, request: Request, caller: Viewer) -> HTMLResponse:
    """What stands below a job's head, for a page that is already there."""
    with db.transaction() as session:
        job = ledger.find(session, job_id, company_id=caller.company_id)
        more = _details(session, job, caller, request) | may(caller, job)
        return HTMLResponse(pages.draw("details.html", locale_of(request), job=job, csrf=pages.csrf_of(caller), **more))


@router.post("/jobs/{job_id}/cancel")
def cancel(job_id: UUID, request: Request, caller: Operator) -> Response:
    """Cancel, and look at what came of it."""
    cancel_job(job_id, request, caller)
    return RedirectResponse(f"/jobs/{job_id}", status_code=303)


@router.post("/jobs/{job_id}/retry")
def retry(job_id: UUID, request: Request, caller: Operator, back: Annotated[UUID | None, Form()] = None) -> Response:
    """Run again; `back` is the job whose page the button stood on."""
    retry_job(job_id, request, caller)
    return RedirectResponse(f"/jobs/{back or job_id}", status_code=303)


@router.post("/jobs/{job_id}/retry-failed")
def retry_failed(job_id: UUID, caller: Operator) -> Response:
    """Run every failed job below this one again, up to a thousand at a time."""
    with db.transaction() as session:
        ledger.find(session, job_id, company_id=caller.company_id)
        found = ledger.search(session, company_id=caller.company_id, parent_id=job_id, state=State.FAILED, limit=_MOST_RETRIES)
        for child in found:
            ledger.retry(session, child.id, by=caller.name, company_id=caller.company_id)
    return RedirectResponse(f"/jobs/{job_id}", status_code=303)


def may(caller: Caller, job: Job) -> dict[str, bool]:
    """What the caller may do to the job as it stands."""
    contract = contracts.find(job.kind)
    role = contract.role if contract and contract.role is not Role.SYSTEM else Role.OPERATOR
    allowed = caller.may(role)
    return {
        "may_cancel": allowed and not job.final and not job.cancel_requested_by,
        "may_retry": allowed and job.state in (State.FAILED, State.CANCELLED),
        "may_operate": caller.may(Role.OPERATOR),
    }


def _rows(session: Session, caller: Caller, wanted: Wanted) -> dict[str, Any]:
    found = ledger.search(
        session,
        company_id=caller.company_id,
        kind=wanted.kind or None,
        state=wanted.state or None,
        text=wanted.text or None,
        parent_id=wanted.parent,
        top_only=not wanted.parts,
        # A tick a minute would push everything off the page that a person has asked for.
        owned=caller.company_id is None and not wanted.own and not wanted.narrowed,
        before=wanted.before,
        limit=_PAGE + 1,
    )
    more = wanted.address(before=found[_PAGE - 1].id) if len(found) > _PAGE else ""
    return {"jobs": found[:_PAGE], "more": more, "wanted": wanted, "names": accounts.company_names(session, caller.company_id)}


def _details(session: Session, job: Job, caller: Caller, request: Request) -> dict[str, Any]:
    counts = views.children(session, job.id)
    children: list[Job] = []
    if counts:
        company = caller.company_id
        children = ledger.search(session, company_id=company, parent_id=job.id, state=State.FAILED, limit=_CHILDREN)
        children += ledger.search(session, company_id=company, parent_id=job.id, state=State.RUNNING, limit=_CHILDREN // 2)
    return {
        "attempts": views.attempts(session, job.id, caller, locale_of(request)),
        "counts": counts,
        "children": children,
        "failed": sum(states.get(State.FAILED, 0) for states in counts.values()),
        "unserved": job.state == State.QUEUED and not overview.has_consumer(job.queue),
    }
