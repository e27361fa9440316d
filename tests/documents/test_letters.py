"""Letters: their numbers, and what they say of amounts and sides."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from documents import letters
from documents.letters import Content, Line
from imece import db

SENDER: dict[str, Any] = {
    **dict.fromkeys(("tax_office", "mersis", "phone", "kep", "contact", "legal", "privacy_url", "logo_key")),
    "title": "Örnek Yapı A.Ş.",
    "address": "Ataşehir",
    "city": "İstanbul",
    "tax_number": "4540536920",
    "email": "muhasebe@ornekyapi.example",
    "accent": "#1f3a5f",
}
RECEIVER = {"title": "Işık Gıda", "tax_number": "10000000146", "tax_office": None, "email": None, "phone": None}


def content(*lines: Line, **more: Any) -> Content:
    fields: dict[str, Any] = {
        "id": UUID(int=1),
        "company_id": UUID(int=2),
        "number": "MUT-2026-000001",
        "as_of": date(2026, 9, 30),
        "period_start": None,
        "receiver": RECEIVER,
        "issued_on": date(2026, 11, 20),
        "locale": "tr",
        "sender": SENDER,
        "lines": lines,
    }
    return Content(**{**fields, **more})


def line(debit: str, credit: str, currency: str = "TRY", dealer: str | None = None) -> Line:
    return Line(dealer, None, currency, Decimal(debit), Decimal(credit))


def test_numbers_go_on_where_they_were_and_begin_anew_each_year(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        assert letters.numbers(session, company, 2026, 2) == ["MUT-2026-000001", "MUT-2026-000002"]
        assert letters.numbers(session, company, 2026, 1) == ["MUT-2026-000003"]
        assert letters.numbers(session, company, 2027, 1) == ["MUT-2027-000001"]
        assert letters.numbers(session, UUID(int=8), 2026, 1) == ["MUT-2026-000001"]
        assert letters.numbers(session, company, 2026, 0) == []


def test_a_rollback_gives_the_numbers_back(database: sa.Engine, company: UUID) -> None:
    def torn() -> None:
        with db.transaction() as session:
            letters.numbers(session, company, 2026, 5)
            raise KeyError

    with pytest.raises(KeyError):
        torn()
    with db.transaction() as session:
        assert letters.numbers(session, company, 2026, 1) == ["MUT-2026-000001"]


def test_no_number_is_given_twice_to_batches_at_the_same_time(database: sa.Engine, company: UUID) -> None:
    given: list[str] = []

    def take() -> None:
        for _ in range(10):
            with db.transaction() as session:
                numbers = letters.numbers(session, company, 2026, 3)
            given.extend(numbers)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given) == [f"MUT-2026-{number:06}" for number in range(1, 121)]


def test_what_they_owe_is_a_debit_in_our_books() -> None:
    (balance,) = letters.worded(content(line("1734567.890", "500000.000"))).balances

    assert (balance.debit, balance.credit, balance.balance) == ("1.734.567,89", "500.000,00", "1.234.567,89")
    assert balance.side == "debit"
    assert balance.words == "Yalnız bir milyon iki yüz otuz dört bin beş yüz altmış yedi Türk lirası seksen dokuz kuruş"


def test_what_we_owe_is_a_credit_without_a_sign() -> None:
    (balance,) = letters.worded(content(line("0.000", "12.400", "USD"))).balances

    assert (balance.balance, balance.side, balance.words) == ("12,40", "credit", "Yalnız on iki ABD doları kırk sent")


def test_where_nothing_is_owed_nothing_is_said_in_words() -> None:
    (balance,) = letters.worded(content(line("10.000", "10.000"))).balances

    assert (balance.balance, balance.side, balance.words) == ("0,00", "even", None)


def test_currencies_are_never_summed() -> None:
    said = letters.worded(content(line("1", "0", "EUR"), line("2", "0", "TRY"), line("1.234", "0", "KWD"))).balances

    assert [(balance.currency, balance.balance) for balance in said] == [("EUR", "1,00"), ("TRY", "2,00"), ("KWD", "1,234")]


def test_dealers_are_listed_and_summed_per_currency() -> None:
    said = letters.worded(content(line("100", "0", dealer="B1"), line("0", "30.5", dealer="B2"), line("7", "0", "USD", dealer="B1")))

    assert [(balance.currency, balance.debit, balance.credit, balance.balance) for balance in said.balances] == [
        ("TRY", "100,00", "30,50", "69,50"),
        ("USD", "7,00", "0,00", "7,00"),
    ]
    assert [(dealer.code, dealer.balance, dealer.side) for dealer in said.dealers] == [
        ("B1", "100,00", "debit"),
        ("B2", "30,50", "credit"),
        ("B1", "7,00", "debit"),
    ]


def test_without_dealers_no_list_of_them_is_shown() -> None:
    assert letters.worded(content(line("1", "0"))).dealers == ()


def test_english_letters_write_amounts_the_english_way() -> None:
    said = letters.worded(content(line("1734567.89", "0"), locale="en"))

    assert said.balances[0].balance == "1,734,567.89"
    assert said.balances[0].words is not None
    assert said.balances[0].words.startswith("One million seven hundred")
    assert said.balances[0].name == "Turkish lira"


def test_persons_and_companies_are_told_apart_by_their_number() -> None:
    said = letters.worded(content(line("1", "0"), period_start=date(2026, 7, 1)))

    assert (said.receiver.tax_kind, said.sender.tax_kind) == ("TCKN", "VKN")
    assert (said.period_start, said.as_of, said.issued_on) == ("01.07.2026", "30.09.2026", "20.11.2026")


def test_a_letter_that_is_gone_is_a_fault(database: sa.Engine, company: UUID) -> None:
    rendered = letters.render([UUID(int=1)], UUID(int=2), company)

    assert (rendered.rendered, rendered.faults[0].letter_id, rendered.faults[0].tr) == (0, UUID(int=1), "Mektup artık yok.")
