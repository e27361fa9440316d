"""`/v1/<service>/...`: the API of services that have a face, and the addresses of other people's clients that a face answers."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gateway import doors, faces, submissions
from gateway.callers import Caller
from gateway.faces import Faces
from gateway.gate import needs
from gateway.models import Company
from imece import db
from imece.contracts import Role


def router() -> APIRouter:
    """A route for each face; what lies below it is the face's own, described in `/v1/<service>/openapi.json`."""
    made = APIRouter()
    for name in doors.known():
        made.add_api_route(f"/v1/{name}/{{rest:path}}", _route(name), methods=faces.METHODS, include_in_schema=False)
    for place, name in doors.BORROWED.items():
        if name in doors.known():
            made.add_api_route(f"{place}/{{rest:path}}", _route(name, borrowed=True), methods=faces.METHODS, include_in_schema=False)
    return made


def company_of(caller: Caller, wanted: UUID | None) -> Company:
    """The company the caller asks for. Raises as `submissions.company_for` does."""
    with db.transaction() as session:
        found = session.get(Company, submissions.company_for(session, caller, wanted))
        assert found
        return found


def _route(name: str, *, borrowed: bool = False) -> Callable[..., Awaitable[Response]]:
    async def handed_on(
        request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))], company: Annotated[UUID | None, Query()] = None
    ) -> Response:
        given: Faces = request.app.state.faces
        found = await anyio.to_thread.run_sync(company_of, caller, company)
        way = faces.BORROWED if borrowed else faces.INSIDE
        return given.passed_on(await given.ask(request, name, faces.caller_for(request, caller, found), way))

    return handed_on
