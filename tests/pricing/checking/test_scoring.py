"""Claims about priorities: the statement over all products against the rule for one."""

import random
from datetime import timedelta
from typing import Any

import pytest

from imece import clock, db
from imece.priority import OLD_CODE, SEED, Preset, Signals, score, tier
from pricing.checking import scoring

DAY = timedelta(days=1)


def run(preset: Preset = SEED) -> scoring.Moved:
    with db.transaction() as session:
        return scoring.rescore(session.connection(), preset)


def walk(catalogue: Any, product: int, chance: random.Random) -> list[tuple[float, str]]:
    """A random price over 90 days, as (days ago, price)."""
    days = sorted((chance.uniform(0.1, 80) for _ in range(chance.randint(1, 12))), reverse=True)
    prices = [(90.0, "100.00"), *((day, f"{chance.uniform(60, 140):.2f}") for day in days)]
    catalogue.past(product, *prices)
    return prices


def variation_of(prices: list[tuple[float, str]]) -> float:
    """Standard deviation by mean over the last 30 days, by walking along the price."""
    ends = [*(day for day, _ in prices[1:]), 0.0]
    held = [(max(0.0, min(30.0, start) - min(30.0, end)), float(price)) for (start, price), end in zip(prices, ends, strict=True)]
    mean = sum(span * price for span, price in held) / 30
    return float(sum(span * (price - mean) ** 2 for span, price in held) / 30) ** 0.5 / mean


@pytest.mark.parametrize("preset", [SEED, OLD_CODE], ids=lambda preset: preset.name)
def test_every_product_has_the_score_that_the_rule_gives_it(catalogue: Any, preset: Preset) -> None:
    products = catalogue.products(300)
    chance = random.Random(5)
    variations: dict[int, float | None] = dict.fromkeys(products)
    for product in products:
        if chance.random() < 0.5:
            variations[product] = variation_of(walk(catalogue, product, chance))
        catalogue.sql(
            "update pricing.product set has_active_deal = :deal, reviews = :reviews, rating = :rating, created_at = now() - :age where id = :id",
            deal=chance.random() < 0.2,
            reviews=chance.choice([None, 0, 10, 99, 1000, 70_000]),
            rating=chance.choice([None, 1, 3, 4.5, 5]),
            age=chance.random() * 14 * DAY,
            id=product,
        )
        seen = chance.choice([None, chance.random() * 3 * DAY])
        catalogue.sql(
            "update pricing.sched set last_checked_at = now() - cast(:seen as interval) where product_id = :id", seen=seen, id=product
        )
    run(preset)
    now = clock.now()
    for product in products:
        row = catalogue.row(product)
        signals = Signals(
            active_deal=row.has_active_deal,
            variation=variations[product],
            popularity=row.popularity,
            unseen=row.last_checked_at and now - row.last_checked_at,
            age=now - row.created_at,
        )
        wanted = score(signals, preset)
        assert row.priority == pytest.approx(wanted, abs=1.0), signals
        assert row.tier == tier(row.priority, active_deal=row.has_active_deal, seen=row.last_checked_at is not None)


def test_only_what_moves_by_a_point_is_written(catalogue: Any) -> None:
    catalogue.products(10)
    assert run() == (0, 10)
    assert run() == (0, 0)
    catalogue.sql("update pricing.product set has_active_deal = true where id = (select min(id) from pricing.product)")
    assert run() == (0, 1)


def test_the_inactive_are_left_alone(catalogue: Any) -> None:
    catalogue.products(2)
    catalogue.sql("update pricing.product set active = false")
    assert run() == (0, 0)


def test_who_becomes_urgent_is_due_earlier_unless_in_a_batch(catalogue: Any) -> None:
    calm, busy = catalogue.products(2)
    for product in (calm, busy):
        catalogue.look(product, "10")
    catalogue.sql("update pricing.sched set batch_id = gen_random_uuid() where product_id = :id", id=busy)
    before = catalogue.row(busy).next_check_at
    catalogue.sql("update pricing.product set has_active_deal = true")
    run()
    assert catalogue.row(calm).next_check_at <= catalogue.row(calm).last_checked_at + timedelta(hours=1)
    assert catalogue.row(busy).next_check_at == before
    assert {catalogue.row(product).tier for product in (calm, busy)} == {0}


def test_a_variation_is_weighted_by_time(catalogue: Any) -> None:
    """15 of 30 days at 100 and 15 at 50: the mean is 75, the deviation 25. An hour at 50 hardly counts."""
    half, hour, calm, young = catalogue.products(4)
    catalogue.past(half, (60, "100"), (15, "50"))
    catalogue.past(hour, (60, "100"))
    catalogue.look(hour, "50", ago=timedelta(hours=1))
    catalogue.past(calm, (60, "100"))
    catalogue.past(young, (2, "100"), (1, "50"))
    assert run().variations == 3
    found = [catalogue.row(product).variation for product in (half, hour, calm, young)]
    assert found == [pytest.approx(1 / 3, abs=0.001), pytest.approx(0.0187, abs=0.001), 0, None]
    assert run() == (0, 0)


def test_a_variation_agrees_with_a_walk_along_the_price(catalogue: Any) -> None:
    chance = random.Random(3)
    walks = {product: walk(catalogue, product, chance) for product in catalogue.products(30)}
    run()
    for product, prices in walks.items():
        assert catalogue.row(product).variation == pytest.approx(variation_of(prices), abs=0.001)


def test_a_price_that_has_calmed_down_is_measured_anew(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (60, "100"), (40, "50"))
    catalogue.sql("update pricing.sched set variation = 0.3")
    assert run().variations == 1
    assert catalogue.row(product).variation == 0
