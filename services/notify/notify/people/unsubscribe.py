"""
Links by which anybody stops what is sent to him, without signing in: each says for itself who stops what, and cannot be made by anybody else.

A link is the recipient, sealed: nobody reads an address out of it, and it works for as long as the secret is the same, whatever has been deleted.
Source of the one click: RFC 8058.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from imece import config
from imece.errors import NotFound
from notify.settings import settings

_CHANNELS = ("email", "sms", "telegram")
_PLACE = b"imece notify: unsubscribe, 1"


class Link(NamedTuple):
    """Who stops what."""

    company_id: UUID
    channel: str
    recipient: str


def token(company_id: UUID, channel: str, recipient: str) -> str:
    """What a link ends with; always the same for the same recipient."""
    said = company_id.bytes + bytes([_CHANNELS.index(channel)]) + recipient.encode()
    return urlsafe_b64encode(_key().encrypt(said, [_PLACE])).rstrip(b"=").decode()


def read(written: str) -> Link:
    """Who stops what. Raises NotFound for a token that is not ours, whole or not."""
    try:
        sealed = urlsafe_b64decode(written.encode("ascii") + b"=" * (-len(written) % 4))
        said = _key().decrypt(sealed, [_PLACE])
    except (ValueError, InvalidTag):
        raise NotFound("This link is not complete; copy all of it.", "Bu bağlantı eksik; tamamını kopyalayın.") from None
    return Link(UUID(bytes=said[:16]), _CHANNELS[said[16]], said[17:].decode())


def url(company_id: UUID | None, channel: str, recipient: str) -> str | None:
    """The link's whole address; None where no company sends, or NOTIFY_LINK_URL is empty."""
    home = settings().link_url.rstrip("/")
    return f"{home}/notify/public/unsubscribe/{token(company_id, channel, recipient)}" if home and company_id else None


def headers(company_id: UUID | None, recipient: str) -> dict[str, str]:
    """The headers of a mail that is somebody's advertising; none where there is no link."""
    link = url(company_id, "email", recipient)
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link else {}


@cache
def _key() -> AESSIV:
    given = settings().secret.get_secret_value().encode() or config.kept_secret("notify.secret")
    return AESSIV(hashlib.sha512(b"imece notify: unsubscribe\0" + given).digest())


def forget() -> None:
    """Forget the key: when a test changes the settings."""
    _key.cache_clear()
