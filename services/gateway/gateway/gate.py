"""
The gate: every request passes it, also to routes that forgot to ask, to mounted applications and to addresses that do not exist.

It finds out who is asking, refuses whoever is nobody, refuses writes that a foreign page may have caused (CSRF) and writes by viewers, puts
the security headers on every answer, turns what nobody foresaw into a problem document, and counts and logs the request.
"""

import math
import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import anyio.to_thread
import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import callers, credentials, doors, languages, metrics, problems
from gateway.callers import Caller
from gateway.refusals import Refusal
from gateway.settings import settings
from imece import log
from imece.contracts import Role
from imece.face import bodies
from imece.ids import new_id

#: What anybody may see. Everything else needs a caller.
PUBLIC = frozenset({"/healthz", "/login", "/language", "/favicon.ico"})
PUBLIC_FOLDER = "/static/"

#: Writes that a viewer may do: they concern only the viewer.
FOR_VIEWERS = frozenset({"/login", "/logout", "/language"})

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_FORM = 64 * 1024
_LOCALE_COOKIE = "imece_locale"

_log = log.get("gateway")


def session_cookie() -> str:
    """The name of the cookie of a signed-in browser. `__Host-` makes browsers refuse it from a sibling domain."""
    return "__Host-imece_session" if settings().secure else "imece_session"


def browser_cookie() -> str:
    """The name of the cookie that ties the sign-in form to the browser it was shown in."""
    return "__Host-imece_browser" if settings().secure else "imece_browser"


class Gate:
    """ASGI middleware; the outermost of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        passage = _Passage(request, send)
        request.state.request_id = str(new_id())
        request.state.caller = None
        request.state.locale = languages.wanted(request.headers.get("accept-language"), request.cookies.get(_LOCALE_COOKIE))
        with structlog.contextvars.bound_contextvars(request_id=request.state.request_id):
            try:
                refused, body = await _admit(request)
                if refused:
                    await refused(scope, receive, passage.send)
                else:
                    await self.app(
                        scope, _replay(body, receive) if body is not None else _as_large_as_may_be(request, receive), passage.send
                    )
            except ClientDisconnect:
                passage.status = passage.status or 499
            except Exception as error:
                if passage.status:
                    raise
                await problems.of(request, error)(scope, receive, passage.send)
            finally:
                passage.over()


class _Passage:
    """One request on its way through: puts the headers on the answer and remembers what came of it."""

    def __init__(self, request: Request, send: Send) -> None:
        self.request = request
        self.status = 0
        self._send = send
        self._start = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in _headers(self.request.scope["path"]):
                headers.setdefault(name, value)
            headers["X-Request-Id"] = self.request.state.request_id
            if (location := headers.get("Location", "/")) and not location.startswith("/"):
                headers["Location"] = _within(location)
        await self._send(message)

    def over(self) -> None:
        seconds = time.perf_counter() - self._start
        scope = self.request.scope
        route = getattr(scope.get("route"), "path", None) or "other"
        metrics.observed(self.request.method, route, self.status, seconds)
        caller: Caller | None = self.request.state.caller
        _log.info(
            "gateway.request",
            method=self.request.method,
            path=scope["path"],
            status=self.status,
            ms=round(seconds * 1000, 1),
            caller=caller.name if caller else None,
        )


async def _admit(request: Request) -> tuple[Response | None, bytes | None]:
    """The refusal, or None; and the body, where it had to be read for that."""
    path = request.scope["path"]
    if doors.is_anybodys(path):
        _keep_pace(request)
        request.state.locale = languages.known(request.query_params.get("lang", "")) or request.state.locale
        return None, None
    caller = await anyio.to_thread.run_sync(_recognise, request)
    request.state.caller = caller
    if caller and caller.locale and _LOCALE_COOKIE not in request.cookies:
        request.state.locale = languages.wanted(None, caller.locale)
    public = path in PUBLIC or path.startswith(PUBLIC_FOLDER)
    if not caller and not public:
        return _who_are_you(request), None
    if request.method in _SAFE:
        return None, None
    if caller and not caller.may(Role.OPERATOR) and path not in FOR_VIEWERS:
        raise Refusal(403, "You may look, but not change anything.", "Görebilirsiniz, ama bir şey değiştiremezsiniz.")
    by_browser = caller is None or caller.cookie is not None
    return None, await _check_form(request) if by_browser else None


def _keep_pace(request: Request) -> None:
    """What is anybody's is asked at a pace, so that nobody finds an address by trying them all. Raises Refusal 429."""
    pace: doors.Pace = request.app.state.pace
    if wait := pace.wait(request.client.host if request.client else ""):
        raise Refusal(
            429,
            "Too many requests. Try again shortly.",
            "Çok fazla istek geldi. Birazdan yeniden deneyin.",
            headers={"Retry-After": str(math.ceil(wait))},
        )


