"""What is known of parties, and how a new workbook changes it."""

from uuid import UUID

import sqlalchemy as sa

from documents import balances, parties
from documents.models import Party
from imece import db


def said(
    tax_number: str, title: str | None = None, tax_office: str | None = None, email: str | None = None, phone: str | None = None
) -> balances.Party:
    return balances.Party(tax_number, title, tax_office, email, phone)


def test_a_party_is_made_once_and_then_brought_up_to_date(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        first = parties.record(session, company, [said("4540536920", "Eski Unvan A.Ş.", "Beyoğlu", "a@b.example", "0212")])["4540536920"].id
    with db.transaction() as session:
        party = parties.record(session, company, [said("4540536920", "Yeni Unvan A.Ş.", email="yeni@b.example")])["4540536920"]

    assert party.id == first
    assert (party.title, party.tax_office, party.email, party.phone) == ("Yeni Unvan A.Ş.", "Beyoğlu", "yeni@b.example", "0212")


def test_what_a_workbook_does_not_say_is_not_forgotten(database: sa.Engine, company: UUID) -> None:
    """The old layout knows tax numbers only: it must not wipe the titles that are known."""
    with db.transaction() as session:
        parties.record(session, company, [said("4540536920", "Unvan A.Ş.", email="a@b.example")])
        party = parties.record(session, company, [said("4540536920")])["4540536920"]

    assert (party.title, party.email) == ("Unvan A.Ş.", "a@b.example")


def test_of_two_rows_about_one_party_the_later_word_counts(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        found = parties.record(session, company, [said("4540536920", "Bir", phone="1"), said("4540536920", "İki"), said("10000000146")])

    assert {number: (party.title, party.phone) for number, party in found.items()} == {
        "4540536920": ("İki", "1"),
        "10000000146": (None, None),
    }


def test_companies_do_not_share_parties(database: sa.Engine, company: UUID) -> None:
    other = UUID(int=7)
    with db.transaction() as session:
        parties.record(session, company, [said("4540536920", "Bizim Adımız")])
        theirs = parties.record(session, other, [said("4540536920", "Onların Adı")])["4540536920"]

    assert theirs.title == "Onların Adı"
    with db.transaction() as session:
        assert session.scalar(sa.select(Party.title).where(Party.company_id == company)) == "Bizim Adımız"


def test_nobody_is_nobody(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        assert parties.record(session, company, []) == {}
