"""pricing-priority: the variation and the priority of a million products, recomputed; beside it, product by product as the old system did."""

import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.costs import Meter
from bench.figure import Figure, Options
from bench.ground import Ground, ground
from bench.pricing_catalogue import fill, tidy
from bench.rounds import spread
from imece import clock, db, priority
from imece.priority import Signals
from pricing.checking import scoring
from pricing.models import Product, Sched

#: Products that are done one by one, of which the rest is extrapolated; and how many the old system read at once.
ONE_BY_ONE, PAGE = 10_000, 1000

_FIRST, _LATER = "first", "four hours later"

# Four hours go by: a third of the products is looked at, one in fifty has another price, deals begin and end.
_FOUR_HOURS = """
    update pricing.sched set last_checked_at = now() where (product_id + {n}) % 3 = 0;
    update pricing.product set price = price * 0.95, price_changed_at = now() where (id + {n}) % 50 = 0;
    insert into pricing.price_history select id, now(), price, round(price / 0.95, 2), in_stock from pricing.product where (id + {n}) % 50 = 0;
    update pricing.product set has_active_deal = not has_active_deal where (id + {n}) % 100 = 0"""


def measure(options: Options) -> Figure:
    """The first time, when all of them move; then every four hours, which is the value."""
    products, rounds = (100_000, 2) if options.quick else (1_000_000, 3)
    took: dict[str, list[float]] = defaultdict(list)
    moved: dict[str, list[scoring.Moved]] = defaultdict(list)
    used: list[dict[str, float]] = []
    with ground() as here:
        fill(products)
        _all(here, took, moved, _FIRST)
        for number in range(rounds):
            with db.engine().begin() as connection:
                for statement in _FOUR_HOURS.format(n=number).split(";\n"):
                    connection.execute(sa.text(statement))
            tidy()
            used.append(_all(here, took, moved, _LATER))
        alone = _one_by_one(here, min(ONE_BY_ONE, products // 10))
    value = spread(took[_LATER], 2)
    peer = {
        "products": alone["products"],
        "seconds": round(alone["seconds"], 2),
        "extrapolated_seconds": round(alone["seconds"] / alone["products"] * products),
        "extrapolated_cpu_seconds": round(alone["cpu"] / alone["products"] * products),
    }
    detail = {
        **value,
        "products": products,
        "rounds": rounds,
        "moved": [one._asdict() for one in moved[_LATER]],
        "cpu_seconds": spread([one["postgres"] for one in used], 2),
        "all_of_them_move": {"seconds": round(took[_FIRST][0], 2), **moved[_FIRST][0]._asdict()},
        "ratio": round(peer["extrapolated_seconds"] / value["median"]),
    }
    remarks = (
        f"30 days of history measured, scored, {moved[_LATER][-1].priorities:,} moved and written; with every product moving {took[_FIRST][0]:.1f} s. "
        f"Product by product through the ORM, extrapolated from {peer['products']:,}: {peer['extrapolated_seconds']:,} s ({detail['ratio']} x)"
    )
    return Figure("pricing-priority", value["median"], f"s for {products:,} products", {"one by one": peer}, detail, remarks)


def _all(here: Ground, took: dict[str, list[float]], moved: dict[str, list[scoring.Moved]], name: str) -> dict[str, float]:
    """One recomputation with its commit."""
    meter = Meter(here.servers)
    with db.engine().begin() as connection:
        moved[name].append(scoring.rescore(connection))
    took[name].append(meter.elapsed)
    return meter.read()


def _one_by_one(here: Ground, products: int) -> dict[str, Any]:
    """The old way: pages of a thousand, two more queries for each product, a computation in Python, a commit for each page."""
    meter, began, cpu = Meter(here.servers), time.perf_counter(), time.process_time()
    last = 0
    for _ in range(0, products, PAGE):
        with Session(db.engine()) as session, session.begin():
            page = session.scalars(sa.select(Product).where(Product.id > last).order_by(Product.id).limit(PAGE)).all()
            for product in page:
                _score(session, product)
            last = page[-1].id
    return {"products": products, "seconds": time.perf_counter() - began, "cpu": meter.read()["postgres"] + time.process_time() - cpu}


def _score(session: Session, product: Product) -> None:
    past = sa.text("select price from pricing.price_history where product_id = :id and checked_at > :since")
    prices = [float(price) for price in session.scalars(past, {"id": product.id, "since": clock.now() - timedelta(days=30)})]
    mean = sum(prices) / len(prices) if prices else 0.0
    variation = (sum((price - mean) ** 2 for price in prices) / len(prices)) ** 0.5 / mean if prices else 0.0
    plan = session.get_one(Sched, product.id)
    unseen = None if plan.last_checked_at is None else clock.now() - plan.last_checked_at
    plan.priority = priority.score(Signals(product.has_active_deal, variation, product.popularity, unseen))
    plan.variation = variation
