"""Files that people upload: product lists uploaded for import."""

from datetime import timedelta

from imece import clock, storage
from pricing.settings import settings

#: The area of their storage keys.
AREA = "imports"


def prune() -> int:
    """Delete those whose retention has passed, of every company; returns how many."""
    old = list(storage.older_than(clock.now() - timedelta(days=settings().keep_imports_days), AREA))
    storage.delete(old)
    return len(old)
