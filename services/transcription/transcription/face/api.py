"""
`/v1/transcription/...`: recordings, what is said in them, chapters, edits and files as JSON.

A recording comes in by one call here (`POST /v1/transcription/recordings`), or by the way of all files: `POST /v1/files`, then
`POST /v1/jobs/transcription.transcribe`.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from imece import db, storage
from imece.contracts.transcription import Model, Transcribe
from imece.errors import Invalid, NotFound
from imece.face.asking import Caller, Operator
from transcription import corrections, glossary, progress, recordings, transcripts
from transcription.face import files, orders, views
from transcription.face.intake import received

router = APIRouter(prefix="/v1/transcription", tags=["transcription"])

Limit = Annotated[int, Query(ge=1, le=200)]
Text = Annotated[str | None, Query(max_length=200)]

#: Options are small.
_LARGEST_JSON = 1 << 20

_MEDIA: dict[int | str, dict[str, Any]] = {200: {"content": {"audio/mp4": {}}}, 206: {"description": "The range that was asked for"}}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "additionalProperties": {"type": "string"},
                    "description": "The recording, and any options of transcription.transcribe as fields",
                }
            },
            "application/json": {"schema": {"type": "object", "description": "The arguments of transcription.transcribe"}},
        },
    }
}


class TitleWish(BaseModel):
    """What something is to be called."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)


class TextWish(BaseModel):
    """What a segment is to say. `version` is that of the segment as it was seen: 409 when somebody else was faster."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=5000, description="Empty: nothing was said there")
    version: int | None = None


class RerunWish(BaseModel):
    """By which model a window is to be heard again."""

    model_config = ConfigDict(extra="forbid")

    model: Model
    beam_size: int | None = Field(None, ge=1, le=10)


class TermsWish(BaseModel):
    """Names and terms to be added to the glossary."""

    model_config = ConfigDict(extra="forbid")

    terms: list[str] = Field(min_length=1, max_length=500)


@router.post("/recordings", status_code=202, response_model=views.JobAsked, openapi_extra=_FORM)
async def begin(request: Request, caller: Operator) -> JSONResponse:
    """
    Upload a recording with its options in one form, or name its address in JSON (`{"recording": "https://..."}`).

    The answer comes as soon as the job is written down; `Location` tells where to follow it.
    """
    asked, key = await _asked(request, caller)
    try:
        job_id = await files.in_thread(orders.transcribe, caller, asked)
    except BaseException:
        if key:
            await files.in_thread(storage.delete, [key])
        raise
    return _accepted(job_id)


@router.get("/recordings")
def list_recordings(
    caller: Caller,
    text: Annotated[
        str | None, Query(max_length=200, description="In the title; what is said is found by /v1/transcription/search")
    ] = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2,3}$")] = None,
    unfinished: bool | None = None,
    since: datetime | None = None,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> views.RecordingPage:
    """Recordings of the caller's company, newest first."""
    with db.transaction() as session:
        found = recordings.listed(
            session,
            caller.company_id,
            text=_clean(text),
            language=language,
            unfinished=unfinished,
            since=since,
            before=before,
            limit=limit + 1,
        )
        shown = [views.RecordingView(**views.recording(one, caller.locale)) for one in found[:limit]]
    return views.RecordingPage(recordings=shown, next=shown[-1].id if len(found) > limit else None)


@router.get("/recordings/{recording_id}")
def show_recording(recording_id: UUID, caller: Caller) -> views.RecordingDetail:
    """One recording and how far it is."""
    with db.transaction() as session:
        found = recordings.standing(session, caller.company_id, recording_id)
        reached = views.progress(progress.of(session, found.recording))
        return views.RecordingDetail(**views.recording(found, caller.locale), progress=reached)


@router.get("/jobs/{job_id}/recording")
def recording_of_job(job_id: UUID, caller: Caller) -> views.RecordingDetail:
    """The recording that a job has begun. 404 before that."""
    with db.transaction() as session:
        found = progress.of_job(session, caller.company_id, job_id)
        if found is None:
            raise NotFound("There is no recording of this job (yet).", "Bu işin kaydı (henüz) yok.")
        recording_id = found.id
    return show_recording(recording_id, caller)


