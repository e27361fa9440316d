"""Deny by default: shown by walking every route there is, not by trusting that each one asks."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount
from structlog.testing import capture_logs

from gateway import doors, settings
from gateway.gate import PUBLIC, Gate
from imece import ids, storage
from imece.contracts import Role
from imece.errors import Permanent

Firm = Any  #: conftest.Firm
Problem = Callable[[Any, int], dict[str, Any]]

#: One value for each parameter of a path, so that the walk reaches the endpoint itself.
PLACES = {
    "rest:path": "anything",  # of a face: what it answers is its own business, that nobody gets to it is ours
    "job_id": str(ids.new_id()),
    "kind": "documents.prepare_letters",
    "key:path": f"{ids.new_id()}/uploads/{ids.new_id()}/a.xlsx",
}


def walk(app: FastAPI, **places: str) -> Iterator[tuple[str, str]]:
    """Every (method, address) of the application, mounted ones too."""
    for context in iter_route_contexts(app.routes):
        path = re.sub(r"{([\w:]+)}", lambda match: (PLACES | places)[match[1]], str(context.path))
        if isinstance(context.original_route, Mount):
            yield "GET", f"{path}/"
            yield "POST", f"{path}/delete-message"
        for method in sorted(context.methods or ()):
            if not doors.is_anybodys(path):  # asked as nobody whoever asks: see test_faces
                yield method, path


def test_the_walk_sees_every_part_of_the_house(application: FastAPI) -> None:
    seen = set(walk(application))

    assert len(seen) >= 30
    assert {("POST", "/v1/files"), ("GET", "/"), ("GET", "/metrics"), ("GET", "/dashboard/"), ("GET", "/v1/openapi.json")} <= seen
    assert ("GET", f"/api/tasks/{PLACES['job_id']}/status") in seen


def test_without_credentials_everything_is_401_but_the_front_door(client: TestClient, application: FastAPI, problem: Problem) -> None:
    for method, path in walk(application):
        if path in PUBLIC or path.startswith("/static"):
            continue
        answer = client.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert "www-authenticate" in answer.headers
        if method != "HEAD":
            assert problem(answer, 401)["instance"] == path
    problem(client.get("/there/is/no/such/thing"), 401)


@pytest.mark.parametrize(
    "credentials",
    [
        {"Authorization": "Bearer imece_" + "x" * 43},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Authorization": "imece_x"},
        {"Cookie": "imece_session=" + "x" * 43},
        {"Cookie": "imece_session="},
    ],
)
def test_false_credentials_open_nothing(client: TestClient, application: FastAPI, credentials: dict[str, str]) -> None:
    for method, path in walk(application):
        if path not in PUBLIC and not path.startswith("/static"):
            assert client.request(method, path, headers=credentials).status_code == 401, (method, path)


def test_another_companys_key_finds_nothing(
    client: TestClient, application: FastAPI, firm: Firm, rival: Firm, add_job: Callable[..., Any], job_of: Callable[[Any], Any]
) -> None:
    """Every route, reading and writing, asked by the rival's strongest key for the firm's job and file."""
    key = storage.new_key(firm.id, "uploads", "a.xlsx")
    storage.put(key, b"gizli")
    job = add_job(firm, state="failed", args={"workbook": key, "note": "gizli"})
    child = add_job(firm, "documents.render_letters", state="running", parent_id=job, args={"letter_ids": ["gizli"]})

    for method, path in walk(application, job_id=str(job), **{"key:path": key}):
        if path in ("/v1/workers", "/v1/openapi.json", "/machines", "/live"):  # the last has no end; test_streams has it
            continue
        options: dict[str, Any] = {"json": {"workbook": key}} if path.endswith("prepare_letters") else {}
        answer = client.request(
            method, path, headers=rival.headers(Role.ADMIN) | {"Accept": "text/html"}, params={"job": str(job), "parts": "1"}, **options
        )
        assert "gizli" not in answer.text, (method, path)
        if str(job) in path or key in path or options:
            assert answer.status_code == 404, (method, path, answer.text)
    assert (job_of(job).state, job_of(child).state) == ("failed", "running")
    assert storage.get(key) == b"gizli"


def test_a_viewer_changes_nothing(client: TestClient, application: FastAPI, firm: Firm, problem: Problem) -> None:
    for method, path in walk(application):
        if method == "POST" and path not in ("/login", "/logout", "/language"):
            problem(client.post(path, headers=firm.headers(Role.VIEWER)), 403)


def test_the_address_is_what_the_server_routes_by_not_what_the_host_header_says(client: TestClient, problem: Problem) -> None:
    """`Host: x/login?` makes some frameworks believe that the path is /login."""
    problem(client.get("/v1/jobs", headers={"Host": "testserver/login?"}), 401)
    problem(client.get("/v1/jobs", headers={"Host": "testserver/static/"}), 401)
    problem(client.get("/static/../v1/jobs".replace("..", "%2e%2e")), 404)


def test_a_key_that_does_not_open_is_refused_even_where_a_cookie_would(browser: TestClient, problem: Problem) -> None:
    assert browser.get("/v1/jobs").status_code == 200
    problem(browser.get("/v1/jobs", headers={"Authorization": "Bearer imece_wrong"}), 401)


def test_a_person_is_sent_to_the_sign_in_page_and_back(client: TestClient) -> None:
    answer = client.get("/machines?part=1", headers={"Accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/machines%3Fpart%3D1"


@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        ({}, {}, 403),
        ({}, {"csrf": "x" * 64}, 403),
        ({"X-CSRF-Token": "x" * 64}, {}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf": "right"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, {"csrf": "right"}, 403),
        ({"Origin": "https://evil.example.com"}, {"csrf": "right"}, 403),
        ({"Origin": "null"}, {"csrf": "right"}, 403),
        ({"Origin": "http://["}, {"csrf": "right"}, 403),
        ({"Origin": "testserver"}, {"csrf": "right"}, 403),
        ({}, {"csrf": "right"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, {"csrf": "right"}, 303),
        ({"Origin": "http://testserver"}, {"csrf": "right"}, 303),
        ({"X-CSRF-Token": "right"}, {}, 303),
    ],
)
def test_a_browsers_write_carries_its_own_forms_token_and_comes_from_our_pages(
    browser: Any, firm: Firm, add_job: Callable[..., Any], headers: dict[str, str], form: dict[str, str], status: int
) -> None:
    job = add_job(firm)
    right = browser.csrf
    headers = {name: right if value == "right" else value for name, value in headers.items()}
    form = {name: right if value == "right" else value for name, value in form.items()}

    assert browser.post(f"/jobs/{job}/cancel", headers=headers, data=form).status_code == status


def test_the_api_takes_a_browsers_write_only_with_its_token(browser: Any, problem: Problem) -> None:
    problem(browser.post("/v1/files?name=a.csv", content=b"a"), 403)
    assert browser.post("/v1/files?name=a.csv", content=b"a", headers={"X-CSRF-Token": browser.csrf}).status_code == 201


def test_a_giant_form_is_refused_while_it_comes(browser: Any) -> None:
    assert browser.post("/logout", data={"csrf": "x" * 100_000}).status_code == 413


def test_every_answer_has_the_security_headers(client: TestClient, firm: Firm) -> None:
    for path in ("/login", "/v1/jobs", "/healthz", "/nothing", "/static/imece.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-request-id"]
        assert "strict-transport-security" not in headers
    assert client.get("/v1/jobs", headers=firm.headers()).headers["cache-control"] == "no-store"


def test_behind_https_cookies_are_secure_and_bound_to_the_host(environment: pytest.MonkeyPatch, client: TestClient) -> None:
    environment.setenv("GATEWAY_PUBLIC_URL", "https://imece.example.com")
    settings.forget()

    answer = client.get("/login")

    assert answer.headers["strict-transport-security"]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-imece_browser=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_nothing_but_http_passes() -> None:
    async def inner(*_: object) -> None:
        raise AssertionError

    asyncio.run(Gate(inner)({"type": "websocket"}, None, None))  # type: ignore[arg-type]


def test_what_nobody_foresaw_is_a_number_for_the_reader_and_a_traceback_for_the_log(
    application: FastAPI, firm: Firm, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("canary-5417")

    monkeypatch.setattr("imece.ledger.overview.workers", breaks)
    with TestClient(application) as client, capture_logs() as logged:
        body = problem(client.get("/v1/workers", headers=firm.headers()), 500)

    assert body["request_id"]
    assert "canary" not in str(body)
    [error] = [line for line in logged if line["event"] == "gateway.unexpected"]
    assert "canary-5417" in str(error["exc_info"])


def test_our_own_errors_carry_their_status(client: TestClient, firm: Firm, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise Permanent("It can never work.", "Hiç olmaz.")

    monkeypatch.setattr("imece.ledger.overview.workers", breaks)

    assert problem(client.get("/v1/workers", headers=firm.headers(language="tr")), 422)["detail"] == "Hiç olmaz."


@pytest.mark.parametrize("host", ["evil.example", "testserver"])
def test_a_redirect_stays_here_whatever_the_host_header_says(client: TestClient, firm: Firm, host: str) -> None:
    answer = client.get("/v1/jobs/?limit=1", headers=firm.headers() | {"Host": host})

    assert (answer.status_code, answer.headers["location"]) == (307, "/v1/jobs?limit=1")


def test_nobody_fills_the_memory_or_the_disk_by_a_form_for_everybody(client: TestClient) -> None:
    """The sign-in form is anybody's: in parts, as files and as fields it is as small as it is in the page."""
    page = client.get("/login")
    headers = {"X-CSRF-Token": client.get("/login").text.partition('name="csrf" content="')[2].partition('"')[0]}
    assert page.cookies

    for files in ({"file": ("a.bin", b"x" * 100_000)}, {f"f{n}": (None, "x" * 10_000) for n in range(10)}):
        assert client.post("/login", files=files, headers=headers).status_code == 413
        assert client.post("/nothing", files=files, headers=headers).status_code == 401
