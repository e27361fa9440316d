"""A catalogue for the figures of pricing: a million products of five hundred stores, with their schedule and their history."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from imece import clock, db, ids
from pricing.prices import history

STORES = 500

_PRICE = "(20 + abs(hashint8({n} * 31 + {k})) % 500000 / 100.0)::numeric(14, 2)"

_FILL = f"""
    insert into pricing.store (company_id, domain, name, min_delay_ms)
    select :company, 'm' || n || '.example', 'Mağaza ' || n, 0 from generate_series(1, {STORES}) n;

    insert into pricing.product (company_id, store_id, url, title, currency, price, in_stock, has_active_deal, rating, reviews, first_priced_at,
        price_changed_at, created_at)
    select :company, (select min(id) from pricing.store) + n % {STORES}, 'https://m' || n % {STORES} || '.example/urun/' || n, 'Ürün ' || n, 'TRY',
        {_PRICE.format(n="n", k=":changes")}, true, hashint8(n) % 1000 < 86 and hashint8(n) >= 0, 3 + abs(hashint8(n * 3)) % 20 / 10.0,
        abs(hashint8(n * 5)) % 8000, now() - interval '85 days', now() - interval '3 days', now() - interval '85 days'
    from generate_series(1::bigint, :products) n;

    insert into pricing.sched (product_id, store_id, tier, next_check_at, last_checked_at, last_state)
    select id, store_id, 2, now() + interval '5 hours', now() - abs(hashint8(id * 11)) % 86400 * interval '1 second', 'ok' from pricing.product;

    insert into pricing.price_history (product_id, checked_at, price, was, in_stock)
    select p.id, now() - interval '85 days' + (k * 80.0 / (:changes + 1) + abs(hashint8(p.id + k)) % 100 / 50.0) * interval '1 day',
        {_PRICE.format(n="p.id - m.first + 1", k="k")}, case when k > 0 then {_PRICE.format(n="p.id - m.first + 1", k="k - 1")} end, true
    from pricing.product p, (select min(id) as first from pricing.product) m, generate_series(0, :changes) k"""


def fill(products: int, changes: int = 3) -> UUID:
    """
    Make so many products of one new company, each with `changes` changes of its price over 80 days; returns the company.

    One product in twelve has an active deal. Every product was looked at within the last day.
    """
    company = ids.new_id()
    history.prepare(since=(clock.now() - timedelta(days=100)).date())
    with db.engine().begin() as connection:
        connection.execute(sa.text("truncate pricing.store, pricing.price_history restart identity cascade"))
        for statement in _FILL.split(";\n"):
            connection.execute(sa.text(statement), {"company": company, "products": products, "changes": changes})
    tidy()
    return company


def tidy() -> None:
    """What autovacuum does in time: without it a figure would measure the filling."""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum (analyze) pricing.product, pricing.sched, pricing.price_history, pricing.store")
