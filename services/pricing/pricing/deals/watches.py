"""
Watches: what one recipient wants to be told of a product, or of all products of a category.

Two kinds of question. Of a *zone* (`target`, `fake_discount`): it tells when the price is inside, and again only after the price was clearly outside in
between, or fell by another 5 %. Of an *event* (`drop`, `lowest`, `back_in_stock`, `any_change`): it tells each time. Both keep silent for `rearm_minutes` after they
told, for ever when that is 0, and never tell the same price twice on one day. A step below `min_step_percent` is a wobble.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import Invalid, NotFound
from imece.ids import new_id, new_ids
from pricing.catalogue import categories, products
from pricing.deals import recipients
from pricing.deals.deals import today
from pricing.models import Watch
from pricing.prices import discounts, history
from pricing.prices.discounts import AD_DAYS, Discount, Verdict, percent_below
from pricing.prices.history import Past, Window
from pricing.prices.results import Change

#: What a person or a program may change of a watch.
EDITABLE = frozenset({"kind", "target", "percent", "days", "rearm_minutes", "min_step_percent", "active"})

#: What a watch lacks that the database refuses, by the constraint's name.
_UNFIT: dict[str, tuple[str, str]] = {
    "watch_target_given": ("Say the target price.", "Hedef fiyatı yazın."),
    "watch_percent_given": ("Say by how many percent.", "Yüzdeyi yazın."),
    "watch_days_given": ("Say of how many days.", "Gün sayısını yazın."),
    "watch_numbers_possible": (
        "A target is above zero, a percentage 1 to 99, a number of days 1 to 365.",
        "Hedef sıfırdan büyük, yüzde 1-99, gün sayısı 1-365 olmalı.",
    ),
}

_FURTHER, _HIGHEST_RISE = Decimal("0.05"), Decimal("-999.99")

# Watches of the products themselves, and of the categories they are in or below.
_MATCHING = """
    with recursive above as (
        select p.id as product_id, p.category_id as id from pricing.product p where p.id = any(%(ids)s) and p.category_id is not null
        union select a.product_id, c.parent_id from above a join pricing.category c on c.id = a.id where c.parent_id is not null
    ), wanted as (
        select w.id, w.product_id as of from pricing.watch w where w.product_id = any(%(ids)s)
        union select w.id, a.product_id from above a join pricing.watch w on w.category_id = a.id
    )
    select w.id, w.company_id, w.recipient_id, w.kind, w.target, w.percent, w.days, w.rearm_minutes, w.min_step_percent,
        x.of as product_id, s.told_at, s.told_price, s.left_zone
    from wanted x join pricing.watch w on w.id = x.id join pricing.recipient r on r.id = w.recipient_id
    left join pricing.watch_state s on s.watch_id = w.id and s.product_id = x.of
    where w.active and r.active and (%(only)s::uuid is null or w.id = %(only)s)
    order by w.id, x.of"""

_TELL = """
    with told as (
        insert into pricing.notice (id, company_id, recipient_id, product_id, watch_id, kind, day, price, previous, currency, percent, detail)
        select * from unnest(%(ids)s::uuid[], %(companies)s::uuid[], %(recipients)s::uuid[], %(products)s::bigint[], %(watches)s::uuid[], %(kinds)s::text[],
            %(days)s::date[], %(prices)s::numeric[], %(previous)s::numeric[], %(currencies)s::text[], %(percents)s::numeric[], %(details)s::jsonb[])
        on conflict do nothing returning watch_id, product_id, price
    ), marked as (
        insert into pricing.watch_state as s (watch_id, product_id, told_at, told_price)
        select t.watch_id, t.product_id, v.at, t.price
        from told t join unnest(%(watches)s::uuid[], %(products)s::bigint[], %(moments)s::timestamptz[]) v(watch_id, product_id, at) using (watch_id, product_id)
        on conflict (watch_id, product_id) do update set told_at = excluded.told_at, told_price = excluded.told_price, left_zone = false
    )
    select count(*) from told"""

_LEAVE = """
    update pricing.watch_state s set left_zone = true
    from unnest(%(watches)s::uuid[], %(products)s::bigint[]) v(watch_id, product_id) where s.watch_id = v.watch_id and s.product_id = v.product_id"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a watch asks of one product, and when it told of it last. Fields as in `models.Watch`."""

    kind: str
    target: Decimal | None = None
    percent: Decimal | None = None
    days: int | None = None
    rearm_minutes: int = 1440
    min_step_percent: Decimal = Decimal(1)
    told_at: datetime | None = None
    told_price: Decimal | None = None
    left_zone: bool = False

    def silent(self, now: datetime) -> bool:
        """Whether it told so lately that it keeps silent."""
        if self.told_at is None:
            return False
        return self.rearm_minutes == 0 or now < self.told_at + timedelta(minutes=self.rearm_minutes)

    @property
    def step(self) -> Decimal:
        """What a price must at least move by, as a share of it."""
        return self.min_step_percent / 100


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to tell: the percentage it is about, and what else a sentence needs."""

    percent: Decimal | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def looked(rule: Rule, change: Change, past: Past | None = None, discount: Discount | None = None) -> Found | None:
    """
    What the rule has to tell of a change; None for nothing.

    `past` is what the `days` of a `lowest` or `drop` before the change cost, `discount` what the label claims now.
    """
    if change.price is None or rule.silent(change.at):
        return None
    found = _seen(rule, change, change.price, past, discount)
    if found is None or rule.kind not in {"target", "fake_discount"} or rule.told_price is None or rule.left_zone:
        return found
    return found if rule.kind == "target" and change.price <= rule.told_price * (1 - _FURTHER) else None


def outside(rule: Rule, change: Change, discount: Discount | None = None) -> bool:
    """Whether the price is clearly outside of the rule's zone now. An event has none."""
    if rule.kind == "target":
        assert rule.target is not None
        return change.price is not None and change.price > rule.target * (1 + max(rule.step, Decimal("0.01")))
    return rule.kind == "fake_discount" and (discount is None or discount.verdict is Verdict.REAL)


