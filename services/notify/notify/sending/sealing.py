"""Passwords for one use: their words are kept only until they have left, and unreadable without a key that the database does not have."""

import hashlib
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from imece import config
from imece.errors import Misconfigured
from notify.settings import settings

_NONCE = 12


def seal(words: str, owner: str) -> bytes:
    """`words`, to be opened by `open_sealed` for the same `owner` only (the message's id)."""
    nonce = os.urandom(_NONCE)
    return nonce + _key().encrypt(nonce, words.encode(), owner.encode())


def open_sealed(sealed: bytes, owner: str) -> str:
    """What was sealed. Raises Misconfigured when the key is another than it was sealed with."""
    try:
        return _key().decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode()).decode()
    except InvalidTag:
        raise Misconfigured(
            "A sealed text cannot be opened: NOTIFY_SECRET is not the one it was sealed with.",
            "Mühürlü metin açılamıyor: NOTIFY_SECRET, mühürlenirken kullanılan değil.",
        ) from None


@cache
def _key() -> AESGCM:
    given = settings().secret.get_secret_value().encode() or config.kept_secret("notify.secret")
    return AESGCM(hashlib.sha256(b"imece notify: sealed words\0" + given).digest())


def forget() -> None:
    """Forget the key: when a test changes the settings."""
    _key.cache_clear()
