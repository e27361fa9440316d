"""
Batches: due products, claimed together by one job.

A claim goes round the stores that may be asked: each gives its most overdue products, the never checked first, and none more than its share of the
batch or than its pace allows in the time ahead. A product carries the id of its batch, so it is in one at most; when a batch's lease ends before
its work, whoever claims one of its products declares it lost, and what its job still writes counts for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import NotFound
from imece.ids import new_id
from imece.priority import Tier
from pricing.models import Batch

#: Products in a batch, as a rule.
SIZE = 1000
#: How long a claimed product is nobody else's without a sign from its job. The ledger rescues a dead worker's job far sooner.
LEASE = timedelta(hours=1)
#: How far ahead a store's time is given away. Less for the lower tiers, so that the higher ones always find room.
HORIZON = {Tier.HIGH: timedelta(minutes=30), Tier.MEDIUM: timedelta(minutes=20), Tier.LOW: timedelta(minutes=10)}

#: `statement_timestamp`, because an index is of use only against what stays the same within a statement.
_MAY_BE_ASKED = "s.active and s.policy <> 'forbidden' and (s.blocked_until is null or s.blocked_until <= statement_timestamp())"
_DUE = "q.store_id = s.id and q.tier = %(tier)s and q.next_check_at <= statement_timestamp()"
#: Milliseconds of a store's time that one product takes.
_PACE = "(greatest(s.min_delay_ms, s.current_delay_ms)::float8 / s.ids_per_call)"
#: How many products of a store fit into its time ahead.
_ROOM = f"""floor(date_part('epoch', statement_timestamp() + %(horizon)s - greatest(s.booked_until, statement_timestamp())) * 1000
            / greatest({_PACE}, 0.001))"""

_TAKE = """
        update pricing.sched q set batch_id = %(batch)s, next_check_at = statement_timestamp() + %(lease)s from due where q.ctid = due.place
        returning q.product_id, q.store_id
    ), lost as (
        update pricing.batch b set state = 'lost', finished_at = statement_timestamp()
        where b.id in (select batch_id from due where batch_id is not null) and b.state = 'open'
    ), opened as (
        insert into pricing.batch as b (id, company_id, tier, origin, product_ids, size, lease_until)
        select %(batch)s, %(company)s, %(tier)s, %(origin)s, t.ids, cardinality(t.ids), statement_timestamp() + %(lease)s
        from (select array_agg(product_id) as ids from taken) t where t.ids is not null
        on conflict (id) do update set product_ids = b.product_ids || excluded.product_ids, size = b.size + excluded.size"""

# `due` is materialized because PostgreSQL may run a locking subquery with a limit more than once otherwise, and would then take more rows than that. A row
# is taken where it was locked; one that another statement has just moved from there is left for the next claim. A store that another claim is booking at
# this moment is not waited for: the booking is an estimate, its true pace is kept by the fetching.
_CLAIM = f"""
    with turn as materialized (
        select s.id, {_ROOM} as room
        from pricing.store s
        where s.company_id = %(company)s and {_MAY_BE_ASKED} and {_ROOM} >= 1 and (%(stores)s::integer[] is null or s.id = any(%(stores)s::integer[]))
        order by s.booked_until nulls first, s.id
    ), share as (
        select ceil(%(wanted)s::numeric / greatest(count(*), 1)) as most from turn
    ), due as materialized (
        select d.place, d.batch_id
        from turn s cross join share cross join lateral (
            select q.ctid as place, q.batch_id from pricing.sched q where {_DUE}
            order by q.next_check_at limit least(s.room, share.most)::bigint for update skip locked) d
        limit %(wanted)s
    ), taken as ({_TAKE}
    ), given as (
        select t.store_id, array_agg(t.product_id) as product_ids, count(*) as count from taken t group by t.store_id
    ), booking as (
        select s.id from pricing.store s where s.id in (select store_id from given) order by s.id for update skip locked
    ), booked as (
        update pricing.store s
        set booked_until = greatest(s.booked_until, statement_timestamp()) + g.count * {_PACE} * interval '1 millisecond'
        from given g join booking k on k.id = g.store_id where s.id = g.store_id
    )
    select store_id, product_ids, count >= most as has_more from given cross join share"""

# A product that is in an open batch stays there.
_CLAIM_THESE = f"""
    with due as materialized (
        select q.ctid as place, q.batch_id from pricing.sched q join pricing.product p on p.id = q.product_id
        where q.product_id = any(%(products)s) and p.company_id = %(company)s and p.active
            and (q.batch_id is null or q.next_check_at <= statement_timestamp())
        order by q.product_id for update of q skip locked
    ), taken as ({_TAKE}
    )
    select product_id from taken"""

_RENEW = """
    with b as (
        update pricing.batch set lease_until = clock_timestamp() + %(lease)s
        where id = %(batch)s and state = 'open' and lease_until < clock_timestamp() + %(lease)s / 2 returning product_ids
    )
    update pricing.sched q set next_check_at = clock_timestamp() + %(lease)s from b where q.product_id = any(b.product_ids) and q.batch_id = %(batch)s"""

# One of each store, then the second of each: no store waits for another's end.
_MEMBERS = """
    select p.id, p.store_id, p.url, p.external_id, p.currency, p.price, p.etag, p.last_modified, p.content_hash, p.pending_price is not null as doubtful
    from pricing.batch b join pricing.sched q on q.product_id = any(b.product_ids) and q.batch_id = b.id join pricing.product p on p.id = q.product_id
    where b.id = %(batch)s and b.company_id = %(company)s and b.state = 'open'
    order by row_number() over (partition by p.store_id order by p.id), p.store_id"""

_RELEASE = """
    with b as (
        update pricing.batch set state = 'done', finished_at = clock_timestamp() where id = %(batch)s and state = 'open' returning product_ids
    )
    update pricing.sched q set batch_id = null,
        next_check_at = case when not p.active then 'infinity' when q.last_checked_at is null then 'epoch' else clock_timestamp() + %(wait)s end
    from b join pricing.product p on p.id = any(b.product_ids) where q.product_id = p.id and q.batch_id = %(batch)s"""

_WAITING = f"""
    select s.company_id from pricing.store s
    where {_MAY_BE_ASKED} and {_ROOM} >= 1 and exists (select from pricing.sched q where {_DUE})
    group by s.company_id order by min(s.booked_until) nulls first, s.company_id"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that was just opened, and the products in it."""

    id: UUID
    product_ids: tuple[int, ...]


class Member(NamedTuple):
    """A product that is still to be looked at, and what its source needs to know. `doubtful`: a second reading is to confirm what the first one said."""

    id: int
    store_id: int
    url: str
    external_id: str | None
    currency: str
    price: Any
    etag: str | None
    last_modified: str | None
    content_hash: bytes | None
    doubtful: bool


def companies(session: Session, tier: Tier) -> list[UUID]:
    """The companies that have something due in this tier at a store that may be asked now; the one that was served least comes first."""
    return list(session.connection().exec_driver_sql(_WAITING, {"tier": int(tier), "horizon": HORIZON[tier]}).scalars())


def claim(session: Session, company_id: UUID, tier: Tier, *, size: int = SIZE, lease: timedelta = LEASE) -> Claim | None:
    """
    Open a batch of about `size` due products of one company and tier; None when nothing is due that may be asked for now.

    In the caller's transaction, together with the job that is to do it. Several may claim side by side: none gets another's products.
    """
    given: dict[str, Any] = {
        "company": company_id,
        "tier": int(tier),
        "origin": "due",
        "batch": new_id(),
        "lease": lease,
        "horizon": HORIZON[tier],
        "wanted": size,
        "stores": None,
    }
    found: list[int] = []
    while True:
        rows = session.connection().exec_driver_sql(_CLAIM, given).all()
        found += [product_id for row in rows for product_id in row.product_ids]
        more = [row.store_id for row in rows if row.has_more]
        if len(found) >= size or not more:
            return Claim(given["batch"], tuple(found)) if found else None
        given |= {"stores": more, "wanted": size - len(found)}  # the other stores have given all they have: what is left is for these


def claim_these(session: Session, company_id: UUID, product_ids: Sequence[int], *, lease: timedelta = LEASE) -> Claim | None:
    """
    Open a batch of these products now, due or not, at once and whatever their store's booked time; None when none of them is free.

    Left out: what is not the company's or not active, and what is in an open batch already. At a store that may not be asked they find that out.
    """
    given: dict[str, Any] = {
        "company": company_id,
        "tier": int(Tier.HIGH),
        "origin": "asked",
        "batch": new_id(),
        "lease": lease,
        "products": list(product_ids),
    }
    found = list(session.connection().exec_driver_sql(_CLAIM_THESE, given).scalars())
    return Claim(given["batch"], tuple(found)) if found else None


def members(session: Session, company_id: UUID, batch_id: UUID, *, lease: timedelta = LEASE) -> list[Member]:
    """
    What of an open batch is still to be looked at, one store after the other; empty when it is done or lost.

    Called at the beginning of every attempt of its job: what an attempt before has written is not in it. The lease begins anew where half of it has
    passed.
    """
    connection = session.connection()
    connection.exec_driver_sql(_RENEW, {"batch": batch_id, "lease": lease})
    return [Member(*row) for row in connection.exec_driver_sql(_MEMBERS, {"batch": batch_id, "company": company_id})]


def release(session: Session, batch_id: UUID, *, wait: timedelta = timedelta(0)) -> int:
    """Close a batch; what it has not looked at is due again after `wait`. Returns how many products that are. Twice is harmless."""
    done: sa.CursorResult[Any] = session.connection().exec_driver_sql(_RELEASE, {"batch": batch_id, "wait": wait})
    return done.rowcount


def find(session: Session, company_id: UUID, batch_id: UUID) -> Batch:
    """The batch. Raises NotFound when the company has none of this id."""
    query = sa.select(Batch).where(Batch.company_id == company_id, Batch.id == batch_id).execution_options(populate_existing=True)
    batch = session.scalar(query)
    if batch is None:
        raise NotFound("There is no such batch.", "Böyle bir parti yok.")
    return batch


def prune(session: Session, *, keep_days: int = 30) -> int:
    """Declare lost what was never done, and forget batches older than `keep_days`; returns how many were forgotten."""
    connection = session.connection()
    connection.exec_driver_sql(
        "update pricing.batch set state = 'lost', finished_at = clock_timestamp() where state = 'open' and lease_until < clock_timestamp()"
    )
    done: sa.CursorResult[Any] = connection.exec_driver_sql(
        "delete from pricing.batch where state <> 'open' and created_at < clock_timestamp() - %(days)s * interval '1 day'",
        {"days": keep_days},
    )
    return done.rowcount
