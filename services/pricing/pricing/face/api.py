"""`/v1/pricing/...`: the catalogue, its prices, watches, deals and figures as JSON. Looks and imports are jobs: `POST /v1/jobs/pricing....`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from imece import db
from imece.contracts import Role
from pricing.catalogue import categories, exports, products, stores
from pricing.checking import overview
from pricing.deals import deals, recipients, watches
from pricing.face.asking import Caller, Products
from pricing.face.catalogue import exported
from pricing.models import DealState
from pricing.prices import history
from pricing.settings import settings

router = APIRouter(prefix="/v1/pricing", tags=["pricing"])

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Kind = Literal["target", "drop", "lowest", "back_in_stock", "any_change", "fake_discount"]


class View(BaseModel):
    """Something of the catalogue, read from its row."""

    model_config = ConfigDict(from_attributes=True)


class ProductRow(View):
    """A product in a list. `priority` is its score, from 0 to 100."""

    id: int
    title: str
    url: str
    domain: str
    category_id: int | None
    currency: str = Field(examples=["TRY"])
    price: Decimal | None = Field(examples=["12699.00"])
    list_price: Decimal | None
    in_stock: bool | None
    has_active_deal: bool
    active: bool
    priority: float
    last_checked_at: datetime | None
    last_state: str | None = Field(examples=["ok"])


class ProductPage(BaseModel):
    """Products, and how many there are on all pages together."""

    total: int
    products: list[ProductRow]


class ProductView(View):
    """One product, and where its last price was read."""

    id: int
    store_id: int
    category_id: int | None
    url: str
    external_id: str | None
    ean: str | None
    title: str
    brand: str | None
    image_url: str | None
    tags: list[str]
    rating: Decimal | None
    reviews: int | None
    active: bool
    currency: str
    price: Decimal | None
    list_price: Decimal | None
    in_stock: bool | None
    seller: str | None
    confidence: float | None
    source: str | None = Field(examples=["json-ld"])
    evidence: str | None
    price_changed_at: datetime | None
    has_active_deal: bool


class PointView(View):
    """From `at` on it cost this."""

    at: datetime
    price: Decimal
    in_stock: bool | None


class ChartView(View):
    """The steps of a price, oldest first; the first is what was in force when the window opened."""

    currency: str
    low: Decimal | None
    high: Decimal | None
    points: list[PointView]


class WatchView(View):
    """What a recipient wants to be told of a product or a category."""

    id: UUID
    recipient_id: UUID
    product_id: int | None
    category_id: int | None
    kind: str
    target: Decimal | None
    percent: Decimal | None
    days: int | None
    rearm_minutes: int
    active: bool


class WatchWish(BaseModel):
    """A watch to be made: of one product, or of a category and what is below it."""

    model_config = ConfigDict(extra="forbid")

    recipient_id: UUID
    product_id: int | None = None
    category_id: int | None = None
    kind: Kind
    target: Money | None = Field(None, description="Of a `target`")
    percent: Decimal | None = Field(None, ge=1, le=99, description="Of a `drop` or a `fake_discount`")
    days: int | None = Field(None, ge=1, le=365, description="Of a `lowest`; of a `drop`: against the lowest of so many days")
    rearm_minutes: int = Field(1440, ge=0, description="0: it tells once and never again")


class WatchChange(BaseModel):
    """What is to be different about a watch; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = None
    target: Money | None = None
    percent: Decimal | None = Field(None, ge=1, le=99)
    days: int | None = Field(None, ge=1, le=365)
    rearm_minutes: int | None = Field(None, ge=0)
    active: bool | None = None


class DealView(View):
    """A price that is worth telling of. `percent` is below `reference`."""

    id: UUID
    product_id: int
    category_id: int | None
    rule: str
    price: Decimal
    currency: str
    previous: Decimal
    reference: Decimal
    percent: Decimal
    cheapest_days: int | None
    state: DealState
    created_at: datetime
    published_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


