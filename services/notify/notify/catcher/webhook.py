"""The stand-in of everybody who is called by webhook: takes any call that is meant for any address, and keeps what the caller signed."""

from aiohttp import web

from imece.ids import new_id
from notify.catcher.desk import Desk

_LONGEST = 1 << 20


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its address, to be put under one of its own: `/?to=<the address that the call is meant for>`."""
    stand_in = _Webhook(desk)
    return [web.post("/", stand_in.call)]


class _Webhook:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def call(self, request: web.Request) -> web.Response:
        body = await request.content.read(_LONGEST)
        address = request.query.get("to", "")
        more = {
            name.lower(): value for name, value in request.headers.items() if name.lower().startswith("webhook-") or name == "Content-Type"
        }
        taken = self.desk.book.noted(
            "webhook",
            f"WH{new_id().hex}",
            address,
            body.decode("utf-8", "replace"),
            reference=more.get("webhook-id", ""),
            sender="",
            more=more,
        )
        return await self.desk.serve(request, "webhook", [taken], lambda: web.Response(text="ok"), _refused)


def _refused(what: str, code: str) -> web.Response:
    status = int(code) if code.isdigit() else int(what) if what.isdigit() else 400
    return web.Response(status=status, text="no")
