"""The gateway's tables: who may come in, as whom, and what was asked under which idempotency key."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: The database's own clock, at the insert.
Now = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True), server_default=func.clock_timestamp())]


class Base(DeclarativeBase):
    """Tables of the schema `gateway`."""

    metadata = MetaData(schema="gateway")
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), str: Text(), bytes: LargeBinary()}  # noqa: RUF012 (SQLAlchemy's own way)


class Company(Base):
    """A customer of this installation. Every job and every file belongs to one."""

    __tablename__ = "company"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[Now]


class ApiKey(Base):
    """A program's way in. The token itself is shown once and not kept: only its hash."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey(Company.id))
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes]
    prefix: Mapped[str]
    created_at: Mapped[Now]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Account(Base):
    """A person's way in. Without a company it belongs to the installation and sees every company."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey(Company.id))
    email: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    locale: Mapped[str]
    created_at: Mapped[Now]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Visit(Base):
    """A signed-in browser. Its id is a keyed hash of the cookie, so reading this table lets nobody in."""

    __tablename__ = "visit"

    id: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id))
    created_at: Mapped[Now]
    used_at: Mapped[Now]


class Knock(Base):
    """One try to sign in that has not succeeded (yet)."""

    __tablename__ = "knock"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    address: Mapped[str]
    at: Mapped[Now]


class Submission(Base):
    """What a company asked for under an Idempotency-Key, so that asking again gives the same job."""

    __tablename__ = "submission"

    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    job_id: Mapped[UUID]
    at: Mapped[Now]
