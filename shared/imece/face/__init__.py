"""
A face: the pages and the API of a service, which only the gateway talks to.

The gateway knows who is asking, the face does not: each request carries the caller in a header that the gateway has signed for this one request,
with a secret both have (`IMECE_FACE_SECRET`). A face answers what it is asked and nothing around it: pages are the inside of the gateway's layout,
errors are said in both languages and drawn by the gateway.

What stands here needs no web framework. `imece.face.app`, `asking`, `drawing` and `serve` do (the extra `imece[face]`): with them a face is its
routes, its templates and three lines of `serve.py`.
"""

from imece.face.guard import Guard, refusal, refuse, target
from imece.face.places import installed
from imece.face.signing import (
    CALLER,
    LIFETIME,
    REFUSAL,
    SKEW,
    TITLE,
    Caller,
    Forbidden,
    Nobody,
    Reader,
    Unsigned,
    public_folder,
    secret,
    sign,
    verify,
)

__all__ = [
    "CALLER",
    "LIFETIME",
    "REFUSAL",
    "SKEW",
    "TITLE",
    "Caller",
    "Forbidden",
    "Guard",
    "Nobody",
    "Reader",
    "Unsigned",
    "installed",
    "public_folder",
    "refusal",
    "refuse",
    "secret",
    "sign",
    "target",
    "verify",
]
