"""
dramatiq-dashboard at `/dashboard/`, behind the gate and for admins of the whole installation.

It shows Redis, not the ledger: a message that is being worked on counts as queued there, and putting one back runs nothing that the ledger
has as final. Cancelling and running again is the console's business.
"""

from functools import cache

from a2wsgi import WSGIMiddleware
from dramatiq_dashboard import DashboardApp
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import problems
from gateway.gate import caller_of
from gateway.refusals import Refusal
from imece import contracts, service
from imece.broker import broker

PREFIX = "/dashboard"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The dashboard as an ASGI application."""
    request = Request(scope, receive)
    if not caller_of(request).runs_the_installation:
        refusal = Refusal(403, "Only for admins of the whole installation.", "Yalnızca bütün kurulumun yöneticileri için.")
        await problems.of(request, refusal)(scope, receive, send)
        return
    await _dashboard()(scope, receive, send)


@cache
def _dashboard() -> ASGIApp:
    """Made at the first visit. It lists only queues that its own process has declared, so all of the house's are."""
    for queue in {c.queue for c in contracts.declared()} | {q for card in service.installed().values() for q in card.queues()}:
        broker().declare_queue(queue)
    return WSGIMiddleware(DashboardApp(broker=broker(), prefix=PREFIX), workers=2)  # type: ignore[return-value]