class StoreView(View):
    """A store and how it did in the hours asked for. `delay_ms` is its pace now."""

    id: int
    domain: str
    name: str
    policy: str
    active: bool
    delay_ms: int
    bans: int
    blocked_until: datetime | None
    blocked_reason: str | None
    checks: int
    good: int
    blocked: int
    mean_ms: float | None


class StoreChange(BaseModel):
    """What is to be different about a store; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200)
    country: str = ""
    currency: str = ""
    locale: str = ""
    policy: str = Field("", examples=["page"])
    active: bool = True
    min_delay_ms: int = Field(0, description="Between two requests")
    max_parallel: int = 0
    ids_per_call: int = 0
    respect_robots: bool = True
    feed_url: str | None = None
    feed_kind: str | None = Field(None, examples=["sitemap"])
    rule: dict[str, Any] | None = Field(None, description="Where its pages say price and stock")


class CategoryView(View):
    """A shelf and its rules."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    min_price: Decimal | None
    max_price: Decimal | None
    min_rating: Decimal | None
    max_rating: Decimal | None
    min_reviews: int | None
    min_discount: Decimal | None
    include_words: list[str]
    exclude_words: list[str]
    required_tags: list[str]
    deals_only: bool
    check_minutes: int | None
    product_limit: int | None
    deal_rule: str | None
    deal_percent: Decimal | None
    publish: str


class RecipientView(View):
    """A person or a chat that is told."""

    id: UUID
    kind: str
    name: str
    address: str
    locale: str
    active: bool


class Figures(BaseModel):
    """How the watching stands; spans are in seconds, `per_hour` and `full_pass` follow from the last day."""

    watched: int
    due: int
    never: int
    running: int
    held: int
    tiers: dict[str, dict[str, int]]
    late: dict[str, int] = Field(description="Overdue products by age")
    oldest: timedelta | None
    checks: dict[str, int] = Field(description="In the last 1, 6 and 24 hours")
    per_hour: float
    full_pass: timedelta | None
    short_of_capacity: list[str]