def evaluate(session: Session, changes: Sequence[Change], *, only: UUID | None = None, window: int = AD_DAYS) -> int:
    """
    Write down what these changes have to tell to whom, in the transaction that wrote them; returns how many notices that are.

    `window` is how many days before a discount a fake one is judged by. Without a watch it costs one look for all.
    """
    connection = session.connection()
    ours = {change.product_id: change for change in changes if change.price is not None}
    rows = connection.exec_driver_sql(_MATCHING, {"ids": sorted(ours), "only": only}).all() if ours else []
    if not rows:
        return 0
    rules = [
        Rule(
            *(row.kind, row.target, row.percent, row.days, row.rearm_minutes, row.min_step_percent),
            *(row.told_at, row.told_price, bool(row.left_zone)),
        )
        for row in rows
    ]
    asked = [(row.product_id, rule.days) for row, rule in zip(rows, rules, strict=True) if rule.days is not None]
    windows = [Window(product_id, ours[product_id].at, days) for product_id, days in dict.fromkeys(asked)]
    pasts = {(w.product_id, w.days): past for w, past in zip(windows, history.before(session, windows) if windows else [], strict=True)}
    labels = _discounts(session, rows, window)
    telling, leaving = [], []
    for row, rule in zip(rows, rules, strict=True):
        change, label = ours[row.product_id], labels.get(row.product_id)
        found = looked(rule, change, pasts.get((row.product_id, rule.days or 0)), label)
        if found is not None:
            telling.append((row, change, found))
        elif rule.told_at is not None and not rule.left_zone and outside(rule, change, label):
            leaving.append(row)
    if leaving:
        connection.exec_driver_sql(_LEAVE, {"watches": [row.id for row in leaving], "products": [row.product_id for row in leaving]})
    return _tell(connection, telling)


def add(
    session: Session,
    company_id: UUID,
    recipient_id: UUID,
    kind: str,
    *,
    product_id: int | None = None,
    category_id: int | None = None,
    **asked: Any,
) -> Watch:
    """
    Watch a product, or a category and what is below it, for a recipient. `asked` are target, percent, days, rearm_minutes, min_step_percent.

    A target that the price has reached already is told at once. Raises NotFound; Invalid for a watch that cannot be.
    """
    recipients.find(session, company_id, recipient_id)
    product = products.find(session, company_id, product_id) if product_id is not None else None
    if category_id is not None:
        categories.find(session, company_id, category_id)
    watch = Watch(
        id=new_id(), company_id=company_id, recipient_id=recipient_id, kind=kind, product_id=product_id, category_id=category_id, **asked
    )
    try:
        with session.begin_nested():
            session.add(watch)
    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
        raise _unfit(error) from None
    if kind == "target" and product is not None and product.price is not None:
        now: datetime = session.connection().exec_driver_sql("select clock_timestamp()").scalar_one()
        seen = Change(
            *(product.id, company_id, product.category_id, product.currency, None, product.price, None, product.list_price),
            *(None, product.in_stock, now, product.has_active_deal),
        )
        evaluate(session, [seen], only=watch.id)
    return watch


