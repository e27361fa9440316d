"""
What a product cost and when: written where it changed, read as what was in force.

A row says the price and the one before it, so the price in force when a window opened is the `was` of the first row inside, and a product without a
row inside cost the same all the time. Partitions are by month: made ahead, and dropped whole when their time has passed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import clock, db
from imece.errors import NotFound

#: Any constant: whoever holds it makes and drops partitions.
_LOCK = 0x7072696365

_PARTITIONS = """
    select relname from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'pricing.price_history'::regclass order by 1"""

_BEFORE = """
    select w.n, least(f.price, i.low) as low, coalesce(
        case when f.price is not null then i.changes + 1 + floor(extract(epoch from w.until - greatest(w.opened, p.first_priced_at)) / 86400) end,
        0)::integer as points, coalesce(p.first_priced_at <= w.opened, false) as whole,
        round(f.price - coalesce(i.moment, 0) / nullif(extract(epoch from w.until - greatest(w.opened, p.first_priced_at)), 0), 2) as average
    from unnest(%(products)s::bigint[], %(untils)s::timestamptz[], %(days)s::integer[]) with ordinality u(product_id, until, days, n)
    cross join lateral (select u.product_id, u.until, u.until - make_interval(days => u.days) as opened, u.n) w
    join pricing.product p on p.id = w.product_id
    left join lateral (
        select h.was, true as found from pricing.price_history h
        where h.product_id = w.product_id and h.checked_at >= w.until order by h.checked_at limit 1) a on true
    cross join lateral (select case when a.found then a.was else p.price end as price) f
    cross join lateral (
        select min(least(h.price, h.was)) as low, count(*) filter (where h.price <> h.was) as changes,
            sum((h.price - h.was) * extract(epoch from h.checked_at - greatest(w.opened, p.first_priced_at))) as moment
        from pricing.price_history h where h.product_id = w.product_id and h.checked_at > w.opened and h.checked_at < w.until) i
    order by w.n"""

_CHART = """
    select h.checked_at, h.price, h.was, h.in_stock from pricing.price_history h
    where h.product_id = %(product)s and h.checked_at > %(opened)s order by h.checked_at"""

_LOAD = """
    with given as (
        select v.product_id, v.at, v.price, v.in_stock, lag(v.price) over w as was, lag(v.in_stock) over w as stock_was
        from unnest(%(products)s::bigint[], %(moments)s::timestamptz[], %(prices)s::numeric[], %(stocks)s::boolean[]) v(product_id, at, price, in_stock)
        join pricing.product p on p.id = v.product_id and p.company_id = %(company)s and p.first_priced_at is null
        window w as (partition by v.product_id order by v.at)
    ), kept as (
        insert into pricing.price_history (product_id, checked_at, price, was, in_stock)
        select product_id, at, price, was, in_stock from given where was is distinct from price or stock_was is distinct from in_stock
        returning product_id, checked_at
    ), told as (
        update pricing.product p set price = l.price, in_stock = l.in_stock, first_priced_at = s.first, price_changed_at = s.last
        from (select distinct on (product_id) product_id, price, in_stock from given order by product_id, at desc) l
        join (select product_id, min(checked_at) as first, max(checked_at) as last from kept group by 1) s using (product_id)
        where p.id = l.product_id
    )
    select count(*) from kept"""

_ROLL_UP = """
    insert into pricing.price_month (product_id, month, low, high, last)
    select product_id, %(month)s, min(least(price, was)), max(greatest(price, was)), (array_agg(price order by checked_at desc))[1]
    from pricing.{partition} group by product_id
    on conflict do nothing"""


class Window(NamedTuple):
    """The `days` that end at `until`, of one product; the moment itself is not in it."""

    product_id: int
    until: datetime
    days: int


class Past(NamedTuple):
    """
    What a product cost within a window.

    `low` and `average` (weighted by time) count the price in force when the window opened; None where nothing is known. `points` is how many
    prices a look a day would have noted, those of changes in between included. `whole` is false when the product has been known for less than the window.
    """

    low: Decimal | None
    average: Decimal | None
    points: int
    whole: bool


class Point(NamedTuple):
    """From `at` on it cost this."""

    at: datetime
    price: Decimal
    in_stock: bool | None


class Chart(NamedTuple):
    """The steps of a price, oldest first; the first is what was in force when the chart opens. Empty where no price is known."""

    points: tuple[Point, ...]
    currency: str
    low: Decimal | None
    high: Decimal | None


def before(session: Session, windows: Sequence[Window]) -> list[Past]:
    """What each of these cost in its window, in their order; one statement for all. A product that is not there knows nothing."""
    rows = session.connection().exec_driver_sql(
        _BEFORE,
        {
            "products": [window.product_id for window in windows],
            "untils": [window.until for window in windows],
            "days": [window.days for window in windows],
        },
    )
    found = {row.n: Past(row.low, row.average, row.points, row.whole) for row in rows}
    return [found.get(number, Past(None, None, 0, whole=False)) for number in range(1, len(windows) + 1)]


def chart(session: Session, company_id: UUID, product_id: int, days: int = 90) -> Chart:
    """The price of a product over the last `days`. Raises NotFound."""
    connection = session.connection()
    product = connection.execute(
        sa.text("select price, in_stock, currency, first_priced_at from pricing.product where id = :id and company_id = :company"),
        {"id": product_id, "company": company_id},
    ).first()
    if product is None:
        raise NotFound("There is no such product.", "Böyle bir ürün yok.")
    if product.first_priced_at is None:
        return Chart((), product.currency, None, None)
    opened = max(clock.now() - timedelta(days=days), product.first_priced_at)
    rows = connection.exec_driver_sql(_CHART, {"product": product_id, "opened": opened}).all()
    points = [Point(row.checked_at, row.price, row.in_stock) for row in rows]
    if not rows:
        points = [Point(opened, product.price, product.in_stock)]
    elif rows[0].was is not None:
        points = [Point(opened, rows[0].was, None), *points]
    prices = [point.price for point in points]
    return Chart(tuple(points), product.currency, min(prices), max(prices))


def load(session: Session, company_id: UUID, points: Iterable[tuple[int, Point]]) -> int:
    """
    Take over the history that another system kept of products that have no price here yet; returns how many rows were kept.

    Points that change nothing are left out, whole products that are priced already or are not the company's, too.
    """
    given = list(points)
    if not given:
        return 0
    prepare(since=min(point.at for _, point in given).date())
    kept: int = (
        session.connection()
        .exec_driver_sql(
            _LOAD,
            {
                "company": company_id,
                "products": [product_id for product_id, _ in given],
                "moments": [point.at for _, point in given],
                "prices": [point.price for _, point in given],
                "stocks": [point.in_stock for _, point in given],
            },
        )
        .scalar_one()
    )
    return kept


def prepare(*, ahead: int = 3, since: date | None = None) -> list[str]:
    """
    Have a partition for every month from `since` (the present one unless given) to `ahead` months after this one; returns the names of those made.

    Cheap when there is nothing to do. Without the partition of its month a result cannot be written.
    """
    present = _number(clock.now().date())
    first = present if since is None else _number(since)
    with db.transaction() as session:
        connection = session.connection()
        wanted = [month for month in range(first, present + ahead + 1) if _name(month) not in _partitions(connection)]
        if wanted:
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")
            wanted = [month for month in wanted if _name(month) not in _partitions(connection)]
        for month in wanted:
            # Made beside and then attached: this way the readers and writers of the other months are not locked out.
            connection.exec_driver_sql(f"create table pricing.{_name(month)} (like pricing.price_history including all)")
            connection.exec_driver_sql(
                f"alter table pricing.price_history attach partition pricing.{_name(month)}"
                f" for values from ('{_start(month)} 00:00+00') to ('{_start(month + 1)} 00:00+00')"
            )
    return [_name(month) for month in wanted]


def prune(*, keep_months: int = 13) -> list[str]:
    """
    Drop the months that ended more than `keep_months` ago, each in a transaction of its own; returns the names of those dropped.

    What they say of a product's month - lowest, highest, last price - is kept. Raises OperationalError when a month is in use for longer than five
    seconds; the next call goes on there.
    """
    oldest = _name(_number(clock.now().date()) - keep_months)
    with db.transaction() as session:
        past = [name for name in _partitions(session.connection()) if name < oldest]
    for name in past:
        month = datetime.strptime(name, "price_history_%Y%m").replace(tzinfo=UTC).date()
        with db.transaction() as session:
            connection = session.connection()
            connection.exec_driver_sql("set local lock_timeout = '5s'")
            connection.exec_driver_sql(_ROLL_UP.format(partition=name), {"month": month})
            connection.exec_driver_sql(f"drop table pricing.{name}")
    return past


def _partitions(connection: sa.Connection) -> list[str]:
    return list(connection.exec_driver_sql(_PARTITIONS).scalars())


def _number(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def _start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _name(month: int) -> str:
    return f"price_history_{_start(month):%Y%m}"
