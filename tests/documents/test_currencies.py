"""Currencies by the many names that people type."""

import pytest

from documents.currencies import CURRENCIES, code_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("TL", "TRY"), ("tl", "TRY"), (" Try ", "TRY"), ("₺", "TRY"), ("TÜRK LİRASI", "TRY"), ("Lira", "TRY")),
        *(("$", "USD"), ("US$", "USD"), ("Dolar", "USD"), ("EURO", "EUR"), ("€", "EUR"), ("Avro", "EUR"), ("STERLİN", "GBP"), ("£", "GBP")),
        *(("XYZ", None), ("", None), ("100", None), ("TRL", None)),
    ],
)
def test_spellings(text: str, code: str | None) -> None:
    assert code_of(text) == code


def test_no_spelling_means_two_currencies() -> None:
    spellings = [spelling for currency in CURRENCIES.values() for spelling in {currency.code, *currency.spellings}]
    assert all(code_of(spelling) for spelling in spellings)
    for currency in CURRENCIES.values():
        assert {code_of(spelling) for spelling in (currency.code, *currency.spellings)} == {currency.code}
