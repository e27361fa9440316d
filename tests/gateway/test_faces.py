"""A face is reached through the gateway only, as the caller the gateway knows, and what it does not answer is said clearly."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import anyio
import anyio.to_thread
import httpx2 as httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from fastapi.testclient import TestClient

from gateway import app, faces, settings
from imece import face, ids
from imece.contracts import Role
from imece.errors import Conflict

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
Problem = Callable[[Any, int], dict[str, Any]]


@dataclass
class Shop:
    """A face for tests: what came to it, and the events by which a test leads it."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    received: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)


def build(shop: Shop) -> Any:
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
def running() -> Iterator[Shop]:
    shop = Shop()
    server = uvicorn.Server(uvicorn.Config(build(shop), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
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
def shop(running: Shop) -> Shop:
    running.seen.clear()
    running.go_on.clear()
    running.left.clear()
    return running


@pytest.fixture
def application(database: sa.Engine, environment: pytest.MonkeyPatch, shop: Shop) -> FastAPI:
    """A gateway with one face that answers and one that is down."""
    environment.setenv("GATEWAY_FACES", f"shop={shop.url}, transcription={shop.url}, closed=http://127.0.0.1:1")
    settings.forget()
    return app.build()


def test_a_face_is_told_who_is_asking(client: TestClient, firm: Firm) -> None:
    said = client.get("/v1/shop/told?text=%C4%B1%20x&a=/", headers=firm.headers(Role.OPERATOR, "tr")).json()

    assert said["company"] == str(firm.id)
    assert (said["role"], said["locale"], said["token"]) == ("operator", "tr", "")
    assert said["name"].startswith("operator key")
    assert said["target"] == "/v1/shop/told?text=%C4%B1%20x&a=/"


def test_neither_key_nor_cookie_nor_a_callers_own_header_reaches_a_face(browser: Any, firm: Firm) -> None:
    forged = face.sign(face.Caller("x", Role.ADMIN, ids.new_id(), "x", "tr"), "shop", "GET", "/v1/shop/told")
    by_key = browser.get("/v1/shop/told", headers=firm.headers() | {"X-Imece-Caller": forged, "X-Other": "1"}).json()
    by_cookie = browser.get("/v1/shop/told").json()

    assert by_key["company"] == by_cookie["company"] == str(firm.id)
    for said in (by_key, by_cookie):
        assert set(said["headers"]) <= {"host", "accept", "x-imece-caller", "x-request-id"}


@pytest.mark.parametrize("secret", [None, "another secret, 0123456789abcdefgh"])
def test_a_face_answers_nobody_but_the_gateway(
    shop: Shop, database: sa.Engine, secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = face.Caller("x", Role.ADMIN, ids.new_id(), "x", "tr")
    fits = face.sign(caller, "shop", "GET", "/v1/shop/told")
    rival, _, _ = face.sign(replace(caller, company_id=ids.new_id()), "shop", "GET", "/v1/shop/told").partition(".")
    forged = ["", "x", f"{rival}.{fits.partition('.')[2]}", face.sign(caller, "other", "GET", "/v1/shop/told")]
    forged.append(face.sign(caller, "shop", "GET", "/v1/shop/more"))

    for header in forged:
        answer = httpx.get(f"{shop.url}/v1/shop/told", headers={"X-Imece-Caller": header})
        assert (answer.status_code, answer.headers["content-type"]) == (401, face.REFUSAL), header
    assert not shop.seen
    assert httpx.get(f"{shop.url}/v1/shop/told", headers={"X-Imece-Caller": fits}).status_code == 200


def test_a_signature_seen_once_opens_nothing_a_minute_later(shop: Shop, database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    header = face.sign(face.Caller("x", Role.ADMIN, ids.new_id(), "x", "tr"), "shop", "GET", "/v1/shop/told")
    monkeypatch.setattr(face.signing, "LIFETIME", -face.SKEW - 1)

    assert httpx.get(f"{shop.url}/v1/shop/told", headers={"X-Imece-Caller": header}).status_code == 401


def test_the_gate_stands_before_every_face(client: TestClient, firm: Firm, shop: Shop, problem: Problem) -> None:
    for path in ("/v1/shop/told", "/shop", "/shop/orders", "/v1/closed/x", "/closed"):
        problem(client.get(path), 401)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            problem(client.request(method, path), 401)
            problem(client.request(method, path, headers=firm.headers(Role.VIEWER)), 403)
    assert not shop.seen


def test_a_browsers_write_needs_its_form_token_here_too(browser: Any, shop: Shop, problem: Problem) -> None:
    assert browser.post("/shop/order", data={"what": "ç"}).status_code == 403
    answer = browser.post("/shop/order", data={"what": "ç", "csrf": browser.csrf})

    assert (answer.status_code, answer.headers["location"]) == (303, "/shop/ordered")
    assert shop.seen == [{"form": f"what=%C3%A7&csrf={browser.csrf}"}]


def test_a_page_stands_in_the_consoles_own_layout(browser: Any, firm: Firm) -> None:
    page = browser.get("/shop/shelves")

    assert page.status_code == 200
    assert "<title>Dükkân · imece</title>" in page.text
    assert f"<h1>Dükkân of {firm.name}</h1>" in page.text
    assert f'name="csrf" value="{browser.csrf}"' in page.text
    assert '<a href="/shop" aria-current="page">' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_part_of_a_page_is_passed_on_bare(browser: Any) -> None:
    assert browser.get("/shop/part").text == "<li>one</li>"


def test_a_face_sets_no_cookies_no_rules_and_sends_nobody_away(browser: Any) -> None:
    rude = browser.get("/shop/rude")
    assert "set-cookie" not in rude.headers
    assert "default-src 'none'" in rude.headers["content-security-policy"]
    for away in ("https://evil.example.com/", "//evil.example.com/"):
        assert "location" not in browser.get("/shop/away", params={"to": away}).headers
    assert browser.get("/shop/away?to=/shop").headers["location"] == "/shop"


@pytest.mark.parametrize(
    ("language", "detail", "fault"), [("tr", "Satıldı.", "Bu alan gerekli."), ("en", "It is sold.", "Field required.")]
)
def test_what_a_face_refuses_is_a_problem_like_every_other(
    browser: Any, firm: Firm, problem: Problem, language: str, detail: str, fault: str
) -> None:
    body = problem(browser.get("/v1/shop/refuse", headers=firm.headers(language=language)), 409)

    assert (body["detail"], body["errors"]) == (detail, [{"pointer": "#/price", "detail": fault}])
    assert body["instance"] == "/v1/shop/refuse"
    page = browser.get("/shop/refuse")
    assert page.status_code == 409
    assert "It is sold." in page.text


def test_a_face_that_is_down_is_503_with_a_clear_sentence_and_the_rest_goes_on(browser: Any, firm: Firm, problem: Problem) -> None:
    answer = browser.get("/v1/closed/x", headers=firm.headers())

    assert "closed do not answer just now" in problem(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "5"
    page = browser.get("/closed")
    assert page.status_code == 503
    assert "closed do not answer just now" in page.text
    assert browser.get("/").status_code == 200


def test_a_face_that_breaks_tells_nothing_of_its_inside(browser: Any) -> None:
    page = browser.get("/shop/crash")

    assert page.status_code == 502
    assert "canary" not in page.text


def test_a_face_with_another_secret_is_named_with_the_setting(
    client: TestClient, firm: Firm, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "sign", lambda *_: "e30=.0")

    assert "IMECE_FACE_SECRET" in problem(client.get("/v1/shop/told", headers=firm.headers()), 503)["detail"]


def test_a_silent_face_is_504(client: TestClient, firm: Firm, problem: Problem, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "INSIDE", replace(faces.INSIDE, patience=0.1))

    problem(client.get("/v1/shop/silence", headers=firm.headers()), 504)
    shop.go_on.set()


def test_what_is_sent_reaches_the_face_while_it_is_being_sent(served: Served, firm: Firm, shop: Shop) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * 70_000
            assert shop.received.acquire(timeout=10), "the face has not got the piece before the next one"

    answer = httpx.post(f"{served.url}/v1/shop/sink", content=pieces(), headers=firm.headers(), timeout=20)

    assert answer.json() == {"size": 210_000}


def test_what_a_face_sends_reaches_the_reader_while_it_is_being_sent(served: Served, firm: Firm, shop: Shop) -> None:
    with httpx.stream("GET", f"{served.url}/v1/shop/drip", headers=firm.headers(), timeout=20) as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"first"
        shop.go_on.set()
        assert b"".join(pieces) == b"second"
        assert answer.headers["content-disposition"] == 'attachment; filename="a.csv"'


def test_a_body_over_the_cap_is_413(client: TestClient, firm: Firm, environment: pytest.MonkeyPatch, problem: Problem) -> None:
    environment.setenv("GATEWAY_MAX_UPLOAD", "1000")
    settings.settings.cache_clear()

    problem(client.post("/v1/shop/sink", content=iter([b"x" * 600, b"x" * 600]), headers=firm.headers()), 413)


def test_a_key_of_the_whole_installation_names_the_company(client: TestClient, landlord: Firm, firm: Firm, problem: Problem) -> None:
    problem(client.get("/v1/shop/told", headers=landlord.headers()), 422)
    said = client.get(f"/v1/shop/told?company={firm.id}", headers=landlord.headers()).json()

    assert said["company"] == str(firm.id)


def test_a_companys_key_asks_for_no_other(client: TestClient, rival: Firm, firm: Firm, shop: Shop, problem: Problem) -> None:
    problem(client.get(f"/v1/shop/told?company={firm.id}", headers=rival.headers(Role.ADMIN)), 404)
    client.get(f"/shop?company={firm.id}", headers=rival.headers(Role.ADMIN))
    client.get("/v1/shop/told", headers=rival.headers() | {"Cookie": f"imece_company={firm.id}"})

    assert [said["company"] for said in shop.seen] == [str(rival.id)]


def test_an_admin_of_the_installation_chooses_whose_pages_to_see(client: TestClient, landlord: Firm, firm: Firm) -> None:
    headers = landlord.headers(Role.ADMIN) | {"Accept": "text/html"}
    undecided = client.get("/shop", headers=headers)
    assert "Dükkân of" not in undecided.text
    assert f'<option value="{firm.id}">' in undecided.text

    chosen = client.get(f"/shop?company={firm.id}", headers=headers)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/shop")
    assert f"Dükkân of {firm.name}" in client.get("/shop", headers=headers).text


def test_what_is_not_there_is_404(client: TestClient, firm: Firm, problem: Problem) -> None:
    problem(client.get("/v1/nowhere/x", headers=firm.headers()), 404)
    problem(client.post("/v1/shop/nothing", headers=firm.headers()), 405)


@pytest.mark.parametrize("wrong", ["pricing", "=http://a", "pricing=ftp://a", "pricing=http://", "a b=http://x", "p=http://a/path"])
def test_a_face_that_is_named_wrongly_is_said_at_the_start(environment: pytest.MonkeyPatch, wrong: str) -> None:
    environment.setenv("GATEWAY_FACES", wrong)
    settings.forget()

    with pytest.raises(settings.Misconfigured, match="GATEWAY_FACES"):
        settings.settings()


NOBODYS = {"accept", "content-length", "content-type", "host", "user-agent", "x-imece-caller", "x-imece-peer", "x-request-id"}


def test_what_is_anybodys_is_asked_as_nobody_whoever_asks(browser: Any, firm: Firm) -> None:
    """A key, a cookie and a forged caller make no difference, and none of them reaches the face."""
    forged = face.sign(face.Caller("x", Role.ADMIN, ids.new_id(), "x", "tr"), "shop", "GET", "/shop/public/told")
    for headers in ({}, firm.headers(Role.ADMIN), {"Authorization": "Bearer wrong"}, {"X-Imece-Caller": forged, "X-Imece-Peer": "1.2.3.4"}):
        said = browser.get("/shop/public/told", headers=headers | {"Accept-Language": "tr"}).json()
        assert said["reader"] == "Nobody(locale='tr')"
        assert set(said["headers"]) <= NOBODYS
        assert said["headers"]["x-imece-peer"] == "testclient"


def test_a_providers_report_arrives_as_it_was_sent(client: TestClient) -> None:
    """No form token, no origin, no login: its path, its query, its body and the headers that prove who sent it."""
    proof = {
        "X-Twilio-Signature": "c2ln",
        "X-Imece-Signature": "v1=aa",
        "X-Telegram-Bot-Api-Secret-Token": "s",
        "Sec-Fetch-Site": "cross-site",
    }
    answer = client.post("/shop/public/told?a=%20b&a=%C4%B1", data={"MessageStatus": "delivered", "To": "+90"}, headers=proof)

    said = answer.json()
    assert (said["target"], said["body"]) == ("/shop/public/told?a=%20b&a=%C4%B1", "MessageStatus=delivered&To=%2B90")
    assert said["headers"]["x-twilio-signature"] == "c2ln"
    assert said["headers"]["x-imece-signature"] == "v1=aa"
    assert said["headers"]["x-telegram-bot-api-secret-token"] == "s"
    assert said["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert set(said["headers"]) <= NOBODYS | {"x-twilio-signature", "x-imece-signature", "x-telegram-bot-api-secret-token"}


@pytest.mark.parametrize("path", ["/shop/public", "/shop/publicity/x", "/v1/shop/public/told", "/jobs/public/x"])
def test_only_what_lies_below_public_is_anybodys(client: TestClient, path: str, problem: Problem) -> None:
    problem(client.get(path), 401)


def test_what_is_anybodys_is_small(client: TestClient, problem: Problem) -> None:
    problem(client.post("/shop/public/told", content=b"x" * ((1 << 20) + 1)), 413)
    problem(client.post("/shop/public/told", content=iter([b"x" * 600_000] * 2)), 413)
    assert client.post("/shop/public/told", content=b"x" * (1 << 20)).status_code == 200


def test_what_is_anybodys_is_asked_at_a_pace(environment: pytest.MonkeyPatch, database: sa.Engine, shop: Shop, problem: Problem) -> None:
    environment.setenv("GATEWAY_FACES", f"shop={shop.url}")
    environment.setenv("GATEWAY_PUBLIC_RATE", "0.2")
    settings.forget()
    with TestClient(app.build(), raise_server_exceptions=False) as client:
        answers = [client.get("/shop/public/told") for _ in range(6)]

    refused = next(answer for answer in answers if answer.status_code != 200)
    problem(refused, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 10


@pytest.mark.parametrize(("language", "title", "other"), [("tr", "Listeden çık", "?lang=en"), ("en", "Unsubscribe", "?lang=tr")])
def test_a_page_that_is_anybodys_stands_alone(client: TestClient, language: str, title: str, other: str) -> None:
    page = client.get("/shop/public/page", headers={"Accept": "text/html", "Accept-Language": language})

    assert page.status_code == 200
    assert f"<title>{title}</title>" in page.text
    assert f'<html lang="{language}"' in page.text
    assert f'href="{other}"' in page.text
    assert "<nav" not in page.text
    assert "set-cookie" not in page.headers
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_reader_of_such_a_page_may_choose_the_language_and_the_face_may_have_chosen_it(client: TestClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}

    assert "Listeden çık" in client.get("/shop/public/page?lang=tr", headers=headers).text
    chosen = client.get("/shop/public/page?spoken=tr", headers=headers).text
    assert '<html lang="tr"' in chosen
    assert "?lang" not in chosen
    assert 'href="?lang' not in client.post("/shop/public/page", headers=headers).text


def test_what_a_face_refuses_nobody_is_a_page_or_a_problem(client: TestClient, problem: Problem) -> None:
    assert problem(client.get("/shop/public/refuse"), 409)["detail"] == "Satıldı."
    page = client.get("/shop/public/refuse", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (page.status_code, "It is sold." in page.text, "<nav" in page.text) == (409, True, False)
    assert "<form" not in page.text.replace('<form method="dialog">', ""), "what would be refused for want of a cookie"
    assert "To the first page" not in page.text


def test_what_is_shown_in_a_frame_may_do_nothing_and_only_ours_may_show_it(browser: Any) -> None:
    """A mail is somebody's HTML: its document has no origin, runs nothing and asks for nothing; every other page may not be framed at all."""
    framed, page = browser.get("/shop/framed/mail"), browser.get("/shop")

    policy = framed.headers["content-security-policy"]
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "script-src" not in policy
    assert framed.headers["x-frame-options"] == "SAMEORIGIN"
    assert framed.headers["cache-control"] == "no-store"
    for other in (page, browser.get("/framed/mail"), browser.get("/machines")):
        rules = other.headers["content-security-policy"].split("; ")
        assert {"frame-ancestors 'none'", "frame-src 'self'", "script-src 'self'"} <= set(rules)
        assert other.headers["x-frame-options"] == "DENY"


def test_a_player_gets_the_range_it_asks_for(client: TestClient, firm: Firm) -> None:
    answer = client.get("/v1/shop/song", headers=firm.headers() | {"Range": "bytes=2-3"})

    assert (answer.status_code, answer.content) == (206, b"la")
    assert (answer.headers["content-range"], answer.headers["accept-ranges"]) == ("bytes 2-3/9", "bytes")


def test_news_flow_for_longer_than_any_silence_may_last_and_end_with_the_process(
    served: Served, firm: Firm, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "INSIDE", replace(faces.INSIDE, patience=0.5))
    with httpx.stream("GET", f"{served.url}/v1/shop/news", headers=firm.headers(), timeout=20) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "data: 1"
        assert next(line for line in lines if line.startswith("data")) == "data: 2"
        assert answer.headers["x-accel-buffering"] == "no"
        served.app.state.faces.stop()
        assert "".join(lines).strip() == ""
    shop.go_on.set()


def test_openais_addresses_lead_to_the_recordings(client: TestClient, firm: Firm, problem: Problem) -> None:
    problem(client.post("/v1/audio/transcriptions"), 401)
    answer = client.post("/v1/audio/transcriptions", files={"file": ("a.mp3", b"x" * 100_000)}, headers=firm.headers())

    assert int(answer.json()["text"]) > 100_000
    assert answer.json()["company"] == str(firm.id)


def test_openais_clients_find_their_own_errors(client: TestClient, firm: Firm, problem: Problem) -> None:
    """The face's as they are; ours, whether of the gate or of the face, with the sentence where those clients look for it."""
    own = client.post("/v1/audio/own", headers=firm.headers())
    assert (own.status_code, own.json()) == (404, {"error": {"message": "No such model.", "type": "invalid_request_error"}})

    stranger = problem(client.post("/v1/audio/own", headers={"Accept-Language": "en"}), 401)
    assert stranger["error"] == {"message": stranger["detail"], "type": "unauthorized", "param": None, "code": None}
    refused = problem(client.post("/v1/audio/refused", headers=firm.headers(language="tr")), 409)
    assert refused["error"]["message"] == "Satıldı."
    assert "error" not in problem(client.post("/v1/shop/nothing", headers=firm.headers()), 405)


def test_a_face_learns_that_nobody_waits_for_its_long_work_any_more(served: Served, firm: Firm, shop: Shop) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{served.url}/v1/audio/long", content=b"x" * 100_000, headers=firm.headers(), timeout=httpx.Timeout(10, read=0.2))

    assert shop.left.wait(10)
