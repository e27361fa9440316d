"""
Deals: prices worth telling of, under the rule of a product's category.

`average` (rule A): at least 15 % below the average of the last 30 days, weighted by time, and 50 points (45 while only three prices or fewer are known).
`previous` (rule B): at least 20 % below the price before. Both percentages are the category's to change. A deal is created, published - by somebody's
review or at once, as the category says - and ended. A product has one active deal at most, and never two at the same price on the same day.

Prices wobble. So a fall of less than 1 % begins nothing, a deal ends only when the price is more than 1 % above it, and rule A looks for the moment the price
enters its zone: one that was there already must fall by another 5 % below the last deal.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import clock
from imece.errors import Conflict, NotFound
from imece.ids import new_ids
from imece.priority import DEAL_INTERVAL, Tier
from pricing.models import Deal, DealState
from pricing.prices import history
from pricing.prices.discounts import percent_below
from pricing.prices.history import Past, Window
from pricing.prices.results import Change

#: The least percentage of each rule, where the category says nothing else.
LEAST_PERCENT = {"average": Decimal(15), "previous": Decimal(20)}
#: Days over which rule A takes the average; the spans in which a price may have been the cheapest.
AVERAGE_DAYS, SPANS = 30, (14, 30, 90, 180)
#: A deal is over after so many days, whatever its price does.
LONGEST = timedelta(days=30)

_WOBBLE, _FURTHER = Decimal("0.01"), Decimal("0.05")
_SCORE, _SCORE_OF_FEW, _FEW = 50, 45, 3

_CONTEXT = """
    select p.id, c.deal_rule, c.deal_percent, c.publish, p.rating, p.reviews, p.tags, d.id as deal_id, d.price as deal_price,
        (select e.price from pricing.deal e where e.product_id = p.id and e.created_at > clock_timestamp() - interval '30 days'
            order by e.created_at desc limit 1) as last_price
    from pricing.product p left join pricing.category c on c.id = p.category_id
    left join pricing.deal d on d.product_id = p.id and d.ended_at is null
    where p.id = any(%(ids)s) and (c.deal_rule is not null or d.id is not null)"""

_INSERT = """
    insert into pricing.deal
        (id, company_id, product_id, category_id, rule, day, price, currency, previous, reference, percent, cheapest_days, score, state,
         published_at, published_by)
    select v.*, case when %(publishing)s then clock_timestamp() end, case when %(publishing)s then 'system' end
    from unnest(%(ids)s::uuid[], %(companies)s::uuid[], %(products)s::bigint[], %(categories)s::integer[], %(rules)s::text[], %(days)s::date[],
        %(prices)s::numeric[], %(currencies)s::text[], %(previous)s::numeric[], %(references)s::numeric[], %(percents)s::numeric[],
        %(cheapest)s::smallint[], %(scores)s::real[], %(states)s::text[]) v
    on conflict do nothing returning id, product_id"""

_END = """
    with ended as (
        update pricing.deal d set state = 'ended', ended_at = clock_timestamp(), end_reason = v.reason
        from unnest(%(ids)s::uuid[], %(reasons)s::text[]) v(id, reason) where d.id = v.id and d.ended_at is null returning d.product_id
    )
    update pricing.product p set has_active_deal = false from ended e where p.id = e.product_id returning p.id"""

_BEGIN = """
    with begun as (
        update pricing.product set has_active_deal = true where id = any(%(products)s) returning id
    )
    update pricing.sched q set tier = %(tier)s,
        next_check_at = case when q.batch_id is null then least(q.next_check_at, clock_timestamp() + %(soon)s) else q.next_check_at end
    from begun b where q.product_id = b.id"""

# Of a category's deals those are told who subscribed to it, to one above it, or to all.
_TELL = """
    with recursive above as (
        select d.id as deal_id, d.category_id as id from pricing.deal d where d.id = any(%(ids)s)
        union select a.deal_id, c.parent_id from above a join pricing.category c on c.id = a.id where c.parent_id is not null
    )
    insert into pricing.notice (id, company_id, recipient_id, product_id, deal_id, kind, day, price, previous, currency, percent, detail)
    select gen_random_uuid(), d.company_id, r.id, d.product_id, d.id, 'deal', d.day, d.price, d.previous, d.currency, d.percent,
        jsonb_build_object('rule', d.rule, 'reference', d.reference::text, 'cheapest_days', d.cheapest_days)
    from pricing.deal d join pricing.recipient r on r.company_id = d.company_id and r.active
    where d.id = any(%(ids)s) and exists (
        select from pricing.subscription s where s.recipient_id = r.id and s.min_percent <= d.percent
            and (s.category_id is null or s.category_id in (select a.id from above a where a.deal_id = d.id)))
    on conflict do nothing"""


class EndReason(StrEnum):
    """Why a deal is over."""

    PRICE_ROSE = "price_rose"
    OUT_OF_STOCK = "out_of_stock"
    SUPERSEDED = "superseded"  #: by a better one of the same product
    EXPIRED = "expired"
    REJECTED = "rejected"  #: in its review
    CLOSED = "closed"  #: by a person, later


class Found(NamedTuple):
    """What a rule says of a price. `reference` is what `percent` is of; `score` is rule A's, from 0 to 100."""

    rule: str
    reference: Decimal
    percent: Decimal
    score: float | None = None


