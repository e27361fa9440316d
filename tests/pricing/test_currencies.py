"""Which currency is meant, and how its numbers are written."""

import pytest

from pricing.currencies import CURRENCIES, code_of, country_of, currency_of_place, digits_of, mark_of, may_be_money, sign_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TRY", "TRY"),
        ("try", "TRY"),
        ("TL", "TRY"),
        ("₺", "TRY"),
        (" lira ", "TRY"),
        ("€", "EUR"),
        ("XYZ", "XYZ"),
        ("", None),
        (None, None),
        ("adet", None),
    ],
)
def test_a_declared_currency(text: str | None, code: str | None) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("sign", "country", "found"),
    [
        ("$", None, (True, "USD")),
        ("$", "au", (True, "AUD")),
        ("Rs.", "pk", (True, "PKR")),
        ("kr", "se", (True, "SEK")),
        ("kr", None, (True, None)),
        ("元", "tw", (True, "TWD")),
        ("ft", None, (False, None)),
        ("Ft", "hu", (True, "HUF")),
        ("try", None, (False, None)),
        ("adet", "tr", (False, None)),
    ],
)
def test_a_word_beside_a_number(sign: str, country: str | None, found: tuple[bool, str | None]) -> None:
    assert sign_of(sign, country=country) == found


@pytest.mark.parametrize(
    ("url", "country"),
    [
        ("https://www.ornek.com.tr/urun/1", "tr"),
        ("http://kullanici:sifre@ornek.de:8080/x", "de"),
        ("https://ornek.com", None),
        ("http://127.0.0.1/x", None),
        ("http://[::1]/x", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_the_country_of_an_address(url: str | None, country: str | None) -> None:
    assert country_of(url) == country


def test_the_currency_of_a_place() -> None:
    assert currency_of_place(country="tr") == "TRY"
    assert currency_of_place(locale="tr") == "TRY"
    assert currency_of_place(locale="de-CH") == "CHF"
    assert currency_of_place(locale="de") is None


def test_the_decimal_mark() -> None:
    assert [mark_of(locale=locale) for locale in ("tr", "tr_TR.UTF-8", "en", "de-CH", "es-MX", "auto", None)] == [
        ",",
        ",",
        ".",
        ".",
        ".",
        None,
        None,
    ]
    assert mark_of(locale="auto", currency="TRY") == ","


def test_decimals() -> None:
    assert [digits_of(code) for code in ("TRY", "JPY", "KWD", "XYZ", None)] == [2, 0, 3, 2, 2]


def test_texts_that_cannot_name_money_are_told_quickly() -> None:
    assert not may_be_money("Kırmızı, 42 numara, 128 GB")
    assert all(may_be_money(f"12 {name}") for currency in CURRENCIES.values() for name in (currency.code, *currency.spellings))


@pytest.mark.parametrize(
    ("text", "code"), [("RUR", "RUB"), ("YTL", "TRY"), ("trl", "TRY"), ("BYR", "BYN"), ("Türk Lirası", "TRY"), ("XTS", "XTS")]
)
def test_a_code_of_before_a_reform_is_todays(text: str, code: str) -> None:
    assert code_of(text) == code
