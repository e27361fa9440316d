"""How recordings and what is said in them look from outside: the JSON of the API, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transcription import subtitles, transcripts
from transcription.models import Chapter, Segment
from transcription.progress import Progress
from transcription.recordings import Standing


class View(BaseModel):
    """Something that is read from its row."""

    model_config = ConfigDict(from_attributes=True)


class ProgressView(BaseModel):
    """How far it is, in windows of at most half a minute and in seconds of speech."""

    windows_heard: int
    windows: int = Field(description="0: not planned yet")
    speech_heard: float
    speech: float
    seconds_left: float | None = Field(description="At the pace of the last windows; null: nobody can say")


class WarningView(BaseModel):
    """Something that whoever reads the transcript should know."""

    code: str = Field(examples=["truncated"])
    message: str


class RecordingView(BaseModel):
    """One recording. `state` is its job's: queued, running, waiting (its windows are heard), succeeded, failed, cancelled and so on."""

    id: UUID
    job_id: UUID
    title: str
    state: str
    stage: str = Field(description="fetching, preparing, listening or done")
    final: bool
    done: int = Field(description="Seconds of speech that the job has behind it")
    total: int | None
    note: str | None
    error: str | None
    language: str | None
    language_probability: float | None
    model: str
    duration: float | None
    speech: float | None
    words: int
    truncated: bool
    warnings: list[WarningView]
    playable: bool = Field(description="Whether its sound is still kept: GET .../media")
    requested_by: str
    created_at: datetime
    finished_at: datetime | None


class RecordingDetail(RecordingView):
    """One recording and how far it is."""

    progress: ProgressView


class RecordingPage(BaseModel):
    """Recordings, newest first. `next` is what to give as `before` for the page after this one; null: this was the last."""

    recordings: list[RecordingView]
    next: UUID | None


class WordView(BaseModel):
    """One word and when it was said, in seconds."""

    start: float
    end: float
    text: str
    probability: float


class SegmentView(BaseModel):
    """Something said in one go. `version` counts its edits: give it along with one of yours."""

    id: UUID
    window: int
    start: float
    end: float
    text: str
    speaker: str
    version: int
    avg_logprob: float
    no_speech_prob: float
    words: list[WordView] = Field(description="Empty where they were not asked for or not measured")


class TranscriptView(BaseModel):
    """What is said, as far as it has been heard."""

    recording_id: UUID
    language: str | None
    duration: float | None
    text: str
    segments: list[SegmentView]


class PieceView(BaseModel):
    """A piece of a found text; `hit` where it was looked for."""

    text: str
    hit: bool


class HitView(BaseModel):
    """A place where what was looked for is said."""

    recording_id: UUID
    title: str
    segment_id: UUID
    start: float
    end: float
    text: str
    snippet: list[PieceView]


class WindowView(View):
    """A stretch between two silences. `second_try`: the first hearing was not good enough; `dropped`: it was taken for noise."""

    idx: int
    t0: float
    t1: float
    state: str
    model: str | None
    avg_logprob: float | None
    second_try: bool
    dropped: bool
    heard_at: datetime | None


class EditView(View):
    """What somebody changed. `reason` is `edit` for one segment by hand, `rehear` for a window that was heard again."""

    id: UUID
    window_idx: int
    segment_id: UUID | None
    reason: str
    before: str
    after: str
    by: str
    at: datetime


class ChapterView(View):
    """A chapter. `suggested` until a person has named it."""

    position: int
    start: float
    title: str
    suggested: bool


class ChaptersView(BaseModel):
    """The chapters, and as a video's description wants them; `refusals` say why one would not show them."""

    chapters: list[ChapterView]
    youtube: str | None
    refusals: list[str]


class JobAsked(BaseModel):
    """A job that was asked for, and where to follow it."""

    job_id: UUID
    location: str = Field(examples=["/v1/jobs/01994b1d-..."])


def recording(standing: Standing, locale: str) -> dict[str, Any]:
    """The fields of a RecordingView."""
    row = standing.recording
    return {
        "id": row.id,
        "job_id": row.job_id,
        "title": row.title,
        "state": standing.state,
        "stage": row.stage,
        "final": standing.final,
        "done": standing.done,
        "total": standing.total,
        "note": spoken(standing.note, locale),
        "error": spoken(standing.error, locale),
        "language": row.language,
        "language_probability": row.language_probability,
        "model": row.model,
        "duration": row.duration,
        "speech": row.speech,
        "words": row.words,
        "truncated": row.truncated,
        "warnings": [WarningView(code=one.get("code", ""), message=spoken(one, locale) or "") for one in row.warnings],
        "playable": bool(row.audio_key or row.media_key),
        "requested_by": row.requested_by,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def progress(found: Progress) -> ProgressView:
    """How far a recording is."""
    return ProgressView(
        windows_heard=found.heard,
        windows=found.windows,
        speech_heard=round(found.speech_heard, 1),
        speech=round(found.speech, 1),
        seconds_left=None if found.left is None else round(found.left.total_seconds(), 1),
    )


def segment(row: Segment, *, words: bool = True) -> SegmentView:
    """One segment; its words are those of its text as it stands now."""
    said = transcripts.said(row)
    timed = subtitles.timed(said) if words and said.words else ()
    return SegmentView(
        id=row.id,
        window=row.window_idx,
        start=row.t0,
        end=row.t1,
        text=row.text,
        speaker=row.speaker,
        version=row.version,
        avg_logprob=said.avg_logprob,
        no_speech_prob=said.no_speech_prob,
        words=[WordView(start=round(w.start, 3), end=round(w.end, 3), text=w.text, probability=round(w.probability, 4)) for w in timed],
    )


def chapters(found: list[Chapter], youtube: str | None, refusals: list[str]) -> ChaptersView:
    """The chapters of a recording."""
    return ChaptersView(chapters=[ChapterView.model_validate(one) for one in found], youtube=youtube, refusals=refusals)


def spoken(said: Mapping[str, Any] | None, locale: str) -> str | None:
    """A stored sentence in the reader's language, or the one there is."""
    if not said:
        return None
    return str(said.get(locale) or said.get("tr") or said.get("en") or said.get("message") or "") or None
