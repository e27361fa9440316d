"""Tables of the schema `notify`: what was to be said to whom, and what became of it outside."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.db import NAMING


class EffectState(StrEnum):
    """Where an effect stands. The last three are settled: it moves on only if a look-up or a person says so."""

    INTENDED = "intended"  #: written down; surely nothing happened outside
    SENDING = "sending"  #: somebody has the right to send it and may be at it, or died at it
    DONE = "done"  #: the provider said that it took it
    UNKNOWN = "unknown"  #: it may have happened; never repeated blindly
    FAILED = "failed"  #: it surely did not happen, and will not with these words or to this address


class Base(DeclarativeBase):
    """Tables of the schema `notify`."""

    metadata = MetaData(schema="notify", naming_convention=NAMING)
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), str: Text()}  # noqa: RUF012 (SQLAlchemy's own way of declaring it)


class Message(Base):
    """Something to be said to one person, asked for by one job. Its text is not kept here."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel in ('email')", name="channel_known"),
        CheckConstraint("locale in ('tr', 'en')", name="locale_known"),
        CheckConstraint("recipient <> ''", name="has_recipient"),
        Index(None, "company_id", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None]
    job_id: Mapped[UUID] = mapped_column(unique=True, comment="the job that asked for it; one job says one thing to one person")
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    locale: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Effect(Base):
    """What a message does in the outside world. Every move is one guarded UPDATE in `effects`."""

    __tablename__ = "effect"
    __table_args__ = (
        CheckConstraint("state in ('intended', 'sending', 'done', 'unknown', 'failed')", name="state_known"),
        CheckConstraint("attempt >= 0 and (attempt = 0) = (started_at is null)", name="attempts_counted"),
        CheckConstraint("(attempt = 0) = (claim is null)", name="sent_by_right_of_a_claim"),
        CheckConstraint("state not in ('sending', 'done', 'unknown') or attempt > 0", name="written_down_before_tried"),
        CheckConstraint("(state in ('done', 'unknown', 'failed')) = (settled_at is not null)", name="settled_exactly_then"),
        CheckConstraint("state <> 'done' or answer is not null", name="done_by_the_providers_word"),
        CheckConstraint("state not in ('unknown', 'failed') or (error_tr is not null and error_en is not null)", name="fault_has_reason"),
        Index(None, "message_id"),
        Index("effect_open_by_started_at", "started_at", postgresql_where=text("state in ('sending', 'unknown')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey(Message.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(unique=True)  #: what may happen once: `email:<job id>`
    reference: Mapped[str] = mapped_column(comment="what the provider knows it by; for e-mail the Message-ID")
    state: Mapped[EffectState] = mapped_column(Text())
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    claim: Mapped[UUID | None] = mapped_column(comment="who may send: the fencing token, new at every claim")
    answer: Mapped[str | None]  #: the provider's own last words
    error_tr: Mapped[str | None]
    error_en: Mapped[str | None]
    address_refused: Mapped[bool] = mapped_column(server_default=text("false"))  #: the provider knows no such recipient
    asked_by: Mapped[str | None] = mapped_column(comment="who had it sent again after it was unknown or failed")
    started_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
