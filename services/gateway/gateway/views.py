"""How jobs look from outside: the JSON of the API, in the reader's language."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from gateway import languages
from gateway.callers import Caller
from gateway.languages import Locale
from imece.contracts import Role
from imece.ledger import FINAL, Job, State
from imece.ledger.models import Attempt


class Progress(BaseModel):
    """How far a job is. `total` null: not known yet."""

    done: int = Field(examples=[37])
    total: int | None = Field(examples=[200])
    note: str | None = Field(None, description="What is being counted, in the reader's language", examples=["mektuplar"])


class Failure(BaseModel):
    """Why something failed: the error's type for programs, the message for people."""

    type: str = Field(examples=["Permanent"])
    message: str = Field(examples=["Çalışma kitabında okunabilir satır yok."])


class JobView(BaseModel):
    """One job. `state` is one of scheduled, queued, running, retrying, waiting and, final, succeeded, failed, cancelled."""

    id: UUID
    kind: str = Field(examples=["documents.prepare_letters"])
    version: int
    queue: str = Field(examples=["documents.workbooks"])
    state: State
    final: bool = Field(description="Nothing will happen to it any more by itself")
    progress: Progress
    attempt: int = Field(description="Times it was begun")
    max_attempts: int
    args: dict[str, Any]
    result: dict[str, Any] | None
    error: Failure | None
    parent_id: UUID | None = Field(description="The job that asked for it")
    company_id: UUID | None
    requested_by: str
    cancel_requested_by: str | None
    created_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class AttemptView(BaseModel):
    """One try of a job by one worker. `charged` false: it spent no attempt. `traceback` is for operators and admins."""

    number: int
    outcome: str = Field(examples=["failed"])
    charged: bool
    worker_id: UUID | None
    started_at: datetime
    finished_at: datetime
    error: Failure | None
    traceback: str | None


class JobDetail(JobView):
    """One job and the tries it took."""

    attempts: list[AttemptView]


def job_view(job: Job, locale: Locale) -> JobView:
    """The job as a reader of `locale` sees it."""
    return JobView(**_job_fields(job, locale))


def job_detail(session: Session, job: Job, caller: Caller, locale: Locale) -> JobDetail:
    """The job and its attempts; tracebacks only for callers who may run things."""
    return JobDetail(**_job_fields(job, locale), attempts=attempts(session, job.id, caller, locale))


def attempts(session: Session, job_id: UUID, caller: Caller, locale: Locale) -> list[AttemptView]:
    """The tries of a job, the last one first."""
    rows = session.scalars(sa.select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.number.desc()))
    return [
        AttemptView(
            number=row.number,
            outcome=row.outcome,
            charged=row.charged,
            worker_id=row.worker_id,
            started_at=row.started_at,
            finished_at=row.finished_at,
            error=failure(row.error, locale),
            traceback=row.traceback if caller.may(Role.OPERATOR) else None,
        )
        for row in rows
    ]


def failure(error: dict[str, Any] | None, locale: Locale) -> Failure | None:
    """A stored error in the reader's language."""
    return Failure(type=str(error.get("type", "Error")), message=languages.of(error, locale) or "") if error else None


def old_status(job: Job, locale: Locale) -> dict[str, Any]:
    """
    The status that the front ends of the old systems poll: `{"state", "current", "total", "status", "result"}`.

    PENDING has not been begun, PROGRESS has, SUCCESS and FAILURE are final (a cancelled job is a FAILURE). `total` is at least 1, so that a
    percentage can be taken.
    """
    state = State(job.state)
    if state is State.SUCCEEDED:
        old = "SUCCESS"
    elif state in FINAL:
        old = "FAILURE"
    else:
        old = "PROGRESS" if job.attempt or state is State.WAITING else "PENDING"
    total = max(job.progress_total or 0, job.progress_done, 1)
    current = total if old == "SUCCESS" else job.progress_done
    said = (
        languages.of(job.error, locale) if state is State.FAILED else languages.of(job.progress_note, locale) if old == "PROGRESS" else None
    )
    return {
        "state": old,
        "current": current,
        "total": total,
        "status": said or _OLD_WORDS[old, state is State.CANCELLED][locale],
        "result": job.result,
    }


_OLD_WORDS: dict[tuple[str, bool], dict[Locale, str]] = {
    ("PENDING", False): {"tr": "Bekliyor", "en": "Pending"},
    ("PROGRESS", False): {"tr": "Sürüyor", "en": "In progress"},
    ("SUCCESS", False): {"tr": "Tamamlandı", "en": "Done"},
    ("FAILURE", False): {"tr": "Başarısız", "en": "Failed"},
    ("FAILURE", True): {"tr": "İptal edildi", "en": "Cancelled"},
}


def children(session: Session, parent_id: UUID) -> dict[str, dict[str, int]]:
    """How the jobs that a job asked for stand: kind to state to count."""
    rows = session.execute(
        sa.select(Job.kind, Job.state, sa.func.count()).where(Job.parent_id == parent_id).group_by(Job.kind, Job.state).order_by(Job.kind)
    )
    counted: dict[str, dict[str, int]] = {}
    for kind, state, count in rows:
        counted.setdefault(kind, {})[state] = count
    return counted


def page_of(jobs: Iterable[Job], limit: int, locale: Locale) -> tuple[list[JobView], UUID | None]:
    """The first `limit` of the jobs, and the id to go on from when there are more."""
    listed = list(jobs)
    return [job_view(job, locale) for job in listed[:limit]], listed[limit - 1].id if len(listed) > limit else None


def _job_fields(job: Job, locale: Locale) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "version": job.version,
        "queue": job.queue,
        "state": State(job.state),
        "final": job.final,
        "progress": Progress(done=job.progress_done, total=job.progress_total, note=languages.of(job.progress_note, locale)),
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "args": job.args,
        "result": job.result,
        "error": failure(job.error, locale),
        "parent_id": job.parent_id,
        "company_id": job.company_id,
        "requested_by": job.requested_by,
        "cancel_requested_by": job.cancel_requested_by,
        "created_at": job.created_at,
        "scheduled_at": job.scheduled_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
