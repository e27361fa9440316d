"""The ledger's tables, for reading. Every write is a statement in `moves`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Double, ForeignKey, MetaData, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.ledger.states import FINAL, State


class Base(DeclarativeBase):
    """Tables of the schema `ledger`."""

    metadata = MetaData(schema="ledger")
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own way of declaring it)
        datetime: TIMESTAMP(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text()),
    }


class Job(Base):
    """One request of a kind. Its id is the message id, the URL and the log field."""

    __tablename__ = "job"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    queue: Mapped[str]
    state: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempt: Mapped[int]
    forgiven: Mapped[int]
    deaths: Mapped[int]
    max_attempts: Mapped[int]
    waits_for: Mapped[int]
    units: Mapped[int]
    progress_done: Mapped[int] = mapped_column(BigInteger)
    progress_total: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    scheduled_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    worker_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    unblocks: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    requested_by: Mapped[str]
    cancel_requested_by: Mapped[str | None]
    unique_key: Mapped[str | None]
    args: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    progress_note: Mapped[dict[str, Any] | None]

    @property
    def final(self) -> bool:
        """Whether nothing will happen to the job any more by itself."""
        return State(self.state) in FINAL


class Attempt(Base):
    """One try of a job by one worker, written when it has ended."""

    __tablename__ = "attempt"

    job_id: Mapped[UUID] = mapped_column(ForeignKey(Job.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    outcome: Mapped[str]
    charged: Mapped[bool]
    error: Mapped[dict[str, Any] | None]
    traceback: Mapped[str | None]


class Worker(Base):
    """One process that runs jobs. Alive: not stopped and its heartbeat is young."""

    __tablename__ = "worker"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str]
    pool: Mapped[str]
    host: Mapped[str]
    machine: Mapped[str]
    pid: Mapped[int]
    pid_started: Mapped[float] = mapped_column(Double)
    queues: Mapped[list[str]]
    threads: Mapped[int]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_requested_by: Mapped[str | None]
    died: Mapped[bool]
    judged: Mapped[bool]
    running: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    memory_mb: Mapped[int]
    jobs_done: Mapped[int] = mapped_column(BigInteger)


class Firing(Base):
    """The right to fire a schedule at one due time."""

    __tablename__ = "firing"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    fired_at: Mapped[datetime]
    job_id: Mapped[UUID | None]


class Audit(Base):
    """What a person did to a job."""

    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    company_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str]
    job_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any] | None]
