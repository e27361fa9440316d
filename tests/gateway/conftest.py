"""Two companies with their keys and accounts, a gateway in this process, and one behind a real server."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway import accounts, app, health, settings
from gateway.callers import Caller
from imece import clock, db, ids, ledger
from imece.contracts import Role
from imece.ledger import Job

PASSWORD = "dogru-at-pil-zimba"


@dataclass(frozen=True)
class Firm:
    """A company, its tokens by role, and the e-mail of its admin."""

    id: UUID
    name: str
    email: str
    tokens: dict[Role, str] = field(default_factory=dict)

    def headers(self, role: Role = Role.OPERATOR, language: str = "en") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}", "Accept-Language": language}

    def caller(self, role: Role = Role.OPERATOR) -> Caller:
        return Caller(name="test", role=role, company_id=self.id, company=self.name)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """No setting of this machine, and cheap passwords."""
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:  # noqa: TID251 (to be rid of it)
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEWAY_SESSION_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setattr("gateway.credentials._N", 16)
    monkeypatch.setattr(health, "_last", (0.0, (False, False)))
    settings.forget()
    yield monkeypatch
    settings.forget()


def _make_firm(name: str, email: str, company: bool = True) -> Firm:
    with db.transaction() as session:
        company_id = accounts.add_company(session, name).id
        belongs = company_id if company else None
        accounts.add_account(session, email, Role.ADMIN, belongs, password=PASSWORD, locale="en")
        tokens = {role: accounts.add_key(session, f"{role} key", role, belongs)[1] for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN)}
    return Firm(company_id, name, email, tokens)


@pytest.fixture
def firm(database: sa.Engine) -> Firm:
    return _make_firm("Örnek Ticaret A.Ş.", "ayse@example.com")


@pytest.fixture
def rival(database: sa.Engine) -> Firm:
    """Another company, which must see nothing of the first."""
    return _make_firm("Rakip Ltd.", "rakip@example.com")


@pytest.fixture
def landlord(database: sa.Engine) -> Firm:
    """Keys and an account of the whole installation."""
    return _make_firm("Kurulum", "admin@example.com", company=False)


@pytest.fixture
def application(database: sa.Engine) -> FastAPI:
    return app.build()


@pytest.fixture
def client(application: FastAPI) -> Iterator[TestClient]:
    """A program without credentials."""
    with TestClient(application, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture
def browser(application: FastAPI, firm: Firm) -> Iterator[TestClient]:
    """A browser in which the admin of `firm` is signed in. `browser.csrf` is what its forms carry."""
    with TestClient(application, raise_server_exceptions=False, follow_redirects=False, headers={"Accept": "text/html"}) as made:
        _sign_in(made, firm.email)
        yield made


def _sign_in(browser: TestClient, email: str) -> None:
    csrf = _form_token(browser.get("/login").text)
    answer = browser.post("/login", data={"email": email, "password": PASSWORD, "csrf": csrf})
    assert answer.status_code == 303, answer.text
    browser.csrf = _form_token(browser.get("/").text)  # type: ignore[attr-defined]


def _form_token(page: str) -> str:
    return page.partition('name="csrf" content="')[2].partition('"')[0]


@dataclass(frozen=True)
class Served:
    """A gateway behind a real server."""

    url: str
    app: FastAPI
    server: uvicorn.Server


@pytest.fixture
def served(application: FastAPI) -> Iterator[Served]:
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)  # uvicorn has no event for this
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}", application, server)
    application.state.live.close()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _add_job(firm: Firm | None, kind: str = "documents.prepare_letters", state: str = "queued", **more: Any) -> UUID:
    """A job as the ledger would have it, in any state."""
    now = clock.now()
    row: dict[str, Any] = {
        "id": ids.new_id(),
        "kind": kind,
        "version": 1,
        "queue": {"documents.prepare_letters": "documents.workbooks", "documents.render_letters": "documents.letters"}.get(
            kind, kind.partition(".")[0] + ".email"
        ),
        "state": state,
        "attempt": 0 if state in ("queued", "scheduled") else 1,
        "max_attempts": 3,
        "args": {"workbook": "gizli.xlsx"},
        "company_id": firm.id if firm else None,
        "requested_by": "ayse@example.com",
    }
    if state in ("succeeded", "failed", "cancelled"):
        row |= {"started_at": now, "finished_at": now}
    row |= {
        "running": {"worker_id": ids.new_id(), "started_at": now},
        "waiting": {"waits_for": 2, "started_at": now},
        "scheduled": {"scheduled_at": now},
        "retrying": {"scheduled_at": now},
        "failed": {"error": {"type": "Permanent", "en": "The workbook is empty.", "tr": "Çalışma kitabı boş."}},
        "cancelled": {"cancel_requested_by": "ayse@example.com"},
    }.get(state, {})
    with db.transaction() as session:
        session.execute(sa.insert(Job).values(row | more))
    return UUID(str(row["id"]))


def _move(job_id: UUID, **values: Any) -> None:
    """Change a job's row, as a worker would."""
    with db.transaction() as session:
        session.execute(sa.update(Job).where(Job.id == job_id).values(**values))


def _job_of(job_id: UUID) -> Job:
    with db.transaction() as session:
        return ledger.find(session, job_id)


def _problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an answer that must be a problem document of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


@pytest.fixture
def add_job(database: sa.Engine) -> Callable[..., UUID]:
    """`add_job(firm, kind, state, **columns)`: a job as the ledger would have it."""
    return _add_job


@pytest.fixture
def move(database: sa.Engine) -> Callable[..., None]:
    """`move(job_id, **columns)`: change a job's row, as a worker would."""
    return _move


@pytest.fixture
def job_of(database: sa.Engine) -> Callable[[UUID], Job]:
    """The job of this id as it stands."""
    return _job_of


@pytest.fixture
def problem() -> Callable[[httpx.Response, int], dict[str, Any]]:
    """`problem(answer, status)`: the body of an answer that must be a problem document."""
    return _problem


@pytest.fixture
def sign_in() -> Callable[[TestClient, str], None]:
    """`sign_in(browser, email)`: with the password that every account of these tests has."""
    return _sign_in
