"""Tables of the schema `notify`: what was to be said to whom, and what became of it outside."""

from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.db import NAMING


class EffectState(StrEnum):
    """Where an effect stands. The last three are settled: it moves on only if a look-up or a person says so."""

    INTENDED = "intended"  #: written down; surely nothing happened outside
    SENDING = "sending"  #: somebody has the right to send it and may be at it, or died at it
    DONE = "done"  #: the provider said that it took it
    UNKNOWN = "unknown"  #: it may have happened; never repeated blindly
    FAILED = "failed"  #: it surely did not happen, and will not with these words or to this address


class MessageState(StrEnum):
    """Where a message stands. The last seven are final; of them a late receipt may still make `delivered`."""

    DIRECT = "direct"  #: a mail of `notify.send_email`: its effect says how it stands
    QUEUED = "queued"  #: waits for its turn
    SENDING = "sending"  #: one effect of it is under way
    UNKNOWN = "unknown"  #: it may have left; the provider is being asked
    ACCEPTED = "accepted"  #: the provider has it
    SENT = "sent"  #: the provider has passed it on
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  #: taken, and surely not arrived
    FAILED = "failed"  #: not taken, or given up by the provider
    EXPIRED = "expired"  #: its time was over
    REFUSED = "refused"  #: not sent, for a reason of ours: the number, the text, an opt-out
    CANCELLED = "cancelled"
    UNCONFIRMED = "unconfirmed"  #: it may have arrived, and nobody can say


#: States in which we still have something to do.
OPEN = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


class Base(DeclarativeBase):
    """Tables of the schema `notify`."""

    metadata = MetaData(schema="notify", naming_convention=NAMING)
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), str: Text(), dict[str, Any]: JSONB(none_as_null=True)}  # noqa: RUF012 (SQLAlchemy's own way of declaring it)


