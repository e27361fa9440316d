"""Server-sent events over a real connection."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest
import sqlalchemy as sa

from gateway.api import events
from imece import ids
from imece.contracts import Role

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
AddJob = Callable[..., Any]


def follow(served: Served, firm: Firm, job: UUID, **headers: str) -> Iterator[tuple[str, str, str]]:
    """Events of a job as (id, name, data), until the stream ends."""
    told = {"Accept": "text/event-stream"} | firm.headers(Role.VIEWER) | headers
    with httpx.stream("GET", f"{served.url}/v1/jobs/{job}/events", headers=told, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                yield "", "comment", line
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                yield fields.get("id", ""), fields.get("event", ""), fields["data"]
                fields = {}


def test_progress_is_told_until_the_end_and_then_the_stream_ends(
    served: Served, firm: Firm, add_job: AddJob, move: Callable[..., None]
) -> None:
    job = add_job(firm, state="running", progress_total=3)
    heard = []
    for _, name, data in follow(served, firm, job):
        assert name == "job"
        seen = json.loads(data)
        heard.append((seen["state"], seen["progress"]["done"]))
        done = seen["progress"]["done"] + 1
        if done <= 3:
            move(job, progress_done=done, progress_note={"tr": "satır", "en": "rows"})
        elif not seen["final"]:
            move(job, state="succeeded", worker_id=None, finished_at=sa.func.now(), result={"rows": 3})

    assert heard == [("running", 0), ("running", 1), ("running", 2), ("running", 3), ("succeeded", 3)]
    assert seen["result"] == {"rows": 3}
    assert seen["progress"]["note"] == "rows"


def test_many_clients_follow_one_job(served: Served, firm: Firm, add_job: AddJob, move: Callable[..., None]) -> None:
    job = add_job(firm, state="running")
    begun = threading.Barrier(41)
    ends: list[str] = []

    def client() -> None:
        stream = follow(served, firm, job)
        next(stream)
        begun.wait(20)
        for _, _, data in stream:
            last = json.loads(data)["state"]
        ends.append(last)

    clients = [threading.Thread(target=client) for _ in range(40)]
    for one in clients:
        one.start()
    begun.wait(20)
    looks = served.app.state.live.looks
    move(job, state="cancelled", worker_id=None, finished_at=sa.func.now(), cancel_requested_by="x")
    for one in clients:
        one.join(20)

    assert ends == ["cancelled"] * 40
    assert served.app.state.live.looks - looks < 20


def test_a_client_that_comes_back_after_the_end_is_told_to_stay_away(served: Served, firm: Firm, add_job: AddJob) -> None:
    job = add_job(firm, state="failed")
    [(number, _, data)] = list(follow(served, firm, job))
    assert json.loads(data)["error"]["message"] == "The workbook is empty."

    url = f"{served.url}/v1/jobs/{job}/events"

    assert httpx.get(url, headers=firm.headers() | {"Last-Event-ID": number}).status_code == 204


@pytest.mark.parametrize("last", ["0", "x" * 2000, "'; drop table", "2026-11-20"])
def test_any_other_last_event_id_is_harmless(served: Served, firm: Firm, add_job: AddJob, last: str) -> None:
    job = add_job(firm, state="failed")

    assert len(list(follow(served, firm, job, **{"Last-Event-ID": last}))) == 1


def test_a_silent_stream_says_that_it_is_there(served: Served, firm: Firm, add_job: AddJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    stream = follow(served, firm, add_job(firm))
    next(stream)

    assert next(stream)[1] == "comment"
    stream.close()  # type: ignore[attr-defined]


def test_a_stream_has_an_end_so_that_its_client_is_asked_again_who_it_is(
    served: Served, firm: Firm, add_job: AddJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LIFETIME", 0.2)
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)

    assert {name for _, name, _ in follow(served, firm, add_job(firm))} == {"job", "comment"}


def test_a_watcher_that_has_gone_is_forgotten(served: Served, firm: Firm, add_job: AddJob) -> None:
    stream = follow(served, firm, add_job(firm))
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    deadline = threading.Event()
    for _ in range(200):
        if not served.app.state.live._watchers:
            break
        deadline.wait(0.02)
    assert not served.app.state.live._watchers


def test_nobody_follows_what_is_not_theirs(served: Served, firm: Firm, rival: Firm, add_job: AddJob) -> None:
    for job in (add_job(firm), ids.new_id()):
        assert httpx.get(f"{served.url}/v1/jobs/{job}/events", headers=rival.headers()).status_code == 404


def test_data_of_several_lines_stays_one_event() -> None:
    assert events.event("a\nb", name="row", number="1") == "id: 1\nevent: row\ndata: a\ndata: b\n\n"
