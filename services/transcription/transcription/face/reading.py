"""Pages about one recording: what is said as it is heard, the player, corrections, chapters, files."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from imece import db, ledger
from imece.contracts.transcription import RerunWindow
from imece.face.asking import Caller, Operator, Sent
from transcription import corrections, progress, recordings, subtitles, transcripts
from transcription.face import files, orders
from transcription.face.drawing import page, part

router = APIRouter(prefix="/transcription")

#: Changes that the page of a recording shows.
_RECENT = 20

#: Subtitles that a page shows; all of them are in the files.
_CUES = 300


@router.get("/recordings/{recording_id}")
def show(recording_id: UUID, request: Request, caller: Caller) -> Response:
    """One recording with everything that is known of it."""
    company = caller.company_id
    with db.transaction() as session:
        standing = recordings.standing(session, company, recording_id)
        arrived = progress.arrived(session, company, recording_id)
        chapters = transcripts.chapters(session, company, recording_id)
        youtube, refusals = files.youtube(standing.recording, chapters, caller.locale)
        known: dict[str, Any] = {
            "one": standing,
            "progress": progress.of(session, standing.recording),
            "rows": arrived.segments,
            "cursor": arrived.cursor,
            "chapters": chapters,
            "youtube": youtube,
            "refusals": refusals,
            "doubts": progress.doubts(session, company, recording_id) if standing.final else [],
            "edits": transcripts.history(session, company, recording_id)[:_RECENT],
            "unserved": None if standing.final else orders.unserved(),
            "rehearing": rehearing(session, company, recording_id),
        }
        return page(request, "recording.html", (standing.recording.title,) * 2, **known)


@router.get("/recordings/{recording_id}/live")
def live(
    recording_id: UUID, request: Request, caller: Caller, since: datetime | None = None, window: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """What has been heard `since` then, and how far the recording is; or what one window says now."""
    with db.transaction() as session:
        standing = recordings.standing(session, caller.company_id, recording_id)
        if window is None:
            rows, cursor = progress.arrived(session, caller.company_id, recording_id, since)
        else:
            rows = [row for row in transcripts.rows(session, caller.company_id, recording_id, since=window - 1) if row.window_idx == window]
            cursor = since
        known: dict[str, Any] = {"one": standing, "progress": progress.of(session, standing.recording), "rows": rows, "cursor": cursor}
        return part(request, "live.html", **known)


@router.post("/recordings/{recording_id}/title")
def rename(recording_id: UUID, caller: Operator, sent: Sent) -> Response:
    """Call a recording otherwise."""
    with db.transaction() as session:
        corrections.rename(session, caller.company_id, recording_id, sent.text("title") or "")
    return _to(recording_id)


@router.post("/recordings/{recording_id}/delete")
def delete(recording_id: UUID, caller: Operator) -> Response:
    """Delete a recording with everything of it."""
    files.delete(caller, recording_id)
    return RedirectResponse("/transcription", status_code=303)


@router.post("/recordings/{recording_id}/{act}")
def steer(recording_id: UUID, act: Literal["cancel", "retry"], caller: Operator) -> Response:
    """Stop the work on a recording, or begin it again where it stopped."""
    with db.transaction() as session:
        job_id = recordings.find(session, caller.company_id, recording_id).job_id
        {"cancel": ledger.cancel, "retry": ledger.retry}[act](session, job_id, by=caller.name, company_id=caller.company_id)
    return _to(recording_id)


@router.post("/recordings/{recording_id}/chapters/{position}")
def name_chapter(recording_id: UUID, position: int, caller: Operator, sent: Sent, later: BackgroundTasks) -> Response:
    """Name a chapter."""
    later.add_task(files.rewrite, recording_id)
    with db.transaction() as session:
        transcripts.name_chapter(session, caller.company_id, recording_id, position, sent.text("title") or "")
    return _to(recording_id, "#chapters")


@router.post("/recordings/{recording_id}/windows/{window}")
def rerun(recording_id: UUID, window: int, caller: Operator, sent: Sent) -> Response:
    """Hear a window again by another model."""
    with db.transaction() as session:
        orders.rerun(session, caller, recording_id, window, sent.text("model") or "")
    return _to(recording_id, f"#w-{window}")


@router.get("/recordings/{recording_id}/subtitles")
def show_subtitles(
    recording_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False
) -> Response:
    """The transcript as subtitles, held against their rules; with `part` for a page that is already there."""
    with db.transaction() as session:
        recording = recordings.find(session, caller.company_id, recording_id)
        cues = subtitles.cues(transcripts.segments(session, caller.company_id, recording_id))
    broken: dict[int, list[subtitles.Fault]] = {}
    for fault in subtitles.faults(cues):
        broken.setdefault(fault.place, []).append(fault)
    known: dict[str, Any] = {"recording": recording, "cues": cues, "broken": broken, "most": _CUES}
    if alone:
        return part(request, "cues.html", **known)
    return page(request, "subtitles.html", ("Subtitles", "Altyazılar"), **known)


@router.get("/recordings/{recording_id}/export.{kind}")
def export(recording_id: UUID, kind: Literal["txt", "srt", "vtt", "json", "docx", "md"], caller: Caller) -> Response:
    """The transcript as it stands now as a file."""
    return files.export(caller, recording_id, kind)


@router.get("/recordings/{recording_id}/media")
def media(recording_id: UUID, request: Request, caller: Caller) -> Response:
    """The sound of a recording, for the player."""
    return files.media(request, caller, recording_id)


@router.get("/segments/{segment_id}")
def show_segment(segment_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """One segment: what it says, what it said, and where it can be corrected; with `part` its line in the transcript."""
    with db.transaction() as session:
        row = corrections.segment(session, caller.company_id, segment_id)
        if alone:
            return part(request, "segment.html", row=row)
        known: dict[str, Any] = {
            "row": row,
            "recording": recordings.find(session, caller.company_id, row.recording_id),
            "edits": corrections.edits_of(session, caller.company_id, segment_id),
        }
        return page(request, "correction.html", ("Correction", "Düzeltme"), **known)


@router.post("/segments/{segment_id}")
def edit(segment_id: UUID, caller: Operator, sent: Sent, later: BackgroundTasks) -> Response:
    """Correct what a segment says; the files follow."""
    with db.transaction() as session:
        text, version = sent.text("text") or "", sent.whole("version")
        row = transcripts.edit(session, caller.company_id, segment_id, text, by=caller.name, version=version)
        later.add_task(files.rewrite, row.recording_id)
        return _to(row.recording_id, f"#s-{segment_id}")


@router.post("/segments/{segment_id}/undo")
def undo(segment_id: UUID, caller: Operator, sent: Sent, later: BackgroundTasks) -> Response:
    """Let a segment say what it said before an edit."""
    with db.transaction() as session:
        row = corrections.undo(session, caller.company_id, segment_id, by=caller.name, edit_id=sent.id("edit"))
        later.add_task(files.rewrite, row.recording_id)
        return _to(row.recording_id, f"#s-{segment_id}")


def rehearing(session: Session, company_id: UUID, recording_id: UUID) -> dict[int, UUID]:
    """The windows that are being heard again just now, with the job that does it."""
    job = ledger.Job
    query = sa.select(job.args["window"].as_integer(), job.id).where(
        job.company_id == company_id,
        job.kind == RerunWindow.kind,
        job.finished_at.is_(None),
        job.args["recording_id"].as_string() == str(recording_id),
    )
    return {int(window): job_id for window, job_id in session.execute(query)}


def _to(recording_id: UUID, place: str = "") -> RedirectResponse:
    return RedirectResponse(f"/transcription/recordings/{recording_id}{place}", status_code=303)
