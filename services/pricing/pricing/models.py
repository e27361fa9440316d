"""
Tables of the schema `pricing`: what is watched where, what it cost and when, when it is looked at next, and whom that interests.

Every row belongs to a company, and the foreign keys carry the company along. The CHECKs, which make nonsense impossible, stand in the migration. So do
four tables that only statements touch: `price_history` and `price_month` (in `prices.history`), `check_hour` (in `catalogue.stores`), `watch_state` (in `deals.watches`).
They and `sched` name no company: they belong to a product, a store or a watch that does, and are read through it.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, REAL, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from imece.db import NAMING


class Policy(StrEnum):
    """How a store may be asked."""

    PAGE = "page"  #: its pages are read, at its pace
    API = "api"  #: it forbids that and has an interface, or a feed
    FORBIDDEN = "forbidden"  #: it is not asked at all


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"  #: its products are nobody else's
    DONE = "done"
    LOST = "lost"  #: its lease ended before its work; its products have gone back


class DealState(StrEnum):
    """Where a deal stands."""

    CREATED = "created"  #: found, and waiting for somebody's review
    PUBLISHED = "published"  #: told to those who want to know
    ENDED = "ended"


class Base(DeclarativeBase):
    """Tables of the schema `pricing`."""

    metadata = sa.MetaData(schema="pricing", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own way of declaring it)
        datetime: TIMESTAMP(timezone=True),
        str: sa.Text(),
        list[str]: ARRAY(sa.Text),
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSONB(none_as_null=True),
        bytes: BYTEA,
        float: REAL,
        Decimal: Numeric(14, 2),
    }


_PERCENT = Numeric(5, 2)
_RATING = Numeric(2, 1)
_NOW = sa.func.clock_timestamp()


class Category(Base):
    """A shelf of the catalogue: what belongs on it, how often it is looked at, and what counts as a deal there."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("company_id", "slug"),
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "parent_id"], ["pricing.category.company_id", "pricing.category.id"]),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    company_id: Mapped[UUID]
    parent_id: Mapped[int | None]
    slug: Mapped[str]
    name: Mapped[str]
    min_price: Mapped[Decimal | None]
    max_price: Mapped[Decimal | None]
    min_rating: Mapped[Decimal | None] = mapped_column(_RATING)
    max_rating: Mapped[Decimal | None] = mapped_column(_RATING)
    min_reviews: Mapped[int | None]
    min_discount: Mapped[Decimal | None] = mapped_column(_PERCENT)
    include_words: Mapped[list[str]] = mapped_column(server_default="{}")
    exclude_words: Mapped[list[str]] = mapped_column(server_default="{}")
    required_tags: Mapped[list[str]] = mapped_column(server_default="{}")
    deals_only: Mapped[bool] = mapped_column(server_default=text("false"))
    check_minutes: Mapped[int | None]
    product_limit: Mapped[int | None]
    deal_rule: Mapped[str | None]
    deal_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    publish: Mapped[str] = mapped_column(server_default="review")
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class Store(Base):
    """A shop as one company watches it. Its pace is the shop's: every company of the house that watches it shares it, by its domain."""

    __tablename__ = "store"
    __table_args__ = (
        UniqueConstraint("company_id", "domain"),
        UniqueConstraint("company_id", "id"),
        Index(None, "domain"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    company_id: Mapped[UUID]
    domain: Mapped[str]
    name: Mapped[str]
    country: Mapped[str] = mapped_column(server_default="TR")
    currency: Mapped[str] = mapped_column(server_default="TRY")
    locale: Mapped[str] = mapped_column(server_default="tr")
    policy: Mapped[str] = mapped_column(server_default="page")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    min_delay_ms: Mapped[int] = mapped_column(server_default="2000")
    current_delay_ms: Mapped[int] = mapped_column(server_default="0")
    max_parallel: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    ids_per_call: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    respect_robots: Mapped[bool] = mapped_column(server_default=text("true"))
    feed_url: Mapped[str | None]
    feed_kind: Mapped[str | None]
    rule: Mapped[dict[str, Any] | None]
    bans: Mapped[int] = mapped_column(server_default="0")
    blocked_until: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]
    booked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)


