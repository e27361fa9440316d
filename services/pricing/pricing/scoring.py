"""
Scoring: how urgent it is to look at each product again, for all products in one statement; only what moves is written.

The rule is `imece.priority`'s, turned into SQL. Prices that change often make a product urgent, so their variation over a month is measured first.
"""

from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from imece.priority import HOUR, SEED, YOUNG, Preset, Scale, Tier
from pricing.results import interval_sql, tier_sql

#: A variation that has moved by less than this is not written, nor a score by less than a point.
_LEAST_VARIATION = 0.005

# The integral of a price over time, and of its square, without sorting: from the present price, each change takes away what it brought for the time before
# it. `was` is null for the first price, which so counts as if it had always been in force.
_MEASURE = """
    with change as (
        select product_id, sum((price - was)::float8 * age) as moment, sum((price::float8 * price::float8 - was::float8 * was::float8) * age) as square
        from (
            select product_id, price, was, extract(epoch from checked_at - clock.opened)::float8 as age
            from pricing.price_history, (select statement_timestamp() - %(days)s * interval '1 day' as opened) clock
            where checked_at > statement_timestamp() - %(days)s * interval '1 day' and was is not null and price <> was
        ) h
        group by product_id
    ), measured as (
        select p.id, case
            when p.first_priced_at is null or p.first_priced_at > statement_timestamp() - interval '3 days' then null
            when c.product_id is null then 0
            else sqrt(greatest(0, p.price::float8 * p.price::float8 - c.square / %(seconds)s - (p.price::float8 - c.moment / %(seconds)s) ^ 2))
                / nullif(greatest(p.price::float8 - c.moment / %(seconds)s, 0), 0)
            end::real as variation
        from pricing.product p left join change c on c.product_id = p.id
        where p.active and (c.product_id is not null or p.variation is distinct from 0)
    )
    update pricing.product p set variation = m.variation from measured m
    where p.id = m.id and (abs(p.variation - m.variation) >= %(least)s or (p.variation is null) <> (m.variation is null)
        or (m.variation = 0 and p.variation > 0))"""

# Who has become more urgent is due earlier, but for what is in a batch: there the next look is the end of its lease.
_SCORE = """
    with scored as (
        select p.id, p.category_id, p.has_active_deal, {score} as score
        from pricing.product p join pricing.sched q on q.product_id = p.id where p.active
    )
    update pricing.sched q
    set priority = s.score, tier = case when q.last_checked_at is null then {high} else {tier} end,
        next_check_at = case when q.batch_id is null
            then least(q.next_check_at, greatest(q.last_checked_at + {wait} * interval '1 second', statement_timestamp())) else q.next_check_at end
    from scored s left join pricing.category c on c.id = s.category_id
    where q.product_id = s.id and (abs(q.priority - s.score) >= 1 or q.tier <> case when q.last_checked_at is null then {high} else {tier_now} end)"""


class Moved(NamedTuple):
    """How many products had their variation, and their priority or tier, written anew."""

    variations: int
    priorities: int


def rescore(connection: sa.Connection, preset: Preset = SEED, *, days: int = 30) -> Moved:
    """Measure and score every active product of every company. Two statements, each for all products; give it a transaction of its own."""
    return Moved(measure(connection, days=days), score(connection, preset))


def measure(connection: sa.Connection, *, days: int = 30) -> int:
    """Bring `product.variation` up to date, the time-weighted coefficient of variation over the last `days`; returns how many have moved."""
    given = {"days": days, "seconds": days * 86400.0, "least": _LEAST_VARIATION}
    return connection.exec_driver_sql(_MEASURE, given).rowcount


def score(connection: sa.Connection, preset: Preset = SEED) -> int:
    """Bring priorities and tiers up to date; returns how many have moved by a point, or to another tier."""
    return connection.exec_driver_sql(_statement(preset)).rowcount


@cache
def _statement(preset: Preset) -> str:
    return _SCORE.format(
        score=score_sql(preset),
        high=int(Tier.HIGH),
        wait=interval_sql(preset, "s.score", "s.has_active_deal"),
        tier=tier_sql("s.score", "s.has_active_deal"),
        tier_now=tier_sql("q.priority", "s.has_active_deal"),
    )


def score_sql(preset: Preset) -> str:
    """`imece.priority.score` as an expression over `product p` and `sched q`."""
    unseen = f"extract(epoch from statement_timestamp() - q.last_checked_at)::float8 / {HOUR.total_seconds()}"
    return f"""least(100, greatest(0, {preset.baseline} + {preset.active_deal} * p.has_active_deal::integer
            + {preset.volatility} * coalesce({_worth_sql(preset.variation_scale, "p.variation")}, {preset.unknown_volatility})
            + {preset.popularity} * least(100, greatest(0, p.popularity))
            + {preset.recency} * coalesce({_worth_sql(preset.recency_scale, unseen)}, 100)
            + {preset.never_seen} * (q.last_checked_at is null)::integer
            + {preset.young} * (p.created_at > statement_timestamp() - interval '{YOUNG.total_seconds()} seconds')::integer))::real"""


def _worth_sql(scale: Scale, measure: str) -> str:
    """`Scale.worth` of an expression; null for null."""
    first, last = scale.points[0], scale.points[-1]
    cases = [f"when {measure} is null then null", f"when {measure} < {first[0]} then 0"]
    for (low, worth), (high, next_worth) in zip(scale.points, scale.points[1:], strict=False):
        value = f"{worth}" if scale.steps else f"{worth} + {next_worth - worth} * ({measure} - {low}) / {high - low}"
        cases.append(f"when {measure} < {high} then {value}")
    return f"case {' '.join(cases)} else {last[1]} end"
