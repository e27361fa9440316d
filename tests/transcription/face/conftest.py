"""The face in this process, asked as the gateway asks it, and recordings to be looked at."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from imece import clock, db, face, ids, ledger, storage
from imece.contracts import Role
from imece.contracts.transcription import Transcribe
from transcription.face import app
from transcription.models import Chapter, Recording, Segment, Window

Ask = Callable[..., Any]

SAID = [
    "Merhaba, yönetim toplantısına hoş geldiniz.",
    "Önce ISPARTA deposunun kirasını konuşacağız.",
    "Şirket yeni bir sözleşme imzaladı.",
    "Teşekkürler, haftaya görüşmek üzere.",
]


class Shelf:
    """Recordings as they lie in the database after some listening."""

    def __init__(self, company: UUID) -> None:
        self.company = company

    def add(
        self, title: str = "toplantı.mp4", *, said: list[str] = SAID, state: str = "succeeded", company: UUID | None = None, **values: Any
    ) -> UUID:
        """A recording with a window of 5 s for each text, heard up to `heard` (all of them); its id. `state` is its job's."""
        owner, id_ = company or self.company, ids.new_id()
        heard = values.pop("heard", len(said))
        stage = values.get("stage", "done" if state == "succeeded" else "listening")
        with db.transaction() as session:
            job_id = ledger.submit(
                session, Transcribe(recording=f"{owner}/uploads/{ids.new_id()}/{title}"), company_id=owner, requested_by="ayşe"
            )
            given = {
                "id": id_,
                "company_id": owner,
                "job_id": job_id,
                "requested_by": "ayşe",
                "title": title,
                "stage": stage,
                "locale": "tr",
                "model": "base",
                "wish": {"translate": False, "initial_prompt": None, "hotwords": None, "beam_size": 5, "words": True},
                "language": "tr",
                "duration": 5.0 * len(said),
                "speech": 5.0 * len(said),
                "words": sum(len(text.split()) for text in said),
                "finished_at": clock.now() if stage == "done" else None,
            }
            session.add(Recording(**given | values))
            session.flush()
            for idx, text in enumerate(said):
                there = idx < heard
                done = {"state": "heard", "model": "base", "heard_at": clock.now(), "avg_logprob": -0.2} if there else {"state": "planned"}
                session.add(Window(recording_id=id_, company_id=owner, idx=idx, t0=5.0 * idx, t1=5.0 * idx + 5, **done))
                if there:
                    session.add(self._segment(owner, id_, idx, text))
        if state != "queued":
            self.move(job_id, state)
        return id_

    def chapters(self, recording_id: UUID, *titles: str, every: float = 20.0) -> None:
        """Chapters one after the other."""
        with db.transaction() as session:
            session.add_all(
                Chapter(recording_id=recording_id, company_id=self.company, position=place, start=place * every, title=title)
                for place, title in enumerate(titles)
            )

    def move(self, job_id: UUID, state: str, **values: Any) -> None:
        """Have the job stand otherwise."""
        change = {"state": state, **values}
        if state in ledger.FINAL:
            change["finished_at"] = clock.now()
        if state == "failed":
            change = {"error": {"type": "Permanent", "en": "There is no sound in it.", "tr": "İçinde ses yok."}} | change
        if state == "waiting":
            change = {"waits_for": 1} | change
        if state == "cancelled":
            change = {"cancel_requested_by": "ayşe"} | change
        with db.transaction() as session:
            session.execute(sa.update(ledger.Job).where(ledger.Job.id == job_id).values(change))

    def segments(self, recording_id: UUID) -> list[Segment]:
        """What is said in it."""
        with db.transaction() as session:
            return list(session.scalars(sa.select(Segment).where(Segment.recording_id == recording_id).order_by(Segment.window_idx)))

    def row(self, recording_id: UUID) -> Recording:
        """The recording as it stands."""
        with db.transaction() as session:
            return session.get_one(Recording, recording_id)

    def sound(self, recording_id: UUID, data: bytes = bytes(range(256)) * 8) -> str:
        """Give it a copy of its sound; the key."""
        key = storage.new_key(self.company, "recordings", "toplantı.m4a", of=recording_id)
        storage.put(key, data)
        with db.transaction() as session:
            session.get_one(Recording, recording_id).audio_key = key
        return key

    @staticmethod
    def _segment(owner: UUID, recording_id: UUID, idx: int, text: str) -> Segment:
        words = text.split()
        each = 5.0 / len(words)
        timed = [
            {"start": 5 * idx + n * each, "end": 5 * idx + (n + 1) * each, "text": f" {word}", "probability": 0.9 if n else 0.3}
            for n, word in enumerate(words)
        ]
        return Segment(
            id=ids.new_id(),
            company_id=owner,
            recording_id=recording_id,
            window_idx=idx,
            position=0,
            t0=5.0 * idx,
            t1=5.0 * idx + 5,
            text=text,
            words=timed,
            marks={"avg_logprob": -0.2, "no_speech_prob": 0.01, "compression_ratio": 1.1, "temperature": 0.0},
        )


@pytest.fixture
def shelf(database: sa.Engine, redis_client: Any, company: UUID, scratch: Path) -> Shelf:
    """The recordings of a company."""
    return Shelf(company)


@pytest.fixture
def person(company: UUID) -> face.Caller:
    """An operator of the company."""
    return face.Caller("ayşe@example.com", Role.OPERATOR, company, "Örnek Ticaret A.Ş.", "en", "f" * 64)


@pytest.fixture
def viewer(person: face.Caller) -> face.Caller:
    """Somebody who may only look."""
    return replace(person, name="stajyer@example.com", role=Role.VIEWER)


@pytest.fixture
def stranger(person: face.Caller) -> face.Caller:
    """An operator of another company."""
    return replace(person, company_id=ids.new_id(), company="Rakip Ltd.")


@pytest.fixture
def client(shelf: Shelf) -> Iterator[TestClient]:
    with TestClient(app.build(), follow_redirects=False) as made:
        yield made


@pytest.fixture
def ask(client: TestClient, person: face.Caller) -> Ask:
    """`ask("GET", "/transcription", by=caller, data={...})`: what the face answers to a request that the gateway has signed."""

    def asked(method: str, path: str, by: face.Caller = person, query: dict[str, Any] | None = None, **more: Any) -> Any:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {face.CALLER: face.sign(by, "transcription", method, target)} | more.pop("headers", {})
        return client.request(method, target, headers=headers, **more)

    return asked