class Worth(NamedTuple):
    """What rule A takes into account besides the price."""

    rating: Decimal | None = None
    reviews: int | None = None
    in_stock: bool | None = None
    prime: bool = False


class Evaluation(NamedTuple):
    """What changes came to, in deals."""

    created: int
    published: int
    ended: int


def by_average(
    price: Decimal,
    before: Decimal,
    month: Past,
    *,
    least: Decimal = LEAST_PERCENT["average"],
    low: bool = False,
    worth: Worth | None = None,
) -> Found | None:
    """
    Rule A for a fall from `before` to `price`, `month` being the 30 days before it; None where it is no deal.

    `low`: it never was cheaper, as far as is known. Needs two prices in the month, the one in force when it began included.
    """
    if month.average is None or month.points < 2:
        return None
    percent, zone = percent_below(price, month.average), month.average * (1 - least / 100)
    score = points(percent, low=low, worth=worth or Worth())
    enough = score >= (_SCORE_OF_FEW if month.points <= _FEW else _SCORE)
    return Found("average", month.average, percent, score) if price <= zone < before and enough else None


def by_previous(price: Decimal, before: Decimal, *, least: Decimal = LEAST_PERCENT["previous"]) -> Found | None:
    """Rule B for a fall from `before` to `price`; None where it is no deal."""
    percent = percent_below(price, before)
    return Found("previous", before, percent) if percent >= least else None


def points(percent: Decimal, *, low: bool, worth: Worth) -> float:
    """
    Rule A's score: up to 50 for the percentage, 20 for a price that never was lower, 10 each for rating and reviews, 5 each for stock and Prime.

    The old system's weights; how it shared out the last four was never written down.
    """
    return (
        _step(percent, ((15, 10), (20, 20), (30, 30), (40, 40), (50, 50)))
        + 20 * low
        + _step(worth.rating or 0, ((4, 5), (Decimal("4.5"), 10)))
        + _step(worth.reviews or 0, ((100, 5), (1000, 10)))
        + 5 * (worth.in_stock is not False)
        + 5 * worth.prime
    )


def cheapest(price: Decimal, pasts: Iterable[tuple[int, Past]]) -> int | None:
    """The longest of these spans (in days) in which it never was cheaper; only spans that are known from end to end count."""
    return max((days for days, past in pasts if past.whole and past.low is not None and price <= past.low), default=None)


def evaluate(session: Session, changes: Sequence[Change]) -> Evaluation:
    """
    Begin and end deals after these changes, in the transaction that wrote them; subscribers of those published at once are told.

    What has neither a rule nor an active deal costs one look for all.
    """
    connection = session.connection()
    ours = {change.product_id: change for change in changes if change.price is not None}
    context = connection.exec_driver_sql(_CONTEXT, {"ids": sorted(ours)}).all() if ours else []
    falls = [row for row in context if _falls(ours[row.id]) and row.deal_rule is not None and _may_be(row, ours[row.id])]
    pasts = _pasts(session, [ours[row.id] for row in falls])
    found = {row.id: made for row in falls if (made := _look(row, ours[row.id], pasts[row.id]))}
    ending = {row.deal_id: reason for row in context if row.deal_id and (reason := _ends(ours[row.id], row.deal_price, row.id in found))}
    ended = _end(connection, ending)
    rows = {row.id: row for row in falls}
    created = {
        publish: _insert(
            connection,
            [
                (ours[id_], made, cheapest(ours[id_].price or Decimal(0), pasts[id_].items()))
                for id_, made in found.items()
                if rows[id_].publish == publish
            ],
            publishing=publish == "automatic",
        )
        for publish in ("review", "automatic")
    }
    return Evaluation(sum(created.values()), created["automatic"], ended)


