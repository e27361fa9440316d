"""Live pages over a real connection."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest

from gateway.console import streams

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
AddJob = Callable[..., Any]


def follow(served: Served, firm: Firm, path: str) -> Iterator[tuple[str, str]]:
    with httpx.stream("GET", f"{served.url}{path}", headers=firm.headers(), timeout=20) as answer:
        assert answer.status_code == 200
        name, data = "", ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data += line.removeprefix("data: ") + "\n"
            elif not line and data:
                yield name, data
                data = ""


def test_rows_come_as_they_change_and_new_ones_are_announced(
    served: Served, firm: Firm, add_job: AddJob, move: Callable[..., None]
) -> None:
    job = add_job(firm, state="running")
    stream = follow(served, firm, f"/live?job={job}")
    name, row = next(stream)
    assert name == "row"
    assert f'id="job-{job}"' in row
    assert "Running" in row

    move(job, progress_done=3, progress_total=7)
    assert "3 / 7" in next(stream)[1]
    add_job(firm)
    assert next(stream)[0] == "news"
    stream.close()  # type: ignore[attr-defined]


def test_the_head_of_a_job_comes_with_what_can_be_done_to_it(
    served: Served, firm: Firm, add_job: AddJob, move: Callable[..., None]
) -> None:
    job = add_job(firm, state="running")
    stream = follow(served, firm, f"/jobs/{job}/live")
    assert f"/jobs/{job}/cancel" in next(stream)[1]

    move(job, state="failed", worker_id=None, finished_at=streams.clock.now(), error={"en": "The workbook is empty.", "tr": "Boş."})
    head = next(stream)[1]

    assert f"/jobs/{job}/retry" in head
    assert "The workbook is empty." in head
    stream.close()  # type: ignore[attr-defined]


def test_nothing_of_others_comes(served: Served, firm: Firm, rival: Firm, add_job: AddJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LIFETIME", 0.3)
    monkeypatch.setattr(streams, "HEARTBEAT", 0.1)
    job = add_job(firm, args={"workbook": "gizli"})

    assert list(follow(served, rival, f"/live?job={job}")) == []
    assert httpx.get(f"{served.url}/jobs/{job}/live", headers=rival.headers()).status_code == 404