@router.patch("/recordings/{recording_id}")
def rename(recording_id: UUID, wish: TitleWish, caller: Operator) -> views.RecordingView:
    """Call a recording otherwise."""
    with db.transaction() as session:
        corrections.rename(session, caller.company_id, recording_id, wish.title)
        return views.RecordingView(**views.recording(recordings.standing(session, caller.company_id, recording_id), caller.locale))


@router.delete("/recordings/{recording_id}", status_code=204)
def delete(recording_id: UUID, caller: Operator) -> None:
    """Delete a recording with its transcript, edits and files. 409 while it is being transcribed: its job is cancelled first."""
    files.delete(caller, recording_id)


@router.get("/recordings/{recording_id}/transcript")
def transcript(recording_id: UUID, caller: Caller, *, words: bool = True) -> views.TranscriptView:
    """What is said, as far as it has been heard, with every word's time unless `words` is false."""
    with db.transaction() as session:
        recording = recordings.find(session, caller.company_id, recording_id)
        rows = transcripts.rows(session, caller.company_id, recording_id)
        return views.TranscriptView(
            recording_id=recording.id,
            language=recording.language,
            duration=recording.duration,
            text=transcripts.text_of(rows),
            segments=[views.segment(row, words=words) for row in rows],
        )


@router.get("/recordings/{recording_id}/windows")
def windows(recording_id: UUID, caller: Caller) -> list[views.WindowView]:
    """The windows of a recording, and how sure the model was of each."""
    with db.transaction() as session:
        recordings.find(session, caller.company_id, recording_id)
        found = transcripts.windows(session, caller.company_id, recording_id)
        return [views.WindowView.model_validate(window) for window in found]


@router.post("/recordings/{recording_id}/windows/{window}/rerun", status_code=202, response_model=views.JobAsked)
def rerun(recording_id: UUID, window: int, wish: RerunWish, caller: Operator) -> JSONResponse:
    """Hear a window again, as a rule by a bigger model; what it says then stands in place of what is there, and the history keeps that."""
    with db.transaction() as session:
        job_id = orders.rerun(session, caller, recording_id, window, wish.model, wish.beam_size)
    return _accepted(job_id)


@router.patch("/segments/{segment_id}")
def edit(segment_id: UUID, wish: TextWish, caller: Operator, later: BackgroundTasks) -> views.SegmentView:
    """Correct what a segment says. Words that stay keep their times; the files follow."""
    with db.transaction() as session:
        row = transcripts.edit(session, caller.company_id, segment_id, wish.text, by=caller.name, version=wish.version)
        later.add_task(files.rewrite, row.recording_id)
        return views.segment(row)


@router.get("/segments/{segment_id}/history")
def history_of_segment(segment_id: UUID, caller: Caller) -> list[views.EditView]:
    """Who changed a segment, when, and what it said before; the newest first."""
    with db.transaction() as session:
        return [views.EditView.model_validate(one) for one in corrections.edits_of(session, caller.company_id, segment_id)]


@router.post("/segments/{segment_id}/undo")
def undo(segment_id: UUID, caller: Operator, later: BackgroundTasks) -> views.SegmentView:
    """Let a segment say what it said before its last edit, which is an edit too. 409 for one that nobody has edited."""
    with db.transaction() as session:
        row = corrections.undo(session, caller.company_id, segment_id, by=caller.name)
        later.add_task(files.rewrite, row.recording_id)
        return views.segment(row)


@router.get("/recordings/{recording_id}/history")
def history(recording_id: UUID, caller: Caller) -> list[views.EditView]:
    """What was changed in a recording, the newest first."""
    with db.transaction() as session:
        recordings.find(session, caller.company_id, recording_id)
        return [views.EditView.model_validate(one) for one in transcripts.history(session, caller.company_id, recording_id)]


