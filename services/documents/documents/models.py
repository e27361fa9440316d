"""
Tables of the schema `documents`: whose letters, to whom, out of which workbook, saying what.

Every row belongs to a company, and the foreign keys carry the company along: a letter cannot name another company's party.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, MetaData, Numeric, SmallInteger, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.db import NAMING


class Stage(StrEnum):
    """What a batch is waiting for. Each name is the work that is done when `documents.prepare_letters` runs next."""

    READING = "reading"  #: the workbook is to be read
    PACKING = "packing"  #: letters are being rendered; then they are packed
    TELLING = "telling"  #: mails are under way; then the requester is told
    DONE = "done"


class LetterState(StrEnum):
    """Where a letter stands."""

    DRAFT = "draft"  #: taslak: numbered, not rendered yet
    READY = "ready"  #: hazır: its PDF is frozen under its hash
    FAILED = "failed"  #: hazırlanamadı: it could not be rendered, or somebody stopped it
    QUEUED = "queued"  #: kuyrukta: ready, and its mail has been asked for
    SENT = "sent"  #: gönderildi: the mail server took it
    UNSENT = "unsent"  #: gönderilemedi: surely not sent
    UNKNOWN = "unknown"  #: belirsiz: it may have been sent


class Base(DeclarativeBase):
    """Tables of the schema `documents`."""

    metadata = MetaData(schema="documents", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own way of declaring it)
        datetime: TIMESTAMP(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        # 15 digits before the point are more than amounts.LARGEST; the third behind it is the dinar's.
        Decimal: Numeric(18, 3),
    }


_TAX_NUMBER = "tax_number ~ '^[0-9]{10,11}$'"


class Sender(Base):
    """A company's letterhead: whose books the balances come from."""

    __tablename__ = "sender"
    __table_args__ = (
        CheckConstraint("title <> ''", name="has_title"),
        CheckConstraint(_TAX_NUMBER, name="tax_number_is_one"),
        CheckConstraint("accent ~ '^#[0-9a-f]{6}$'", name="accent_is_a_colour"),
    )

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    address: Mapped[str]
    city: Mapped[str]
    tax_number: Mapped[str]
    tax_office: Mapped[str | None]
    mersis: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str]
    kep: Mapped[str | None]
    contact: Mapped[str | None]
    legal: Mapped[str | None]
    privacy_url: Mapped[str | None]
    accent: Mapped[str] = mapped_column(server_default="#1f3a5f")
    logo_key: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Party(Base):
    """A customer or supplier of the company, known by its tax number. What the newest workbook said of it."""

    __tablename__ = "party"
    __table_args__ = (
        UniqueConstraint("company_id", "tax_number"),
        UniqueConstraint("company_id", "id"),
        CheckConstraint(_TAX_NUMBER, name="tax_number_is_one"),
        CheckConstraint("title <> ''", name="title_not_blank"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    tax_number: Mapped[str]
    title: Mapped[str | None]
    tax_office: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Batch(Base):
    """One workbook and the letters out of it. `sender` is the letterhead as it was when the batch began, `refusals` the first refused rows."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("job_id"),
        UniqueConstraint("company_id", "id"),
        CheckConstraint("stage in ('reading', 'packing', 'telling', 'done')", name="stage_known"),
        CheckConstraint("locale in ('tr', 'en')", name="locale_known"),
        CheckConstraint("workbook_sha256 ~ '^[0-9a-f]{64}$'", name="workbook_sha256_is_one"),
        CheckConstraint("(stage = 'done') = (finished_at is not null)", name="finished_exactly_when_done"),
        CheckConstraint("(stage = 'reading') = (rows is null)", name="counted_once_read"),
        CheckConstraint(
            "rows >= 0 and refused >= 0 and letters >= 0 and mails >= 0 and no_address between 0 and letters"
            " and letters_failed between 0 and letters and mails_failed between 0 and mails",
            name="counts_possible",
        ),
        Index(None, "company_id", "workbook_sha256"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    job_id: Mapped[UUID]
    workbook_key: Mapped[str | None]
    workbook_sha256: Mapped[str]
    stage: Mapped[str]
    locale: Mapped[str]
    issued_on: Mapped[date]
    sender: Mapped[dict[str, Any]]
    rows: Mapped[int | None]
    refused: Mapped[int] = mapped_column(server_default="0")
    letters: Mapped[int] = mapped_column(server_default="0")
    letters_failed: Mapped[int] = mapped_column(server_default="0")
    no_address: Mapped[int] = mapped_column(server_default="0")
    mails: Mapped[int] = mapped_column(server_default="0")
    mails_failed: Mapped[int] = mapped_column(server_default="0")
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    faults_key: Mapped[str | None]
    archive_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finished_at: Mapped[datetime | None]


class Numbering(Base):
    """The last letter number a company has used in a year."""

    __tablename__ = "numbering"
    __table_args__ = (CheckConstraint("last >= 0 and year between 2000 and 2999", name="possible"),)

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]


class Letter(Base):
    """One reconciliation letter. `receiver` is the party as it was when the letter was issued."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "batch_id"], [Batch.company_id, Batch.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "party_id"], [Party.company_id, Party.id]),
        CheckConstraint("number ~ '^MUT-[0-9]{4}-[0-9]{6,}$'", name="number_is_one"),
        CheckConstraint("state in ('draft', 'ready', 'failed', 'queued', 'sent', 'unsent', 'unknown')", name="state_known"),
        CheckConstraint("period_start <= as_of", name="period_forward"),
        CheckConstraint(
            "(state in ('draft', 'failed')) = (pdf_key is null) and (pdf_key is null) = (sha256 is null)", name="frozen_once_ready"
        ),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_one"),
        Index(None, "batch_id", "number"),
        Index(None, "party_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    batch_id: Mapped[UUID]
    party_id: Mapped[UUID]
    number: Mapped[str]
    as_of: Mapped[date]
    period_start: Mapped[date | None]
    receiver: Mapped[dict[str, Any]]
    state: Mapped[str]
    pdf_key: Mapped[str | None]
    sha256: Mapped[str | None]
    job_id: Mapped[UUID | None]


class LetterLine(Base):
    """
    What a letter says about one account in one currency.

    Without a dealer code there is one line per currency, which is the balance. With dealer codes the balance is their sum, per currency.
    """

    __tablename__ = "letter_line"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "letter_id"], [Letter.company_id, Letter.id], ondelete="CASCADE"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
        CheckConstraint("debit >= 0 and credit >= 0", name="sides_not_negative"),
        CheckConstraint("balance = debit - credit", name="balance_is_the_difference"),
        CheckConstraint("position >= 1", name="position_counts_from_one"),
    )

    letter_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    dealer_code: Mapped[str | None]
    description: Mapped[str | None]
    currency: Mapped[str]
    debit: Mapped[Decimal]
    credit: Mapped[Decimal]
    balance: Mapped[Decimal]
