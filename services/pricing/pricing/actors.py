"""What `pricing` does when a job comes."""

from imece.contracts.pricing import PrunePrices
from imece.worker import Job, actor
from pricing import imports


@actor(PrunePrices)
def prune(job: Job, _contract: PrunePrices) -> None:
    """Delete what is past its retention."""
    count = imports.prune()
    job.progress(count, count, {"tr": "dosya silindi", "en": "files deleted"})
