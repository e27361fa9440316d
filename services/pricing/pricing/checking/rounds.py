"""Rounds: looks that somebody asked for, at one product, at a list, or at what a filter means."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from imece.contracts import Contract
from imece.contracts.pricing import BatchChecked, CheckProducts, ProductsChecked
from imece.ledger import State
from imece.priority import Tier
from imece.worker import ChildOutcome
from pricing.catalogue import products
from pricing.catalogue.products import Filter
from pricing.checking import batches, claims
from pricing.settings import settings

_FIELDS = ("text", "category_id", "store_id", "state", "has_deal", "min_price", "max_price")


def open_batches(session: Session, company_id: UUID, asked: CheckProducts) -> list[Contract]:
    """Open batches of what is asked for and is free; the jobs that are to do them. To be submitted in the same transaction."""
    wanted: list[Contract] = []
    for ids in _portions(session, company_id, asked):
        claim = batches.claim_these(session, company_id, ids)
        if claim is not None:
            wanted.append(claims.asked(Tier.HIGH, claim))
    return wanted


def outcome(asked: CheckProducts, looked: Sequence[ChildOutcome]) -> ProductsChecked:
    """What these jobs came to together. What a job that failed has looked at is not known here, so it counts as failed."""
    done = [BatchChecked.model_validate(child.result) for child in looked if child.state == State.SUCCEEDED and child.result]
    claimed = sum(child.args["size"] for child in looked)
    lost = sum(child.args["size"] for child in looked if child.state != State.SUCCEEDED)
    return ProductsChecked(
        products=claimed,
        busy=len(set(asked.product_ids)) - claimed if asked.product_ids else None,
        checked=sum(one.checked for one in done),
        changed=sum(one.changed for one in done),
        failed=sum(one.failed for one in done) + lost,
        deals=sum(one.deals for one in done),
        left=sum(one.left for one in done),
    )


def _portions(session: Session, company_id: UUID, asked: CheckProducts) -> Iterator[list[int]]:
    size = settings().batch_size
    if asked.product_ids:
        ids = list(dict.fromkeys(asked.product_ids))
        yield from (ids[start : start + size] for start in range(0, len(ids), size))
        return
    chosen = Filter(**{name: getattr(asked, name) for name in _FIELDS})
    last = 0
    while ids := products.ids_of(session, company_id, chosen, after=last, limit=size):
        yield ids
        last = ids[-1]
