"""
Intake: the products that a store's own feed or sitemap names, and, where its pages are not to be read, the prices that stand in it.

The rules of a category decide what is taken into it, and its limit how much. Nothing of another store is taken: a feed speaks for itself only.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import broker, db, ledger
from imece.contracts.pricing import FetchProducts, ProductsFetched
from imece.errors import Invalid, NotFound, Permanent
from pricing.catalogue import categories, listings, products, stores
from pricing.catalogue.categories import Candidate
from pricing.catalogue.products import Draft
from pricing.checking import batches, checks
from pricing.deals import deals, watches
from pricing.extraction.offer import Availability
from pricing.fetching.feeds import Feed, Kind, Listed
from pricing.models import Category, Policy, Product, Store
from pricing.prices import results
from pricing.prices.results import Result
from pricing.settings import settings

#: A feed states its prices; only its mistakes are left to doubt.
_CONFIDENCE = 0.95

_STOCK = {Availability.IN_STOCK: True, Availability.OUT_OF_STOCK: False}


def ask_for_all(company_id: UUID | None, *, by: str = "system") -> ProductsFetched:
    """Ask for a job for each store that has a feed: the company's, or everybody's. One that is under way already is not asked for twice."""
    query = sa.select(Store.company_id, Store.id).where(Store.feed_url.is_not(None), Store.active, Store.policy != Policy.FORBIDDEN)
    if company_id is not None:
        query = query.where(Store.company_id == company_id)
    with db.transaction() as session:
        found = session.execute(query.order_by(Store.id)).all()
        for owner, store_id in found:
            ledger.submit(
                session,
                FetchProducts(store_id=store_id),
                company_id=owner,
                requested_by=by,
                unique_key=f"pricing.fetch_products:{store_id}",
            )
    return ProductsFetched(offers=0, added=0, known=0, left_out=0, jobs=len(found))


def fetch(
    company_id: UUID, store_id: int, category_id: int | None = None, *, report: Callable[[int], None] = lambda _: None
) -> ProductsFetched:
    """
    Read the feed of a store and record what it names; `category_id` is for what is new.

    Raises Permanent for a store without a feed, and where store or category are not the company's; FeedFault when it cannot be read to its end.

    `report` is told how many products have been read; it may raise to end it.
    """
    try:
        with db.transaction() as session:
            store = stores.find(session, company_id, store_id)
            shelf = categories.find(session, company_id, category_id) if category_id is not None else None
    except NotFound as missing:
        raise Permanent(missing.en, missing.tr) from None
    if store.feed_url is None or store.policy == Policy.FORBIDDEN:
        raise Permanent("The store has no feed that may be read.", "Mağazanın okunabilecek bir ürün listesi yok.")
    taking = _Taking(store, shelf)
    rule: dict[str, Any] = store.rule or {}
    with closing(broker.client()) as redis:
        feed = Feed(
            store.feed_url, cast("Kind", store.feed_kind), checks.shop(store), checks.manners(), redis, matching=rule.get("product_url")
        )
        with feed:
            for portion in feed:
                with db.transaction() as session:
                    taking.take(session, portion)
                report(taking.offers)
    return ProductsFetched(offers=taking.offers, added=taking.added, known=taking.known, left_out=taking.left_out, priced=taking.priced)


class _Taking:
    """Takes portions of a feed, and counts."""

    def __init__(self, store: Store, shelf: Category | None) -> None:
        self.offers = self.added = self.known = self.left_out = self.priced = 0
        self._store, self._shelf = store, shelf
        self._by_feed = store.policy == Policy.API and not (store.rule or {}).get("interface")

    def take(self, session: Session, portion: Sequence[Listed]) -> None:
        """Record a portion, with its prices where they count."""
        shelves = {category.slug: category for category in categories.of_company(session, self._store.company_id)}
        room = categories.room(session, self._shelf) if self._shelf else None
        chosen: list[tuple[Listed, Draft]] = []
        for listed in portion:
            shelf = self._shelf or _shelf_of(listed, shelves)
            if not self._ours(listed) or (shelf and categories.refuses(shelf, _candidate(listed))):
                continue
            chosen.append((listed, _draft(listed, shelf)))
        if room is not None:
            chosen = chosen[: room + self._there(session, [listed.url for listed, _ in chosen])]
        done = products.record(
            session, self._store.company_id, [draft for _, draft in chosen], allow_private=bool(settings().allowed_networks)
        )
        self.offers += len(portion)
        self.added += done.added
        self.known += done.known
        self.left_out += len(portion) - done.added - done.known
        if self._by_feed:
            refused = {fault.position for fault in done.faults}
            taken = [listed for place, (listed, _) in enumerate(chosen) if place not in refused]
            self.priced += self._price(session, dict(zip(done.ids, taken, strict=True)))

    def _ours(self, listed: Listed) -> bool:
        try:
            return stores.domain_of(listed.url, allow_private=bool(settings().allowed_networks)) == self._store.domain
        except Invalid:
            return False

    def _there(self, session: Session, urls: Sequence[str]) -> int:
        """How many of these are known, and so take no room."""
        query = sa.select(sa.func.count()).where(Product.company_id == self._store.company_id, Product.url.in_(urls))
        return session.scalar(query) or 0

    def _price(self, session: Session, told: dict[int, Listed]) -> int:
        """Write the prices of a portion as a look at each product would; what follows from them follows."""
        told = {product_id: listed for product_id, listed in told.items() if listed.price is not None}
        claim = batches.claim_these(session, self._store.company_id, list(told)) if told else None
        if claim is None:
            return 0
        written = results.write(
            session, claim.id, [_result(product_id, told[product_id]) for product_id in claim.product_ids], preset=settings().preset
        )
        deals.evaluate(session, written.changes)
        watches.evaluate(session, written.changes, window=settings().discount_days)
        return len(claim.product_ids)


def _shelf_of(listed: Listed, shelves: dict[str, Category]) -> Category | None:
    """The category that the feed's own words name, if the company has it."""
    for words in (listed.category or "", *listings.path_of(listed.category or "")[-1:]):
        try:
            slug = categories.slug_of(words)
        except Invalid:
            continue
        if slug in shelves:
            return shelves[slug]
    return None


def _candidate(listed: Listed) -> Candidate:
    return Candidate(title=listed.title or "", price=listed.price, list_price=listed.list_price)


def _draft(listed: Listed, shelf: Category | None) -> Draft:
    return Draft(
        url=listed.url,
        title=listed.title,
        external_id=listed.external_id,
        ean=listed.ean,
        brand=listed.brand,
        image_url=listed.image_url,
        category_id=shelf.id if shelf else None,
        currency=listed.currency,
    )


def _result(product_id: int, listed: Listed) -> Result:
    return Result(
        product_id=product_id,
        state="ok",
        price=listed.price,
        currency=listed.currency,
        in_stock=_STOCK.get(listed.availability) if listed.availability else None,
        list_price=listed.list_price,
        confidence=_CONFIDENCE,
        source="feed",
        evidence="price",
    )
