"""Prices in text and in structured data: what shops write, and what is no price at all."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pricing.numbers import amounts, declared_price, parse_price, written

MONEY = st.decimals(min_value="0.01", max_value="9999999.99", places=2)


def turkish(value: Decimal) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.699,00 TL", "12699"),
        ("12.699 TL", "12699"),
        ("12699 TL", "12699"),
        ("12.699TL", "12699"),
        ("₺12.699", "12699"),
        ("₺ 12.699,90", "12699.90"),
        ("TL 899", "899"),
        ("899,9 TL", "899.9"),
        ("899.90 TL", "899.90"),
        ("1.250.000 TL", "1250000"),
        ("1.250.000,50₺", "1250000.50"),
        ("1 250,75 TL", "1250.75"),
        ("1\u00a0250,75\u00a0TL", "1250.75"),
        ("1\u202f250 ₺", "1250"),
        ("12 ,50 TL", "12.50"),
        ("12 . 699 ,00 TL", "12699"),
        ("12.699, 00 TL", "12699"),
        ("1.299.00 TL", "1299"),
        ("1,299.00 TL", "1299"),
        ("1.299,-TL", "1299"),
        ("1.299,- ₺", "1299"),
        ("0,75 TL", "0.75"),
        ("0,00 TL", "0"),
        ("KDV Dahil 1.250,00 TL", "1250"),
        ("1.250 TL + KDV", "1250"),
        ("1.299,00 TL (KDV dahil)", "1299"),
        ("Fiyat: 8.990,00", "8990"),
        ("Fiyatı: 8.990", "8990"),
        ("1299,90", "1299.90"),
        ("Peşin fiyatına 3.499 TL", "3499"),
        ("3 adet 150,00 TL", "150"),
        ("%15 indirim 340,50 TL", "340.50"),
        ("%15 indirimli fiyat: 340,50 TL", "340.50"),
        ("Galaxy A54 128 GB 15.499 TL", "15499"),
        ("340,50 TL (56,75 TL / Kg)", "340.50"),
        ("340,50 TL (Birim: 56,75 TL)", "340.50"),
        ("49,90 TL/kg", "49.90"),
        ("1.499 TL yerine 1.199 TL", "1199"),
        ("Eski fiyat: 1.499 TL Yeni fiyat: 1.199 TL", "1199"),
        ("Sepette 899,10 TL", "899.10"),
        ("999 TL Sepette 899,10 TL", "999"),
        ("999 TL, havale ile 950 TL", "999"),
        ("499 TL'den başlayan fiyatlarla", "499"),
        ("12 x 150 TL taksitle, 1.650 TL", "1650"),
        ("1.650 TL  9 taksit 200 TL", "1650"),
        ("500 TL üzeri kargo bedava! 349 TL", "349"),
        ("349 TL 50 TL indirim", "349"),
        ("12 bin TL", "12000"),
        ("1,5 milyon TL", "1500000"),
        ("Türk Lirası 1.250", "1250"),
        ("1.250 lira", "1250"),
        ("Ürün kodu 44871 - 1.250,00 TL", "1250"),
    ],
)
def test_turkish_texts(text: str, value: str) -> None:
    found = parse_price(text, locale="tr", currency="TRY")

    assert found is not None
    assert (found.value, found.currency) == (Decimal(value), "TRY")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Teklif alın",
        "Fiyat sorunuz",
        "Ücretsiz",
        "%20",
        "% 20 indirim",
        "20%",
        "-67 TL",
        "−67 TL",
        "₺-67",
        "67,50 - 89,90 TL",
        "67,50 TL – 89,90 TL",
        "67,50 TL ile 89,90 TL",
        "1.499,00 TL 1.299,00 TL",
        "3 x 250 TL",
        "9 taksit 150 TL",
        "aylık 150 TL",
        "99,90 TL/ay",
        "500 TL üzeri kargo bedava",
        "100 TL indirim",
        "12 bin 500 TL",
        "12.05.2024",
        "12:30",
        "0850 222 33 44",
        "iPhone 13",
        "2 adet",
        "128 GB",
        "v1.25",
        "#1250",
        "1.2.3",
        "9" * 400,
        "TL",
        "₺",
    ],
)
def test_texts_without_a_price(text: str) -> None:
    assert parse_price(text, locale="tr") is None


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("$1,299.99", "1299.99", "USD"),
        ("US $1,299.99", "1299.99", "USD"),
        ("8,450.75 USD", "8450.75", "USD"),
        ("€ 19,99", "19.99", "EUR"),
        ("19,99 €", "19.99", "EUR"),
        ("1.299 €", "1299", "EUR"),
        ("£12", "12", "GBP"),
        ("CHF 1'299.00", "1299", "CHF"),
        ("CHF 19.–", "19", "CHF"),
        ("299:- kr", "299", None),
        ("1 234,56 zł", "1234.56", "PLN"),
        ("Rs. 1,29,900", "129900", "INR"),
        ("R$ 1.299,90", "1299.90", "BRL"),
        ("NT$99", "99", "TWD"),
        ("Rp 1.299.000", "1299000", "IDR"),
        ("12.345 KWD", "12.345", "KWD"),
        ("٦٧٫٥ ر.س", "67.5", "SAR"),
        ("１２３円", "123", "JPY"),
        ("$.99", "0.99", "USD"),
        ("Buy 5 $10", "10", "USD"),
        ("from $49", "49", "USD"),
        ("RRP £30 £20", "20", "GBP"),
        ("2,349,000", "2349000", None),
        ("7.125.400", "7125400", None),
        ("84500.00", "84500", None),
        ("7.5", "7.5", None),
        ("845,7500", "845.75", None),
    ],
)
def test_other_currencies(text: str, value: str, currency: str | None) -> None:
    found = parse_price(text)

    assert found is not None
    assert (found.value, found.currency) == (Decimal(value), currency)


@pytest.mark.parametrize(
    ("text", "hints", "value", "sure"),
    [
        ("8.450", {"locale": "tr"}, "8450", True),
        ("8.450", {"currency": "TRY"}, "8450", True),
        ("8.450", {}, "8450", False),
        ("8,450", {"locale": "en"}, "8450", True),
        ("8.450", {"locale": "en"}, "8.450", False),
        ("8,450", {"locale": "tr"}, "8450", False),
        ("0.450", {}, "0.450", True),
        ("1299.000", {"locale": "tr"}, "1299.000", True),
    ],
)
def test_a_lone_mark_before_three_digits_is_decided_by_language_or_currency(text: str, hints: Any, value: str, sure: bool) -> None:
    found = parse_price(text, **hints)

    assert found is not None
    assert (found.value, found.sure) == (Decimal(value), sure)


def test_a_bare_dollar_is_the_countrys() -> None:
    assert [found.currency for country in ("ca", "tw", "cl", None) if (found := parse_price("$ 10", country=country))] == [
        "CAD",
        "TWD",
        "CLP",
        "USD",
    ]


def test_feet_and_kilometres_are_money_only_where_they_are() -> None:
    assert parse_price("15.000 KM") is None
    assert parse_price("6 ft") is None
    found = parse_price("5.990 Ft", country="hu")
    assert found is not None
    assert found.currency == "HUF"


def test_every_amount_has_its_kind() -> None:
    found = amounts("1.499 TL yerine 1.199 TL, 3 x 400 TL, 500 TL üzeri kargo bedava", locale="tr")

    assert [(amount.value, amount.kind) for amount in found] == [
        (1499, "old"),
        (1199, "price"),
        (400, "instalment"),
        (500, "threshold"),
    ]


@pytest.mark.parametrize(
    ("value", "hints", "amount"),
    [
        ("12699.00", {}, "12699.00"),
        (12699.0, {}, "12699"),
        (12699, {}, "12699"),
        (0.1 + 0.2, {}, "0.30"),
        ("12.699,00", {"currency": "TRY"}, "12699"),
        ("8.450,75", {"currency": "TRY"}, "8450.75"),
        ("845,7500", {"currency": "TRY"}, "845.75"),
        ("8.4500", {"currency": "TRY"}, "8.45"),
        ("1,299.00", {}, "1299"),
        ("12 699", {}, "12699"),
        ("₺12.699,00", {}, "12699"),
        ("12.699 TL", {}, "12699"),
        ("TRY 12.699,00", {}, "12699"),
        (["899", "899"], {}, "899"),
        ({"@value": "899"}, {}, "899"),
        ("1.299", {"currency": "KWD"}, "1.299"),
        ("8.450", {"currency": "USD"}, "8.450"),
    ],
)
def test_structured_data(value: Any, hints: Any, amount: str) -> None:
    found = declared_price(value, **hints)

    assert found is not None
    assert found.value == Decimal(amount)
    assert found.sure


def test_a_lone_point_in_structured_data_of_a_comma_currency_has_two_readings() -> None:
    found = declared_price("8.450", currency="TRY")

    assert found is not None
    assert (found.value, found.other, found.sure) == (Decimal(8450), Decimal("8.450"), False)


@pytest.mark.parametrize(
    "value", [None, "", "  ", "-5", -5, True, [], {}, ["1", "2"], "10-20", "nan", float("nan"), float("inf"), 1e300, "Teklif alın"]
)
def test_structured_data_without_a_price(value: Any) -> None:
    assert declared_price(value, currency="TRY") is None


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("12699", "TRY", "12699.00"),
        ("12699.0", None, "12699.00"),
        ("845.7500", "TRY", "845.75"),
        ("0.4567", "TRY", "0.4567"),
        ("1299", "JPY", "1299"),
        ("12.345", "KWD", "12.345"),
        ("1E+3", "TRY", "1000.00"),
    ],
)
def test_amounts_are_written_with_their_currencys_decimals(value: str, currency: str | None, text: str) -> None:
    assert written(Decimal(value), currency) == text


@given(MONEY, st.sampled_from(["{} TL", "{}TL", "₺{}", "₺ {}", "Fiyat: {} TL", "{} TL (KDV dahil)", "%10 indirim {} TL", "2 adet {} TL"]))
def test_what_is_written_in_turkish_is_read_back(value: Decimal, form: str) -> None:
    found = parse_price(form.format(turkish(value)), locale="tr")

    assert found is not None
    assert (found.value, found.currency) == (value, "TRY")


@given(MONEY, st.sampled_from(["${}", "{} USD", "US${}", "Price: ${}", "£{}", "{} GBP"]))
def test_what_is_written_in_english_is_read_back(value: Decimal, form: str) -> None:
    found = parse_price(form.format(f"{value:,.2f}"))

    assert found is not None
    assert found.value == value


@given(MONEY)
def test_what_is_written_for_machines_is_read_back(value: Decimal) -> None:
    for given_value in (str(value), float(value), turkish(value)):
        found = declared_price(given_value, currency="TRY")
        assert found is not None
        assert found.value == value


@given(
    st.one_of(st.text(max_size=80), st.text(alphabet="0123456789.,-–% TL₺$€()/x'ıİ\u00a0", max_size=60)),
    st.sampled_from(["tr", "en", None]),
)
@example("1.,2 TL", "tr")
@example("1,.2.3,4 TL", "tr")
@example("٬1 TL", None)
def test_no_text_breaks_the_reader(text: str, locale: str | None) -> None:
    found = parse_price(text, locale=locale)

    assert found is None or 0 <= found.value < 10**12


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet="0123456789.,-eE+ TL", max_size=20),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["@value", "value"]), inner, max_size=2),
        max_leaves=4,
    )
)
def test_no_value_breaks_the_reader_of_structured_data(value: Any) -> None:
    found = declared_price(value, currency="TRY")

    assert found is None or 0 <= found.value < 10**12


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("特價29元", 29, "TWD"),
        ("29元起/罐", 29, "TWD"),
        ("價格1,299元", 1299, "TWD"),
        ("価格 1,299円", 1299, "JPY"),
        ("가격12,900원", 12900, "KRW"),
    ],
)
def test_scripts_without_blanks_put_the_number_right_at_the_word(text: str, value: int, currency: str) -> None:
    found = parse_price(text, country="tw")

    assert found is not None
    assert (found.value, found.currency) == (value, currency)


@pytest.mark.parametrize("text", ["1.299 TL'ye varan indirim", "500 TL’ye kadar indirim", "1_299 TL"])
def test_up_to_an_amount_is_no_price_and_neither_is_half_a_number(text: str) -> None:
    assert parse_price(text, locale="tr") is None


@pytest.mark.parametrize(
    ("text", "kind"), [("每罐$35元", "unit"), ("現省$241", "saving"), ("滿$1000免運費", "threshold"), ("特價$99", "price")]
)
def test_what_chinese_shops_write_around_an_amount(text: str, kind: str) -> None:
    assert [one.kind for one in amounts(text, country="tw")] == [kind]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1.083,25 TL + KDV", "condition"),
        ("1.083,25 TL (KDV Hariç)", "condition"),
        ("KDV hariç: 1.083,25 TL", "condition"),
        ("£1,083.25 excl. VAT", "condition"),
        ("£1,083.25 ex VAT", "condition"),
        ("plus VAT: £1,083.25", "price"),
        ("1.299,90 TL KDV Dahil", "price"),
        ("Etiket fiyatı: 1.599,90 TL", "old"),
        ("İndirimsiz fiyat 1.599,90 TL", "old"),
        ("Son 30 günün en düşük fiyatı: 1.199,90 TL", "old"),
        ("Lowest price in the last 30 days: 1.199,90 TL", "old"),
        ("En düşük fiyat: 1.199,90 TL", "price"),
        ("Birim fiyatı: 6,75 TL", "unit"),
        ("100 gr = 33,75 TL", "unit"),
        ("Hediye paketi 25 TL", "threshold"),
        ("Kargo ücreti: 59,90 TL", "threshold"),
        ("€ 5,05 mtl. in 12 Raten", "instalment"),
    ],
)
def test_what_shops_write_around_an_amount(text: str, kind: str) -> None:
    assert [one.kind for one in amounts(text)] == [kind]


def test_a_label_between_two_amounts_of_one_text_is_the_second_ones() -> None:
    assert [one.kind for one in amounts("1.299,90 TL KDV hariç: 1.083,25 TL")] == ["price", "condition"]
