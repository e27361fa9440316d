"""
Scoring: how urgent it is to look at each product again, for all products in one statement; only what moves is written.

The rule is `imece.priority`'s, turned into SQL. Prices that change often make a product urgent, so their variation over a month is measured on the way.
"""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from imece.priority import SEED, YOUNG, Preset, Scale, Tier
from pricing.prices.results import interval_sql, tier_sql

#: A variation is not written for less than this, nor a score for less than a point.
_LEAST_VARIATION = 0.005

# The integral of a price over time, and of its square, without sorting: from the present price, each change takes away what it brought for the time before
# it. The first price of all counts as if it had always been in force. `offset 0` keeps the planner from computing an expression again where it is used.
# Who has become more urgent is due earlier, but for what is in a batch: there the next look is the end of its lease.
_RESCORE = """
    with change as (
        select product_id, sum((price - was) * age) / %(seconds)s as excess, sum((price - was) * (price + was) * age) / %(seconds)s as square
        from (
            select product_id, price::float8, was::float8,
                date_part('epoch', checked_at) - date_part('epoch', statement_timestamp()) + %(seconds)s as age
            from pricing.price_history where checked_at > statement_timestamp() - %(days)s * interval '1 day' and price <> was offset 0
        ) h
        group by product_id
    ), seen as (
        select p.id, p.category_id, p.has_active_deal, p.popularity::float8, p.created_at > statement_timestamp() - interval '{young}' as young,
            q.priority, q.tier, q.variation as variation_before, q.last_checked_at is null as unseen,
            (date_part('epoch', statement_timestamp()) - date_part('epoch', q.last_checked_at)) / 3600 as hours,
            coalesce(p.first_priced_at <= statement_timestamp() - interval '3 days', false) as measurable,
            case when c.excess is not null then p.price::float8 end as price, c.excess, c.square
        from pricing.product p join pricing.sched q on q.product_id = p.id left join change c on c.product_id = p.id
        where p.active offset 0
    ), known as (
        select n.*, case when not measurable then null when excess is null then 0
            else least(100, sqrt(greatest(0, price * price - square - (price - excess) * (price - excess))) / greatest(price - excess, 0.01))
            end as variation
        from seen n offset 0
    ), scored as (
        select k.*, {score} as score,
            coalesce(abs(k.variation - k.variation_before) >= %(least)s, (k.variation is null) <> (k.variation_before is null)) as varied
        from known k offset 0
    ), moving as materialized (
        select s.id, s.category_id, s.has_active_deal, s.unseen, s.score::real as score, s.variation::real as variation, s.varied,
            abs(s.priority - s.score) >= 1 or s.tier <> case when s.unseen then {high} else {tier_before} end as moved
        from scored s
        where s.varied or abs(s.priority - s.score) >= 1 or s.tier <> case when s.unseen then {high} else {tier_before} end
    ), written as (
        update pricing.sched q
        set variation = case when m.varied then m.variation else q.variation end,
            priority = case when m.moved then m.score else q.priority end,
            tier = case when not m.moved then q.tier when m.unseen then {high} else {tier} end,
            next_check_at = case when m.moved and q.batch_id is null
                then least(q.next_check_at, greatest(q.last_checked_at + {wait} * interval '1 second', statement_timestamp())) else q.next_check_at end
        from moving m left join pricing.category c on c.id = m.category_id
        where q.product_id = m.id
        returning m.varied, m.moved
    )
    select count(*) filter (where varied), count(*) filter (where moved) from written"""


class Moved(NamedTuple):
    """How many products had their variation, and their priority or tier, written anew."""

    variations: int
    priorities: int


def rescore(connection: sa.Connection, preset: Preset = SEED, *, days: int = 30) -> Moved:
    """
    Measure how much prices varied over the last `days`, and score every active product of every company.

    One statement; give it a transaction of its own, because it holds the rows it moves until its commit.
    """
    given = {"days": days, "seconds": days * 86400.0, "least": _LEAST_VARIATION}
    variations, priorities = connection.exec_driver_sql(_statement(preset), given).one()
    return Moved(variations, priorities)


@cache
def _statement(preset: Preset) -> str:
    return _RESCORE.format(
        score=score_sql(preset),
        young=f"{YOUNG.total_seconds()} seconds",
        high=int(Tier.HIGH),
        tier=tier_sql("m.score", "m.has_active_deal"),
        tier_before=tier_sql("s.priority", "s.has_active_deal"),
        wait=interval_sql(preset, "m.score", "m.has_active_deal"),
    )


def score_sql(preset: Preset) -> str:
    """`imece.priority.score` as an expression over a row `k` of signals."""
    variation, hours = _worth_sql(preset.variation_scale, "k.variation"), _worth_sql(preset.recency_scale, "k.hours")
    parts = [
        _float(preset.baseline),
        f"case when k.has_active_deal then {_float(preset.active_deal)} else 0 end",
        f"{_float(preset.volatility)} * coalesce({variation}, {_float(preset.unknown_volatility)})",
        f"{_float(preset.popularity)} * least(100, greatest(0, k.popularity))",
        f"{_float(preset.recency)} * coalesce({hours}, 100)",
        f"case when k.unseen then {_float(preset.never_seen)} else 0 end",
        f"case when k.young then {_float(preset.young)} else 0 end",
    ]
    return f"least(100, greatest(0, {' + '.join(parts)}))"


def _worth_sql(scale: Scale, measure: str) -> str:
    """`Scale.worth` of an expression; null for null."""
    first, last = scale.points[0], scale.points[-1]
    cases = [f"when {measure} is null then null", f"when {measure} < {_float(first[0])} then 0"]
    for (low, worth), (high, next_worth) in pairwise(scale.points):
        slope = (next_worth - worth) / (high - low)
        value = _float(worth) if scale.steps else f"{_float(worth)} + {_float(slope)} * ({measure} - {_float(low)})"
        cases.append(f"when {measure} < {_float(high)} then {value}")
    return f"case {' '.join(cases)} else {_float(last[1])} end"


def _float(value: float) -> str:
    """A literal that PostgreSQL does not compute with as a numeric, which is slow."""
    return f"'{value}'::float8"
