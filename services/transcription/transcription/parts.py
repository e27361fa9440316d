"""
Parts: some neighbouring windows of a recording, heard in one go and committed in one transaction.

The same part gives the same text whoever hears it and however often, because no part hears what stands in another; so a transcript that was interrupted
and one that was not are the same, letter by letter.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db
from imece.contracts.transcription import Heard as Result
from imece.errors import NotFound, Transient
from imece.log import get
from transcription import audio, hearing, listening, media, recordings, transcripts
from transcription.models import Recording, Stage, Window, WindowState

_logger = get("transcription")


@dataclass(frozen=True)
class Hearing:
    """What was heard of a part: by which model, in which language, in how many seconds."""

    recording: Recording
    heard: tuple[listening.Heard, ...]
    model: str
    note: dict[str, str] | None
    language: str | None
    probability: float | None
    seconds: float


def hear(company_id: UUID, recording_id: UUID, first: int, count: int, check: Callable[[], None]) -> Hearing | None:
    """
    Hear the windows of a part that nobody has heard; None when there are none, or the recording is gone.

    Raises Snooze while there is no memory for the model, Permanent when the recording or the model is gone, Transient when this machine's model is not
    the one that the parts before were heard with.
    """
    began = time.monotonic()
    recording, left, planned, models = _begin(company_id, recording_id, first, count)
    if recording is None or not left:
        return None
    with audio.at_hand(recording, check) as wav, hearing.lent(recording.model) as (listener, weights):
        if models - {weights.name}:
            before = ", ".join(sorted(models))
            raise Transient(
                f"The parts before were heard with {before}, and this machine has only {weights.name}.",
                f"Önceki bölümler {before} ile dinlendi, bu makinede yalnızca {weights.name} var.",
            )
        language, probability = recording.language, recording.language_probability
        if language is None:
            language, probability = listener.detect(wav, planned)
            check()
        heard = listener.hear(wav, left, recordings.wish(recording, language))
        check()
    return Hearing(recording, tuple(heard), weights.name, weights.note, language, probability, time.monotonic() - began)


def take(session: Session, hearing_: Hearing) -> Result:
    """Write down what was heard, for the windows that nobody has heard meanwhile."""
    recording = recordings.find(session, None, hearing_.recording.id, lock=True)
    if recording.language is None:
        recording.language, recording.language_probability = hearing_.language, hearing_.probability
    if hearing_.note and all(warning["code"] != "model" for warning in recording.warnings):
        recording.warnings = [*recording.warnings, {"code": "model", **hearing_.note}]
    count = segments = 0
    for one in hearing_.heard:
        window = session.get_one(Window, (recording.id, one.window.index), with_for_update=True)
        if window.state == WindowState.HEARD:
            continue
        segments += len(transcripts.take(session, window, () if one.dropped else one.segments))
        window.state, window.model, window.heard_at = WindowState.HEARD, hearing_.model, sa.func.clock_timestamp()
        window.avg_logprob, window.second_try, window.dropped = one.avg_logprob, one.second_try, one.dropped
        count += 1
    return Result(windows=count, segments=segments, seconds=round(hearing_.seconds, 3))


_REMAINING = sa.text(
    """
    with first as (select min(heard_at) as at from transcription.window where recording_id = :recording)
    select coalesce(sum(t1 - t0) filter (where state = 'planned'), 0) as left_,
        coalesce(sum(t1 - t0) filter (where heard_at > first.at), 0) as done, extract(epoch from clock_timestamp() - first.at)::float8 as took
    from transcription.window, first where recording_id = :recording group by first.at"""
)


def remaining(recording_id: UUID) -> dict[str, str] | None:
    """How long the rest will take at the pace since the first part, as a note for people; None where nothing is left or no pace is known."""
    with db.quick() as connection:
        row = connection.execute(_REMAINING, {"recording": recording_id}).first()
    if row is None or not row.left_ or not row.done or not row.took:
        return None
    return told(row.left_ / (row.done / row.took))


def told(seconds: float) -> dict[str, str]:
    """`dinleniyor (yaklaşık 12 dk kaldı)`."""
    if seconds < 90:
        tr, en = f"{max(5, round(seconds / 5) * 5)} sn", f"{max(5, round(seconds / 5) * 5)} s"
    elif seconds < 5400:
        tr, en = f"{round(seconds / 60)} dk", f"{round(seconds / 60)} min"
    else:
        tr, en = f"{seconds / 3600:.1f} sa".replace(".", ","), f"{seconds / 3600:.1f} h"
    return {"tr": f"dinleniyor (yaklaşık {tr} kaldı)", "en": f"listening (about {en} left)"}


def place(recording: Recording, first: int, count: int) -> str:
    """Where a part lies, for people: `12:00-13:50`."""
    with db.transaction() as session:
        query = sa.select(sa.func.min(Window.t0), sa.func.max(Window.t1))
        t0, t1 = session.execute(query.where(Window.recording_id == recording.id, Window.idx.between(first, first + count - 1))).one()
    return f"{media.spoken(t0 or 0.0)}-{media.spoken(t1 or 0.0)}"


def _begin(
    company_id: UUID, recording_id: UUID, first: int, count: int
) -> tuple[Recording | None, Sequence[listening.Window], Sequence[listening.Window], set[str]]:
    """The recording, what of the part is to be heard, all its windows, and the models that the others were heard with. Counts the attempt."""
    with db.transaction() as session:
        try:
            recording = recordings.find(session, company_id, recording_id)
        except NotFound:
            return None, (), (), set()
        if recording.stage != Stage.LISTENING:
            return None, (), (), set()
        session.execute(
            sa.update(Window)
            .where(Window.recording_id == recording_id, Window.idx.between(first, first + count - 1), Window.state == WindowState.PLANNED)
            .values(attempts=Window.attempts + 1),
            execution_options={"synchronize_session": False},
        )
        rows = transcripts.windows(session, company_id, recording_id)
    planned = [listening.Window(row.idx, row.t0, row.t1) for row in rows]
    left = [planned[row.idx] for row in rows if first <= row.idx < first + count and row.state == WindowState.PLANNED]
    return recording, left, planned, {row.model for row in rows if row.model}
