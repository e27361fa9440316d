"""Which face an address leads to, and how often anybody may ask."""

import time
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway import app, doors, settings
from imece import face, ids
from imece.contracts import Role

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
Shop = Any  #: conftest.Shop
Problem = Callable[[Any, int], dict[str, Any]]


def test_without_the_setting_faces_are_those_installed_here(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("GATEWAY_FACES", raising=False)
    settings.forget()

    assert doors.known() == face.installed()


@pytest.mark.parametrize(
    ("path", "open_to_anybody"),
    [
        ("/shop/public/x", True),
        ("/shop/public/", True),
        ("/shop/public", False),
        ("/shop/publicx/", False),
        ("//shop/public/x", False),
        ("/other/public/x", False),
        ("/v1/shop/public/x", False),
        ("/static/public/x", False),
    ],
)
def test_what_is_anybodys_lies_below_the_public_folder_of_a_face(environment: pytest.MonkeyPatch, path: str, open_to_anybody: bool) -> None:
    environment.setenv("GATEWAY_FACES", "shop=http://127.0.0.1:1")
    settings.forget()

    assert doors.is_anybodys(path) is open_to_anybody


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_ten_seconds_worth_may_come_at_once_and_then_the_rate(clock: list[float]) -> None:
    pace = doors.Pace(2)

    assert [pace.wait("192.0.2.1") for _ in range(21)] == [0.0] * 21
    assert pace.wait("192.0.2.1") == pytest.approx(0.5)
    assert pace.wait("192.0.2.2") == 0
    clock[0] += 0.5
    assert pace.wait("192.0.2.1") == 0
    assert pace.wait("192.0.2.1") == pytest.approx(0.5)
    clock[0] += 60
    assert [pace.wait("192.0.2.1") for _ in range(21)] == [0.0] * 21


def test_a_network_of_ipv6_is_one_asker(clock: list[float]) -> None:
    pace = doors.Pace(0.1)

    assert [pace.wait(f"2001:db8::{number}") for number in range(3)] == [0.0, 0.0, pytest.approx(10)]
    assert pace.wait("2001:db8:1::1") == 0


def test_a_million_askers_are_not_all_remembered(clock: list[float]) -> None:
    pace = doors.Pace(100)
    for number in range(30_000):
        assert pace.wait(f"198.51.{number // 250}.{number % 250}") == 0

    assert len(pace._next) <= 20_000
    clock[0] += 1
    pace.wait("192.0.2.1")
    assert len(pace._next) == 1


@pytest.fixture
def application(database: sa.Engine, environment: pytest.MonkeyPatch, shop: Shop) -> FastAPI:
    """A gateway with one face that answers and one that is down."""
    environment.setenv("GATEWAY_FACES", f"shop={shop.url}, transcription={shop.url}, closed=http://127.0.0.1:1")
    settings.forget()
    return app.build()


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
