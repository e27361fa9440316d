"""
Tables of the schema `transcription`: recordings, the windows they are heard in, what was said, chapters, edits, the glossary.

Every row belongs to a company, and the foreign keys carry the company along. Times are seconds from the beginning of what was transcribed: of the
trimmed recording where it was trimmed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, MetaData, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.db import NAMING


class Stage(StrEnum):
    """What is done with a recording when `transcription.transcribe` runs next. How its job stands, the ledger says."""

    FETCHING = "fetching"  #: it is at an address and has to be fetched
    PREPARING = "preparing"  #: its sound is to be read and cut into windows
    LISTENING = "listening"  #: its windows are heard; then its files are written
    DONE = "done"


class WindowState(StrEnum):
    """Where a window stands."""

    PLANNED = "planned"
    HEARD = "heard"


class Base(DeclarativeBase):
    """Tables of the schema `transcription`."""

    metadata = MetaData(schema="transcription", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own way of declaring it)
        datetime: TIMESTAMP(timezone=True),
        str: Text(),
        float: Double(),
        dict[str, Any]: JSONB(none_as_null=True),
        dict[str, str]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        list[dict[str, str]]: JSONB(none_as_null=True),
    }


class Recording(Base):
    """
    One recording on its way to text.

    `source_key` leads to the file as it came, `media_key` to what is transcribed of it, `audio_key` to a small copy of the sound that is there from the end
    on and stays when the source has gone, `files` to what was written.

    `wish` is how it is to be heard (`listening.Wish` and the glossary of that moment), so that a part that is heard again is heard alike.
    """

    __tablename__ = "recording"
    __table_args__ = (
        UniqueConstraint("job_id"),
        UniqueConstraint("company_id", "id"),
        CheckConstraint("stage in ('fetching', 'preparing', 'listening', 'done')", name="stage_known"),
        CheckConstraint("locale in ('tr', 'en')", name="locale_known"),
        CheckConstraint("title <> ''", name="has_title"),
        CheckConstraint("language ~ '^[a-z]{2,3}$'", name="language_is_a_code"),
        CheckConstraint("(stage = 'done') = (finished_at is not null)", name="finished_exactly_when_done"),
        CheckConstraint("stage in ('fetching', 'preparing') or duration is not null", name="measured_once_prepared"),
        CheckConstraint("duration >= 0 and speech >= 0 and words >= 0", name="counts_possible"),
        Index(None, "company_id", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    job_id: Mapped[UUID]
    requested_by: Mapped[str]
    title: Mapped[str]
    stage: Mapped[str]
    locale: Mapped[str]
    address: Mapped[str | None]
    source_key: Mapped[str | None]
    media_key: Mapped[str | None]
    audio_key: Mapped[str | None]
    model: Mapped[str]
    wish: Mapped[dict[str, Any]]
    language: Mapped[str | None]
    language_probability: Mapped[float | None]
    asked: Mapped[bool] = mapped_column(server_default="false")
    media: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    duration: Mapped[float | None]
    speech: Mapped[float | None]
    truncated: Mapped[bool] = mapped_column(server_default="false")
    warnings: Mapped[list[dict[str, str]]] = mapped_column(server_default="[]")
    words: Mapped[int] = mapped_column(server_default="0")
    files: Mapped[dict[str, str]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[datetime | None]


class Window(Base):
    """A stretch of a recording between two silences, at most a third of a minute: what is heard, committed and heard again as one."""

    __tablename__ = "window"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "recording_id"], [Recording.company_id, Recording.id], ondelete="CASCADE"),
        CheckConstraint("idx >= 0 and t0 >= 0 and t1 > t0", name="possible"),
        CheckConstraint("state in ('planned', 'heard')", name="state_known"),
        CheckConstraint("(state = 'heard') = (heard_at is not null and model is not null)", name="heard_by_a_model"),
        CheckConstraint("attempts >= 0", name="attempts_counted"),
    )

    recording_id: Mapped[UUID] = mapped_column(primary_key=True)
    idx: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    t0: Mapped[float]
    t1: Mapped[float]
    state: Mapped[str] = mapped_column(server_default="planned")
    attempts: Mapped[int] = mapped_column(server_default="0")
    model: Mapped[str | None]
    avg_logprob: Mapped[float | None]
    second_try: Mapped[bool] = mapped_column(server_default="false")
    dropped: Mapped[bool] = mapped_column(server_default="false")
    heard_at: Mapped[datetime | None]


class Segment(Base):
    """
    Something said in one go. `words` are `{"start", "end", "text", "probability"}`; empty where none were measured.

    `version` counts the edits: who edits names the one he has seen.
    """

    __tablename__ = "segment"
    __table_args__ = (
        UniqueConstraint("recording_id", "window_idx", "position"),
        ForeignKeyConstraint(["company_id", "recording_id"], [Recording.company_id, Recording.id], ondelete="CASCADE"),
        CheckConstraint("t0 >= 0 and t1 >= t0", name="times_possible"),
        CheckConstraint("position >= 0 and version >= 1", name="counts_possible"),
        Index(None, "recording_id", "t0"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recording_id: Mapped[UUID]
    window_idx: Mapped[int]
    position: Mapped[int]
    t0: Mapped[float]
    t1: Mapped[float]
    text: Mapped[str]
    words: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    speaker: Mapped[str] = mapped_column(server_default="")
    marks: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    version: Mapped[int] = mapped_column(server_default="1")


class Edit(Base):
    """What somebody changed: one segment by hand (`edit`), or a whole window that was heard again (`rehear`)."""

    __tablename__ = "edit"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "recording_id"], [Recording.company_id, Recording.id], ondelete="CASCADE"),
        CheckConstraint("reason in ('edit', 'rehear')", name="reason_known"),
        CheckConstraint("(reason = 'edit') = (segment_id is not null)", name="of_a_segment_when_by_hand"),
        Index(None, "recording_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recording_id: Mapped[UUID]
    window_idx: Mapped[int]
    segment_id: Mapped[UUID | None]
    reason: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Chapter(Base):
    """Where a chapter begins, and what it is called; `suggested` until somebody has named it."""

    __tablename__ = "chapter"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "recording_id"], [Recording.company_id, Recording.id], ondelete="CASCADE"),
        CheckConstraint("position >= 0 and start >= 0", name="possible"),
        CheckConstraint("title <> ''", name="has_title"),
    )

    recording_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    start: Mapped[float]
    title: Mapped[str]
    suggested: Mapped[bool] = mapped_column(server_default="true")


class Term(Base):
    """A name or term of the company, which its recordings are likely to hold: its glossary."""

    __tablename__ = "term"
    __table_args__ = (CheckConstraint("term ~ '\\S' and length(term) <= 80", name="is_one"),)

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    added_by: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
