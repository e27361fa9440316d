"""A face is reached through the gateway only, as the caller the gateway knows, and what it does not answer is said clearly."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway import app, faces, settings
from imece import face, ids
from imece.contracts import Role

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
Shop = Any  #: conftest.Shop
Problem = Callable[[Any, int], dict[str, Any]]


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


def test_a_redirect_that_names_the_face_stays_here(browser: Any, shop: Shop) -> None:
    """So frameworks redirect an address with a slash too many."""
    answer = browser.get("/shop/away", params={"to": f"{shop.url}/shop/order"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/shop/order")


def test_a_length_that_counts_for_nothing_is_not_passed_on(served: Served, firm: Firm, shop: Shop) -> None:
    """Beside `Transfer-Encoding` a `Content-Length` does not count: a face that was told of it would wait for what never comes, or lose the rest."""
    place = urlsplit(served.url)
    head = f"POST /v1/shop/sink HTTP/1.1\r\nHost: x\r\nAuthorization: {firm.headers()['Authorization']}\r\nConnection: close\r\n"
    for length in (3, 99):
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            connection.sendall(f"{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n".encode())
            answer = b"".join(iter(lambda link=connection: link.recv(65536), b""))
        assert answer.endswith(b'{"size":5}'), length
