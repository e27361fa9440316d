"""The application of the face: its routes, and how it refuses. Behind the guard everybody is known and belongs to one company."""

from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.staticfiles import StaticFiles

from imece import face
from imece.errors import ImeceError, Invalid, Transient
from pricing.face import api, catalogue, offers, shelves, standing


def build() -> face.Guard:
    """The face, ready to be served. Reads no database before its first request."""
    app = FastAPI(
        title="imece pricing", version=version("imece-pricing"), openapi_url="/v1/pricing/openapi.json", docs_url=None, redoc_url=None
    )
    app.add_api_route("/healthz", lambda: PlainTextResponse("ok"), include_in_schema=False)
    app.include_router(api.router)
    for router in (catalogue.router, offers.router, shelves.router, standing.router):
        app.include_router(router, include_in_schema=False)
    app.mount("/pricing/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.add_exception_handler(ImeceError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    app.add_exception_handler(OperationalError, _refuse_for_now)
    return face.Guard(app, "pricing")


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ImeceError)
    headers = {}
    if isinstance(error, Transient) and error.retry_after:
        headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return Response(face.refusal(error), error.status, media_type=face.REFUSAL, headers=headers)


async def _refuse_for_now(request: Request, _error: Exception) -> Response:
    away = ("The database does not answer just now. Try again shortly.", "Veritabanı şu anda yanıt vermiyor. Birazdan yeniden deneyin.")
    return await _refuse(request, Transient(*away, retry_after=timedelta(seconds=5)))


async def _refuse_shape(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = Invalid(
        "The request does not have the shape described in /v1/pricing/openapi.json.",
        "İstek, /v1/pricing/openapi.json içinde tarif edilen biçimde değil.",
    )
    faults = [{"type": e["type"], "loc": e["loc"], "msg": e["msg"], "ctx": e.get("ctx", {})} for e in error.errors()]
    return Response(face.refusal(said, faults), said.status, media_type=face.REFUSAL)
