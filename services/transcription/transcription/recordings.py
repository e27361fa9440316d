"""
Recordings on their way to text.

A recording goes through its stages in transactions that also say what is waited for next, so that a crash anywhere leaves it either before a stage or
after it. Its windows are heard in parts, each a job of its own: whoever dies over one costs that one, any machine may take the next, and time limits
are a part's and not the whole recording's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece import clock, db, ids, ledger
from imece.contracts.transcription import Listen, ListenHigh, Transcribe
from imece.errors import Conflict, NotFound
from imece.ledger import State
from transcription import glossary, listening
from transcription.models import Recording, Segment, Stage, Window, WindowState
from transcription.settings import settings

#: The areas of storage keys: recordings that were fetched, trimmed or copied; what was written of them.
AREA, RESULTS = "recordings", "transcripts"

_ADDRESS = ("http://", "https://")
_LONGEST_PROMPT = 800  #: characters of hotwords; the recogniser's memory holds about 220 syllables, and drops the rest


@dataclass(frozen=True)
class Prepared:
    """What is known of a recording before anybody has listened to it."""

    media: dict[str, Any]
    media_key: str
    duration: float
    truncated: bool
    warnings: tuple[dict[str, str], ...]
    windows: Sequence[listening.Window]

    @property
    def speech(self) -> float:
        """Seconds that are to be listened to."""
        return sum(window.end - window.start for window in self.windows)


@dataclass(frozen=True)
class Standing:
    """A recording and how its job stands: `state` is the ledger's, of seconds of speech `done` of `total`; `note` and `error` by language."""

    recording: Recording
    state: str
    done: int
    total: int | None
    note: dict[str, str] | None
    error: dict[str, Any] | None

    @property
    def final(self) -> bool:
        """Whether nothing will happen to it any more by itself."""
        return self.state in set(ledger.FINAL)


def begin(job_id: UUID, company_id: UUID, requested_by: str, contract: Transcribe) -> Recording:
    """The recording of this job, made at the first call."""
    address = contract.recording if contract.recording.startswith(_ADDRESS) else None
    with db.transaction() as session:
        terms = glossary.of_company(session, company_id) if contract.glossary else []
        new = {
            "id": ids.new_id(),
            "company_id": company_id,
            "job_id": job_id,
            "requested_by": requested_by,
            "title": (contract.title or "").strip() or _name(contract.recording),
            "stage": Stage.FETCHING if address else Stage.PREPARING,
            "locale": contract.locale,
            "address": address,
            "source_key": None if address else contract.recording,
            "media_key": None if address else contract.recording,
            "model": contract.model or settings().model,
            "language": contract.language,
            "wish": {
                "translate": contract.translate,
                "initial_prompt": contract.initial_prompt,
                "hotwords": _hotwords([*contract.hotwords, *terms]),
                "words": contract.words,
                **({"beam_size": contract.beam_size} if contract.beam_size else {}),
            },
        }
        session.execute(insert(Recording).values(new).on_conflict_do_nothing(index_elements=[Recording.job_id]))
        return session.scalars(sa.select(Recording).where(Recording.job_id == job_id)).one()


def urgent_waits() -> bool:
    """Whether an urgent recording waits to be fetched, prepared or written: parts have a queue for that, what is done beside them has not."""
    query = (
        sa.select(ledger.Job.id)
        .where(ledger.Job.queue == Transcribe.queue, ledger.Job.state == State.QUEUED, ledger.Job.args["priority"].astext == "high")
        .limit(1)
    )
    with db.quick() as connection:
        return connection.scalar(query) is not None


def find(session: Session, company_id: UUID | None, recording_id: UUID, *, lock: bool = False) -> Recording:
    """The recording, if it is this company's; without a company, whosever it is. Raises NotFound."""
    query = sa.select(Recording).where(Recording.id == recording_id).execution_options(populate_existing=True)
    if company_id is not None:
        query = query.where(Recording.company_id == company_id)
    recording = session.scalars(query.with_for_update() if lock else query).first()
    if recording is None:
        raise NotFound("There is no such recording.", "Böyle bir kayıt yok.")
    return recording


def standing(session: Session, company_id: UUID, recording_id: UUID) -> Standing:
    """A recording and how its job stands. Raises NotFound."""
    return _standings(session, [find(session, company_id, recording_id)])[0]


def listed(
    session: Session,
    company_id: UUID,
    *,
    text: str | None = None,
    language: str | None = None,
    unfinished: bool | None = None,
    since: datetime | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Standing]:
    """
    The company's recordings, newest first; `before` is the last id of the page before.

    `text` is looked for in titles; `unfinished` leaves out those whose transcript is ready, or all others.
    """
    query = sa.select(Recording).where(Recording.company_id == company_id).order_by(Recording.id.desc()).limit(limit)
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(sa.func.transcription.plain(Recording.title).like(sa.func.transcription.plain(pattern)))
    if language:
        query = query.where(Recording.language == language)
    if unfinished is not None:
        query = query.where((Recording.stage != Stage.DONE) if unfinished else (Recording.stage == Stage.DONE))
    if since:
        query = query.where(Recording.created_at >= since)
    if before:
        query = query.where(Recording.id < before)
    return _standings(session, list(session.scalars(query)))


def plan(session: Session, recording: Recording, windows: Sequence[listening.Window]) -> None:
    """Write down the windows in which it is heard. What was planned before and not begun is planned anew: the same, since planning is repeatable."""
    session.execute(sa.delete(Window).where(Window.recording_id == recording.id))
    session.add_all(
        Window(recording_id=recording.id, idx=place, company_id=recording.company_id, t0=window.start, t1=window.end, attempts=0)
        for place, window in enumerate(windows)
    )
    session.flush()


