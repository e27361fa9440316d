"""`/v1/<service>/...`: the API of services that have a face."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway import faces, submissions
from gateway.callers import Caller
from gateway.faces import Faces
from gateway.gate import needs
from gateway.models import Company
from imece import db
from imece.contracts import Role


def router() -> APIRouter:
    """A route for each face; what lies below it is the face's own, described in `/v1/<service>/openapi.json`."""
    made = APIRouter(prefix="/v1")
    for name in faces.known():
        made.add_api_route(f"/{name}/{{rest:path}}", _route(name), methods=faces.METHODS, include_in_schema=False)
    return made


def company_of(caller: Caller, wanted: UUID | None) -> Company:
    """The company the caller asks for. Raises as `submissions.company_for` does."""
    with db.transaction() as session:
        found = session.get(Company, submissions.company_for(session, caller, wanted))
        assert found
        return found


def _route(name: str) -> Callable[..., Awaitable[Response]]:
    async def handed_on(
        request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))], company: Annotated[UUID | None, Query()] = None
    ) -> Response:
        given: Faces = request.app.state.faces
        found = await anyio.to_thread.run_sync(company_of, caller, company)
        return faces.passed_on(await given.ask(request, name, faces.caller_for(request, caller, found)))

    return handed_on
