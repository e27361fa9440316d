"""Tokens, passwords and form tokens: how they are made and how they are checked. Nothing here touches the database."""

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, b64encode

from gateway.settings import secret

#: Every API token begins so; secret scanners find leaked ones by it.
TOKEN_START = "imece_"  # noqa: S105 (the public part)

#: How much of a token is kept in clear, to tell keys apart.
_SHOWN = len(TOKEN_START) + 6

#: The cost of scrypt: 32 MiB and about 0.2 s. Source: OWASP Password Storage Cheat Sheet (N=2^15, r=8, p=3).
_N, _R, _P = 1 << 15, 8, 3

#: At most two derivations at a time, so that a storm of sign-ins cannot eat the memory.
_derivations = threading.BoundedSemaphore(2)


def new_token() -> str:
    """An API token of 256 random bits."""
    return TOKEN_START + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of an API token. A plain hash suffices: nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def token_prefix(token: str) -> str:
    """The part of a token that may be shown."""
    return token[:_SHOWN]


def new_password() -> str:
    """A password of 100 random bits that can be read out over the telephone: five groups of four, no letters that look alike."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))


def password_hash(password: str) -> str:
    """A scrypt hash with a salt of its own and its cost written down: `scrypt$N$r$p$salt$hash`."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(_derive(password, salt, _N, _R, _P)).decode()}"


def password_fits(password: str, kept: str | None) -> bool:
    """Whether `password` is the one behind `kept`. Without `kept` (no such account) it takes as long and says no."""
    if kept is None:
        _derive(password, b"nobody's own salt", _N, _R, _P)
        return False
    _, n, r, p, salt, expected = kept.split("$")
    return hmac.compare_digest(_derive(password, b64decode(salt), int(n), int(r), int(p)), b64decode(expected))


def new_cookie() -> str:
    """What a signed-in browser carries: 256 random bits."""
    return secrets.token_urlsafe(32)


def visit_id(cookie: str) -> bytes:
    """Under what a signed-in browser is kept. Keyed, so that whoever reads or writes the table cannot make a cookie of it."""
    return _sign("visit", cookie)


def form_token(cookie: str) -> str:
    """The CSRF token that belongs to a browser: it stands in its forms and nowhere else."""
    return _sign("form", cookie).hex()


def form_token_fits(cookie: str, given: str) -> bool:
    """Whether `given` is the form token of the browser that carries `cookie`."""
    return hmac.compare_digest(form_token(cookie).encode(), given.encode())


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with _derivations:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _sign(purpose: str, text: str) -> bytes:
    return hmac.digest(secret(), f"{purpose}:{text}".encode(), "sha256")
