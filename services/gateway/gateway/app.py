"""The application, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from gateway import console, dashboard, doors, logins, openapi, problems
from gateway.api import events, faces, files, fleet, jobs
from gateway.faces import Faces
from gateway.gate import Gate
from gateway.live import Live
from gateway.settings import settings
from imece import log

_HOUR = 3600

_log = log.get("gateway")


def build() -> FastAPI:
    """A gateway, ready to be served. Reads no database before its first request."""
    app = FastAPI(title="imece", version=version("imece-gateway"), lifespan=_life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.live = Live()
    app.state.faces = Faces()
    app.state.pace = doors.Pace(settings().public_rate)
    for router in (files.router, jobs.router, jobs.old_router, events.router, fleet.router, faces.router()):
        app.include_router(router)
    app.add_api_route("/v1/openapi.json", lambda: openapi.describe(app), methods=["GET"], include_in_schema=False)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    console.install(app)
    app.add_route(dashboard.PREFIX, lambda _: RedirectResponse(f"{dashboard.PREFIX}/"))  # it knows itself only with the slash
    app.mount(dashboard.PREFIX, dashboard.app)
    app.add_route("/favicon.ico", lambda _: RedirectResponse("/static/imece.svg", status_code=308))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "console" / "static"))
    problems.install(app)
    app.add_middleware(Gate)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    live: Live = app.state.live
    companions = [asyncio.create_task(live.run()), asyncio.create_task(_tidy())]
    yield
    live.close()
    for companion in companions:
        companion.cancel()
        with suppress(asyncio.CancelledError):
            await companion
    await app.state.faces.close()


async def _tidy() -> Any:
    """Forget old visits, knocks and idempotency keys, each hour."""
    while True:
        await asyncio.sleep(_HOUR)
        try:
            await anyio.to_thread.run_sync(logins.prune)
        except SQLAlchemyError as error:
            _log.warning("gateway.prune_later", error=type(error).__name__)
