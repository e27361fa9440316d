from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

Firm = Any  #: conftest.Firm
PASSWORD = "dogru-at-pil-zimba"


def form_token(page: str) -> str:
    return page.partition('name="csrf" content="')[2].partition('"')[0]


@pytest.fixture
def visitor(application: FastAPI) -> TestClient:
    """A browser in which nobody is signed in."""
    return TestClient(application, follow_redirects=False, headers={"Accept": "text/html", "Accept-Language": "en"})


def sign_in(visitor: TestClient, email: str, password: str = PASSWORD, **more: str) -> Any:
    csrf = form_token(visitor.get("/login").text)
    return visitor.post("/login", data={"email": email, "password": password, "csrf": csrf} | more)


def test_the_way_in_and_out(visitor: TestClient, firm: Firm) -> None:
    assert visitor.get("/").headers["location"] == "/login"

    answer = sign_in(visitor, firm.email, next="/machines")

    assert (answer.status_code, answer.headers["location"]) == (303, "/machines")
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie" and "session" in value)
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    page = visitor.get("/")
    assert firm.name in page.text
    assert visitor.get("/login").headers["location"] == "/"
    assert visitor.post("/logout", data={"csrf": form_token(page.text)}).headers["location"] == "/login"
    assert visitor.get("/").status_code == 303


def test_a_wrong_pair_says_so_and_not_more(visitor: TestClient, firm: Firm) -> None:
    wrong = sign_in(visitor, firm.email, "wrong")
    nobody = sign_in(visitor, "yok@example.com", "wrong")

    assert wrong.status_code == nobody.status_code == 401
    assert "The e-mail or the password is wrong." in wrong.text
    assert wrong.text.replace(firm.email, "") == nobody.text.replace("yok@example.com", "")


def test_the_sixth_try_is_told_to_wait(visitor: TestClient, firm: Firm) -> None:
    answers = [sign_in(visitor, firm.email, "wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "900"


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example.com",
        "//evil.example.com",
        "/\\evil.example.com",
        "javascript:alert(1)",
        "evil",
        "/a\r\nb",
        "http://[::1",
        "//[",
        "http://℀",
    ],
)
def test_nobody_is_sent_away_by_a_link(visitor: TestClient, firm: Firm, away: str) -> None:
    assert visitor.get("/login", params={"next": away}).status_code == 200
    assert sign_in(visitor, firm.email, next=away).headers["location"] == "/"


def test_the_sign_in_form_belongs_to_its_browser(visitor: TestClient, application: FastAPI, firm: Firm) -> None:
    """Nobody can be signed in to somebody else's account by a foreign page."""
    other = TestClient(application, follow_redirects=False)
    csrf = form_token(visitor.get("/login").text)
    other.get("/login")

    assert other.post("/login", data={"email": firm.email, "password": PASSWORD, "csrf": csrf}).status_code == 403
    fresh = TestClient(application, follow_redirects=False)
    assert fresh.post("/login", data={"email": firm.email, "password": PASSWORD, "csrf": csrf}).status_code == 403


def test_the_language_stays_chosen(visitor: TestClient, firm: Firm) -> None:
    csrf = form_token(visitor.get("/login").text)
    assert "Sign in" in visitor.get("/login").text

    answer = visitor.post("/language", data={"locale": "tr", "next": "/login", "csrf": csrf})

    assert answer.headers["location"] == "/login"
    assert "Giriş yap" in visitor.get("/login").text
    assert visitor.post("/language", data={"locale": "de", "csrf": csrf}).status_code == 422


@pytest.mark.parametrize("address", ["/", "/?state=failed&amp;text=%C5%9F", "/machines"])
def test_another_language_shows_the_same_page(browser: Any, address: str) -> None:
    asked = address.replace("&amp;", "&")
    assert f'name="next" value="{address}"' in browser.get(asked).text
    assert browser.post("/language", data={"locale": "tr", "next": asked, "csrf": browser.csrf}).headers["location"] == asked


def test_another_language_after_a_form_leads_back_to_where_it_stood(browser: Any) -> None:
    sent = browser.post("/jobs/none/cancel", data={"csrf": browser.csrf}, headers={"Referer": "http://testserver/?state=running"})
    assert 'name="next" value="/?state=running"' in sent.text


def test_an_account_speaks_its_language_in_a_new_browser(
    browser: Any, firm: Firm, application: FastAPI, sign_in: Callable[..., None]
) -> None:
    browser.post("/language", data={"locale": "tr", "csrf": browser.csrf})

    elsewhere = TestClient(application, follow_redirects=False, headers={"Accept": "text/html", "Accept-Language": "en"})
    sign_in(elsewhere, firm.email)

    assert '<html lang="tr"' in elsewhere.get("/").text


def test_what_was_typed_comes_back_harmless(visitor: TestClient, firm: Firm) -> None:
    text = sign_in(visitor, '"><script>alert(1)</script>', "wrong").text

    assert "<script>alert" not in text
