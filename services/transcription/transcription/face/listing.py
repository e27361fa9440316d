"""Pages about many recordings: where they are uploaded, the list as it moves, the search in what is said, the glossary."""

from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from imece import db, ledger
from imece.contracts.transcription import Transcribe
from imece.errors import Invalid, NotFound
from imece.face.asking import Caller, Operator, Sent
from transcription import glossary, progress, recordings, transcripts
from transcription.face import orders, words
from transcription.face.drawing import page, part
from transcription.settings import settings

router = APIRouter(prefix="/transcription")

PAGE, HITS = 30, 60

Text = Annotated[str, Query(max_length=200)]


@router.get("")
def index(
    request: Request,
    caller: Caller,
    text: Text = "",
    before: UUID | None = None,
    *,
    alone: Annotated[bool, Query(alias="part")] = False,
) -> Response:
    """The list; with `text` what is called so and where it is said; with `part` alone, for a page that is already there."""
    with db.transaction() as session:
        known = listed(session, caller.company_id, text.replace("\0", "").strip(), before)
        if alone:
            return part(request, "rows.html", **known)
        return page(request, "recordings.html", ("Recordings", "Kayıtlar"), kind=Transcribe.kind, model=settings().model, **known)


@router.post("")
def fetch(caller: Operator, sent: Sent) -> Response:
    """Transcribe what is at an address."""
    address = sent.text("recording") or ""
    if not address.startswith(("http://", "https://")):
        raise Invalid("The address begins with https:// or http://.", "Adres https:// ya da http:// ile başlamalı.")
    options = {name: sent.text(name) for name in ("language", "model", "initial_prompt", "notify_email")}
    wish: dict[str, Any] = {name: value for name, value in options.items() if value}
    wish |= {name: orders.seconds(value) for name in ("start", "end") if (value := sent.text(name))}
    wish |= {"trim": sent.text("trim") or "none", "trim_silence": sent.flag("trim_silence")}
    wish |= {"recording": address, "locale": caller.locale, "hotwords": tuple(sent.words("hotwords"))}
    wish |= {"translate": sent.flag("translate"), "priority": "high" if sent.flag("priority") else "normal"}
    return RedirectResponse(f"/transcription/started/{orders.transcribe(caller, orders.validated(Transcribe, wish))}", status_code=303)


@router.get("/started/{job_id}")
def started(job_id: UUID, request: Request, caller: Caller) -> Response:
    """To the recording that a job has begun; until then, how the job stands."""
    with db.transaction() as session:
        found = progress.of_job(session, caller.company_id, job_id)
        if found is not None:
            return RedirectResponse(f"/transcription/recordings/{found.id}", status_code=303)
        job = ledger.find(session, job_id, company_id=caller.company_id)
        if job.kind != Transcribe.kind:
            raise NotFound("There is no such recording.", "Böyle bir kayıt yok.")
        return page(request, "started.html", ("Starting", "Başlatılıyor"), job=job, unserved=None if job.final else orders.unserved())


@router.get("/glossary")
def show_glossary(request: Request, caller: Caller) -> Response:
    """Names and terms that the recogniser is told beforehand."""
    with db.transaction() as session:
        terms = glossary.of_company(session, caller.company_id)
    return page(request, "glossary.html", ("Glossary", "Sözlük"), terms=terms, most=glossary.MOST)


@router.post("/glossary")
def add_terms(caller: Operator, sent: Sent) -> Response:
    """Add terms: one a line, or with commas between."""
    lines = (sent.text("terms") or "").replace(",", "\n").splitlines()
    with db.transaction() as session:
        glossary.add(session, caller.company_id, [line.strip() for line in lines if line.strip()], by=caller.name)
    return RedirectResponse("/transcription/glossary", status_code=303)


@router.post("/glossary/delete")
def remove_term(caller: Operator, sent: Sent) -> Response:
    """Take a term out."""
    with db.transaction() as session:
        glossary.remove(session, caller.company_id, sent.text("term") or "")
    return RedirectResponse("/transcription/glossary", status_code=303)


def listed(session: Session, company_id: UUID, text: str, before: UUID | None) -> dict[str, Any]:
    """One page of the list, what is not a recording yet, and where it is said what is looked for."""
    found = recordings.listed(session, company_id, text=text or None, before=before, limit=PAGE + 1)
    waiting = [] if text or before else progress.unbegun(session, company_id)
    hits = transcripts.search(session, company_id, text, limit=HITS) if text and not before else []
    return {
        "found": found[:PAGE],
        "next": found[PAGE - 1].recording.id if len(found) > PAGE else None,
        "waiting": waiting,
        "hits": [list(group) for _, group in groupby(hits, key=lambda hit: hit.recording.id)],
        "snippet": transcripts.snippet,
        "text": text,
        "moving": any(not one.final for one in found) or any(not job.final for job in waiting),
        "formats": words.FORMATS,
    }
