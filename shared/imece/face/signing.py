"""Who is asking, as the gateway signs it and a face believes it: a person of one company, or nobody."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from imece import clock, config
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

_SHORTEST_SECRET = 32
_RANKS = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMIN: 3}


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


@dataclass(frozen=True)
class Nobody:
    """
    Whoever asks under `/<service>/public/...`, which is anybody's: a provider that reports, a reader who unsubscribes.

    There is no company here to bind a query to and no role to allow anything, so that code written for a Caller cannot be given one by mistake.
    What such an address may do, the address itself must prove: by a secret in it, or by a signature over what it carries.
    """

    locale: Literal["tr", "en"]


#: Whom a page is drawn for.
Reader = Caller | Nobody


def public_folder(name: str) -> str:
    """Where the addresses of the face `name` begin that anybody may ask."""
    return f"/{name}/public/"


def sign(caller: Reader, name: str, method: str, target: str) -> str:
    """The header that carries `caller` to the face of the service `name`, with this one request. `target` is the path with its query."""
    said: dict[str, Any] = {"locale": caller.locale, "at": int(clock.now().timestamp())}
    if isinstance(caller, Caller):
        said |= {
            "name": caller.name,
            "role": caller.role,
            "company_id": str(caller.company_id),
            "company": caller.company,
            "form_token": caller.form_token,
        }
    body = urlsafe_b64encode(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).decode()
    return f"{body}.{_signature(body, name, method, target)}"


def verify(header: str, name: str, method: str, target: str) -> Reader:
    """
    Who is asking.

    Raises Unsigned for a header that is none, forged, too old, or was signed for another service, method or address, and for nobody's outside
    what is anybody's.
    """
    body, _, signature = header.partition(".")
    if not hmac.compare_digest(_signature(body, name, method, target).encode(), signature.encode()):
        raise _unsigned()
    said = json.loads(urlsafe_b64decode(body))  # ours: the signature fits
    if not -SKEW <= clock.now().timestamp() - said.pop("at") <= LIFETIME + SKEW:
        raise _unsigned()
    if "company_id" in said:
        return Caller(**said | {"role": Role(said["role"]), "company_id": UUID(said["company_id"])})
    if not target.startswith(public_folder(name)):
        raise _unsigned()
    return Nobody(**said)


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


def _signature(body: str, name: str, method: str, target: str) -> str:
    return hmac.digest(secret(), f"face\n{name}\n{method}\n{target}\n{body}".encode(), "sha256").hex()


def _unsigned() -> Unsigned:
    return Unsigned("Only the gateway may ask here.", "Buraya yalnızca ağ geçidi sorabilir.")
