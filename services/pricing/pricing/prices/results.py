"""
Results: what looking at products gave, written down by one statement for a whole portion of a batch.

Only a price that was read and can be believed becomes the price of a product; whatever else happened, the last known one stays. A reading is doubted
when its confidence is low, or when it is so far from the last price that going there would be a fall by more than 60 %, in either direction: then
it waits for a second one that says the same, within a percent. Whoever is to be told hears of what `write` returns as changed, and of nothing else.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from imece.priority import DEAL_INTERVAL, HIGH_FROM, MEDIUM_FROM, SEED, Preset, Tier
from pricing.extraction.offer import CONFIDENT, Availability
from pricing.fetching.terms import Ended, Fetched, Reason
from pricing.prices import history

#: What became of a look at a product: as the fetching says it, and of `ok` also a change, or a doubt that a second reading is to settle.
Outcome = Literal["ok", "changed", "unconfirmed", "unchanged", "ambiguous", "no_price", "blocked", "gone", "forbidden", "error"]

#: Falls by more than this many percent are confirmed, and rises that such a fall would undo.
LARGEST_FALL = Decimal(60)

#: By what share a second reading may differ from the first and still confirm it.
_WOBBLE = Decimal("0.01")

#: When what failed is looked at again: after an error from here on, twice as long each time; what is gone not before a day.
_FIRST_RETRY, _LONGEST_WAIT = timedelta(minutes=15), timedelta(days=7)
_CONFIRMATION = timedelta(minutes=10)

# The row of `sched` is the lock on a product's price: whoever has it in a batch, and nobody else, writes the price. `was` takes it and keeps the product as
# it was, because `returning old` is too new for most servers. Rows are locked in one order, so that two writers cannot wait for each other. A product of
# which nothing has changed is not written at all.
_WRITE = """
    with v as materialized (
        select * from unnest(%(ids)s::bigint[], %(states)s::text[], %(prices)s::numeric[], %(currencies)s::text[], %(stocks)s::boolean[],
            %(lists)s::numeric[], %(confidences)s::real[], %(sources)s::text[], %(evidences)s::text[], %(sellers)s::text[], %(etags)s::text[],
            %(modifieds)s::text[], %(hashes)s::bytea[], %(errors)s::jsonb[])
            v(id, ended, read_price, read_currency, read_stock, read_list, read_confidence, read_source, read_evidence, read_seller, read_etag,
            read_modified, read_hash, error)
    ), was as materialized (
        select v.*, p.company_id, p.category_id, p.active, p.currency, p.price, p.list_price, p.in_stock, p.pending_price, p.has_active_deal,
            p.etag, p.last_modified, p.content_hash, q.priority, q.fail_count,
            greatest(%(at)s::timestamptz, p.price_changed_at + interval '1 microsecond') as at
        from v join pricing.sched q on q.product_id = v.id and q.batch_id = %(batch)s join pricing.product p on p.id = v.id
        order by v.id for update of q
    ), judged as (
        select w.*, case
            when ended <> 'ok' then ended
            when read_price is null then 'no_price'
            when read_currency <> currency and price is not null then 'ambiguous'
            when read_price = price or abs(read_price - pending_price) <= pending_price * %(wobble)s then 'ok'
            when read_confidence < %(trusted)s or read_price < price * %(least)s or read_price * %(least)s > price then 'unconfirmed'
            else 'ok' end as state
        from was w
    ), new as materialized (
        select j.*,
            case when state = 'ok' then read_price else price end as new_price,
            case when state <> 'ok' then list_price when read_list > read_price then read_list end as new_list,
            case when state in ('ok', 'no_price', 'ambiguous') then coalesce(read_stock, in_stock) else in_stock end as new_stock,
            case when state = 'unconfirmed' then read_price when state <> 'ok' then pending_price end as new_pending,
            case when price is null and state = 'ok' then coalesce(read_currency, currency) else currency end as new_currency,
            -- What is doubted must be read in full again, so nothing is remembered by which the store could say "as before".
            case when state = 'unconfirmed' then null when state in ('ok', 'unchanged') then coalesce(read_etag, etag) else etag end as new_etag,
            case when state = 'unconfirmed' then null when state in ('ok', 'unchanged') then coalesce(read_modified, last_modified)
                else last_modified end as new_modified,
            case when state = 'unconfirmed' then null when state in ('ok', 'unchanged') then coalesce(read_hash, content_hash)
                else content_hash end as new_hash,
            -- Without a price because it is sold out: that is an answer, too.
            case when state in ('ok', 'unchanged') or (state = 'no_price' and not read_stock) then 0
                when state in ('blocked', 'unconfirmed') then fail_count else least(fail_count + 1, 30) end as failures
        from judged j
    ), told as materialized (
        select n.*, new_price is distinct from price as moved, new_stock is distinct from in_stock as stocked,
            new_price is distinct from price or new_stock is distinct from in_stock or new_list is distinct from list_price as changed
        from new n
    ), written as (
        update pricing.product p set
            price = new_price, list_price = new_list, in_stock = new_stock, currency = new_currency, pending_price = new_pending,
            etag = new_etag, last_modified = new_modified, content_hash = new_hash,
            price_changed_at = case when moved or stocked then at else p.price_changed_at end,
            first_priced_at = case when new_price is not null then coalesce(p.first_priced_at, at) end,
            discount_since = case when new_list > new_price then coalesce(p.discount_since, at) end,
            pending_since = case when new_pending is not null then coalesce(p.pending_since, at) end,
            confidence = case when state = 'ok' then read_confidence else p.confidence end,
            source = case when state = 'ok' then read_source else p.source end,
            evidence = case when state = 'ok' then read_evidence else p.evidence end,
            seller = case when state = 'ok' then read_seller else p.seller end
        from told t
        where p.id = t.id and (changed or new_pending is distinct from t.pending_price or new_etag is distinct from t.etag
            or new_modified is distinct from t.last_modified or new_hash is distinct from t.content_hash)
    ), kept as (
        insert into pricing.price_history (product_id, checked_at, price, was, in_stock)
        select id, at, new_price, price, new_stock from told where new_price is not null and (moved or stocked)
    ), planned as (
        update pricing.sched q set batch_id = null, last_checked_at = %(at)s, last_state = state, last_error = t.error, fail_count = failures,
            tier = case when state = 'unconfirmed' then {high} else {tier} end,
            next_check_at = case when active then %(at)s + {wait} else 'infinity' end
        from told t left join pricing.category c on c.id = t.category_id
        where q.product_id = t.id
    ), counted as (
        update pricing.batch b set checked = b.checked + s.all, changed = b.changed + s.changed, failed = b.failed + s.failed,
            state = case when b.checked + s.all >= b.size then 'done' else b.state end,
            finished_at = case when b.checked + s.all >= b.size then clock_timestamp() end
        from (select count(*) as all, count(*) filter (where changed) as changed,
            count(*) filter (where failures > 0 or state = 'blocked') as failed from told) s
        where b.id = %(batch)s and b.state = 'open' and s.all > 0
    )
    select id, state, changed, company_id, category_id, new_currency, price, new_price, list_price, new_list, in_stock, new_stock, at, has_active_deal
    from told"""

_STOCK = {Availability.IN_STOCK: True, Availability.OUT_OF_STOCK: False}

_CODE = re.compile("[A-Z]{3}")
#: Prices beyond this are no prices.
_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Result:
    """
    What one look at one product gave.

    `state` `ok` comes with a price; `confidence` is from 0 to 1. What was not stated is None. `evidence` is where the price stood, for a person to see.
    """

    product_id: int
    state: Ended
    price: Decimal | None = None
    currency: str | None = None
    in_stock: bool | None = None
    list_price: Decimal | None = None
    confidence: float = 0.0
    source: str | None = None
    evidence: str | None = None
    seller: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: bytes | None = None
    error: Reason | None = None


class Change(NamedTuple):
    """A product whose price, list price or stock has become another, as it was (None: not known) and as it is."""

    product_id: int
    company_id: UUID
    category_id: int | None
    currency: str
    price_before: Decimal | None
    price: Decimal | None
    list_before: Decimal | None
    list_price: Decimal | None
    stock_before: bool | None
    in_stock: bool | None
    at: datetime
    has_active_deal: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What a portion of results came to. A product that is not counted was no longer this batch's."""

    outcomes: Mapping[Outcome, int]
    changes: tuple[Change, ...]


