"""Retention: how long things are kept, each after its own setting; and the months ahead, which must be there before their first price."""

from collections.abc import Callable

from imece import db
from pricing.catalogue import imports, stores
from pricing.checking import batches
from pricing.deals import deals, digests
from pricing.prices import history
from pricing.settings import settings


def prune(check: Callable[[], None] = lambda: None) -> int:
    """Delete what is past its retention and end deals that are too old; returns how many things went. `check` may raise in between."""
    ours = settings()
    history.prepare()
    count = imports.prune()
    for step in (
        deals.expire,
        lambda session: deals.prune(session, keep_days=ours.keep_deals_days),
        lambda session: digests.prune(session, keep_days=ours.keep_digests_days),
        lambda session: batches.prune(session, keep_days=ours.keep_checks_days),
        lambda session: stores.prune(session, keep_days=ours.keep_checks_days),
    ):
        check()
        with db.transaction() as session:
            count += step(session)
    check()
    return count + len(history.prune(keep_months=ours.keep_history_months))
