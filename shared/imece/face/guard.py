"""The outermost of a face: lets nothing in that the gateway has not signed."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from imece import log
from imece.errors import ImeceError
from imece.face.signing import CALLER, REFUSAL, Reader, Unsigned, verify

_log = log.get("imece.face")

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Guard:
    """
    ASGI middleware, the outermost of a face: nothing but `/healthz` is answered without the gateway's signature.

    Behind it `scope["state"]["caller"]` is the Caller, or Nobody under `/<name>/public/`. What leaves the application unforeseen is written down
    with the request's number.
    """

    def __init__(self, app: Callable[[Any, Receive, Send], Awaitable[None]], name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it."""
        if scope["type"] == "http" and scope["path"] != "/healthz":
            try:
                scope.setdefault("state", {})["caller"] = self._caller(scope)
            except Unsigned as error:
                await refuse(send, error)
                return
        if scope["type"] in {"lifespan", "http"}:
            try:
                await self.app(scope, receive, send)
            except Exception as error:
                if scope["type"] == "lifespan":
                    raise
                # The framework has answered 500; the gateway shows the number that is written down here.
                number = _header(scope, "x-request-id")
                _log.error("face.unexpected", request_id=number, method=scope["method"], path=scope["path"], exc_info=error)

    def _caller(self, scope: Scope) -> Reader:
        return verify(_header(scope, CALLER), self.name, scope["method"], target(scope))


def target(scope: Scope) -> str:
    """The path with its query as it came over the wire."""
    query = scope["query_string"].decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return f"{path}?{query}" if query else str(path)


def refusal(error: ImeceError, errors: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The body of an answer that refuses, for the gateway to draw."""
    return json.dumps({"en": error.en, "tr": error.tr, "errors": list(errors)}, ensure_ascii=False, default=str).encode(errors="replace")


async def refuse(send: Send, error: ImeceError) -> None:
    """Answer with a refusal."""
    body = refusal(error)
    headers = [(b"content-type", REFUSAL.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(error.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: str) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()), "")
