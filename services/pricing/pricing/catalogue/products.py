"""Products: what is watched. Recorded by the thousand, searched, edited, switched off and on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import Invalid, NotFound
from imece.text import fold
from pricing.catalogue import categories, stores
from pricing.models import Product, Sched, Store

#: What a person or a program may set of a product.
EDITABLE = frozenset({"title", "brand", "ean", "external_id", "image_url", "category_id", "tags", "rating", "reviews"})

# A product is known by its store's own number for it, else by its address. What a source does not say stays as it was.
_RECORD = """
    with given as materialized (
        select * from unnest(%(numbers)s::integer[], %(stores)s::integer[], %(urls)s::text[], %(external_ids)s::text[], %(eans)s::text[],
            %(titles)s::text[], %(brands)s::text[], %(images)s::text[], %(categories)s::integer[], %(ratings)s::numeric[], %(reviews)s::integer[],
            %(currencies)s::text[], %(searches)s::text[], %(tags)s::text[])
            v(n, store_id, url, external_id, ean, title, brand, image_url, category_id, rating, reviews, currency, search, tags)
    ), moved as (
        update pricing.product p set url = g.url from given g
        where p.company_id = %(company)s and p.store_id = g.store_id and p.external_id = g.external_id and p.url <> g.url
            and not exists (select from pricing.product o where o.company_id = %(company)s and o.url_hash = md5(g.url)::uuid)
        returning p.id, g.n
    ), made as (
        insert into pricing.product as p
            (company_id, store_id, url, external_id, ean, title, brand, image_url, category_id, rating, reviews, currency, search, tags)
        select %(company)s, g.store_id, g.url, g.external_id, g.ean, coalesce(g.title, ''), g.brand, g.image_url, g.category_id, g.rating, g.reviews,
            g.currency, g.search, string_to_array(coalesce(g.tags, ''), E'\\x1f')
        from given g where g.n not in (select n from moved)
            and not exists (select from pricing.product o where o.store_id = g.store_id and o.external_id = g.external_id and o.url <> g.url)
        order by g.n
        on conflict (company_id, url_hash) do update set
            external_id = coalesce(excluded.external_id, p.external_id), ean = coalesce(excluded.ean, p.ean),
            title = coalesce(nullif(excluded.title, ''), p.title), brand = coalesce(excluded.brand, p.brand),
            image_url = coalesce(excluded.image_url, p.image_url), category_id = coalesce(excluded.category_id, p.category_id),
            rating = coalesce(excluded.rating, p.rating), reviews = coalesce(excluded.reviews, p.reviews),
            search = case when excluded.title = '' then p.search else excluded.search end,
            tags = case when excluded.tags = '{}' then p.tags else excluded.tags end, updated_at = clock_timestamp()
        returning p.id, p.store_id, p.url, p.xmax = 0 as added
    ), due as (
        insert into pricing.sched (product_id, store_id) select id, store_id from made where added on conflict do nothing
    )
    select g.n, m.id, m.added from given g join made m on m.url = g.url
    union all select n, id, false from moved"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a list or a feed says of a product. `url` is where its price is read; what is None stays as it is known."""

    url: str
    title: str | None = None
    external_id: str | None = None
    ean: str | None = None
    brand: str | None = None
    image_url: str | None = None
    category_id: int | None = None
    rating: Decimal | None = None
    reviews: int | None = None
    currency: str | None = None
    tags: tuple[str, ...] = ()


class Fault(NamedTuple):
    """Why the draft at `position` (from 0) was not taken."""

    position: int
    en: str
    tr: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of drafts: how many products were added, how many were known; those that were not taken."""

    added: int
    known: int
    faults: tuple[Fault, ...]
    ids: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which products are meant; what is None does not matter. `text` is looked for in title, brand and numbers, word by word, in any spelling."""

    text: str | None = None
    category_id: int | None = None
    store_id: int | None = None
    active: bool | None = True
    in_stock: bool | None = None
    has_deal: bool | None = None
    priced: bool | None = None
    state: str | None = None
    tier: int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None


class Row(NamedTuple):
    """A product in a list."""

    id: int
    title: str
    url: str
    domain: str
    category_id: int | None
    currency: str
    price: Decimal | None
    list_price: Decimal | None
    in_stock: bool | None
    has_active_deal: bool
    active: bool
    priority: float
    last_checked_at: datetime | None
    last_state: str | None


def _alphabetical(column: Any) -> Any:
    """
    What a column is sorted by to stand in Turkish order, as `imece.text.sort_key` has it.

    Not by a collation of ICU: the embedded server is built without. A letter that follows another (ç after c) becomes that one and `~`, which
    sorts after every letter.
    """
    key = sa.func.lower(sa.func.translate(column, "IİÇĞÖŞÜÂÎÛâîû", "ıiçğöşüaiuaiu"))
    for letter, after in (("ç", "c~"), ("ğ", "g~"), ("ı", "h~"), ("ö", "o~"), ("ş", "s~"), ("ü", "u~")):
        key = sa.func.replace(key, letter, after)
    return key


_ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (Product.id.desc(),),
    "price": (Product.price.asc().nulls_last(), Product.id),
    "price_falling": (Product.price.desc().nulls_last(), Product.id),
    "changed": (Product.price_changed_at.desc().nulls_last(), Product.id),
    "title": (_alphabetical(sa.func.nullif(Product.title, "")).nulls_last(), Product.id),
    "priority": (Sched.priority.desc(), Product.id),
}


def record(session: Session, company_id: UUID, drafts: Iterable[Draft], *, allow_private: bool = False) -> Recorded:
    """
    Make the products that are new and bring the known ones up to date; a thousand at a time is a good portion.

    Good drafts are taken, bad ones are listed with their reason. Of two drafts of one product the first counts. New products are due at once.
    """
    good: list[tuple[int, str, Draft]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for position, draft in enumerate(drafts):
        try:
            domain = stores.domain_of(draft.url, allow_private=allow_private)
            _check(draft)
        except Invalid as error:
            faults.append(Fault(position, error.en, error.tr))
            continue
        names = {draft.url} | ({f"{domain} {draft.external_id}"} if draft.external_id else set())
        if names & seen:
            faults.append(Fault(position, "The same product is in this list already.", "Aynı ürün bu listede zaten var."))
            continue
        seen |= names
        good.append((position, domain, draft))
    shops = stores.known(session, company_id, {domain for _, domain, _ in good})
    shelves = {category.id for category in categories.of_company(session, company_id)}
    rows = session.connection().exec_driver_sql(_RECORD, _arrays(company_id, good, shops, shelves)).all() if good else []
    done = {row.n for row in rows}
    faults += [
        Fault(position, "Another product of the store has this number.", "Mağazanın başka bir ürünü bu numarayı taşıyor.")
        for position, _, _ in good
        if position not in done
    ]
    added = sum(row.added for row in rows)
    return Recorded(added, len(rows) - added, tuple(sorted(faults)), tuple(row.id for row in sorted(rows)))


def find(session: Session, company_id: UUID, product_id: int) -> Product:
    """The product. Raises NotFound when the company has none of this id."""
    product = session.scalar(sa.select(Product).where(Product.company_id == company_id, Product.id == product_id))
    if product is None:
        raise NotFound("There is no such product.", "Böyle bir ürün yok.")
    return product


def schedule_of(session: Session, company_id: UUID, product_id: int) -> Sched:
    """When the product was and will be looked at. Raises NotFound."""
    find(session, company_id, product_id)
    return session.get_one(Sched, product_id)


def search(
    session: Session, company_id: UUID, chosen: Filter | None = None, *, order: str = "newest", limit: int = 50, offset: int = 0
) -> list[Row]:
    """The company's products that `chosen` means, in an order of `newest price price_falling changed title priority`. Raises Invalid for another."""
    if order not in _ORDERS:
        raise Invalid(f"Products are not sorted by {order}.", f"Ürünler buna göre sıralanamaz: {order}.")
    query = (
        sa.select(
            *(
                Product.id,
                Product.title,
                Product.url,
                Store.domain,
                Product.category_id,
                Product.currency,
                Product.price,
                Product.list_price,
            ),
            *(Product.in_stock, Product.has_active_deal, Product.active, Sched.priority, Sched.last_checked_at, Sched.last_state),
        )
        .join(Store, Store.id == Product.store_id)
        .join(Sched, Sched.product_id == Product.id)
        .where(*_conditions(session, company_id, chosen or Filter()))
        .order_by(*_ORDERS[order])
        .limit(limit)
        .offset(offset)
    )
    return [Row._make(row) for row in session.execute(query)]


def count(session: Session, company_id: UUID, chosen: Filter | None = None) -> int:
    """How many products `chosen` means."""
    query = sa.select(sa.func.count()).select_from(Product).join(Sched, Sched.product_id == Product.id)
    return session.scalar(query.where(*_conditions(session, company_id, chosen or Filter()))) or 0


def ids_of(session: Session, company_id: UUID, chosen: Filter, *, after: int = 0, limit: int = 1000) -> list[int]:
    """The ids of the products that `chosen` means, in order, those greater than `after`: a portion at a time."""
    query = sa.select(Product.id).join(Sched, Sched.product_id == Product.id).where(*_conditions(session, company_id, chosen))
    return list(session.scalars(query.where(Product.id > after).order_by(Product.id).limit(limit)))


def edit(session: Session, company_id: UUID, product_id: int, **changes: Any) -> Product:
    """Change what may be changed (`EDITABLE`). Raises NotFound; Invalid for an unknown field or a value that cannot be."""
    if unknown := changes.keys() - EDITABLE:
        raise Invalid(f"A product has no {', '.join(sorted(unknown))}.", f"Üründe böyle bir alan yok: {', '.join(sorted(unknown))}.")
    product = find(session, company_id, product_id)
    try:
        with session.begin_nested():
            for name, value in changes.items():
                setattr(product, name, value)
            product.search = _search(product.title, product.brand, product.external_id, product.ean)
            product.updated_at = sa.func.clock_timestamp()
    except (sa.exc.IntegrityError, sa.exc.DataError):
        session.expire(product)
        raise Invalid("A product cannot be like this.", "Ürün için geçersiz bir değer.") from None
    return product


def switch(session: Session, company_id: UUID, product_ids: Sequence[int], *, active: bool) -> int:
    """Watch these products (again), from now on, or no longer; returns how many are now what they were not."""
    statement = sa.update(Product).where(
        Product.company_id == company_id,
        Product.id == sa.any_(sa.literal(list(product_ids), sa.ARRAY(sa.BigInteger))),
        Product.active != active,
    )
    changed = list(session.scalars(statement.values(active=active, updated_at=sa.func.clock_timestamp()).returning(Product.id)))
    due = sa.text("case when not :active then 'infinity' when last_checked_at is null then 'epoch' else clock_timestamp() end")
    session.execute(
        sa.update(Sched)
        .where(Sched.product_id.in_(changed))
        .values(next_check_at=due, batch_id=None)
        .execution_options(synchronize_session=False),
        {"active": active},
    )
    return len(changed)


def delete(session: Session, company_id: UUID, product_ids: Sequence[int]) -> int:
    """Delete these products with everything that is known of them; returns how many there were."""
    doomed = list(
        session.scalars(
            sa.select(Product.id).where(
                Product.company_id == company_id, Product.id == sa.any_(sa.literal(list(product_ids), sa.ARRAY(sa.BigInteger)))
            )
        )
    )
    connection = session.connection()
    for table in ("price_history", "price_month", "watch_state"):
        connection.exec_driver_sql(f"delete from pricing.{table} where product_id = any(%(ids)s)", {"ids": doomed})
    session.execute(sa.delete(Product).where(Product.id.in_(doomed)).execution_options(synchronize_session=False))
    return len(doomed)


def _check(draft: Draft) -> None:
    """Raise Invalid for figures that no product has."""
    if draft.rating is not None and not 0 <= draft.rating <= 5:
        raise Invalid("A rating lies between 0 and 5.", "Puan 0 ile 5 arasında olmalı.")
    if draft.reviews is not None and not 0 <= draft.reviews < 2**31:
        raise Invalid("A number of reviews is not negative.", "Değerlendirme sayısı negatif olamaz.")
    if draft.currency is not None and not (len(draft.currency) == 3 and draft.currency.isascii() and draft.currency.isupper()):
        raise Invalid("A currency is a code of three letters, such as TRY.", "Para birimi TRY gibi üç harfli bir kod olmalı.")
    if any("\x00" in value for value in (draft.url, draft.title or "", draft.external_id or "", draft.brand or "", draft.ean or "")):
        raise Invalid("It contains a zero byte.", "Sıfır baytı içeriyor.")


def _arrays(company_id: UUID, good: Sequence[tuple[int, str, Draft]], shops: dict[str, Store], shelves: set[int]) -> dict[str, Any]:
    drafts = [draft for _, _, draft in good]
    return {
        "company": company_id,
        "numbers": [position for position, _, _ in good],
        "stores": [shops[domain].id for _, domain, _ in good],
        "currencies": [draft.currency or shops[domain].currency for _, domain, draft in good],
        "urls": [draft.url for draft in drafts],
        "external_ids": [draft.external_id or None for draft in drafts],
        "eans": [draft.ean or None for draft in drafts],
        "titles": [draft.title for draft in drafts],
        "brands": [draft.brand for draft in drafts],
        "images": [draft.image_url for draft in drafts],
        "categories": [draft.category_id if draft.category_id in shelves else None for draft in drafts],
        "ratings": [draft.rating for draft in drafts],
        "reviews": [draft.reviews for draft in drafts],
        "searches": [_search(draft.title, draft.brand, draft.external_id, draft.ean) for draft in drafts],
        "tags": ["\x1f".join(draft.tags) or None for draft in drafts],
    }


def _search(*words: str | None) -> str:
    return fold(" ".join(word for word in words if word))


def _conditions(session: Session, company_id: UUID, chosen: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [Product.company_id == company_id]
    if chosen.category_id is not None:
        found.append(Product.category_id.in_(categories.below(session, company_id, chosen.category_id)))
    exact: tuple[tuple[sa.ColumnElement[Any] | Any, Any], ...] = (
        (Product.store_id, chosen.store_id),
        (Product.active, chosen.active),
        (Product.in_stock, chosen.in_stock),
        (Product.has_active_deal, chosen.has_deal),
        (Sched.last_state, chosen.state),
        (Sched.tier, chosen.tier),
    )
    found += [column == value for column, value in exact if value is not None]
    found += [Product.search.contains(word, autoescape=True) for word in fold(chosen.text or "").split()]
    if chosen.priced is not None:
        found.append(Product.price.is_not(None) if chosen.priced else Product.price.is_(None))
    if chosen.min_price is not None:
        found.append(Product.price >= chosen.min_price)
    if chosen.max_price is not None:
        found.append(Product.price <= chosen.max_price)
    return found