def parts(session: Session, recording: Recording, *, high: bool) -> list[Listen | ListenHigh]:
    """What is still to be heard, some neighbouring windows at a time, as the jobs that hear it."""
    query = sa.select(Window.idx, Window.t1 - Window.t0).where(Window.recording_id == recording.id, Window.state == WindowState.PLANNED)
    left = session.execute(query.order_by(Window.idx)).all()
    runs: list[list[tuple[int, float]]] = []
    for idx, seconds in left:
        if runs and len(runs[-1]) < settings().part_windows and runs[-1][-1][0] == idx - 1:
            runs[-1].append((idx, seconds))
        else:
            runs.append([(idx, seconds)])
    contract = ListenHigh if high else Listen
    return [
        contract(recording_id=recording.id, first=run[0][0], count=len(run), seconds=max(1, round(sum(seconds for _, seconds in run))))
        for run in runs
    ]


def prepared(session: Session, recording_id: UUID, found: Prepared) -> Recording:
    """Write down what was found out about a recording, and its windows. They are heard next."""
    recording = find(session, None, recording_id, lock=True)
    recording.media, recording.media_key, recording.warnings = found.media, found.media_key, list(found.warnings)
    recording.duration, recording.speech, recording.truncated = found.duration, found.speech, found.truncated
    recording.stage, recording.asked = Stage.LISTENING, True
    plan(session, recording, found.windows)
    return recording


def done(session: Session, recording_id: UUID, files: dict[str, str], audio_key: str | None) -> Recording:
    """Write down that everything is written."""
    recording = find(session, None, recording_id, lock=True)
    recording.files, recording.audio_key = files, audio_key
    recording.stage, recording.finished_at = Stage.DONE, clock.now()
    return recording


def wish(recording: Recording, language: str | None, **other: Any) -> listening.Wish:
    """How it is to be heard, but for what is to be `other` this time."""
    return listening.Wish(**recording.wish | {"language": language} | other)


def delete(session: Session, company_id: UUID, recording_id: UUID) -> list[str]:
    """
    Delete a recording with all that is known of it; returns the keys of its files, which are to be deleted after the commit.

    Raises NotFound; Conflict while its job is at work: that is cancelled first.
    """
    found = standing(session, company_id, recording_id)
    if not found.final:
        raise Conflict("It is still being transcribed: cancel the job first.", "Kayıt hâlâ yazıya dökülüyor: önce işi durdurun.")
    keys = files_of(session, found.recording)
    session.execute(sa.delete(Recording).where(Recording.id == recording_id))
    return keys


def files_of(session: Session, recording: Recording) -> list[str]:
    """The keys of everything in storage that is this recording's alone."""
    ours = {recording.source_key, recording.media_key, recording.audio_key, *recording.files.values()} - {None}
    return sorted(key for key in ours if key and not _shared(session, recording, key))


def release_source(session: Session, recording: Recording) -> list[str]:
    """Forget where the recording itself is; returns the keys that are to be deleted after the commit. What was trimmed stays with its results."""
    keys = []
    if recording.source_key and not _shared(session, recording, recording.source_key):
        keys.append(recording.source_key)
    if recording.media_key == recording.source_key:
        recording.media_key = None
    recording.source_key = None
    return keys


def measures(session: Session, recording_id: UUID) -> tuple[int, int]:
    """How many segments and how many words there are."""
    counted = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(sa.func.array_length(sa.func.string_to_array(Segment.text, " "), 1)), 0)
    )
    segments, words = session.execute(counted.where(Segment.recording_id == recording_id)).one()
    return int(segments), int(words)


def _shared(session: Session, recording: Recording, key: str) -> bool:
    """Whether another recording needs the file: the same upload may be transcribed twice."""
    others = sa.select(Recording.id).where(
        Recording.id != recording.id,
        Recording.company_id == recording.company_id,
        sa.or_(Recording.source_key == key, Recording.media_key == key),
    )
    return session.scalar(others.limit(1)) is not None


def _standings(session: Session, found: Sequence[Recording]) -> list[Standing]:
    jobs = {job.id: job for job in session.scalars(sa.select(ledger.Job).where(ledger.Job.id.in_([one.job_id for one in found])))}
    return [_standing(recording, jobs.get(recording.job_id)) for recording in found]


def _standing(recording: Recording, job: ledger.Job | None) -> Standing:
    """The ledger forgets its jobs sooner than we our recordings."""
    if job is None:
        done = recording.stage == Stage.DONE
        return Standing(recording, State.SUCCEEDED if done else State.FAILED, round(recording.speech or 0), None, None, None)
    return Standing(recording, job.state, job.progress_done, job.progress_total, job.progress_note, job.error)


def _name(given: str) -> str:
    """What a recording is called that nobody named: after its file."""
    try:
        host, path = urlsplit(given)[1:3] if given.startswith(_ADDRESS) else ("", given)
    except ValueError:  # no address: whoever fetches it says so
        return "recording"
    return (PurePosixPath(unquote(path)).stem.strip() or host or "recording")[:200]


def _hotwords(terms: Sequence[str]) -> str | None:
    """As the recogniser is told them: in one line, the first ones where there is no room for all."""
    line = ""
    for term in dict.fromkeys(" ".join(one.split()) for one in terms):
        if term and len(line) + len(term) + 2 <= _LONGEST_PROMPT:
            line = f"{line}, {term}" if line else term
    return line or None
