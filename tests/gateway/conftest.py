"""Two companies with their keys and accounts, a gateway in this process, one behind a real server, and a face that does as tests tell it."""

import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import anyio
import anyio.to_thread
import httpx2 as httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from fastapi.testclient import TestClient

from gateway import accounts, app, health, settings
from gateway.callers import Caller
from imece import clock, db, face, ids, ledger
from imece.contracts import Role
from imece.errors import Conflict
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


@dataclass
class Shop:
    """A face for tests: what came to it, and the events by which a test leads it."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    received: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)


def _face_of(shop: Shop) -> Any:
    inside = FastAPI(openapi_url=None)

    @inside.get("/healthz")
    def healthz() -> str:
        return "ok"

    @inside.post("/v1/shop/sink")
    async def sink(request: Request) -> dict[str, int]:
        size = 0
        async for piece in request.stream():
            if piece:
                size += len(piece)
                shop.received.release()
        return {"size": size}

    @inside.get("/v1/shop/drip")
    async def drip() -> Response:
        async def drops() -> AsyncIterator[bytes]:
            yield b"first"
            await anyio.to_thread.run_sync(shop.go_on.wait, 10)
            yield b"second"

        return StreamingResponse(drops(), media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="a.csv"'})

    @inside.get("/v1/shop/silence")
    async def silence() -> str:
        await anyio.to_thread.run_sync(shop.go_on.wait, 10)
        return "late"

    @inside.get("/{space}/refuse")
    @inside.get("/v1/{space}/refuse")
    def refuse(space: str) -> Response:
        pydantic = {"type": "missing", "loc": ["body", "price"], "msg": "Field required"}
        error = Conflict("It is sold.", "Satıldı.")
        return Response(face.refusal(error, [pydantic]), 409, media_type=face.REFUSAL)

    @inside.api_route("/shop/public/told", methods=["GET", "POST"])
    async def told_by_nobody(request: Request) -> Response:
        said = {"headers": dict(request.headers), "target": face.target(request.scope), "reader": repr(request.state.caller)}
        return JSONResponse(said | {"body": (await request.body()).decode()})

    @inside.get("/shop/public/page")
    @inside.post("/shop/public/page")
    def public_page(request: Request, spoken: str = "") -> Response:
        language = {"Content-Language": spoken} if spoken else {}
        said = {"tr": "Listeden çık", "en": "Unsubscribe"}[spoken or request.state.caller.locale]
        return HTMLResponse(f"<h1>{said}</h1>", 200, headers={face.TITLE: quote(said), **language})

    @inside.get("/shop/public/refuse")
    def refuse_nobody() -> Response:
        return Response(face.refusal(Conflict("It is sold.", "Satıldı.")), 409, media_type=face.REFUSAL)

    @inside.get("/v1/shop/song")
    def song(request: Request) -> Response:
        asked = request.headers.get("range")
        headers = {"Accept-Ranges": "bytes", "Content-Range": "bytes 2-3/9"} if asked == "bytes=2-3" else {}
        return Response(b"la", 206 if asked else 200, headers=headers, media_type="audio/mpeg")

    @inside.get("/v1/shop/news")
    async def news() -> Response:
        async def told() -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            for _ in range(3):
                await anyio.sleep(0.2)  # what stands between two keep-alives
                yield b": still here\n\n"
            yield b"data: 2\n\n"
            await anyio.to_thread.run_sync(shop.go_on.wait, 10)

        return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @inside.post("/v1/audio/{rest:path}")
    async def audio(rest: str, request: Request) -> Response:
        match rest:
            case "own":
                return JSONResponse({"error": {"message": "No such model.", "type": "invalid_request_error"}}, 404)
            case "long":
                await request.body()
                while (await request.receive())["type"] != "http.disconnect":
                    pass
                shop.left.set()
            case "refused":
                return Response(face.refusal(Conflict("It is sold.", "Satıldı.")), 409, media_type=face.REFUSAL)
        return JSONResponse({"text": str(len(await request.body())), "company": str(request.state.caller.company_id)})

    @inside.get("/shop/crash")
    def crash() -> Response:
        return Response("Traceback: canary", 500)

    @inside.post("/shop/order")
    async def order(request: Request) -> Response:
        shop.seen.append({"form": (await request.body()).decode()})
        return RedirectResponse("/shop/ordered", status_code=303)

    @inside.get("/shop/away")
    def away(to: str) -> Response:
        return RedirectResponse(to, status_code=303)

    @inside.get("/shop/part")
    def part() -> Response:
        return HTMLResponse("<li>one</li>")

    @inside.get("/shop/rude")
    def rude() -> Response:
        return Response("x", media_type="text/plain", headers={"Set-Cookie": "imece_session=x", "Content-Security-Policy": "none"})

    @inside.api_route("/v1/{rest:path}", methods=["GET", "PUT", "DELETE"])
    def told(request: Request) -> Response:
        caller: face.Caller = request.state.caller
        said = {"headers": dict(request.headers), "target": face.target(request.scope), "company": str(caller.company_id)}
        shop.seen.append(said)
        return JSONResponse(said | {"name": caller.name, "role": caller.role, "locale": caller.locale, "token": caller.form_token})

    @inside.get("/shop")
    @inside.get("/shop/{rest:path}")
    def page(request: Request) -> Response:
        caller: face.Caller = request.state.caller
        text = f'<h1>Dükkân of {caller.company}</h1><input name="csrf" value="{caller.form_token}">'
        return HTMLResponse(text, headers={face.TITLE: "D%C3%BCkk%C3%A2n"})

    guards = {name: face.Guard(inside, name) for name in ("shop", "transcription")}

    async def both(scope: Any, receive: Any, send: Any) -> None:
        await guards["transcription" if scope.get("path", "").startswith("/v1/audio/") else "shop"](scope, receive, send)

    return both


@pytest.fixture(scope="module")
def open_shop() -> Iterator[Shop]:
    shop = Shop()
    server = uvicorn.Server(uvicorn.Config(_face_of(shop), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)  # uvicorn has no event for this
    shop.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield shop
    shop.go_on.set()
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def shop(open_shop: Shop) -> Shop:
    open_shop.seen.clear()
    open_shop.go_on.clear()
    open_shop.left.clear()
    return open_shop
