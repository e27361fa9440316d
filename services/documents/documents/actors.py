"""What documents does when asked: each handler calls the domain, reports progress, and says what comes next."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from documents import balances, batches, letters, mails, refusals, retention
from documents.dates import shown as day
from documents.models import Batch, Stage
from imece.contracts.documents import LettersRendered, PrepareLetters, PruneDocuments, RenderLetters
from imece.contracts.notify import SendEmail
from imece.errors import Permanent
from imece.ledger import State
from imece.worker import ChildOutcome, Job, actor

#: Most letters in one job, and how many jobs a batch is cut into at least, where it has as many letters.
_SHEAF, _SHEAVES_AT_LEAST = 25, 16

_READING = {"tr": "satırlar okunuyor", "en": "reading rows"}
_RENDERING = {"tr": "mektuplar hazırlanıyor", "en": "rendering letters"}
_PACKING = {"tr": "mektuplar paketleniyor", "en": "packing letters"}
_SENDING = {"tr": "e-postalar gönderiliyor", "en": "sending mails"}


@actor(PrepareLetters)
def prepare_letters(job: Job, contract: PrepareLetters) -> None:
    """Read, wait for the letters, pack, wait for the mails, tell. Called once per stage, and again for a stage that a crash undid."""
    batch = batches.of_job(job.id)
    if batch is None or batch.stage == Stage.READING:
        _read(job, contract)
    elif batch.stage == Stage.PACKING:
        _pack(job, contract, batch)
    else:
        _tell(job, contract, batch)


@actor(RenderLetters)
def render_letters(job: Job, contract: RenderLetters) -> LettersRendered:
    """A sheaf of PDFs. The same letter gives the same file, so that doing it again does no harm."""
    return letters.render(contract.letter_ids, job.id, job.company, job.check)


@actor(PruneDocuments)
def prune_documents(job: Job, contract: PruneDocuments) -> None:  # noqa: ARG001 (it has no arguments)
    """Delete what has been kept long enough."""
    retention.prune(job.check)


def _read(job: Job, contract: PrepareLetters) -> None:
    with batches.downloaded(contract.workbook, job.company) as (path, sha256):
        batch = batches.begin(job.id, job.company, contract, sha256)
        job.progress(0, None, _READING)
        reading = balances.read_balances(path, as_of=contract.as_of, currency=contract.currency, decimal_mark=contract.decimal_mark)
        for fault in reading.faults:
            if fault.row is None:
                raise Permanent(fault.en, fault.tr)
        job.progress(reading.rows, reading.rows, _READING)
        faults_key = refusals.store(batch, reading, path)
    note = _noted(_RENDERING, batch)
    with job.transaction() as session:
        letter_ids = batches.issue(session, batch, reading, faults_key)
        job.wait_for(session, [RenderLetters(letter_ids=sheaf) for sheaf in _sheaves(letter_ids)], note)


def _pack(job: Job, contract: PrepareLetters, batch: Batch) -> None:
    archive_key = batches.pack(batch, _reasons(job.children(RenderLetters.kind)), lambda done, total: job.progress(done, total, _PACKING))
    note = _noted(_SENDING, batch)
    with job.transaction() as session:
        wanted = batches.address(session, batch, archive_key, send=contract.send)
        job.wait_for(session, wanted, note)


def _tell(job: Job, contract: PrepareLetters, batch: Batch) -> None:
    outcomes = {
        child.args["attachments"][0]["key"]: None if child.state == State.SUCCEEDED else child.error or {"type": child.state}
        for child in job.children(SendEmail.kind)
    }
    with job.transaction() as session:
        result = batches.conclude(session, batch, outcomes)
        if contract.notify_email:
            job.submit(session, mails.summary(session.get_one(Batch, batch.id), contract.notify_email, batches.repeated(batch)))
        job.finish(session, result)


def _sheaves(letter_ids: Sequence[UUID]) -> list[tuple[UUID, ...]]:
    """Cut into jobs: enough of them that every thread has some, and none so large that its end is felt in the progress."""
    size = max(1, min(_SHEAF, len(letter_ids) // _SHEAVES_AT_LEAST))
    return [tuple(letter_ids[start : start + size]) for start in range(0, len(letter_ids), size)]


def _reasons(sheaves: Iterable[ChildOutcome]) -> dict[UUID, dict[str, str] | None]:
    """Why a letter could not be made, by letter: its own fault, or the end of the job it was in."""
    reasons: dict[UUID, dict[str, str] | None] = {}
    for sheaf in sheaves:
        if sheaf.state != State.SUCCEEDED:
            reasons |= dict.fromkeys(map(UUID, sheaf.args["letter_ids"]), sheaf.error)
        for fault in (sheaf.result or {}).get("faults", ()):
            reasons[UUID(fault["letter_id"])] = {"en": fault["en"], "tr": fault["tr"]}
    return reasons


def _noted(note: dict[str, str], batch: Batch) -> dict[str, str]:
    """The note, and that the workbook is not new if it is not."""
    earlier = batches.repeated(batch)
    if earlier is None:
        return note
    return {
        "tr": f"{note['tr']} (bu dosya {day(earlier)} tarihinde de yüklenmişti)",
        "en": f"{note['en']} (this file was uploaded on {day(earlier)} already)",
    }
