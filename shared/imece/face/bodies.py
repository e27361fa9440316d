"""How much of a body is read where it is held in memory: what a form or JSON says is small, and whoever takes a large one takes it piece by piece."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What is larger is uploaded first.
LARGEST = 1 << 20


class Small:
    """
    ASGI middleware of a face: a body of more than `LARGEST` is 413, but for addresses that begin like one of `large`.

    What is too much is dropped to its end and not cut off: the gateway would lose the answer with the connection.
    """

    def __init__(self, app: ASGIApp, large: Sequence[str] = ()) -> None:
        self.app = app
        self._large = tuple(large)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, counted."""
        counts = scope["type"] == "http" and not scope["path"].startswith(self._large)
        await self.app(scope, counted(receive, LARGEST, to_its_end=True) if counts else receive, send)


def counted(receive: Receive, most: int, *, to_its_end: bool = False) -> Receive:
    """A `receive` that raises HTTPException 413 once more than `most` bytes have come: as soon as they have, or when the rest has been dropped."""
    size = 0

    async def received() -> Message:
        nonlocal size
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if size <= most or message["type"] == "http.disconnect":
                return message
            if not (to_its_end and message.get("more_body")):
                raise HTTPException(413, headers={"Connection": "close"})

    return received
