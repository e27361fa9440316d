"""Signing in, signing out, choosing the language."""

from typing import Annotated
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from gateway import credentials, logins
from gateway.callers import Caller
from gateway.console import pages
from gateway.gate import browser_cookie, session_cookie
from gateway.models import Account
from gateway.problems import locale_of
from gateway.refusals import Refusal
from gateway.settings import settings
from imece import db

router = APIRouter()

_YEAR = 365 * 24 * 3600


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 (what it is called in the address)
    """The sign-in page. Gives the browser the cookie that its form token belongs to."""
    if request.state.caller:
        return RedirectResponse(_inside(next), status_code=303)
    return _login(request, next)


@router.post("/login")
def do_login(
    request: Request,
    email: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Sign in; back to where the person wanted to go."""
    try:
        cookie = logins.sign_in(email, password, address=request.client.host if request.client else "?")
    except Refusal as refusal:
        said = refusal.tr if locale_of(request) == "tr" else refusal.en
        return _login(request, next, email=email, fault=said, status=refusal.status, headers=refusal.headers)
    response = RedirectResponse(_inside(next), status_code=303)
    _set_cookie(response, session_cookie(), cookie)
    response.delete_cookie(browser_cookie(), path="/", secure=settings().secure, httponly=True, samesite="lax")
    return response


@router.post("/logout")
def do_logout(request: Request) -> Response:
    """Sign out."""
    caller: Caller | None = request.state.caller
    if caller and caller.cookie:
        logins.sign_out(caller.cookie)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(session_cookie(), path="/", secure=settings().secure, httponly=True, samesite="lax")
    return response


@router.post("/language")
def choose_language(
    request: Request,
    locale: Annotated[str, Form(pattern="^(tr|en)$")],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Speak the other language from now on."""
    caller: Caller | None = request.state.caller
    if caller and caller.account_id:
        with db.transaction() as session:
            session.execute(sa.update(Account).where(Account.id == caller.account_id).values(locale=locale))
    response = RedirectResponse(_inside(next), status_code=303)
    response.set_cookie("imece_locale", locale, max_age=_YEAR, path="/", secure=settings().secure, httponly=True, samesite="lax")
    return response


def _login(
    request: Request, back: str, *, email: str = "", fault: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    cookie = request.cookies.get(browser_cookie())
    fresh = cookie or credentials.new_cookie()
    known = {"csrf": credentials.form_token(fresh), "next": _inside(back), "email": email, "fault": fault, "here": "/login"}
    response = pages.page(request, "login.html", known, status=status, headers=headers)
    if cookie is None:
        _set_cookie(response, browser_cookie(), fresh)
    return response


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=settings().secure, httponly=True, samesite="lax")


def _inside(address: str) -> str:
    """`address` if it lies on this site, else the first page: nobody is sent away by a link they were given."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    safe = (
        address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and not parts.scheme
        and not parts.netloc
        and address.isprintable()
    )
    return address if safe else "/"
