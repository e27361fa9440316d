"""What becomes of a heard recording: chapters, files, a small copy of its sound, and what the requester is told."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from imece import db, storage
from imece.contracts.transcription import Transcribed, Warned
from transcription import audio, chapters, exports, recordings, transcripts
from transcription.models import Recording
from transcription.segments import Segment
from transcription.settings import settings

#: Told how many seconds there are of how many; may raise.
Report = Callable[[float, float | None], None]


def transcript(session: Session, recording: Recording) -> exports.Transcript:
    """A recording's text as it stands now, as everything that writes files wants it."""
    said = transcripts.segments(session, recording.company_id, recording.id)
    found = transcripts.chapters(session, recording.company_id, recording.id)
    return exports.Transcript(
        language=language(recording) or "",
        duration=recording.duration or 0.0,
        segments=said,
        title=recording.title,
        chapters=[chapters.Chapter(one.start, one.title, suggested=one.suggested) for one in found],
        locale="en" if recording.locale == "en" else "tr",
    )


def language(recording: Recording) -> str | None:
    """The language that it is written in."""
    return "en" if recording.wish.get("translate") else recording.language


def rendered(session: Session, company_id: UUID, recording_id: UUID, format: str) -> tuple[exports.Rendered, str]:  # noqa: A002 (as exports has it)
    """A recording as a file, as it stands now, and what the file is called. Raises NotFound, Invalid for an unknown format."""
    recording = recordings.find(session, company_id, recording_id)
    made = exports.render(format, transcript(session, recording))
    return made, f"{recording.title}.{made.extension}"


def suggest_chapters(session: Session, recording: Recording) -> int:
    """Find chapters and write them down; returns how many."""
    said: list[Segment] = transcripts.segments(session, recording.company_id, recording.id)
    found = chapters.chapters(said, language(recording) or "")
    return transcripts.suggest(session, recording, [(one.start, one.title) for one in found])


def write(recording: Recording, formats: tuple[str, ...]) -> dict[str, str]:
    """Write the files of a recording into storage, under the same keys at every call; their keys by format."""
    with db.transaction() as session:
        whole = transcript(session, recording)
    files = {}
    for name in dict.fromkeys(formats):
        made = exports.render(name, whole)
        fresh = storage.new_key(recording.company_id, recordings.RESULTS, f"{recording.title}.{made.extension}", of=recording.id)
        key = recording.files.get(name, fresh)  # it may have been given another title since
        storage.put(key, made.body)
        files[name] = key
    return files


def copy_sound(recording: Recording, check: Callable[[], None], report: Report) -> str | None:
    """Keep a small copy of the sound in storage; its key, the same at every call. None where none is wanted."""
    if not settings().keep_audio_days:
        return None
    key = storage.new_key(recording.company_id, recordings.AREA, f"{recording.title}.m4a", of=recording.id)
    with audio.at_hand(recording, check) as wav, audio.spare(recording.id) as made:
        audio.copy(wav, made, report)
        storage.put(key, made)
    return key


def result(session: Session, recording: Recording) -> Transcribed:
    """What the job says in the end."""
    segments, words = recordings.measures(session, recording.id)
    recording.words = words
    trimmed = recording.media_key if recording.media_key != recording.source_key else None
    return Transcribed(
        recording_id=recording.id,
        language=recording.language,
        language_probability=recording.language_probability,
        duration=recording.duration or 0.0,
        speech=recording.speech or 0.0,
        model=next((w.model for w in transcripts.windows(session, recording.company_id, recording.id) if w.model), recording.model),
        segments=segments,
        words=words,
        chapters=len(transcripts.chapters(session, recording.company_id, recording.id)),
        truncated=recording.truncated,
        warnings=tuple(Warned(**warning) for warning in recording.warnings),
        files=recording.files,
        trimmed=trimmed,
    )
