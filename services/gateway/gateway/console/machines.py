"""The console's page about workers and queues."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from gateway.callers import Caller
from gateway.console import pages
from gateway.gate import needs
from gateway.problems import locale_of
from imece.contracts import Role
from imece.ledger import overview

router = APIRouter()


@router.get("/machines")
def machines(request: Request, caller: Annotated[Caller, Depends(needs(Role.VIEWER))], part: bool = False) -> HTMLResponse:
    """Queues and workers; with `part` only the tables, for a page that is already there."""
    found = {"queues": overview.queues(caller.company_id), "workers": overview.workers()}
    if part:
        return HTMLResponse(pages.draw("machines_part.html", locale_of(request), **found))
    return pages.page(request, "machines.html", found)
