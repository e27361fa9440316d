"""The letterhead: what it needs, what it refuses."""

import io
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image

from documents import senders
from imece import db, storage
from imece.errors import Invalid, NotFound, Permanent

COMPLETE: dict[str, Any] = {
    "title": "Örnek Yapı A.Ş.",
    "address": "Ertuğrul Gazi Sok. No: 2",
    "city": "İstanbul",
    "tax_number": "4540536920",
    "email": "muhasebe@ornekyapi.example",
}


def test_a_letterhead_is_made_and_changed_field_by_field(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        senders.put(session, company, **COMPLETE, phone="0216 555", contact="Ayşe Yılmaz")
    with db.transaction() as session:
        senders.put(session, company, city="Ankara", phone="")
    with db.transaction() as session:
        kept = senders.snapshot(session, company)

    assert (kept["title"], kept["city"], kept["phone"], kept["contact"], kept["accent"]) == (
        "Örnek Yapı A.Ş.",
        "Ankara",
        None,
        "Ayşe Yılmaz",
        "#1f3a5f",
    )


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_what_is_required_is_named_when_it_is_missing(database: sa.Engine, company: UUID, missing: str) -> None:
    with pytest.raises(Invalid, match=missing), db.transaction() as session:
        senders.put(session, company, **{**COMPLETE, missing: None})
    with pytest.raises(Invalid, match=missing), db.transaction() as session:
        senders.put(session, company, **{**COMPLETE, missing: " "})


@pytest.mark.parametrize(
    ("field", "value"),
    [("tax_number", "4540536921"), ("email", "muhasebe"), ("email", "a b@c.example"), ("accent", "red"), ("colour", "#000000")],
)
def test_what_cannot_be_is_refused(database: sa.Engine, company: UUID, field: str, value: str) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        senders.put(session, company, **{**COMPLETE, field: value})


def test_without_a_letterhead_the_sentence_says_how_to_make_one(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session, pytest.raises(Permanent, match="imece documents sender set") as refusal:
        senders.snapshot(session, company)

    assert "Antet" in refusal.value.tr or "antet" in refusal.value.tr


def test_a_logo_is_stored_and_an_old_one_kept(database: sa.Engine, company: UUID) -> None:
    """A batch that began with the old logo still finds it."""
    whole = io.BytesIO()
    Image.new("RGB", (40, 10)).save(whole, "png")
    with db.transaction() as session:
        senders.put(session, company, **COMPLETE)
        first = senders.put_logo(session, company, whole.getvalue())
        second = senders.put_logo(session, company, whole.getvalue())
        assert senders.snapshot(session, company)["logo_key"] == second

    assert first != second
    assert storage.get(first) == whole.getvalue()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n torn", b"<svg", b"\xff\xd8\xff" + bytes(400_000)])
def test_a_file_that_is_no_logo_is_refused(database: sa.Engine, company: UUID, data: bytes) -> None:
    with db.transaction() as session:
        senders.put(session, company, **COMPLETE)
        with pytest.raises(Invalid):
            senders.put_logo(session, company, data)


def test_a_logo_needs_a_letterhead(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session, pytest.raises(NotFound):
        senders.put_logo(session, company, b"")
