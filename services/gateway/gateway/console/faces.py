"""`/<service>/...`: the pages of services that have a face, in the console's own layout; those under `public/` in a bare one, for anybody."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from gateway import accounts, doors, faces, languages
from gateway.callers import Caller
from gateway.console import pages
from gateway.faces import Faces
from gateway.gate import needs
from gateway.models import Company
from gateway.problems import locale_of
from gateway.settings import settings
from imece import db, face
from imece.contracts import Role

_COOKIE = "imece_company"
_YEAR = 365 * 24 * 3600


def router() -> APIRouter:
    """Three routes for each face: what is anybody's, its first page, and whatever else lies below."""
    made = APIRouter()
    for name in doors.known():
        made.add_api_route(f"{face.public_folder(name)}{{rest:path}}", _public_route(name), methods=faces.METHODS, include_in_schema=False)
        for path in (f"/{name}", f"/{name}/{{rest:path}}"):
            made.add_api_route(path, _route(name), methods=faces.METHODS, include_in_schema=False)
    return made


@dataclass(frozen=True)
class _Companies:
    """Which company's pages are shown; `all` is empty for a caller who has only the one."""

    shown: Company | None
    all: list[Company]


def _route(name: str) -> Callable[..., Awaitable[Response]]:
    async def handed_on(request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))]) -> Response:
        companies = await anyio.to_thread.run_sync(_companies, caller, request)
        if caller.company_id is None and request.method == "GET" and "company" in request.query_params and companies.shown:
            return _chosen(request, companies.shown)
        if companies.shown is None:
            return pages.page(request, "face.html", {"title": "", "inside": "", "companies": companies})
        given: Faces = request.app.state.faces
        answer = await given.ask(request, name, faces.caller_for(request, caller, companies.shown), faces.INSIDE)
        title = faces.title_of(answer)
        if title is None:
            return given.passed_on(answer)
        known = {"title": title, "inside": await faces.text_of(answer), "companies": companies}
        return pages.page(request, "face.html", known, status=answer.status)

    return handed_on


def _public_route(name: str) -> Callable[..., Awaitable[Response]]:
    async def handed_on(request: Request) -> Response:
        given: Faces = request.app.state.faces
        answer = await given.ask(request, name, face.Nobody(locale_of(request)), faces.PUBLIC)
        title = faces.title_of(answer)
        if title is None:
            return given.passed_on(answer)
        asked, spoken = locale_of(request), languages.known(answer.headers.get("content-language", ""))
        other = "en" if asked == "tr" else "tr"
        known = {
            "title": title,
            "inside": await faces.text_of(answer),
            "switch": request.url.include_query_params(lang=other).query if request.method == "GET" and spoken in (None, asked) else "",
        }
        request.state.locale = spoken or asked
        return pages.page(request, "public.html", known, status=answer.status)

    return handed_on


def _companies(caller: Caller, request: Request) -> _Companies:
    """A caller of the whole installation looks at one company at a time: the one just chosen, else the one chosen last, else the only one."""
    with db.transaction() as session:
        if caller.company_id is not None:
            return _Companies(session.get(Company, caller.company_id), [])
        listed = accounts.companies(session)
    by_id = {str(company.id): company for company in listed}
    wanted = request.query_params.get("company") or request.cookies.get(_COOKIE, "")
    only = listed[0] if len(listed) == 1 else None
    return _Companies(by_id.get(wanted, only), listed if len(listed) > 1 else [])


def _chosen(request: Request, company: Company) -> Response:
    response = RedirectResponse(request.scope["path"], status_code=303)
    response.set_cookie(_COOKIE, str(company.id), max_age=_YEAR, path="/", secure=settings().secure, httponly=True, samesite="lax")
    return response