class Bulk(Base):
    """The same to many. Its messages are all there, or none: they are written in one transaction, and then sent."""

    __tablename__ = "bulk"
    __table_args__ = (
        CheckConstraint("in_doubt in ('resend', 'leave')", name="in_doubt_known"),
        Index(None, "company_id", "created_at"),
        Index("bulk_open", "job_id", postgresql_where=sql("finished_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None] = mapped_column(unique=True)
    requested_by: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str | None] = mapped_column(comment="what all its messages say, where they say the same; kept once")
    subject: Mapped[str | None]
    template: Mapped[str | None]
    in_doubt: Mapped[str] = mapped_column(server_default="resend")
    rows: Mapped[int] = mapped_column(server_default=sql("0"))
    refused: Mapped[int] = mapped_column(server_default=sql("0"))
    repeated: Mapped[int] = mapped_column(server_default=sql("0"))  #: rows whose recipient, or dedup, was there before
    messages: Mapped[int] = mapped_column(server_default=sql("0"))
    segments: Mapped[int] = mapped_column(server_default=sql("0"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    currency: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]


class Message(Base):
    """
    Something to be said to one person. Mails of `notify.send_email` keep no text here; the others do until their retention is over.

    Every move between states is one guarded statement in `deliveries`.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel in ('email', 'sms', 'telegram', 'webhook')", name="channel_known"),
        CheckConstraint("locale in ('tr', 'en')", name="locale_known"),
        CheckConstraint("recipient <> ''", name="has_recipient"),
        CheckConstraint("kind in ('otp', 'informational', 'commercial')", name="kind_known"),
        CheckConstraint(f"state in ({', '.join(repr(state.value) for state in MessageState)})", name="state_known"),
        CheckConstraint("state not in ('queued', 'sending') or provider is not null", name="waits_for_a_provider"),
        CheckConstraint("state <> 'direct' or job_id is not null", name="of_a_job_or_a_bulk"),
        CheckConstraint("kind <> 'otp' or text is null", name="secrets_are_sealed"),
        CheckConstraint(
            "state not in ('failed', 'refused', 'unconfirmed') or (error_en is not null and error_tr is not null)", name="end_has_reason"
        ),
        CheckConstraint("segments > 0", name="has_segments"),
        Index(None, "company_id", "created_at"),
        Index(None, "created_at"),
        Index(
            "message_once_per_dedup",
            "company_id",
            "dedup",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("dedup is not null"),
        ),
        Index(None, "bulk_id", "state", postgresql_where=sql("bulk_id is not null")),
        Index("message_unpushed", "provider", "send_at", postgresql_where=sql("state = 'queued' and pushed_at is null")),
        Index("message_waiting", "provider", "pushed_at", postgresql_where=sql("state = 'queued' and pushed_at is not null")),
        Index("message_open_by_expires_at", "expires_at", postgresql_where=sql("state = 'queued'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None] = mapped_column(
        unique=True, comment="the job that asked for it; one job says one thing to one person. None: one of a bulk"
    )
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    locale: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    kind: Mapped[str] = mapped_column(server_default="informational")
    state: Mapped[MessageState] = mapped_column(Text(), server_default="direct")
    provider: Mapped[str | None]
    pinned: Mapped[bool] = mapped_column(server_default=sql("false"), comment="leaves by this provider and no other")
    bulk_id: Mapped[UUID | None] = mapped_column(ForeignKey(Bulk.id, ondelete="CASCADE"))
    position: Mapped[int | None]  #: of its row in the bulk
    dedup: Mapped[str | None]
    sender: Mapped[str | None]
    text: Mapped[str | None]
    sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="the words of a password for one use, unreadable without the key; gone once they have left"
    )
    detail: Mapped[dict[str, Any] | None]  #: what its channel needs besides: a mail's HTML, a post's button, a call's body
    encoding: Mapped[str | None]
    segments: Mapped[int] = mapped_column(server_default=sql("1"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    currency: Mapped[str | None]
    send_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=sql("0"))
    resends: Mapped[int] = mapped_column(server_default=sql("0"))  #: tries after one whose outcome was unknown
    pushed_at: Mapped[datetime | None] = mapped_column(comment="when Redis was last told of it; Redis may have forgotten")
    accepted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    code: Mapped[str | None]
    error_en: Mapped[str | None]
    error_tr: Mapped[str | None]
    requested_by: Mapped[str | None]


class Effect(Base):
    """
    What a message does in the outside world: one try at one provider, or of `notify.send_email` all tries at one server.

    Every move is one guarded UPDATE in `effects` or `deliveries`.
    """

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
        Index("effect_recent", "started_at", postgresql_using="brin"),
        Index("effect_open_by_started_at", "started_at", postgresql_where=sql("state in ('sending', 'unknown')")),
        Index(None, "reference"),
        Index(None, "provider_id", "provider", postgresql_where=sql("provider_id is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey(Message.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(unique=True)  #: what may happen once: `email:<job id>`
    reference: Mapped[str] = mapped_column(comment="what the provider knows it by; for e-mail the Message-ID")
    state: Mapped[EffectState] = mapped_column(Text())
    attempt: Mapped[int] = mapped_column(server_default=sql("0"))
    claim: Mapped[UUID | None] = mapped_column(comment="who may send: the fencing token, new at every claim")
    answer: Mapped[str | None]  #: the provider's own last words
    error_tr: Mapped[str | None]
    error_en: Mapped[str | None]
    address_refused: Mapped[bool] = mapped_column(server_default=sql("false"))  #: the provider knows no such recipient
    asked_by: Mapped[str | None] = mapped_column(comment="who had it sent again after it was unknown or failed")
    started_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    provider: Mapped[str | None]
    provider_id: Mapped[str | None] = mapped_column(comment="what the provider knows it by")
    code: Mapped[str | None]
    asked_at: Mapped[datetime | None] = mapped_column(comment="when the provider was last asked what became of it")
    asked: Mapped[int] = mapped_column(server_default=sql("0"))


class ReceiptRow(Base):
    """One word of a provider on something it had taken, as it came; its effect is found by then, or later."""

    __tablename__ = "receipt"
    __table_args__ = (
        PrimaryKeyConstraint("provider", "provider_id", "state"),
        Index(None, "effect_id"),
        Index("receipt_unmatched", "received_at", postgresql_where=sql("effect_id is null")),
    )

    provider: Mapped[str]
    provider_id: Mapped[str]
    state: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    effect_id: Mapped[UUID | None] = mapped_column(ForeignKey(Effect.id, ondelete="CASCADE"))


class Provider(Base):
    """How a provider stands with all of us: its breaker is open until `open_until`."""

    __tablename__ = "provider"

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(server_default=sql("0"))  #: in a row, without anything taken between them
    openings: Mapped[int] = mapped_column(server_default=sql("0"), comment="how often in a row nothing was taken after a pause")
    open_until: Mapped[datetime | None]
    error_en: Mapped[str | None]
    error_tr: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]


class Template(Base):
    """One version of a text with places for variables; versions are only added, the newest counts."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("company_id", "name", "version"),
        CheckConstraint("version > 0", name="versions_count"),
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9_.-]*$'", name="name_plain"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    name: Mapped[str]
    version: Mapped[int]
    bodies: Mapped[dict[str, Any]] = mapped_column(comment="by language, then by what it is for: subject, text, html, sms, telegram")
    note: Mapped[str] = mapped_column(server_default="")  #: why there is this version
    retired: Mapped[bool] = mapped_column(server_default=sql("false"), comment="not offered any more; a newer version brings it back")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class OptOut(Base):
    """A recipient who wants no more messages of a company, on one channel. Passwords for one use reach him all the same."""

    __tablename__ = "opt_out"
    __table_args__ = (
        UniqueConstraint("company_id", "channel", "recipient"),
        CheckConstraint("channel in ('email', 'sms', 'telegram')", name="channel_known"),
        CheckConstraint("scope in ('commercial', 'all')", name="scope_known"),
        CheckConstraint("source in ('link', 'console', 'api', 'provider', 'import')", name="source_known"),
        Index(None, "company_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    scope: Mapped[str] = mapped_column(server_default="commercial")
    source: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Consent(Base):
    """What a recipient has said to advertising, with its evidence; only added to, the newest counts. Fields are called as IYS calls them."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("channel in ('email', 'sms', 'telegram')", name="channel_known"),
        CheckConstraint("recipient_type in ('BIREYSEL', 'TACIR')", name="recipient_type_known"),
        CheckConstraint("status in ('ONAY', 'RET')", name="status_known"),
        Index(None, "company_id", "channel", "recipient", "consent_date"),
        Index(None, "company_id", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    recipient_type: Mapped[str] = mapped_column(server_default="BIREYSEL")
    status: Mapped[str]
    source: Mapped[str] = mapped_column(comment="where it was said: HS_WEB, HS_FIZIKSEL_ORTAM, ...")
    consent_date: Mapped[datetime]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CompanyRules(Base):
    """When a company leaves people alone, and whether its advertising needs consent. A company without a row has the defaults."""

    __tablename__ = "company_rules"
    __table_args__ = (
        CheckConstraint("quiet_kinds <@ array['commercial', 'informational']", name="passwords_are_never_held"),
        CheckConstraint("quiet_from <> quiet_until", name="quiet_is_no_whole_day"),
    )

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    quiet_from: Mapped[time] = mapped_column(server_default=sql("'21:00'::time"))
    quiet_until: Mapped[time] = mapped_column(server_default=sql("'09:00'::time"))
    zone: Mapped[str] = mapped_column(server_default="Europe/Istanbul")
    quiet_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=sql("array['commercial']"))
    needs_consent: Mapped[bool] = mapped_column(server_default=sql("true"))
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
