"""
A face: the pages and the API of a service, which only the gateway talks to.

The gateway knows who is asking, the face does not: each request carries the caller in a header that the gateway has signed for this one request,
with a secret both have (`IMECE_FACE_SECRET`). A face answers what it is asked and nothing around it: pages are the inside of the gateway's layout,
errors are said in both languages and drawn by the gateway.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from imece import clock, config, log, service
from imece.contracts import Role
from imece.errors import ImeceError, Misconfigured

#: The header that says who is asking.
CALLER = "x-imece-caller"

#: The header of an HTML answer that says what the page is called, percent-encoded UTF-8.
TITLE = "x-imece-title"

#: Media type of an answer that refuses: `{"en", "tr", "errors"}`, with pydantic's own errors where single fields are wrong.
REFUSAL = "application/vnd.imece.refusal+json"

#: Seconds that a signature counts, and that two machines' clocks may differ.
LIFETIME = 30
SKEW = 15

_log = log.get("imece.face")

_SHORTEST_SECRET = 32
_RANKS = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMIN: 3}

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Unsigned(ImeceError):
    """A request that the gateway has not signed, or not for this."""

    status = HTTPStatus.UNAUTHORIZED


class Forbidden(ImeceError):
    """The caller's role does not include this."""

    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Caller:
    """Who is asking, for exactly one company. `form_token` is what the forms of a page for this person carry as `csrf`; empty for a program."""

    name: str
    role: Role
    company_id: UUID
    company: str
    locale: Literal["tr", "en"]
    form_token: str = ""

    def may(self, role: Role) -> bool:
        """Whether the caller's role includes `role`. Nobody's includes `Role.SYSTEM`."""
        return _RANKS[self.role] >= _RANKS.get(role, 9)

    def must(self, role: Role) -> None:
        """Raise Forbidden unless the caller's role includes `role`."""
        if not self.may(role):
            raise Forbidden(f"This needs the role {role}.", f"Bunun için {role} rolü gerekir.")


def sign(caller: Caller, name: str, method: str, target: str) -> str:
    """The header that carries `caller` to the face of the service `name`, with this one request. `target` is the path with its query."""
    said = {
        "name": caller.name,
        "role": caller.role,
        "company_id": str(caller.company_id),
        "company": caller.company,
        "locale": caller.locale,
        "form_token": caller.form_token,
        "at": int(clock.now().timestamp()),
    }
    body = urlsafe_b64encode(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).decode()
    return f"{body}.{_signature(body, name, method, target)}"


def verify(header: str, name: str, method: str, target: str) -> Caller:
    """Who is asking. Raises Unsigned for a header that is none, forged, too old, or was signed for another service, method or address."""
    body, _, signature = header.partition(".")
    if not hmac.compare_digest(_signature(body, name, method, target).encode(), signature.encode()):
        raise _unsigned()
    said = json.loads(urlsafe_b64decode(body))  # ours: the signature fits
    if not -SKEW <= clock.now().timestamp() - said.pop("at") <= LIFETIME + SKEW:
        raise _unsigned()
    return Caller(**said | {"role": Role(said["role"]), "company_id": UUID(said["company_id"])})


@cache
def secret() -> bytes:
    """What requests are signed with: `IMECE_FACE_SECRET`, or on one machine one made once and kept under `IMECE_HOME`. Raises Misconfigured."""
    given = config.settings().face_secret.get_secret_value()
    if given and (len(given) < _SHORTEST_SECRET or len(set(given)) < 10):
        raise Misconfigured(
            f"IMECE_FACE_SECRET: give at least {_SHORTEST_SECRET} random characters, for example from `openssl rand -hex 32`.",
            f"IMECE_FACE_SECRET: en az {_SHORTEST_SECRET} rastgele karakter verin, örneğin `openssl rand -hex 32` çıktısı.",
        )
    return given.encode() or config.kept_secret("face-secret")


def installed() -> dict[str, str]:
    """The faces of the services that are installed here: name to address, `http://127.0.0.1:8310`."""
    found = {}
    for card in service.installed().values():
        if card.face:
            host, port = card.address()
            found[card.name] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return found


class Guard:
    """
    ASGI middleware, the outermost of a face: nothing but `/healthz` is answered without the gateway's signature.

    Behind it `scope["state"]["caller"]` is the Caller. What leaves the application unforeseen is written down with the request's number.
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

    def _caller(self, scope: Scope) -> Caller:
        return verify(_header(scope, CALLER), self.name, scope["method"], target(scope))


def target(scope: Scope) -> str:
    """The path with its query as it came over the wire."""
    query = scope["query_string"].decode("latin-1")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return f"{path}?{query}" if query else str(path)


def refusal(error: ImeceError, errors: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The body of an answer that refuses, for the gateway to draw."""
    return json.dumps({"en": error.en, "tr": error.tr, "errors": list(errors)}, ensure_ascii=False, default=str).encode()


async def refuse(send: Send, error: ImeceError) -> None:
    """Answer with a refusal."""
    body = refusal(error)
    headers = [(b"content-type", REFUSAL.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(error.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: str) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()), "")


def _signature(body: str, name: str, method: str, target: str) -> str:
    return hmac.digest(secret(), f"face\n{name}\n{method}\n{target}\n{body}".encode(), "sha256").hex()


def _unsigned() -> Unsigned:
    return Unsigned("Only the gateway may ask here.", "Buraya yalnızca ağ geçidi sorabilir.")