@router.get("/products")
def list_products(caller: Caller, wanted: Products, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ProductPage:
    """Products of the caller's company; `page` counts in steps of `limit`."""
    with db.transaction() as session:
        offset = (wanted.page - 1) * limit
        found = products.search(session, caller.company_id, wanted.filter, order=wanted.order, limit=limit, offset=offset)
        total = products.count(session, caller.company_id, wanted.filter)
    return ProductPage(total=total, products=[ProductRow.model_validate(row) for row in found])


@router.get("/products/{product_id}")
def show_product(product_id: int, caller: Caller) -> ProductView:
    """One product."""
    with db.transaction() as session:
        return ProductView.model_validate(products.find(session, caller.company_id, product_id))


@router.get("/products/{product_id}/prices")
def show_prices(product_id: int, caller: Caller, days: Annotated[int, Query(ge=1, le=400)] = 90) -> ChartView:
    """What a product cost over the last `days`."""
    with db.transaction() as session:
        return ChartView.model_validate(history.chart(session, caller.company_id, product_id, days))


@router.get("/export/{what}.{kind}", response_class=Response)
def export(
    what: Literal["products", "prices"],
    kind: Literal["csv", "xlsx"],
    caller: Caller,
    wanted: Products,
    days: Annotated[int, Query(ge=1, le=400)] = 90,
) -> Response:
    """Products, or what they cost over the last `days`, as a file in the reader's language."""
    if what == "products":
        rows = exports.product_rows(caller.company_id, wanted.filter)
        return exported(kind, caller, exports.PRODUCTS, rows, ("products", "urunler"))
    rows = exports.history_rows(caller.company_id, wanted.filter, days=days)
    return exported(kind, caller, exports.HISTORY, rows, ("prices", "fiyatlar"))


@router.get("/watches")
def list_watches(caller: Caller, product_id: int | None = None, recipient_id: UUID | None = None) -> list[WatchView]:
    """Watches, newest first."""
    with db.transaction() as session:
        found = watches.of_company(session, caller.company_id, product_id=product_id, recipient_id=recipient_id)
        return [WatchView.model_validate(watch) for watch in found]


@router.post("/watches", status_code=201)
def add_watch(wish: WatchWish, caller: Caller) -> WatchView:
    """Watch something for somebody. A target that is reached already is told at once."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        made = watches.add(session, caller.company_id, **wish.model_dump())
        session.flush()
        session.refresh(made)
        return WatchView.model_validate(made)


@router.patch("/watches/{watch_id}")
def edit_watch(watch_id: UUID, change: WatchChange, caller: Caller) -> WatchView:
    """Change what a watch asks."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        edited = watches.edit(session, caller.company_id, watch_id, **change.model_dump(exclude_unset=True))
        session.refresh(edited)
        return WatchView.model_validate(edited)


@router.delete("/watches/{watch_id}", status_code=204)
def delete_watch(watch_id: UUID, caller: Caller) -> None:
    """Watch no longer."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        watches.delete(session, caller.company_id, watch_id)


@router.get("/recipients")
def list_recipients(caller: Caller) -> list[RecipientView]:
    """People and chats that are told."""
    with db.transaction() as session:
        return [RecipientView.model_validate(one) for one in recipients.of_company(session, caller.company_id)]


@router.get("/deals")
def list_deals(
    caller: Caller, state: DealState | None = None, product_id: int | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[DealView]:
    """Deals, newest first."""
    with db.transaction() as session:
        found = deals.search(session, caller.company_id, state=state, product_id=product_id, limit=limit)
        return [DealView.model_validate(deal) for deal in found]


@router.post("/deals/{deal_id}/{act}")
def decide(deal_id: UUID, act: Literal["publish", "unpublish", "end"], caller: Caller) -> DealView:
    """Publish a created deal, take one back into review, or end it: rejected in its review, closed later. 409 when its state does not allow it."""
    caller.must(Role.OPERATOR)
    with db.transaction() as session:
        if act == "publish":
            deals.publish(session, caller.company_id, deal_id, by=caller.name)
        else:
            {"unpublish": deals.unpublish, "end": deals.end}[act](session, caller.company_id, deal_id)
        return DealView.model_validate(deals.find(session, caller.company_id, deal_id))


@router.get("/stores")
def list_stores(caller: Caller, hours: Annotated[int, Query(ge=1, le=720)] = 24) -> list[StoreView]:
    """Stores and how they did."""
    with db.transaction() as session:
        return [StoreView.model_validate(one) for one in stores.health(session, caller.company_id, hours)]


@router.patch("/stores/{store_id}")
def edit_store(store_id: int, change: StoreChange, caller: Caller) -> StoreView:
    """Change how a store may be asked."""
    caller.must(Role.ADMIN)
    with db.transaction() as session:
        stores.edit(session, caller.company_id, store_id, **change.model_dump(exclude_unset=True))
        return next(StoreView.model_validate(one) for one in stores.health(session, caller.company_id) if one.id == store_id)


@router.get("/categories")
def list_categories(caller: Caller) -> list[CategoryView]:
    """Shelves, by slug."""
    with db.transaction() as session:
        return [CategoryView.model_validate(one) for one in categories.of_company(session, caller.company_id)]


@router.get("/statistics")
def statistics(caller: Caller) -> Figures:
    """How the watching stands."""
    with db.transaction() as session:
        found = overview.of(session, caller.company_id, settings().preset)
    total = found.total
    return Figures(
        watched=total.watched,
        due=total.due,
        never=total.never,
        running=total.running,
        held=total.held,
        tiers={tier.name.lower(): {"watched": c.watched, "due": c.due, "never": c.never} for tier, c in found.tiers.items()},
        late=dict(zip(("1h", "6h", "24h", "more"), found.late, strict=True)),
        oldest=found.oldest,
        checks=dict(zip(("1h", "6h", "24h"), found.checks, strict=True)),
        per_hour=found.per_hour,
        full_pass=found.full_pass,
        short_of_capacity=[load.domain for load in found.short],
    )
