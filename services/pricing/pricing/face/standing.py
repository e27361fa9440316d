"""The page that says how the watching stands: what is due and how late, how fast it goes, and where a store's pace is not enough."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from imece import db
from pricing.checking import overview
from pricing.face.asking import Caller
from pricing.face.drawing import page, part
from pricing.settings import settings

router = APIRouter(prefix="/pricing")


@router.get("/statistics")
def statistics(request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """The figures; with `part` alone, for a page that is already there."""
    with db.transaction() as session:
        found = overview.of(session, caller.company_id, settings().preset)
    if alone:
        return part(request, "figures.html", overview=found)
    return page(request, "statistics.html", ("Statistics", "İstatistik"), overview=found)
