"""What is deleted when its time has passed, and what is not."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from documents import balances, retention, settings
from documents.balances import Balance, Draft, Reading
from documents.models import Batch, Letter, LetterLine, Party
from imece import db, ledger, storage
from imece.contracts.documents import PrepareLetters, PruneDocuments
from imece.errors import Cancelled, NotFound


@pytest.fixture
def batch(letterhead: UUID, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A finished batch with a workbook, refusals, an archive and two letters."""
    drafts = [
        Draft(
            balances.Party(number, "Firma", None, None, None),
            date(2026, 9, 30),
            None,
            (Balance(1, "TRY", Decimal(1), Decimal(0), None, None),),
        )
        for number in ("4540536920", "1234567890")
    ]
    faults = [balances.Fault(13, "VKN", "wrong", "yanlış")]
    monkeypatch.setattr(balances, "read_balances", lambda *_, **__: Reading(3, [], drafts, faults))
    key = storage.new_key(letterhead, "uploads", "x.xlsx")
    storage.put(key, Path("examples/mutabakat.xlsx").read_bytes())
    with db.transaction() as session:
        ledger.submit(session, PrepareLetters(workbook=key), company_id=letterhead)
    work()
    with db.transaction() as session:
        return session.scalars(sa.select(Batch)).one()


def age(batch: Batch, days: float) -> None:
    """Make the batch that old."""
    with db.transaction() as session:
        session.execute(sa.update(Batch).where(Batch.id == batch.id).values(created_at=Batch.created_at - timedelta(days=days)))


def there(key: str | None) -> bool:
    try:
        storage.size(str(key))
    except NotFound:
        return False
    return True


def keys() -> list[str | None]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Letter.pdf_key)))


def counted(model: Any) -> int:
    with db.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_what_is_young_stays(batch: Batch) -> None:
    age(batch, 89)

    assert retention.prune(lambda: None) == 0
    assert all(there(key) for key in (batch.workbook_key, batch.faults_key, batch.archive_key, *keys()))


def test_workbooks_and_archives_go_first_and_letters_stay(batch: Batch) -> None:
    age(batch, 91)
    letters = keys()

    assert retention.prune(lambda: None) == 3
    assert not any(there(key) for key in (batch.workbook_key, batch.faults_key, batch.archive_key))
    assert len(letters) == 2
    assert all(there(key) for key in letters)
    with db.transaction() as session:
        kept = session.get_one(Batch, batch.id)
    assert (kept.workbook_key, kept.faults_key, kept.archive_key) == (None, None, None)
    assert retention.prune(lambda: None) == 0


def test_old_letters_go_with_their_batch_and_parties_stay(batch: Batch) -> None:
    age(batch, 3654)
    letters = keys()

    retention.prune(lambda: None)

    assert not any(there(key) for key in letters)
    assert [counted(model) for model in (Batch, Letter, LetterLine, Party)] == [0, 0, 0, 2]


def test_each_sort_has_its_own_time(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCUMENTS_KEEP_WORKBOOKS_DAYS", "7")
    settings.settings.cache_clear()
    age(batch, 8)

    try:
        retention.prune(lambda: None)
    finally:
        settings.settings.cache_clear()
    assert (there(batch.workbook_key), there(batch.archive_key)) == (False, True)


def test_a_file_that_is_gone_already_is_no_error(batch: Batch) -> None:
    """A crash between the file and the row: the next night finds the row again."""
    age(batch, 4000)
    storage.delete([str(key) for key in keys()])

    retention.prune(lambda: None)

    assert counted(Letter) == 0


def test_it_can_be_stopped_between_portions(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PORTION", 1)
    age(batch, 4000)
    asked = []

    def check() -> None:
        asked.append(True)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        retention.prune(check)
    assert counted(Letter) == 1
    retention.prune(lambda: None)
    assert counted(Batch) == 0


def test_the_nightly_job_does_it(batch: Batch, work: Callable[[], None]) -> None:
    age(batch, 4000)
    with db.transaction() as session:
        job_id = ledger.submit(session, PruneDocuments())
    work()

    with db.transaction() as session:
        assert ledger.find(session, job_id).state == "succeeded"
    assert counted(Batch) == 0


def test_files_of_others_are_left_alone(batch: Batch) -> None:
    """Uploads of other services lie in the same area: only what our rows name is deleted."""
    stranger = storage.new_key(batch.company_id, "uploads", "recording.mp3")
    storage.put(stranger, b"")
    age(batch, 4000)

    retention.prune(lambda: None)

    assert there(stranger)
