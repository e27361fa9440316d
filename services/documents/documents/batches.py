"""
Batches: one workbook on its way to letters, an archive and mails.

A batch goes through its stages in transactions that also say what is waited for next, so that a crash anywhere leaves it either before a stage
or after it. Doing a stage again gives the same files under the same keys.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from documents import archives, letters, mails, senders
from documents.balances import Reading
from documents.models import Batch, Letter, LetterState, Stage
from imece import clock, db, ids, storage
from imece.contracts.documents import LettersPrepared, PrepareLetters
from imece.contracts.notify import SendEmail
from imece.errors import NotFound, Permanent

#: Refused rows that are told in the mail; the workbook of faults holds them all.
_TOLD = 20

Outcome = Mapping[str, Any]  #: a job's error as the ledger keeps it: type, en, tr


@contextmanager
def downloaded(key: str, company_id: UUID) -> Iterator[tuple[Path, str]]:
    """The workbook as a temporary file, and its sha256. Raises Permanent when there is none, or it is another company's."""
    with TemporaryDirectory(prefix="imece-") as folder:
        path = Path(folder) / "workbook"  # its name says nothing: readers look at the content
        try:
            sha256 = _fetch(key, company_id, path)
        except NotFound:
            raise Permanent("The workbook is not there (any more).", "Çalışma kitabı yok (artık silinmiş).") from None
        yield path, sha256


def of_job(job_id: UUID) -> Batch | None:
    """The batch that this job works on, if it has begun."""
    with db.transaction() as session:
        return session.scalar(sa.select(Batch).where(Batch.job_id == job_id))


def begin(job_id: UUID, company_id: UUID, contract: PrepareLetters, sha256: str) -> Batch:
    """The batch of this job, made at the first call with the letterhead of that moment. Raises Permanent when the company has none."""
    with db.transaction() as session:
        new = {
            "id": ids.new_id(),
            "company_id": company_id,
            "job_id": job_id,
            "workbook_key": contract.workbook,
            "workbook_sha256": sha256,
            "stage": Stage.READING,
            "locale": contract.locale,
            "issued_on": clock.now().astimezone(clock.ISTANBUL).date(),
            "sender": senders.snapshot(session, company_id),
        }
        session.execute(insert(Batch).values(new).on_conflict_do_nothing(index_elements=[Batch.job_id]))
        return session.scalars(sa.select(Batch).where(Batch.job_id == job_id)).one()


def repeated(batch: Batch) -> date | None:
    """The day this company uploaded the very same workbook last, before this batch; None if it never did."""
    earlier = sa.select(sa.func.max(Batch.created_at)).where(
        Batch.company_id == batch.company_id, Batch.workbook_sha256 == batch.workbook_sha256, Batch.id < batch.id
    )
    with db.transaction() as session:
        moment: datetime | None = session.scalar(earlier)
    return None if moment is None else moment.astimezone(clock.ISTANBUL).date()


def issue(session: Session, batch: Batch, reading: Reading, faults_key: str | None) -> list[UUID]:
    """Write down what the workbook says: the letters, numbered, and the counts. The batch is then at PACKING. Returns the letters' ids."""
    told = [fault for fault in reading.faults if fault.row is not None][:_TOLD]
    letter_ids = letters.issue(session, batch, reading.letters)
    kept = _at(session, batch, Stage.READING)
    kept.rows = reading.rows
    kept.refused = reading.refused
    kept.refusals = [{"row": fault.row, "column": fault.column, "reason": fault.reason(_locale(batch))} for fault in told]
    kept.letters = len(letter_ids)
    kept.faults_key = faults_key
    kept.stage = Stage.PACKING
    return letter_ids


def pack(batch: Batch, reasons: Mapping[UUID, Outcome | None], report: Callable[[int, int], None]) -> str | None:
    """
    Store the ZIP of the batch's ready letters and return its key; None when no letter is ready.

    Letters that could not be made are named inside, with their reason (`reasons`, by letter). Reads one letter at a time and calls `report(done,
    total)` after each.
    """
    with db.transaction() as session:
        ready = [(letter.number, letter.receiver, letter.pdf_key) for letter in letters.of_batch(session, batch.id, [LetterState.READY])]
        missing = [
            (letter.number, letter.receiver, reasons.get(letter.id)) for letter in letters.of_batch(session, batch.id, [LetterState.DRAFT])
        ]
    if not ready:
        return None

    def files() -> Iterator[tuple[str, bytes]]:
        for done, (number, receiver, key) in enumerate(ready, 1):
            assert key is not None
            yield archives.safe_name(f"{number} {receiver['title'] or receiver['tax_number']}", ".pdf"), storage.get(key)
            report(done, len(ready))
        if missing:
            yield _missing(missing, _locale(batch))

    name = "mutabakat-mektuplari" if batch.locale == "tr" else "reconciliation-letters"
    key = storage.new_key(batch.company_id, "archives", f"{name}-{batch.issued_on}.zip", of=batch.id)
    storage.put(key, archives.packed(files(), dated=batch.issued_on))
    return key