def of(fetched: Fetched) -> Result:
    """What fetching brought back, as it is written down."""
    reading = fetched.reading
    if reading is None:
        return Result(fetched.product_id, fetched.state, etag=fetched.etag, last_modified=fetched.last_modified, error=fetched.error)
    return Result(
        fetched.product_id,
        fetched.state,
        price=reading.price,
        currency=reading.currency,
        in_stock=_STOCK.get(reading.availability) if reading.availability else None,
        list_price=reading.list_price,
        confidence=reading.confidence,
        source=reading.source,
        evidence=reading.evidence or None,
        seller=next((offer.label for offer in reading.offers if offer.price == reading.price), None),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        content_hash=reading.content_hash,
        error=fetched.error,
    )


def write(
    session: Session,
    batch_id: UUID,
    results: Sequence[Result],
    *,
    at: datetime | None = None,
    preset: Preset = SEED,
    trusted: float = CONFIDENT,
    largest_fall: Decimal = LARGEST_FALL,
) -> Written:
    """
    Write a portion of a batch's results: price, stock, history, when to look again; the batch is done with its last product.

    `at` is when they were read, now unless given. What is not in the batch any more is left alone, so that writing twice, or late, changes nothing.
    """
    ordered = sorted({result.product_id: result for result in results}.values(), key=attrgetter("product_id"))
    connection = session.connection()
    if at is None:
        at = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
    else:
        history.prepare(since=at.date())
    given = {
        "batch": batch_id,
        "at": at,
        "trusted": trusted,
        "least": 1 - largest_fall / 100,
        "wobble": _WOBBLE,
        **{name: [read(result) for result in ordered] for name, read in _COLUMNS.items()},
    }
    rows = connection.exec_driver_sql(_statement(preset), given).all()
    outcomes: Counter[Outcome] = Counter("changed" if row.changed and row.state == "ok" else row.state for row in rows)
    return Written(outcomes, tuple(Change(row.id, *row[3:]) for row in rows if row.changed))


