"""Claims: what is due goes into batches with a job each, and what is to be told goes out. What the ticks ask for, for every company."""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from imece import db, ledger
from imece.contracts import Contract
from imece.contracts.pricing import BatchesClaimed, CheckHigh, CheckLow, CheckMedium, DigestsSent
from imece.priority import Tier
from pricing.checking import batches
from pricing.deals import digests
from pricing.models import Batch, BatchState
from pricing.settings import settings

_KINDS: dict[Tier, type[CheckHigh | CheckMedium | CheckLow]] = {Tier.HIGH: CheckHigh, Tier.MEDIUM: CheckMedium, Tier.LOW: CheckLow}


def asked(tier: Tier, claim: batches.Claim) -> Contract:
    """The job that is to do a batch."""
    return _KINDS[tier](batch_id=claim.id, size=len(claim.product_ids))


def claim(tier: str | None = None, *, by: str = "system", report: Callable[[int], None] = lambda _: None) -> BatchesClaimed:
    """
    Claim what is due in a tier (`high`, `medium`, `low`; None: each, the most urgent first), and ask for a job for each batch.

    Goes round the companies, a batch each, until none has anything more that its stores have time for, or `PRICING_OPEN_BATCHES` are open. Each batch is
    made in a transaction with its job. `report` is told how many there are; it may raise to end it.
    """
    made = products = 0
    with db.transaction() as session:
        room = settings().open_batches - (session.scalar(sa.select(sa.func.count()).where(Batch.state == BatchState.OPEN)) or 0)
    for one in [Tier[tier.upper()]] if tier else list(Tier):
        with db.transaction() as session:
            companies = batches.companies(session, one)
        while companies and made < room:
            companies, served = [], companies
            for company_id in served[: room - made]:
                with db.transaction() as session:
                    found = batches.claim(session, company_id, one, size=settings().batch_size)
                    if found is None:
                        continue
                    ledger.submit(session, asked(one, found), company_id=company_id, requested_by=by)
                companies.append(company_id)
                made += 1
                products += len(found.product_ids)
                report(made)
    return BatchesClaimed(batches=made, products=products)


def tell(
    company_id: UUID | None, *, by: str = "system", parent_id: UUID | None = None, check: Callable[[], None] = lambda: None
) -> DigestsSent:
    """Send everybody's digest; those of one company, or of all. Each in a transaction of its own. `check` may raise to end it."""
    with db.transaction() as session:
        waiting = digests.waiting(session, company_id)
    sent = []
    for owner, recipient_id in waiting:
        check()
        with db.transaction() as session:
            sent.append(digests.send(session, owner, recipient_id, requested_by=by, parent_id=parent_id, home=settings().home))
    return DigestsSent(digests=sum(one is not None for one in sent), lines=sum(one.lines for one in sent if one))