def address(session: Session, batch: Batch, archive_key: str | None, *, send: bool) -> list[SendEmail]:
    """
    Settle what became of the letters and return the mails that bring them to their parties. The batch is then at TELLING.

    A letter that is no PDF by now has failed; one whose party has no address is counted as that.
    """
    kept = _at(session, batch, Stage.PACKING)
    failed = list(letters.of_batch(session, batch.id, [LetterState.DRAFT]))
    letters.move(session, [letter.id for letter in failed], [LetterState.DRAFT], LetterState.FAILED)
    ready = list(letters.of_batch(session, batch.id, [LetterState.READY]))
    sent = [letter for letter in ready if letter.receiver["email"]] if send else []
    letters.move(session, [letter.id for letter in sent], [LetterState.READY], LetterState.QUEUED)
    kept.letters_failed = len(failed)
    kept.no_address = sum(not letter.receiver["email"] for letter in ready)
    kept.mails = len(sent)
    kept.archive_key = archive_key
    kept.stage = Stage.TELLING
    return [mails.with_letter(letter, batch.sender, _locale(batch)) for letter in sent]


def conclude(session: Session, batch: Batch, outcomes: Mapping[str, Outcome | None]) -> LettersPrepared:
    """
    Write down what became of the mails and end the batch.

    `outcomes` holds, by the key of the PDF a mail carried, the mail's error; None: the server took it.
    """
    kept = _at(session, batch, Stage.TELLING)
    queued = list(letters.of_batch(session, batch.id, [LetterState.QUEUED]))
    for to in (LetterState.SENT, LetterState.UNKNOWN, LetterState.UNSENT):
        letters.move(session, [letter.id for letter in queued if _became(letter, outcomes) is to], [LetterState.QUEUED], to)
    kept.mails_failed = sum(_became(letter, outcomes) is not LetterState.SENT for letter in queued)
    kept.finished_at = clock.now()
    kept.stage = Stage.DONE
    session.flush()
    session.refresh(kept)
    return LettersPrepared(
        batch_id=kept.id,
        rows=kept.rows or 0,
        refused=kept.refused,
        letters=kept.letters,
        letters_failed=kept.letters_failed,
        no_address=kept.no_address,
        mails=kept.mails,
        mails_failed=kept.mails_failed,
        archive=kept.archive_key,
        faults=kept.faults_key,
    )


def _fetch(key: str, company_id: UUID, path: Path) -> str:
    """Copy the blob to `path`; returns its sha256. Raises NotFound."""
    if storage.owner(key) != company_id:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.")
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in storage.stream(key):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _at(session: Session, batch: Batch, stage: Stage) -> Batch:
    """The batch's row in this session, locked. The job that works on it is owned by one attempt, so it stands where it stood."""
    kept = session.get_one(Batch, batch.id, with_for_update=True)
    assert kept.stage == stage, f"batch {batch.id} is at {kept.stage}, not at {stage}"
    return kept


def _became(letter: Letter, outcomes: Mapping[str, Outcome | None]) -> LetterState:
    """What the outcome of its mail makes of a letter. A mail of which nothing is known was never asked for, or is forgotten."""
    error = outcomes.get(str(letter.pdf_key), {"type": "Unknown"})
    if error is None:
        return LetterState.SENT
    return LetterState.UNKNOWN if error["type"] == "Unknown" else LetterState.UNSENT


def _missing(missing: Sequence[tuple[str, Mapping[str, Any], Outcome | None]], locale: str) -> tuple[str, bytes]:
    """The file that names the letters which are not in the archive."""
    tr = locale == "tr"
    lines = ["Hazırlanamayan mektuplar" if tr else "Letters that could not be made", ""]
    for number, receiver, error in missing:
        reason = (error or {}).get(locale) or ("durduruldu" if tr else "stopped")
        lines.append(f"{number}  {receiver['title'] or receiver['tax_number']}: {reason}")
    return ("HAZIRLANAMAYANLAR.txt" if tr else "FAILED.txt"), ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _locale(batch: Batch) -> Any:
    return batch.locale
