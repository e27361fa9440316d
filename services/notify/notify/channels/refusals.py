"""What providers refuse, told apart by what follows from it: for the message, for its recipient, for the provider as a whole."""

import re

from imece.errors import Permanent, Transient
from notify.people import addresses

_DIGITS = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[\w.-]+")


class Refused(Permanent):
    """
    A provider refused this message for good: it was not taken, and is not paid for.

    `code` is the provider's own. `address`: it is the recipient that cannot be reached, and the next message to it will fare no better.
    `opted_out`: the recipient asked not to be written to. `elsewhere`: another provider may well take it. `duplicate`: it has taken the same
    message before, and does not take it twice.
    """

    def __init__(
        self,
        en: str,
        tr: str,
        *,
        code: str = "",
        address: bool = False,
        opted_out: bool = False,
        elsewhere: bool = False,
        duplicate: bool = False,
    ) -> None:
        """`en` and `tr` are whole sentences without the recipient in them."""
        super().__init__(en, tr)
        self.code = code
        self.address = address
        self.opted_out = opted_out
        self.elsewhere = elsewhere
        self.duplicate = duplicate


class Closed(Transient):
    """The provider takes nothing at all from us for now: login, balance, account. The message is as good as before, and another provider may take it."""


def words(text: object) -> str:
    """A provider's own words as an error may repeat them: on one line, short, with numbers and addresses masked."""
    line = " ".join(str(text).split())[:300]
    line = _ADDRESS.sub(lambda found: addresses.masked(found[0]), line)
    return _DIGITS.sub(lambda found: masked(found[0]), line)


def masked(number: str) -> str:
    """A phone number, or a chat's, as logs may know it: `+90532***2233`."""
    bare = "".join(c for c in number if c.isdigit() or c == "+")
    return f"{bare[:6]}***{bare[-4:]}" if len(bare) > 10 else f"{bare[:2]}***"