def publish(session: Session, company_id: UUID, deal_id: UUID, *, by: str) -> None:
    """Tell the subscribers of a created deal, on behalf of `by`. Raises NotFound; Conflict when it is published or over."""
    _move(
        session, company_id, deal_id, DealState.CREATED, state=DealState.PUBLISHED, published_at=sa.func.clock_timestamp(), published_by=by
    )
    session.connection().exec_driver_sql(_TELL, {"ids": [deal_id]})


def unpublish(session: Session, company_id: UUID, deal_id: UUID) -> None:
    """Back to review; who has not been told of it yet will not be. Raises NotFound; Conflict when it is not published."""
    _move(session, company_id, deal_id, DealState.PUBLISHED, state=DealState.CREATED, published_at=None, published_by=None)
    session.execute(sa.text("delete from pricing.notice where deal_id = :deal and digest_id is null"), {"deal": deal_id})


def end(session: Session, company_id: UUID, deal_id: UUID) -> None:
    """A person ends a deal: rejected when nobody was told of it, closed otherwise. Raises NotFound; Conflict when it is over."""
    deal = find(session, company_id, deal_id)
    reason = EndReason.REJECTED if deal.state == DealState.CREATED else EndReason.CLOSED
    if not _end(session.connection(), {deal_id: reason}):
        raise Conflict("The deal is over already.", "Fırsat zaten sona ermiş.")


def expire(session: Session, *, longest: timedelta = LONGEST) -> int:
    """End the deals that are too old, and those of products that are watched no longer; returns how many."""
    old = session.connection().exec_driver_sql(
        "select d.id, p.active from pricing.deal d join pricing.product p on p.id = d.product_id"
        " where d.ended_at is null and (not p.active or d.created_at < clock_timestamp() - %(longest)s)",
        {"longest": longest},
    )
    return _end(session.connection(), {row.id: EndReason.EXPIRED if row.active else EndReason.CLOSED for row in old})


def prune(session: Session, *, keep_days: int = 90) -> int:
    """Forget the deals that ended more than `keep_days` ago, with what was told of them; returns how many."""
    done: sa.CursorResult[Any] = session.connection().exec_driver_sql(
        "delete from pricing.deal where ended_at < clock_timestamp() - %(days)s * interval '1 day'", {"days": keep_days}
    )
    return done.rowcount


def find(session: Session, company_id: UUID, deal_id: UUID) -> Deal:
    """The deal. Raises NotFound when the company has none of this id."""
    query = sa.select(Deal).where(Deal.company_id == company_id, Deal.id == deal_id).execution_options(populate_existing=True)
    deal = session.scalar(query)
    if deal is None:
        raise NotFound("There is no such deal.", "Böyle bir fırsat yok.")
    return deal


def search(
    session: Session, company_id: UUID, *, state: DealState | None = None, product_id: int | None = None, limit: int = 50
) -> list[Deal]:
    """The company's deals, newest first."""
    query = sa.select(Deal).where(Deal.company_id == company_id).order_by(Deal.created_at.desc()).limit(limit)
    if state is not None:
        query = query.where(Deal.state == state)
    if product_id is not None:
        query = query.where(Deal.product_id == product_id)
    return list(session.scalars(query))


def counts(session: Session, company_id: UUID) -> dict[str, int]:
    """How many deals the company has in each state; a state without any is not there."""
    query = sa.select(Deal.state, sa.func.count()).where(Deal.company_id == company_id).group_by(Deal.state)
    return {str(state): number for state, number in session.execute(query)}


def today() -> date:
    """The day on which a price is told of, where the shops are."""
    return clock.now().astimezone(clock.ISTANBUL).date()


def _falls(change: Change) -> bool:
    """Whether it fell by more than a wobble, to where it can be bought."""
    before, price = change.price_before, change.price
    return before is not None and price is not None and price <= before * (1 - _WOBBLE) and change.in_stock is not False


