"""The application of a face: its routes, its files, and how it refuses. Behind the guard everybody is known, or is nobody under `public/`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan

from imece import db
from imece.errors import ImeceError, Invalid, Transient, Unfit
from imece.face.bodies import Small
from imece.face.guard import Guard, refusal
from imece.face.signing import REFUSAL, public_folder


def build(
    name: str,
    folder: Path,
    *,
    api: Sequence[APIRouter] = (),
    pages: Sequence[APIRouter] = (),
    mounts: Mapping[str, ASGIApp] | None = None,
    lifespan: Lifespan[Any] | None = None,
    large: Sequence[str] = (),
) -> Guard:
    """
    The face of the service `name`, ready to be served. Reads no database before its first request.

    `api` is described in `/v1/<name>/openapi.json`, `pages` are not. What lies in `folder`/static is found under `/<name>/static/` and, as
    nothing in it is anybody's own, under `/<name>/public/static/`. `mounts` are applications below one address that refuse in a way of their own.
    `large` is how addresses begin that take bodies of any size, piece by piece; everywhere else a megabyte is the most.
    """
    app = FastAPI(
        title=f"imece {name}",
        version=version(f"imece-{name}"),
        openapi_url=f"/v1/{name}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_api_route("/healthz", lambda: PlainTextResponse("ok"), include_in_schema=False)
    for router in api:
        app.include_router(router)
    for router in pages:
        app.include_router(router, include_in_schema=False)
    if (folder / "static").is_dir():
        for place in (f"/{name}/static", f"{public_folder(name)}static"):
            app.mount(place, StaticFiles(directory=folder / "static"))
    for place, inner in (mounts or {}).items():
        app.mount(place, inner)
    app.add_middleware(Small, large=large)
    app.add_exception_handler(ImeceError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_shape)
    app.add_exception_handler(OperationalError, refuse_for_now)
    app.add_exception_handler(DataError, refuse_unfit)
    return Guard(app, name)


async def refuse(_request: Request, error: Exception) -> Response:
    """What an error says, in both languages, for the gateway to draw."""
    assert isinstance(error, ImeceError)
    headers = {}
    if isinstance(error, Transient) and error.retry_after:
        headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return Response(refusal(error), error.status, media_type=REFUSAL, headers=headers)


async def refuse_for_now(request: Request, _error: Exception) -> Response:
    """The database is away: 503, and when to come again."""
    away = ("The database does not answer just now. Try again shortly.", "Veritabanı şu anda yanıt vermiyor. Birazdan yeniden deneyin.")
    return await refuse(request, Transient(*away, retry_after=timedelta(seconds=5)))


async def refuse_unfit(request: Request, error: Exception) -> Response:
    """A text or a moment that cannot be kept: 422. What else PostgreSQL does not take is a fault of ours, and raised."""
    if not db.is_unfit(error):
        raise error
    return await refuse(request, Unfit())


async def refuse_shape(request: Request, error: Exception) -> Response:
    """A request of another shape than the description says: 422, with each fault."""
    assert isinstance(error, RequestValidationError)
    where = request.app.openapi_url
    said = Invalid(
        f"The request does not have the shape described in {where}.",
        f"İstek, {where} içinde tarif edilen biçimde değil.",
    )
    faults = [{"type": e["type"], "loc": e["loc"], "msg": e["msg"], "ctx": e.get("ctx", {})} for e in error.errors()]
    return Response(refusal(said, faults), said.status, media_type=REFUSAL)
