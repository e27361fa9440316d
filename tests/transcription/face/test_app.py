"""Every address of the face, walked: nothing for strangers, nothing of another company's, nothing written by viewers."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from imece import db, face
from imece.ids import new_id
from transcription import glossary, transcripts
from transcription.face import app

Ask = Callable[..., Any]
Shelf = Any  #: conftest.Shelf


def walk(**places: Any) -> Iterator[tuple[str, str]]:
    inside: Any = app.build().app
    for context in iter_route_contexts(inside.routes):
        path = re.sub(r"{(\w+)}", lambda match: str(places[match[1]]), str(context.path))  # one that is new must be named by who walks
        for method in sorted(context.methods or ("GET",)):
            yield method, path
    for path in ("/v1/audio/transcriptions", "/v1/audio/translations"):
        yield "POST", path


def test_without_the_gateways_signature_nothing_is_answered(client: TestClient) -> None:
    seen = list(walk(**dict.fromkeys(("recording_id", "segment_id", "job_id", "window", "position", "kind", "act", "term"), 1)))

    assert len(seen) > 40
    for method, path in [*seen, ("GET", "/transcription/static/recordings.js"), ("GET", "/nothing")]:
        if path != "/healthz":
            assert client.request(method, path).status_code == 401, (method, path)
    assert client.get("/healthz").text == "ok"


def test_another_company_finds_nothing(ask: Ask, shelf: Shelf, stranger: face.Caller) -> None:
    """Every route, reading and writing, asked by a stranger for what is the company's."""
    recording = shelf.add("gizli kayıt", said=["gizli söz", "gizli karar"])
    shelf.chapters(recording, "gizli bölüm")
    shelf.sound(recording, b"gizli ses")
    [first, _] = shelf.segments(recording)
    with db.transaction() as session:
        edit = transcripts.edit(session, shelf.company, first.id, "gizli düzeltme", by="ayşe")
        glossary.add(session, shelf.company, ["gizli terim"], by="ayşe")
    before = _everything(shelf.company)
    places = {"recording_id": recording, "segment_id": edit.id, "job_id": shelf.row(recording).job_id, "window": 0, "position": 0}
    places |= {"kind": "txt", "act": "cancel", "term": "gizli terim"}

    for method, path in walk(**places):
        form = {"title": "x", "text": "gizli", "model": "small", "edit": str(new_id()), "term": "gizli terim", "terms": "y"}
        json = {"title": "x", "text": "x", "model": "small", "terms": ["y"], "recording": f"{shelf.company}/uploads/{recording}/gizli"}
        body = (
            {"json": json}
            if path.startswith("/v1/transcription") and method in ("POST", "PATCH")
            else {"data": form}
            if method == "POST"
            else {}
        )
        query = {"words": "gizli", "text": "gizli"} if method == "GET" else None
        answer = ask(method, path, by=stranger, query=query, **body)
        assert "gizli" not in answer.text.replace('value="gizli"', ""), (method, path, answer.text)
    assert _everything(shelf.company) == before


def test_who_may_only_look_changes_nothing(ask: Ask, shelf: Shelf, viewer: face.Caller) -> None:
    recording = shelf.add()
    shelf.chapters(recording, "Açılış")
    before = _everything(shelf.company)
    places = {"recording_id": recording, "segment_id": shelf.segments(recording)[0].id, "window": 0, "position": 0, "act": "retry"}
    places |= {"job_id": shelf.row(recording).job_id, "kind": "txt", "term": "x"}

    for method, path in walk(**places):
        if method in ("GET", "HEAD"):
            continue
        json = {"title": "x", "text": "x", "model": "small", "terms": ["y"], "recording": "https://example.com/a.mp3"}
        body = {"json": json} if path.startswith("/v1/transcription") else {"data": {"title": "x", "text": "x", "model": "small"}}
        assert ask(method, path, by=viewer, **body).status_code == 403, (method, path)
    assert _everything(shelf.company) == before


def test_a_form_of_another_shape_is_refused_field_by_field(ask: Ask, shelf: Shelf) -> None:
    answer = ask("GET", "/v1/transcription/recordings", query={"limit": "many"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == face.REFUSAL
    assert answer.json()["errors"][0]["loc"] == ["query", "limit"]


def test_its_description_names_what_can_be_asked(ask: Ask) -> None:
    paths = ask("GET", "/v1/transcription/openapi.json").json()["paths"]

    assert "/v1/transcription/recordings/{recording_id}/export.{kind}" in paths
    assert all(path.startswith("/v1/transcription/") for path in paths)


def _everything(company: UUID) -> list[Any]:
    tables = (*(f"transcription.{name}" for name in ("recording", '"window"', "segment", "edit", "chapter", "term")), "ledger.job")
    with db.quick() as connection:
        found = [
            connection.execute(sa.text(f"select to_jsonb(t) from {table} t where company_id = :company"), {"company": company}).all()
            for table in tables
        ]
    return [sorted(map(str, rows)) for rows in found]