def _recognise(request: Request) -> Caller | None:
    """The caller, by key or by cookie. A key that does not open is refused even where a cookie would."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return callers.by_token(token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(session_cookie())
    return callers.by_cookie(cookie) if cookie else None


def _who_are_you(request: Request) -> Response:
    if request.method == "GET" and problems.wants_page(request):
        query = request.scope["query_string"].decode("latin-1")
        back = request.scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse("/login" if back == "/" else f"/login?next={quote(back)}", status_code=303)
    return problems.answer(
        request,
        401,
        "Say who you are: Authorization: Bearer imece_..., or sign in to the console.",
        "Kim olduğunuzu belirtin: Authorization: Bearer imece_... ya da konsola giriş yapın.",
        headers={"WWW-Authenticate": 'Bearer realm="imece"'},
    )


async def _check_form(request: Request) -> bytes | None:
    """
    Refuse a write that another site's page may have caused: the browser must say it comes from our own pages and carry our form token.

    The token comes as `X-CSRF-Token`, or as the field `csrf` of a small form, whose body is then given back. The dashboard brings its own
    token, so there the origin alone is asked.
    """
    if not _from_our_pages(request):
        raise _forged()
    if request.scope["path"].startswith("/dashboard/"):
        return None
    cookie = request.cookies.get(session_cookie()) if request.state.caller else request.cookies.get(browser_cookie())
    body = None
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = await _small_body(request)
        given = parse_qs(body.decode("utf-8", "replace")).get("csrf", [""])[0]
    if not cookie or not credentials.form_token_fits(cookie, given):
        raise _forged()
    return body


def _from_our_pages(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    # An origin is a scheme, `://` and a host with its port, nothing else (RFC 6454, section 6.2); one that is none is not ours.
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")


def _forged() -> Refusal:
    return Refusal(
        403,
        "This form is out of date or did not come from this site. Reload the page and try again.",
        "Bu form eskimiş ya da bu siteden gelmemiş. Sayfayı yenileyip tekrar deneyin.",
    )


async def _small_body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_FORM:
            raise Refusal(413, "The form is too large.", "Form çok büyük.")
        parts.append(part)
    return b"".join(parts)


def _as_large_as_may_be(request: Request, receive: Receive) -> Receive:
    """The forms of the console are small, whatever shape they come in. The API and the faces have limits of their own."""
    path = request.scope["path"]
    return receive if path.startswith("/v1/") or doors.is_faces(path) else bodies.counted(receive, _LARGEST_FORM)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` once more, then goes on with the real one."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)

#: What a face shows of other people's making, in a frame of its page: it is nobody's origin, runs nothing and asks for nothing.
_FRAMED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox; base-uri 'none'; frame-ancestors 'self'"


def _within(location: str) -> str:
    """A redirect that stays here whatever the Host header says: the framework's own, to the address without its last slash, believes that one."""
    parts = urlsplit(location)
    return urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, parts.fragment))


def _headers(path: str) -> list[tuple[str, str]]:
    """The security headers of an answer. The dashboard's own pages carry their styles inside them; what lies under `/<face>/framed/` is shown in a frame."""
    framed = doors.is_framed(path)
    headers = [
        (
            "Content-Security-Policy",
            _FRAMED if framed else _POLICY.format(inline=" 'unsafe-inline'" if path.startswith("/dashboard/") else ""),
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN" if framed else "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
        ("Cache-Control", "no-cache" if path.startswith(PUBLIC_FOLDER) else "no-store"),
    ]
    if settings().secure:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return headers


def caller_of(request: Request) -> Caller:
    """Who is asking. Behind the gate there always is somebody; raises Refusal 401 on public addresses where there is nobody."""
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Refusal(401, "Sign in first.", "Önce giriş yapın.")
    return caller


def needs(role: Role) -> Any:
    """A FastAPI dependency: the caller, who must have `role`. Raises Refusal 403."""

    def dependency(request: Request) -> Caller:
        caller = caller_of(request)
        if not caller.may(role):
            raise Refusal(403, f"This needs the role {role}.", f"Bunun için {role} rolü gerekir.")
        return caller

    return dependency
