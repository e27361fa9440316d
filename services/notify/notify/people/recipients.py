"""Recipients: one way to write each, so that a list and a message mean the same person; and as logs may know them."""

import re

from imece.errors import Permanent
from notify.people import addresses, phones

#: Channels on which people are written to.
CHANNELS = ("sms", "email", "telegram")

_CHAT = re.compile(r"-?[0-9]{1,16}|@[A-Za-z][A-Za-z0-9_]{3,63}")


def parse(channel: str, text: str) -> str:
    """The recipient that `text` names: E.164, an address with its domain in small letters, a chat's number or @name. Raises Permanent."""
    if channel == "sms":
        return phones.normalise(text).e164
    if channel == "email":
        return addresses.parse(text)
    chat = text.strip()
    if not _CHAT.fullmatch(chat):
        raise Permanent("This is no Telegram chat: its number, or @name.", "Bu bir Telegram sohbeti değil: numarası ya da @adı gerekir.")
    return chat


def key(channel: str, recipient: str) -> str:
    """What a parsed recipient is kept under in lists: addresses and names in small letters, since nobody means two people by them."""
    return recipient if channel == "sms" else recipient.lower()


def masked(channel: str, recipient: str) -> str:
    """A recipient as logs and pages may know it."""
    if channel == "sms":
        return phones.masked(recipient)
    if channel == "email":
        return addresses.masked(recipient)
    if channel == "webhook":
        return "/".join(recipient.split("/")[:3]) + "/***"
    return f"{recipient[:2]}***{recipient[-2:]}" if len(recipient) > 5 else "***"