def of_company(session: Session, company_id: UUID, *, product_id: int | None = None, recipient_id: UUID | None = None) -> list[Watch]:
    """The company's watches, newest first."""
    query = sa.select(Watch).where(Watch.company_id == company_id).order_by(Watch.id.desc())
    if product_id is not None:
        query = query.where(Watch.product_id == product_id)
    if recipient_id is not None:
        query = query.where(Watch.recipient_id == recipient_id)
    return list(session.scalars(query))


def find(session: Session, company_id: UUID, watch_id: UUID) -> Watch:
    """The watch. Raises NotFound when the company has none of this id."""
    watch = session.scalar(sa.select(Watch).where(Watch.company_id == company_id, Watch.id == watch_id))
    if watch is None:
        raise NotFound("There is no such watch.", "Böyle bir takip yok.")
    return watch


def edit(session: Session, company_id: UUID, watch_id: UUID, **changes: Any) -> Watch:
    """Change what a watch asks, or switch it (`EDITABLE`); when it told last stays. Raises NotFound; Invalid for a watch that cannot be."""
    watch = find(session, company_id, watch_id)
    if unknown := changes.keys() - EDITABLE:
        raise Invalid(f"A watch has no {', '.join(sorted(unknown))}.", f"Takipte böyle bir alan yok: {', '.join(sorted(unknown))}.")
    try:
        with session.begin_nested():
            for name, value in changes.items():
                setattr(watch, name, value)
    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
        session.expire(watch)
        raise _unfit(error) from None
    return watch


def delete(session: Session, company_id: UUID, watch_id: UUID) -> None:
    """Watch no longer. Raises NotFound."""
    session.delete(find(session, company_id, watch_id))


def _seen(rule: Rule, change: Change, price: Decimal, past: Past | None, discount: Discount | None) -> Found | None:
    """What the rule's question finds in the change, whenever it told last."""
    before = change.price_before
    match rule.kind:
        case "target" if rule.target is not None and price <= rule.target:
            return Found(percent_below(price, before) if before else None, {"target": str(rule.target)})
        case "drop":
            reference = before if rule.days is None else past.low if past and past.whole else None
            if reference and before and price < before and percent_below(price, reference) >= (rule.percent or 0):
                return Found(percent_below(price, reference), {"reference": str(reference), "days": rule.days})
        case "lowest" if past and past.whole and past.low and before and price <= past.low * (1 - rule.step) and price < before:
            return Found(percent_below(price, past.low), {"reference": str(past.low), "days": rule.days})
        case "back_in_stock" if change.stock_before is False and change.in_stock:
            return Found()
        case "any_change":
            base = rule.told_price or before
            if base and before and price != before and abs(price - base) >= base * rule.step:
                return Found(percent_below(price, base), {"reference": str(base)})
        case "fake_discount" if discount and discount.verdict is Verdict.INFLATED and discount.real is not None:
            if discount.claimed - discount.real >= (rule.percent or 0):
                detail = {"claimed": str(discount.claimed), "real": str(discount.real), "reference": str(discount.reference)}
                return Found(discount.claimed, {**detail, "days": discount.days, "since": discount.since.isoformat()})
    return None


def _discounts(session: Session, rows: Iterable[Any], window: int) -> dict[int, Discount]:
    """What the labels claim of the products whose discounts are watched."""
    watched: dict[UUID, set[int]] = {}
    for row in rows:
        if row.kind == "fake_discount":
            watched.setdefault(row.company_id, set()).add(row.product_id)
    found: dict[int, Discount] = {}
    for company_id, ids in watched.items():
        found |= {id_: labels[0] for id_, labels in discounts.of_products(session, company_id, sorted(ids), [window]).items()}
    return found


def _tell(connection: sa.Connection, telling: Sequence[tuple[Any, Change, Found]]) -> int:
    if not telling:
        return 0
    rows, changes, found = zip(*telling, strict=True)
    told: int = connection.exec_driver_sql(
        _TELL,
        {
            "ids": new_ids(len(rows)),
            "companies": [row.company_id for row in rows],
            "recipients": [row.recipient_id for row in rows],
            "products": [row.product_id for row in rows],
            "watches": [row.id for row in rows],
            "kinds": [row.kind for row in rows],
            "days": [today()] * len(rows),
            "prices": [change.price for change in changes],
            "previous": [change.price_before for change in changes],
            "currencies": [change.currency for change in changes],
            "percents": [one.percent and max(one.percent, _HIGHEST_RISE) for one in found],
            "details": [orjson.dumps(one.detail).decode() for one in found],
            "moments": [change.at for change in changes],
        },
    ).scalar_one()
    return told


def _unfit(error: sa.exc.DBAPIError) -> Invalid:
    broken = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    return Invalid(*_UNFIT.get(broken, ("A watch cannot be like this.", "Böyle bir takip olamaz.")))
