"""What `pricing` does when a job comes: each handler calls the domain and reports progress."""

from imece import db
from imece.contracts.pricing import (
    BatchChecked,
    BatchesClaimed,
    CheckHigh,
    CheckLow,
    CheckMedium,
    CheckProducts,
    ClaimBatches,
    DigestsSent,
    FetchProducts,
    ImportProducts,
    PricesScored,
    ProductsFetched,
    ProductsImported,
    PrunePrices,
    ScorePrices,
    SendDigests,
)
from imece.worker import Job, actor
from pricing import retention
from pricing.catalogue import imports
from pricing.checking import checks, claims, intake, rounds, scoring
from pricing.settings import settings

_READING = {"tr": "satırlar okunuyor", "en": "reading rows"}
_CHECKING = {"tr": "fiyatlara bakılıyor", "en": "looking at prices"}
_READING_FEED = {"tr": "ürünler okunuyor", "en": "reading products"}
_PRUNED = {"tr": "kayıt silindi", "en": "records deleted"}
_CLAIMING = {"tr": "partiler hazırlanıyor", "en": "making batches"}
_TOLD = 20  #: refused rows that the result itself names; the workbook of refusals holds them all


@actor(ImportProducts)
def import_products(job: Job, contract: ImportProducts) -> ProductsImported:
    """Take the good rows, hand back the bad ones."""
    with imports.downloaded(contract.workbook, job.company) as path:
        done = imports.take(
            path,
            job.company,
            category=contract.category,
            currency=contract.currency,
            report=lambda rows: job.progress(rows, None, _READING),
        )
        key = imports.hand_back(job.company, job.id, path, done, contract.locale)
    job.progress(done.rows, done.rows, _READING)
    refused = {fault.row for fault in done.faults}
    return ProductsImported(
        rows=done.rows,
        added=done.added,
        known=done.known,
        refused=len(refused),
        faults=tuple(fault.told(contract.locale) for fault in done.faults[:_TOLD]),
        faults_key=key,
    )


@actor(FetchProducts)
def fetch_products(job: Job, contract: FetchProducts) -> ProductsFetched:
    """Read a store's feed; for all stores, ask for a job each."""
    if contract.store_id is None:
        return intake.ask_for_all(job.company_id, by=job.requested_by)
    return intake.fetch(
        job.company, contract.store_id, contract.category_id, report=lambda offers: job.progress(offers, None, _READING_FEED)
    )


@actor(CheckHigh)
def check_high(job: Job, contract: CheckHigh) -> BatchChecked:
    """Look at a batch that cannot wait."""
    return _check(job, contract)


@actor(CheckMedium)
def check_medium(job: Job, contract: CheckMedium) -> BatchChecked:
    """Look at a batch."""
    return _check(job, contract)


@actor(CheckLow)
def check_low(job: Job, contract: CheckLow) -> BatchChecked:
    """Look at a batch that can wait."""
    return _check(job, contract)


@actor(ClaimBatches)
def claim_batches(job: Job, contract: ClaimBatches) -> BatchesClaimed:
    """Make batches of what is due, and a job for each."""
    return claims.claim(contract.tier, by=job.requested_by, report=lambda batches: job.progress(batches, None, _CLAIMING))


@actor(CheckProducts)
def check_products(job: Job, contract: CheckProducts) -> None:
    """Make batches of what is asked for and wait for them; then add up. Which of the two it is, its children say."""
    looked = job.children(CheckHigh.kind)
    with job.transaction() as session:
        wanted = [] if looked else rounds.open_batches(session, job.company, contract)
        if wanted:
            job.wait_for(session, wanted, _CHECKING)
        else:
            job.finish(session, rounds.outcome(contract, looked))


@actor(ScorePrices)
def score_prices(_job: Job, _contract: ScorePrices) -> PricesScored:
    """Score everything anew."""
    with db.transaction() as session:
        moved = scoring.rescore(session.connection(), settings().preset)
    return PricesScored(variations=moved.variations, priorities=moved.priorities)


@actor(SendDigests)
def send_digests(job: Job, _contract: SendDigests) -> DigestsSent:
    """Tell everybody what there is to tell."""
    parent = job.id if job.company_id else None  # a company does not see the house's own jobs, so its mails are not put below one
    return claims.tell(job.company_id, by=job.requested_by, parent_id=parent, check=job.check)


@actor(PrunePrices)
def prune(job: Job, _contract: PrunePrices) -> None:
    """Delete what is past its retention."""
    count = retention.prune(job.check)
    job.progress(count, count, _PRUNED)


def _check(job: Job, contract: CheckHigh | CheckMedium | CheckLow) -> BatchChecked:
    return checks.run(
        job.company, contract.batch_id, transaction=job.transaction, report=lambda done, total: job.progress(done, total, _CHECKING)
    )