def _money(amount: Decimal | None) -> Decimal | None:
    """As it is stored; None for what is no price."""
    if amount is None or not amount.is_finite():
        return None
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP) if amount < _LARGEST else _LARGEST
    return rounded if 0 < rounded < _LARGEST else None


def _text(text: str | None) -> str | None:
    return text and text.replace("\x00", "")


_COLUMNS: dict[str, Callable[[Result], Any]] = {
    "ids": attrgetter("product_id"),
    "states": attrgetter("state"),
    "prices": lambda result: _money(result.price),
    "currencies": lambda result: result.currency if result.currency and _CODE.fullmatch(result.currency) else None,
    "stocks": attrgetter("in_stock"),
    "lists": lambda result: _money(result.list_price),
    "confidences": attrgetter("confidence"),
    "sources": attrgetter("source"),
    "evidences": lambda result: _text(result.evidence),
    "sellers": lambda result: _text(result.seller),
    "etags": attrgetter("etag"),
    "modifieds": attrgetter("last_modified"),
    "hashes": attrgetter("content_hash"),
    "errors": lambda result: result.error and orjson.dumps(result.error._asdict()).decode(),
}


@cache
def _statement(preset: Preset) -> str:
    return _WRITE.format(high=int(Tier.HIGH), tier=tier_sql("t.priority", "t.has_active_deal"), wait=_wait_sql(preset))


def tier_sql(priority: str, active_deal: str) -> str:
    """The tier of something seen, as `imece.priority.tier` has it, for these expressions."""
    return (
        f"case when {active_deal} or {priority} >= {HIGH_FROM} then {Tier.HIGH:d} when {priority} >= {MEDIUM_FROM} then {Tier.MEDIUM:d}"
        f" else {Tier.LOW:d} end::smallint"
    )


def interval_sql(preset: Preset, priority: str, active_deal: str) -> str:
    """Seconds until the next look, as `imece.priority.interval` has them, for these expressions; the interval of the category `c` goes before."""
    by_score = " ".join(f"when {priority} >= {lowest} then {wait.total_seconds()}" for lowest, wait in preset.intervals)
    usual = f"coalesce(c.check_minutes * 60, case {by_score} else {preset.intervals[-1][1].total_seconds()} end)"
    return f"(case when {active_deal} then least({usual}, {DEAL_INTERVAL.total_seconds()}) else {usual} end)"


def _wait_sql(preset: Preset) -> str:
    """
    How long until the next look, as an interval.

    Up to a tenth is taken off by chance, so that what came together does not stay together.
    """
    usual = interval_sql(preset, "t.priority", "t.has_active_deal")
    longest, doubling = _LONGEST_WAIT.total_seconds(), "2 ^ (t.failures - 1)"
    return f"""(case
            when t.state = 'unconfirmed' then {_CONFIRMATION.total_seconds()}
            when t.state = 'error' then least({_FIRST_RETRY.total_seconds()} * {doubling}, {longest})
            when t.state in ('gone', 'forbidden') then least(greatest({usual}, 86400) * {doubling}, {longest})
            when t.failures > 0 then least({usual} * {doubling}, greatest({usual}, {longest}))
            else {usual} end * (0.9 + 0.1 * random())) * interval '1 second'"""
