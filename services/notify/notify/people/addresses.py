"""E-mail addresses: one, as the server is to hear it; and as it may stand in a log."""

import re

from imece.errors import Permanent

#: RFC 5321's dot-string, with the letters that RFC 6531 adds; quoted local parts are not worth their traps.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def parse(text: str) -> str:
    """
    The one address that `text` is, its domain in small ASCII letters (`ali@Şirket.example` becomes `ali@xn--irket-idb.example`).

    Raises Permanent for anything else: no address, several, one with a name, line breaks. Source: RFC 5321, sections 4.1.2 and 4.5.3.1.
    """
    local, _, host = text.strip(" ").rpartition("@")
    try:
        host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if not _LOCAL.fullmatch(local) or len(local.encode()) > 64 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Permanent(f"{masked(text)} is not an e-mail address.", f"{masked(text)} bir e-posta adresi değil.")
    return f"{local}@{host}"


def domain(address: str) -> str:
    """The part after the @ of a parsed address."""
    return address.rpartition("@")[2]


def masked(address: str) -> str:
    """`address`, or what was meant to be one, as logs and error sentences may know it: `a***@example.com`."""
    local, _, host = address.strip().rpartition("@")
    shown = f"{local[:1]}***@{host[:60]}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
