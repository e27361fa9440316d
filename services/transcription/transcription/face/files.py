"""Files out of the face: a transcript in a format, the sound for the player; and a recording deleted with all its files."""

import unicodedata
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import quote
from uuid import UUID

import anyio.to_thread
from fastapi import Request
from fastapi.responses import Response

from imece import db, face, storage
from imece.errors import Invalid, NotFound
from imece.face import media as stored
from transcription import exports, recordings, transcripts
from transcription.chapters import Chapter as Found
from transcription.chapters import refusals, youtube_text
from transcription.exports import Transcript
from transcription.models import Chapter, Recording

#: Recordings whose files somebody is about to write.
_waiting: set[UUID] = set()

P = ParamSpec("P")
T = TypeVar("T")

#: Types that a browser may be told a recording is; whatever else it may be is bytes.
_TYPES = {
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "flac": "audio/flac",
    "aac": "audio/aac",
}


async def in_thread(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Do something that waits, beside the event loop."""
    return await anyio.to_thread.run_sync(lambda: work(*args, **named))


def export(caller: face.Caller, recording_id: UUID, kind: str) -> Response:
    """The transcript as it stands now as a file, called after the recording. Raises NotFound, Invalid."""
    with db.transaction() as session:
        recording = recordings.find(session, caller.company_id, recording_id)
        rows = transcripts.chapters(session, caller.company_id, recording_id)
        spoken = transcripts.segments(session, caller.company_id, recording_id)
    language = "en" if recording.wish.get("translate") else recording.language or ""
    made = exports.render(kind, Transcript(language, recording.duration or 0.0, spoken, recording.title, listed(rows), caller.locale))
    return Response(
        made.body, media_type=made.media_type, headers={"Content-Disposition": disposition(f"{name_of(recording)}.{made.extension}")}
    )


def media(request: Request, caller: face.Caller, recording_id: UUID) -> Response:
    """The small copy of a recording's sound, or the recording itself where there is none. Raises NotFound when neither is kept."""
    with db.transaction() as session:
        recording = recordings.find(session, caller.company_id, recording_id)
    key = recording.audio_key or recording.media_key
    if key is None:
        raise NotFound("The sound of this recording is not kept any more.", "Bu kaydın sesi artık saklanmıyor.")
    ending = "m4a" if recording.audio_key else key.rpartition(".")[2].lower()
    return stored.answer(request, key, _TYPES.get(ending, "application/octet-stream"), {"Cache-Control": "private, max-age=3600"})


def delete(caller: face.Caller, recording_id: UUID) -> None:
    """Delete a recording with everything of it. Raises NotFound, and Conflict while it is at work."""
    with db.transaction() as session:
        keys = recordings.delete(session, caller.company_id, recording_id)
    storage.delete(keys)


def rewrite(recording_id: UUID) -> None:
    """Write the files of a recording anew after a correction, one writer at a time; whoever waits already writes for everybody who comes meanwhile."""
    from transcription import rehearing  # noqa: PLC0415 - brings PyAV along, which only who corrects needs

    if recording_id in _waiting:
        return
    _waiting.add(recording_id)
    try:
        with db.transaction() as session:
            recordings.find(session, None, recording_id, lock=True)
            _waiting.discard(recording_id)
            rehearing.write_files(recording_id)
    except NotFound:
        return  # deleted meanwhile
    finally:
        _waiting.discard(recording_id)


def listed(rows: list[Chapter]) -> list[Found]:
    """Chapters as files want them."""
    return [Found(row.start, row.title, row.suggested) for row in rows]


def youtube(recording: Recording, rows: list[Chapter], locale: str) -> tuple[str | None, list[str]]:
    """The text for a video's description, or why there is none."""
    duration = recording.duration or 0.0
    try:
        return youtube_text(listed(rows), duration), []
    except Invalid:
        return None, [tr if locale == "tr" else en for en, tr in refusals(listed(rows), duration)]


def name_of(recording: Recording) -> str:
    """What a file about it is called: its title without the ending of a recording's file."""
    stem, point, ending = recording.title.rpartition(".")
    return stem if point and stem and ending.isalnum() and len(ending) <= 4 else recording.title


def disposition(name: str) -> str:
    """`attachment` under `name`: plainly for old clients, and exactly, as RFC 8187 wants it."""
    clean = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in name)[-150:]
    plain = unicodedata.normalize("NFKD", clean.replace("ı", "i")).encode("ascii", "ignore").decode()
    plain = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in plain) or "transcript"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
