import os
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from imece import clock, db, ledger, storage
from imece.contracts.pricing import PrunePrices
from imece.errors import NotFound
from pricing.imports import AREA


def test_the_old_goes_and_the_young_stays(work: Callable[..., None], stack: object, company: UUID) -> None:
    """The nightly job deletes what is past its retention, and nothing else."""
    old, young, other = (storage.new_key(company, area, "a.bin") for area in (AREA, AREA, "uploads"))
    for key in (old, young, other):
        storage.put(key, b"x")
    long_ago = (clock.now() - timedelta(days=31)).timestamp()
    for key in (old, other):
        os.utime(stack.home / "storage" / key, (long_ago, long_ago))  # type: ignore[attr-defined]

    with db.transaction() as session:
        job = ledger.submit(session, PrunePrices())
    work("pricing")

    with db.transaction() as session:
        done = ledger.find(session, job)
    assert (done.state, done.progress_done) == ("succeeded", 1)
    assert storage.size(young) == storage.size(other) == 1
    with pytest.raises(NotFound):
        storage.size(old)
