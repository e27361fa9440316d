"""Files that people upload: recordings uploaded for transcription."""

from datetime import timedelta

from imece import clock, storage
from transcription.settings import settings

#: The area of their storage keys.
AREA = "recordings"


def prune() -> int:
    """Delete those whose retention has passed, of every company; returns how many."""
    old = list(storage.older_than(clock.now() - timedelta(days=settings().keep_recordings_days), AREA))
    storage.delete(old)
    return len(old)
