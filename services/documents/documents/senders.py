"""Senders: a company's letterhead. Without one no letter can be made in its name."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
import typst
from sqlalchemy.orm import Session

from documents import identity
from documents.models import Sender
from documents.rendering import Logo, proof
from imece import storage
from imece.errors import Invalid, NotFound, Permanent

#: Enough for any letterhead; every letter carries the logo, so that ten thousand of them carry it ten thousand times.
LARGEST_LOGO = 300 << 10

_REQUIRED = ("title", "address", "city", "tax_number", "email")
_FIELDS = (*_REQUIRED, "tax_office", "mersis", "phone", "kep", "contact", "legal", "privacy_url", "accent")
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"<svg": "svg", b"<?xml": "svg"}


def find(session: Session, company_id: UUID) -> Sender | None:
    """The company's letterhead, or None."""
    return session.get(Sender, company_id)


def put(session: Session, company_id: UUID, **fields: str | None) -> Sender:
    """
    Make the company's letterhead or change the named fields of it; an empty text clears a field.

    Raises Invalid, naming the field, for one that is required and missing, and for a value that cannot be one.
    """
    given = {name: _checked(name, value.strip()) for name, value in fields.items() if value is not None}
    sender = find(session, company_id) or Sender(company_id=company_id)
    for name, text in given.items():
        setattr(sender, name, text)
    for name in _REQUIRED:
        if not getattr(sender, name, None):
            raise Invalid(f"The letterhead needs {name}.", f"Antet bilgilerinde {name} eksik.")
    sender.updated_at = sa.func.clock_timestamp()
    session.add(sender)
    session.flush()
    return sender


def put_logo(session: Session, company_id: UUID, data: bytes) -> str:
    """
    Store the picture and put it on the company's letterhead; returns its key. The old one stays for the letters that were begun with it.

    Raises NotFound without a letterhead, Invalid for a file that is too large or that cannot be drawn.
    """
    sender = find(session, company_id)
    if sender is None:
        raise NotFound("The company has no letterhead yet.", "Şirketin antet bilgileri henüz girilmemiş.")
    if len(data) > LARGEST_LOGO:
        raise Invalid(f"The logo is larger than {LARGEST_LOGO >> 10} KB.", f"Logo {LARGEST_LOGO >> 10} KB'tan büyük.")
    picture = logo_of(data)
    try:
        proof(picture)
    except typst.TypstError as error:
        raise Invalid(f"The logo cannot be drawn: {error.message}.", f"Logo çizilemiyor: {error.message}.") from None
    sender.logo_key = storage.new_key(company_id, "logos", f"logo.{picture.format}")
    sender.updated_at = sa.func.clock_timestamp()
    storage.put(sender.logo_key, data)
    session.flush()
    return sender.logo_key


def logo_of(data: bytes) -> Logo:
    """The picture in `data`. Raises Invalid unless it is PNG, JPEG or SVG."""
    for magic, kind in _MAGIC.items():
        if data.lstrip()[: len(magic)] == magic:
            return Logo(data, kind)  # type: ignore[arg-type]  # the values of _MAGIC
    raise Invalid("The logo is neither PNG nor JPEG nor SVG.", "Logo PNG, JPEG ya da SVG olmalı.")


def snapshot(session: Session, company_id: UUID) -> dict[str, Any]:
    """The letterhead as JSON, to be kept with a batch. Raises Permanent when the company has none."""
    sender = find(session, company_id)
    if sender is None:
        raise Permanent(
            "The company has no letterhead: enter it with `imece documents sender set`, then run the job again.",
            "Şirketin antet bilgileri girilmemiş: `imece documents sender set` ile girip işi yeniden başlatın.",
        )
    return {name: getattr(sender, name) for name in (*_FIELDS, "logo_key")}


def _checked(name: str, value: str) -> str | None:
    if name not in _FIELDS:
        raise Invalid(f"A letterhead has no {name}.", f"Antet bilgilerinde {name} diye bir alan yok.")
    if not value:
        return "#1f3a5f" if name == "accent" else None
    if name == "tax_number":
        number = identity.parse(value)
        assert number is not None
        return number.number
    if name == "email" and ("@" not in value or any(letter.isspace() for letter in value)):
        raise Invalid(f"“{value}” is not an e-mail address.", f"“{value}” bir e-posta adresi değil.")
    if name == "accent":
        colour = value.lower()
        if len(colour) != 7 or colour[0] != "#" or any(digit not in "0123456789abcdef" for digit in colour[1:]):
            raise Invalid(f"“{value}” is not a colour such as #1f3a5f.", f"“{value}”, #1f3a5f gibi bir renk değil.")
        return colour
    return value
