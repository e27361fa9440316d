"""Claims about the figures of the watching."""

from datetime import timedelta
from typing import Any

from imece import db
from imece.priority import Tier
from pricing.catalogue import stores
from pricing.catalogue.stores import Outcomes
from pricing.checking import overview


def of(catalogue: Any) -> overview.Overview:
    with db.transaction() as session:
        return overview.of(session, catalogue.company)


def late(catalogue: Any, product: int, hours: float, tier: int = 1) -> None:
    catalogue.sql(
        "update pricing.sched set tier = :tier, next_check_at = now() - :late, last_checked_at = now() - interval '2 days' where product_id = :id",
        tier=tier,
        late=timedelta(hours=hours),
        id=product,
    )


def test_an_empty_company(catalogue: Any) -> None:
    found = of(catalogue)
    assert (found.total.watched, found.oldest, found.full_pass, found.slowest, found.short) == (0, None, None, None, [])


def test_due_by_tier_store_and_age(catalogue: Any) -> None:
    products = catalogue.products(4)
    held = catalogue.products(2, "kapali.example")
    catalogue.store("kapali.example", policy="forbidden")
    for product, hours in zip(products[:3], (0.5, 3, 30), strict=True):
        late(catalogue, product, hours)
    late(catalogue, held[0], 100, tier=2)
    found = of(catalogue)
    assert (found.tiers[Tier.MEDIUM].due, found.tiers[Tier.LOW].due, found.tiers[Tier.HIGH].never) == (3, 1, 2)
    assert (found.stores["magaza.example"].due, found.stores["kapali.example"].held) == (3, 2)
    assert found.late == (1, 1, 0, 2)
    assert found.oldest is not None
    assert timedelta(hours=29.9) < found.oldest < timedelta(hours=30.1)  # what may not be asked does not say that workers are missing
    assert (found.total.watched, found.total.never, found.total.held) == (6, 2, 2)


def test_what_is_in_a_batch_is_running_not_due(catalogue: Any) -> None:
    catalogue.products(3)
    catalogue.claim(size=2)
    assert (of(catalogue).total.running, of(catalogue).total.never) == (2, 1)


def test_looks_per_hour_and_the_forecast(catalogue: Any) -> None:
    """A full pass takes as long as the slowest store's pace: 30 products at one in ten minutes are five hours."""
    catalogue.products(10)
    catalogue.products(30, "yavas.example")
    store = catalogue.store("yavas.example", min_delay_ms=600_000)
    with db.quick() as connection:
        stores.count(connection, [Outcomes(store, "ok", 95, 9500), Outcomes(store, "error", 5, 500)])
    found = of(catalogue)
    assert (found.checks, found.good, found.mean_ms) == ((100, 100, 100), 95, 100)
    assert found.slowest is not None
    assert (found.slowest.domain, found.slowest.full_pass) == ("yavas.example", timedelta(hours=5))
    assert found.full_pass == timedelta(hours=5)
    assert found.per_hour == 100


def test_a_store_whose_pace_is_not_enough_is_named(catalogue: Any) -> None:
    """50 products each hour at one look in two minutes: 30 are possible."""
    products = catalogue.products(50)
    catalogue.products(5, "rahat.example")
    catalogue.store(min_delay_ms=120_000)
    catalogue.sql("update pricing.product set has_active_deal = true where id = any(:ids)", ids=products)
    (short,) = of(catalogue).short
    assert (short.domain, short.products, short.wanted, short.possible, short.enough) == ("magaza.example", 50, 50, 30, False)
    assert short.worded() == "magaza.example: bu mağaza için kapasite yetersiz. İstenen saatte 50 kontrol, hızı 30'e yetiyor (%60)."
    assert "capacity is not enough" in (short.worded("en") or "")
    with db.transaction() as session:
        loads = {load.domain: load for load in overview.capacity(session, catalogue.company)}
    assert loads["rahat.example"].worded() is None