def _may_be(row: Any, change: Change) -> bool:
    """Whether it can be a deal at all, before anybody asks the history: most falls are small, and asking is most of the work."""
    if row.deal_rule != "previous":
        return True
    assert change.price is not None
    assert change.price_before is not None
    return by_previous(change.price, change.price_before, least=_least(row)) is not None


def _least(row: Any) -> Decimal:
    """The smallest fall that counts on this shelf, in percent."""
    return row.deal_percent or LEAST_PERCENT[row.deal_rule]


def _pasts(session: Session, changes: Sequence[Change]) -> dict[int, dict[int, Past]]:
    """What each product cost before its change, by span."""
    windows = [Window(change.product_id, change.at, days) for change in changes for days in SPANS]
    found: dict[int, dict[int, Past]] = {}
    for window, past in zip(windows, history.before(session, windows) if windows else [], strict=True):
        found.setdefault(window.product_id, {})[window.days] = past
    return found


def _look(row: Any, change: Change, pasts: dict[int, Past]) -> Found | None:
    price, before = change.price, change.price_before
    assert price is not None
    assert before is not None
    least = _least(row)
    if row.deal_rule == "previous":
        return by_previous(price, before, least=least)
    if row.last_price is not None and price <= row.last_price * (1 - _FURTHER):
        before = max(
            before, pasts[AVERAGE_DAYS].average or before
        )  # further down than the last deal: as if it came from outside of the zone
    worth = Worth(row.rating, row.reviews, change.in_stock, "prime" in row.tags)
    longest = pasts[max(SPANS)]
    return by_average(price, before, pasts[AVERAGE_DAYS], least=least, low=longest.low is not None and price <= longest.low, worth=worth)


def _ends(change: Change, deal_price: Decimal, has_better: bool) -> EndReason | None:
    assert change.price is not None
    if change.in_stock is False:
        return EndReason.OUT_OF_STOCK
    if change.price > deal_price * (1 + _WOBBLE):
        return EndReason.PRICE_ROSE
    return EndReason.SUPERSEDED if has_better and change.price < deal_price else None


def _end(connection: sa.Connection, ending: dict[UUID, EndReason]) -> int:
    if not ending:
        return 0
    return len(connection.exec_driver_sql(_END, {"ids": list(ending), "reasons": [reason.value for reason in ending.values()]}).all())


def _insert(connection: sa.Connection, made: Sequence[tuple[Change, Found, int | None]], *, publishing: bool) -> int:
    if not made:
        return 0
    changes, found, spans = zip(*made, strict=True)
    rows = connection.exec_driver_sql(
        _INSERT,
        {
            "publishing": publishing,
            "ids": new_ids(len(made)),
            "companies": [change.company_id for change in changes],
            "products": [change.product_id for change in changes],
            "categories": [change.category_id for change in changes],
            "rules": [one.rule for one in found],
            "days": [today()] * len(made),
            "prices": [change.price for change in changes],
            "currencies": [change.currency for change in changes],
            "previous": [change.price_before for change in changes],
            "references": [one.reference for one in found],
            "percents": [one.percent for one in found],
            "cheapest": list(spans),
            "scores": [one.score for one in found],
            "states": [DealState.PUBLISHED if publishing else DealState.CREATED] * len(made),
        },
    ).all()
    connection.exec_driver_sql(_BEGIN, {"products": [row.product_id for row in rows], "tier": int(Tier.HIGH), "soon": DEAL_INTERVAL})
    if publishing:
        connection.exec_driver_sql(_TELL, {"ids": [row.id for row in rows]})
    return len(rows)


def _move(session: Session, company_id: UUID, deal_id: UUID, at: DealState, **to: Any) -> None:
    deal = find(session, company_id, deal_id)
    moved: sa.CursorResult[Any] = session.execute(  # type: ignore[assignment]  # an UPDATE gives one
        sa.update(Deal).where(Deal.id == deal_id, Deal.state == at).values(**to).execution_options(synchronize_session=False)
    )
    if not moved.rowcount:
        raise Conflict(f"The deal is {deal.state}.", "Fırsat bu durumda değiştirilemez.")


def _step(value: Decimal | int, steps: Iterable[tuple[Decimal | int, int]]) -> int:
    """The points of the highest step that `value` reaches."""
    return max((given for reached, given in steps if value >= reached), default=0)
