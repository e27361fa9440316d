"""
Checks: the products of one batch looked at, and everything that follows from what was read.

Results come in portions while the visit goes on. Each portion is one transaction: prices, history, the next look, deals and what people are told of them.
So a batch that is broken off has lost what it had not written, and nothing else; another attempt looks at the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from imece import broker, config, db
from imece.contracts.pricing import BatchChecked
from pricing.catalogue import stores
from pricing.catalogue.stores import Outcomes
from pricing.checking import batches
from pricing.deals import deals, watches
from pricing.extraction.rules import Rule
from pricing.fetching.terms import Fetched, Manners, Reason, Shop, interface_of
from pricing.fetching.visits import Visit
from pricing.models import Store
from pricing.prices import results
from pricing.prices.results import Written
from pricing.settings import settings

#: What there was no time for at its store's pace is not due again before this.
_LATER = timedelta(minutes=5)

Transaction = Callable[[], AbstractContextManager[Session]]


class Report(Protocol):
    """Told how many of how many products have been looked at; may raise to end the visit."""

    def __call__(self, done: int, total: int, /) -> None:
        """Say it."""


def run(
    company_id: UUID, batch_id: UUID, *, transaction: Transaction = db.transaction, report: Report = lambda _done, _total: None
) -> BatchChecked:
    """
    Look at what is left of a batch, within `PRICING_BATCH_MINUTES`, and give back what there was no time for.

    `transaction` opens one that only commits while the batch is still ours to write. A batch that is done or lost gives a result of zeros.
    """
    wanted = settings()
    with db.transaction() as session:
        members = batches.members(session, company_id, batch_id)
        there = {store.id: store for store in stores.of_company(session, company_id)}
    store_of = {member.id: member.store_id for member in members}
    shops = {store_id: shop(there[store_id]) for store_id in set(store_of.values())}
    outcomes: Counter[str] = Counter()
    done = changed = begun = 0
    report(0, len(members))
    with closing(broker.client()) as redis, Visit(members, shops, manners(), redis, seconds=wanted.batch_minutes * 60) as visit:
        for portion in visit:
            with transaction() as session:
                written, began = _write(session, batch_id, portion)
            outcomes.update(written.outcomes)
            changed += len(written.changes)
            begun += began
            done += len(portion)
            with db.quick() as connection:
                stores.count(connection, list(_counts(portion, store_of)))
            report(done, len(members))
    with transaction() as session:
        for domain, (seconds, why) in sorted(visit.holds.items()):
            reason = why.tr if config.settings().locale == "tr" else why.en
            stores.hold(session, domain, timedelta(seconds=seconds), reason)
        stores.record_pace(
            session, [(domain, round(pace.delay * 1000), not pace.refused and not pace.hold) for domain, pace in visit.paces.items()]
        )
        left = batches.release(session, batch_id, wait=_LATER)
    failed = sum(outcomes.values()) - sum(outcomes[state] for state in ("ok", "changed", "unchanged", "unconfirmed"))
    return BatchChecked(
        checked=sum(outcomes.values()), changed=changed, failed=failed, deals=begun, left=left, outcomes=dict(sorted(outcomes.items()))
    )


def look(store: Store, url: str, rule: Rule | None, *, seconds: float = 25.0) -> Fetched | Reason:
    """
    Look at one page of a store with this rule in place of its own, writing nothing: to try a rule before it is kept.

    At the store's pace and with everything else that a batch honours; a Reason where there was no turn for it within `seconds`.
    """
    asked = replace(shop(store), rule=rule)
    one = batches.Member(0, store.id, url, None, store.currency, None, None, None, None, doubtful=False)
    with closing(broker.client()) as redis, Visit([one], {store.id: asked}, manners(), redis, seconds=seconds, linger=0.1) as visit:
        for portion in visit:
            return portion[0]
    return visit.left[0]


def manners() -> Manners:
    """How this installation asks shops, as its settings say."""
    ours = settings()
    return Manners(
        contact=ours.contact,
        allowed_networks=ours.allowed_networks,
        proxies=ours.proxies,
        keys={domain: key.get_secret_value() for domain, key in ours.interface_keys.items()},
        connections=ours.connections,
    )


def shop(store: Store) -> Shop:
    """A store as it is asked."""
    return Shop(
        id=store.id,
        domain=store.domain,
        policy=store.policy,
        min_delay=store.min_delay_ms / 1000,
        parallel=store.max_parallel,
        ids_per_call=store.ids_per_call,
        respect_robots=store.respect_robots,
        currency=store.currency,
        locale=store.locale,
        rule=Rule.of(store.rule),
        interface=interface_of(store.rule),
    )


def _write(session: Session, batch_id: UUID, portion: Sequence[Fetched]) -> tuple[Written, int]:
    """Write a portion and what follows from it; how many deals began."""
    ours = settings()
    written = results.write(session, batch_id, [results.of(fetched) for fetched in portion], preset=ours.preset)
    found = deals.evaluate(session, written.changes)
    watches.evaluate(session, written.changes, window=ours.discount_days)
    return written, found.created


def _counts(portion: Iterable[Fetched], store_of: Mapping[int, int]) -> Iterable[Outcomes]:
    """How the portion went, by store and state."""
    counts: Counter[tuple[int, str]] = Counter()
    times: Counter[tuple[int, str]] = Counter()
    for fetched in portion:
        key = store_of[fetched.product_id], fetched.state
        counts[key] += 1
        times[key] += fetched.latency_ms
    return (Outcomes(store_id, state, count, times[store_id, state]) for (store_id, state), count in counts.items())