@router.get("/recordings/{recording_id}/export.{kind}", response_class=Response)
def export(recording_id: UUID, kind: Literal["txt", "srt", "vtt", "json", "docx", "md"], caller: Caller) -> Response:
    """The transcript as it stands now as a file: text, subtitles, OpenAI's verbose_json, a Word document, Markdown."""
    return files.export(caller, recording_id, kind)


@router.get("/recordings/{recording_id}/media", response_class=Response, responses=_MEDIA)
def media(recording_id: UUID, request: Request, caller: Caller) -> Response:
    """The sound of a recording, for a player: `Range` is honoured. 404 when it is not kept any more."""
    return files.media(request, caller, recording_id)


@router.get("/recordings/{recording_id}/chapters")
def list_chapters(recording_id: UUID, caller: Caller) -> views.ChaptersView:
    """The chapters, their titles marked as suggestions until somebody has named them, and the text for a video's description."""
    with db.transaction() as session:
        recording = recordings.find(session, caller.company_id, recording_id)
        found = transcripts.chapters(session, caller.company_id, recording_id)
        return views.chapters(found, *files.youtube(recording, found, caller.locale))


@router.patch("/recordings/{recording_id}/chapters/{position}")
def name_chapter(recording_id: UUID, position: int, wish: TitleWish, caller: Operator, later: BackgroundTasks) -> views.ChapterView:
    """Name a chapter."""
    later.add_task(files.rewrite, recording_id)
    with db.transaction() as session:
        named = transcripts.name_chapter(session, caller.company_id, recording_id, position, wish.title)
        return views.ChapterView.model_validate(named)


@router.get("/search")
def search(
    caller: Caller,
    words: Annotated[str, Query(min_length=1, max_length=200, description='All of them, "in this order", this or that, -without')],
    recording: Annotated[UUID | None, Query(description="In this one only")] = None,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> list[views.HitView]:
    """Where something is said. Turkish and English endings, capitals and missing dots are seen through."""
    with db.transaction() as session:
        found = transcripts.search(session, caller.company_id, words, recording_id=recording, limit=limit, offset=offset)
        return [
            views.HitView(
                recording_id=one.recording.id,
                title=one.recording.title,
                segment_id=one.segment.id,
                start=one.segment.t0,
                end=one.segment.t1,
                text=one.segment.text,
                snippet=[views.PieceView(text=text, hit=hit) for text, hit in transcripts.snippet(one)],
            )
            for one in found
        ]


@router.get("/glossary")
def list_terms(caller: Caller) -> list[str]:
    """Names and terms that the recogniser is told beforehand."""
    with db.transaction() as session:
        return glossary.of_company(session, caller.company_id)


@router.post("/glossary")
def add_terms(wish: TermsWish, caller: Operator) -> list[str]:
    """Add terms; all there are now."""
    with db.transaction() as session:
        glossary.add(session, caller.company_id, wish.terms, by=caller.name)
        return glossary.of_company(session, caller.company_id)


@router.delete("/glossary/{term}", status_code=204)
def remove_term(term: str, caller: Operator) -> None:
    """Take a term out."""
    with db.transaction() as session:
        glossary.remove(session, caller.company_id, term)


async def _asked(request: Request, caller: Caller) -> tuple[Transcribe, str | None]:
    """What the request asks for, and the key of the file that came with it."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        return orders.of_json(await _small(request), caller.locale), None
    async with received(request) as sent:
        orders.of_form(sent.fields, "checked before it is stored", caller.locale)
        key = await files.in_thread(sent.store, caller.company_id)
    return orders.of_form(sent.fields, key, caller.locale), key


async def _small(request: Request) -> bytes:
    """The whole body of a request that only says something. Raises Invalid for one that is too large for that."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_JSON:
            raise Invalid("Send the recording itself as a form, not as JSON.", "Kaydın kendisini JSON olarak değil, form olarak gönderin.")
    return body


def _accepted(job_id: UUID) -> JSONResponse:
    location = f"/v1/jobs/{job_id}"
    return JSONResponse({"job_id": str(job_id), "location": location}, status_code=202, headers={"Location": location})


def _clean(text: str | None) -> str | None:
    return text.replace("\0", "") if text else None