_POPULARITY = """
    (case when reviews >= 5000 then 60 when reviews >= 1000 then 50 when reviews >= 500 then 40 when reviews >= 100 then 30
          when reviews >= 50 then 20 when reviews >= 10 then 10 else 0 end
     + case when rating >= 4.5 then 40 when rating >= 4.0 then 30 when rating >= 3.5 then 20 when rating >= 3.0 then 10 else 0 end)::real"""


class Product(Base):
    """One page of one store: what is sold there, and the last known price of it."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("company_id", "url_hash"),
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "store_id"], [Store.company_id, Store.id]),
        ForeignKeyConstraint(["company_id", "category_id"], [Category.company_id, Category.id]),
        Index(
            "product_one_per_store_id_external_id", "store_id", "external_id", unique=True, postgresql_where=text("external_id is not null")
        ),
        Index(None, "category_id", postgresql_where=text("category_id is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    company_id: Mapped[UUID]
    store_id: Mapped[int]
    category_id: Mapped[int | None]
    url: Mapped[str]
    url_hash: Mapped[UUID] = mapped_column(Computed("md5(url)::uuid", persisted=True))
    external_id: Mapped[str | None]
    ean: Mapped[str | None]
    title: Mapped[str] = mapped_column(server_default="")
    brand: Mapped[str | None]
    image_url: Mapped[str | None]
    search: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default="{}")
    rating: Mapped[Decimal | None] = mapped_column(_RATING)
    reviews: Mapped[int | None]
    popularity: Mapped[float] = mapped_column(Computed(_POPULARITY, persisted=True))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    currency: Mapped[str]
    price: Mapped[Decimal | None]
    list_price: Mapped[Decimal | None]
    in_stock: Mapped[bool | None]
    seller: Mapped[str | None]
    confidence: Mapped[float | None]
    source: Mapped[str | None]
    evidence: Mapped[str | None]
    pending_price: Mapped[Decimal | None]
    pending_since: Mapped[datetime | None]
    first_priced_at: Mapped[datetime | None]
    price_changed_at: Mapped[datetime | None]
    discount_since: Mapped[datetime | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    content_hash: Mapped[bytes | None]
    has_active_deal: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class Sched(Base):
    """When a product is looked at next. Narrow, because claims read, and most checks write, nothing else of it."""

    __tablename__ = "sched"
    __table_args__ = (Index(None, "store_id", "tier", "next_check_at"),)

    product_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(Product.id, ondelete="CASCADE"), primary_key=True)
    store_id: Mapped[int]
    tier: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    priority: Mapped[float] = mapped_column(server_default="0")
    variation: Mapped[float | None]
    next_check_at: Mapped[datetime] = mapped_column(server_default=text("'epoch'"))
    batch_id: Mapped[UUID | None]
    last_checked_at: Mapped[datetime | None]
    last_state: Mapped[str | None]
    last_error: Mapped[dict[str, Any] | None]
    fail_count: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class Batch(Base):
    """Products that one job looks at. Which of them are still to be looked at says `Sched.batch_id`, so that none is in two batches."""

    __tablename__ = "batch"
    __table_args__ = (Index(None, "company_id", "created_at"), Index(None, "created_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    tier: Mapped[int] = mapped_column(SmallInteger)
    origin: Mapped[str] = mapped_column(server_default="due")
    state: Mapped[str] = mapped_column(server_default=BatchState.OPEN)
    product_ids: Mapped[list[int]]
    size: Mapped[int]
    checked: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    finished_at: Mapped[datetime | None]


class Deal(Base):
    """A price that is worth telling of: under the rule of the product's category, on one day. The same price on the same day never is a second one."""

    __tablename__ = "deal"
    __table_args__ = (
        UniqueConstraint("product_id", "price", "day"),
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "product_id"], [Product.company_id, Product.id], ondelete="CASCADE"),
        Index("deal_one_active_per_product_id", "product_id", unique=True, postgresql_where=text("ended_at is null")),
        Index(None, "company_id", "state", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    product_id: Mapped[int] = mapped_column(BigInteger)
    category_id: Mapped[int | None]
    rule: Mapped[str]
    day: Mapped[date]
    price: Mapped[Decimal]
    currency: Mapped[str]
    previous: Mapped[Decimal]
    reference: Mapped[Decimal]
    percent: Mapped[Decimal] = mapped_column(_PERCENT)
    cheapest_days: Mapped[int | None] = mapped_column(SmallInteger)
    score: Mapped[float | None]
    state: Mapped[str] = mapped_column(server_default=DealState.CREATED)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class Recipient(Base):
    """A person or a chat that is told."""

    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("company_id", "kind", "address"), UniqueConstraint("company_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="tr")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class Subscription(Base):
    """Whose published deals a recipient is told of: those of a category and what is below it, or of all."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("recipient_id", "category_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(["company_id", "recipient_id"], [Recipient.company_id, Recipient.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "category_id"], [Category.company_id, Category.id], ondelete="CASCADE"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    category_id: Mapped[int | None]
    min_percent: Mapped[Decimal] = mapped_column(_PERCENT, server_default="0")


class Watch(Base):
    """What a recipient wants to be told of one product, or of those of a category and what is below it."""

    __tablename__ = "watch"
    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "recipient_id"], [Recipient.company_id, Recipient.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "product_id"], [Product.company_id, Product.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "category_id"], [Category.company_id, Category.id], ondelete="CASCADE"),
        Index(None, "product_id", postgresql_where=text("product_id is not null")),
        Index(None, "category_id", postgresql_where=text("category_id is not null")),
        Index(None, "recipient_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    category_id: Mapped[int | None]
    kind: Mapped[str]
    target: Mapped[Decimal | None]
    percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    days: Mapped[int | None] = mapped_column(SmallInteger)
    rearm_minutes: Mapped[int] = mapped_column(server_default="1440")
    min_step_percent: Mapped[Decimal] = mapped_column(_PERCENT, server_default="1")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class Digest(Base):
    """One message to one recipient. It is written in the transaction that asks `notify` to send it."""

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "recipient_id"], [Recipient.company_id, Recipient.id], ondelete="CASCADE"),
        Index(None, "company_id", "created_at"),
        Index(None, "recipient_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    lines: Mapped[int]
    job_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)


class Notice(Base):
    """One thing one recipient is to be told, with the figures of its moment. `digest_id` null: not told yet."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("recipient_id", "deal_id"),
        UniqueConstraint("watch_id", "product_id", "price", "day"),
        ForeignKeyConstraint(["company_id", "recipient_id"], [Recipient.company_id, Recipient.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "product_id"], [Product.company_id, Product.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "deal_id"], [Deal.company_id, Deal.id], ondelete="CASCADE"),
        ForeignKeyConstraint(["company_id", "digest_id"], [Digest.company_id, Digest.id]),
        Index("notice_unsent_by_recipient_id", "recipient_id", postgresql_where=text("digest_id is null")),
        Index(None, "digest_id", postgresql_where=text("digest_id is not null")),
        Index(None, "deal_id", postgresql_where=text("deal_id is not null")),
        Index(None, "product_id"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    product_id: Mapped[int] = mapped_column(BigInteger)
    deal_id: Mapped[UUID | None]
    watch_id: Mapped[UUID | None] = mapped_column(ForeignKey(Watch.id, ondelete="SET NULL"))
    kind: Mapped[str]
    day: Mapped[date]
    price: Mapped[Decimal]
    previous: Mapped[Decimal | None]
    currency: Mapped[str]
    percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    digest_id: Mapped[UUID | None]
