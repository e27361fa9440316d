"""What the tests of pricing share: a company with a catalogue that can be looked at without any shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import clock, db
from imece.ids import new_id
from imece.priority import Tier
from pricing.catalogue import products, stores
from pricing.checking import batches
from pricing.deals import deals, watches
from pricing.demo.goods import Goods
from pricing.demo.shop import Shop, opened
from pricing.prices import history, results
from pricing.prices.results import Change, Result, Written
from pricing.settings import settings


@dataclass
class Catalogue:
    """One company's stores and products, and looks at them, in one word each. Every call is a transaction of its own."""

    company: UUID

    def products(self, count: int = 1, domain: str = "magaza.example", **more: Any) -> list[int]:
        """So many new products of one store."""
        first = self.sql("select count(*) from pricing.product")[0][0]
        drafts = [products.Draft(f"https://{domain}/p/{first + n}", title=f"Ürün {first + n}", **more) for n in range(count)]
        with db.transaction() as session:
            recorded = products.record(session, self.company, drafts)
        assert not recorded.faults, recorded.faults
        return list(recorded.ids)

    def store(self, domain: str = "magaza.example", **changes: Any) -> int:
        """The store of this domain, changed."""
        with db.transaction() as session:
            store = stores.known(session, self.company, [domain])[domain]
            for name, value in changes.items():
                setattr(store, name, value)
            return store.id

    def claim(self, tier: Tier = Tier.HIGH, **how: Any) -> batches.Claim | None:
        with db.transaction() as session:
            return batches.claim(session, self.company, tier, **how)

    def members(self, batch_id: UUID) -> list[batches.Member]:
        with db.transaction() as session:
            return batches.members(session, self.company, batch_id)

    def write(self, batch_id: UUID, *given: Result, **how: Any) -> Written:
        with db.transaction() as session:
            return results.write(session, batch_id, given, **how)

    def look(self, product_id: int, price: str | None, *, ago: timedelta = timedelta(0), state: Any = "ok", **more: Any) -> Written:
        """Look at a product by hand, and find this price there, some time ago; deals and watches hear of it."""
        at: datetime | None = clock.now() - ago if ago else None
        given = {"confidence": 0.9, "currency": "TRY", "in_stock": True} | more
        result = Result(product_id, state, price=None if price is None else Decimal(price), **given)
        with db.transaction() as session:
            claim = batches.claim_these(session, self.company, [product_id])
            assert claim is not None
            written = results.write(session, claim.id, [result], at=at)
            deals.evaluate(session, written.changes)
            watches.evaluate(session, written.changes)
        return written

    def past(self, product_id: int, *prices: tuple[int, str]) -> None:
        """A history from elsewhere: (days ago, price), oldest first."""
        points = [(product_id, history.Point(clock.now() - timedelta(days=days), Decimal(price), True)) for days, price in prices]
        with db.transaction() as session:
            history.load(session, self.company, points)

    def change(self, product_id: int, before: str | None, price: str, **more: Any) -> Change:
        """A change that has happened now, out of thin air."""
        values: dict[str, Any] = {
            "category_id": None,
            "currency": "TRY",
            "list_before": None,
            "list_price": None,
            "stock_before": True,
            "in_stock": True,
            "at": clock.now(),
            "has_active_deal": False,
        }
        was = None if before is None else Decimal(before)
        return Change(product_id=product_id, company_id=self.company, price_before=was, price=Decimal(price), **values | more)

    def row(self, product_id: int) -> Any:
        """Product and schedule in one row."""
        return self.sql("select * from pricing.sched q join pricing.product p on p.id = q.product_id where p.id = :id", id=product_id)[0]

    def sql(self, statement: str, **values: Any) -> Any:
        with db.quick() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else result.rowcount


@pytest.fixture
def catalogue(database: sa.Engine) -> Catalogue:
    """A company without anything."""
    history.prepare()
    return Catalogue(new_id())


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine may be asked, which is private ground."""
    monkeypatch.setenv("PRICING_ALLOWED_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def demo_shop(allowed: None) -> Iterator[Shop]:
    """Two stores of the demo shop, with 120 products each, small pages."""
    with opened(Shop(Goods(count=120, kilobytes=4), stores=2)) as shop:
        yield shop
