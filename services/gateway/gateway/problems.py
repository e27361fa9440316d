"""Every error the API answers with is a problem document (RFC 9457) in the reader's language; in a browser it is a page."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from gateway import doors, languages
from gateway.refusals import Refusal
from imece import db, log
from imece.errors import ImeceError, Transient, Unfit

MEDIA_TYPE = "application/problem+json"

#: Draws an error for a browser: `(request, status, title, detail, headers)`. The console puts it at `app.state.error_page`.
ErrorPage = Callable[[Request, int, str, str, dict[str, str]], Response]

_log = log.get("gateway")

#: Sentences for what the framework refuses by itself.
_SAID = {
    404: ("There is no such thing here.", "Burada böyle bir şey yok."),
    405: ("This address does not take that method.", "Bu adres bu yöntemi kabul etmiyor."),
    413: ("The request is too large.", "İstek çok büyük."),
}

_UNEXPECTED = (
    "Something unexpected happened on our side. It has been written down; give the number if you ask about it.",
    "Bizim tarafımızda beklenmeyen bir şey oldu. Kaydedildi; sorarken numarayı verin.",
)
_AWAY = ("The database does not answer just now. Try again shortly.", "Veritabanı şu anda yanıt vermiyor. Birazdan yeniden deneyin.")


def install(app: FastAPI) -> None:
    """Make `app` answer every error as this module does."""
    for kind in (ImeceError, RequestValidationError, HTTPException, DBAPIError):
        app.add_exception_handler(kind, _handle)


def of(request: Request, error: Exception) -> Response:
    """The answer that `error` deserves."""
    match error:
        case ImeceError():
            return _ours(request, error)
        case RequestValidationError():
            return _wrong_request(request, error)
        case HTTPException():
            en, tr = _SAID.get(error.status_code, (str(error.detail), str(error.detail)))
            return answer(request, error.status_code, en, tr, headers=dict(error.headers or {}))
        case DBAPIError() if isinstance(error, OperationalError) or error.connection_invalidated:
            _log.warning("gateway.database_away", path=request.scope["path"], error=type(error.orig).__name__)
            return answer(request, 503, *_AWAY, headers={"Retry-After": "5"})
        case DBAPIError() if db.is_unfit(error):
            return _ours(request, Unfit())
    _log.error("gateway.unexpected", path=request.scope["path"], method=request.method, exc_info=error)
    return answer(request, 500, *_UNEXPECTED)


def locale_of(request: Request) -> languages.Locale:
    """The language the gate found for this request."""
    found: languages.Locale = getattr(request.state, "locale", None) or languages.wanted(request.headers.get("accept-language"))
    return found


def wants_page(request: Request) -> bool:
    """Whether a person's browser is asking for a page, not a program for data."""
    path = request.scope["path"]
    return not path.startswith(("/v1/", "/api/", "/metrics", "/healthz")) and "text/html" in request.headers.get("accept", "")


def answer(
    request: Request, status: int, en: str, tr: str, *, headers: dict[str, str] | None = None, errors: Iterable[dict[str, Any]] = ()
) -> Response:
    """The answer to a request that is not done. `type` is `urn:imece:<status phrase>`: stable, and nothing to be fetched."""
    locale = locale_of(request)
    phrase = HTTPStatus(status).phrase
    detail = tr if locale == "tr" else en
    head = {"Content-Language": locale, "Cache-Control": "no-store", **(headers or {})}
    if wants_page(request):
        page: ErrorPage = request.app.state.error_page
        return page(request, status, languages.title(status, phrase, locale), detail, head)
    body: dict[str, Any] = {
        "type": f"urn:imece:{phrase.lower().replace(' ', '-')}",
        "title": languages.title(status, phrase, locale),
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],
        "request_id": getattr(request.state, "request_id", None),
    }
    if listed := list(errors):
        body["errors"] = listed
    if doors.is_borrowed(request.scope["path"]):  # where OpenAI's clients ask: they look for the sentence here
        body["error"] = {"message": detail, "type": phrase.lower().replace(" ", "_"), "param": None, "code": None}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=head)


def pointed(errors: Iterable[Any], locale: languages.Locale, *, inside: str = "#") -> list[dict[str, Any]]:
    """Errors of pydantic as `{"pointer", "detail"}`; query and path parameters as `?name`."""
    listed = []
    for error in errors:
        place = list(error["loc"])
        if place and place[0] in ("query", "path", "header"):
            pointer = "?" + ".".join(map(str, place[1:]))
        else:
            pointer = "/".join([inside, *(str(p).replace("~", "~0").replace("/", "~1") for p in place if p != "body")])
        listed.append({"pointer": pointer, "detail": languages.fault(error, locale)})
    return listed


async def _handle(request: Request, error: Exception) -> Response:
    return of(request, error)


def _ours(request: Request, error: ImeceError) -> Response:
    headers: dict[str, str] = {}
    errors: list[dict[str, Any]] = []
    if isinstance(error, Refusal):
        headers = error.headers
        locale = locale_of(request)
        errors = [{"pointer": fault.pointer, "detail": fault.tr if locale == "tr" else fault.en} for fault in error.faults]
    elif isinstance(error, Transient) and error.retry_after:
        headers = {"Retry-After": str(max(1, round(error.retry_after.total_seconds())))}
    elif error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("gateway.unexpected", path=request.scope["path"], method=request.method, exc_info=error)
        return answer(request, 500, *_UNEXPECTED)
    return answer(request, error.status, error.en, error.tr, headers=headers, errors=errors)


def _wrong_request(request: Request, error: RequestValidationError) -> Response:
    if any(e["loc"][:1] == ("path",) for e in error.errors()):  # /v1/jobs/what-is-this: there is no such address
        return answer(request, 404, *_SAID[404])
    return answer(
        request,
        422,
        "The request does not have the shape described in /v1/openapi.json.",
        "İstek, /v1/openapi.json içinde tarif edilen biçimde değil.",
        errors=pointed(error.errors(), locale_of(request)),
    )
