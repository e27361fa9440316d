"""What a request asks: who asks it, with which role, and what its form says."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Request

from imece.contracts import Role
from imece.errors import Invalid
from imece.face import signing

#: The decimal sign and the sign between thousands, by language.
_SIGNS = {"tr": (",", "."), "en": (".", ",")}


def reader_of(request: Request) -> signing.Reader:
    """Who is asking, which under `/<service>/public/` is Nobody."""
    reader: signing.Reader = request.state.caller
    return reader


def caller_of(request: Request) -> signing.Caller:
    """Who is asking, as the gateway has signed it. Raises Forbidden for Nobody."""
    reader = reader_of(request)
    if not isinstance(reader, signing.Caller):
        raise signing.Forbidden("Sign in first.", "Önce giriş yapın.")
    return reader


def needs(role: Role) -> Callable[[Request], signing.Caller]:
    """A dependency: the caller, whose role must include `role`. Raises Forbidden."""

    def dependency(request: Request) -> signing.Caller:
        caller = caller_of(request)
        caller.must(role)
        return caller

    return dependency


Caller = Annotated[signing.Caller, Depends(caller_of)]
Operator = Annotated[signing.Caller, Depends(needs(Role.OPERATOR))]
Admin = Annotated[signing.Caller, Depends(needs(Role.ADMIN))]
Reader = Annotated[signing.Reader, Depends(reader_of)]


class Form:
    """What a form says, read as its reader's language writes it. An empty field is None."""

    def __init__(self, given: Mapping[str, str], locale: Literal["tr", "en"]) -> None:
        self._given = given
        self.locale = locale

    def text(self, name: str) -> str | None:
        """The text of a field, without the white around it."""
        return self._given.get(name, "").replace("\0", "").strip() or None

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self._given.get(name))

    def words(self, name: str) -> list[str]:
        """The parts of a field that commas part."""
        return [part for part in map(str.strip, (self.text(name) or "").split(",")) if part]

    def whole(self, name: str) -> int | None:
        """A whole number. Raises Invalid."""
        text = self.text(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise self.no_number(text)
        return None if text is None else int(text)

    def number(self, name: str) -> Decimal | None:
        """
        A number with decimals: `1.299,90` in Turkish, `1,299.90` in English, `1299.90` in both. Raises Invalid.

        A sign that groups thousands in this language and is followed by any other count of digits is a decimal sign.
        """
        text = self.text(name)
        if text is None:
            return None
        decimal, grouping = _SIGNS[self.locale]
        plain = re.sub(r"\s", "", text)
        if re.fullmatch(rf"-?\d{{1,3}}(\{grouping}\d{{3}})+(\{decimal}\d*)?", plain, re.ASCII):
            plain = plain.replace(grouping, "")
        plain = plain.replace(",", ".")
        if len(plain) > 20 or not re.fullmatch(r"-?\d+(\.\d*)?", plain, re.ASCII):
            raise self.no_number(text)
        return Decimal(plain)

    def id(self, name: str) -> UUID:
        """An identifier. Raises Invalid."""
        try:
            return UUID(self._given.get(name, ""))
        except ValueError:
            raise Invalid("Something is not chosen.", "Bir seçim yapılmamış.") from None

    @staticmethod
    def no_number(text: str) -> Invalid:
        """What is said of a text that should have been a number."""
        return Invalid(f"“{text}” is not a number that fits here.", f"“{text}” buraya uygun bir sayı değil.")


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of the form that was sent; of several with one name the last."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def form_of(request: Request) -> Form:
    """The form that was sent, for the reader's language."""
    return Form(await fields_of(request), reader_of(request).locale)


Sent = Annotated[Form, Depends(form_of)]
