"""What `transcription` does when a job comes."""

from imece.contracts.transcription import PruneRecordings
from imece.worker import Job, actor
from transcription import recordings


@actor(PruneRecordings)
def prune(job: Job, _contract: PruneRecordings) -> None:
    """Delete what is past its retention."""
    count = recordings.prune()
    job.progress(count, count, {"tr": "dosya silindi", "en": "files deleted"})
