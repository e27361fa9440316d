"""Pages about messages that have been asked for: the list, and the way of one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from imece import db
from imece.face.asking import Caller
from notify import searches
from notify.face.asking import PAGE, Messages
from notify.face.drawing import page, part
from notify.models import OPEN

router = APIRouter(prefix="/notify")


@router.get("")
def list_messages(request: Request, caller: Caller, wanted: Messages, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """The company's messages, newest first; with `part` only the rows."""
    with db.transaction() as session:
        rows = searches.search(session, caller.company_id, wanted.filter, limit=PAGE + 1, offset=(wanted.page - 1) * PAGE)
        known: dict[str, Any] = {
            "rows": rows[:PAGE],
            "more": len(rows) > PAGE,
            "total": searches.count(session, caller.company_id, wanted.filter),
            "most": searches.MOST_COUNTED,
            "wanted": wanted,
        }
    if alone:
        return part(request, "rows.html", **known)
    return page(request, "messages.html", ("Messages", "İletiler"), **known)


@router.get("/messages/{message_id}")
def show_message(message_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """One message and everything that has happened to it; with `part` only what may change."""
    with db.transaction() as session:
        message, row = searches.find(session, caller.company_id, message_id), searches.row(session, caller.company_id, message_id)
        known: dict[str, Any] = {
            "message": message,
            "way": searches.way(session, message),
            "row": row,
            "going_on": row.state in OPEN,
        }
        if alone:
            return part(request, "way.html", **known)
        return page(request, "message.html", ("Message", "İleti"), **known)
