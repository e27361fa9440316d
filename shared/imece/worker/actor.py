"""Which function does which kind of work."""

from collections.abc import Callable
from typing import Any, TypeVar

from imece.contracts import Contract, Result
from imece.worker.job import Job

C = TypeVar("C", bound=Contract)
R = TypeVar("R", bound=Result | None)
Handler = Callable[[Job, Any], Result | None]

_handlers: dict[str, Handler] = {}


def actor(contract: type[C]) -> Callable[[Callable[[Job, C], R]], Callable[[Job, C], R]]:
    """
    Tie a handler to the contract it fulfils: `@actor(SendEmail)` over `def send_email(job, contract)`.

    The job is claimed before the handler is called. What it returns is the result, and the completion is written for it; or it writes its own
    in one transaction with its rows (`job.transaction`, `job.finish`). Raises TypeError when the kind has a handler already.
    """

    def register(handler: Callable[[Job, C], R]) -> Callable[[Job, C], R]:
        known = _handlers.setdefault(contract.kind, handler)
        if known is not handler and known.__qualname__ != handler.__qualname__:
            raise TypeError(f"{contract.kind} has two actors: {known.__qualname__} and {handler.__qualname__}")
        _handlers[contract.kind] = handler
        return handler

    return register


def handlers() -> dict[str, Handler]:
    """The handlers registered so far, by kind. A service registers its own when its card's `load_actors` is called."""
    return dict(_handlers)
