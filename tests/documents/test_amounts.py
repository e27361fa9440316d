"""Amounts: what is read, what is refused, and that nothing is guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import amounts
from documents.amounts import Amount, Mark, in_words, parse, settled, shown
from documents.currencies import CURRENCIES
from imece.errors import Invalid

MONEY = st.decimals(min_value=Decimal("-9999999999999.99"), max_value=Decimal("9999999999999.99"), places=2)


def value(text: object, mark: Mark | None = None) -> Decimal:
    amount = parse(text)
    assert amount is not None
    return amount.under(mark)


@given(MONEY)
def test_what_is_shown_is_read_back(money: Decimal) -> None:
    """In both languages, without any help from the column."""
    assert value(shown(money, "tr")) == money
    assert value(shown(money, "en")) == money


@given(
    st.one_of(st.text(max_size=20), st.text("0123456789.,-() TLBA$€'", max_size=20), st.floats(), st.integers(), st.booleans(), st.dates())
)
def test_any_cell_is_an_amount_or_refused(cell: object) -> None:
    """No other error, never a value that is no number, never an amount without a reading."""
    try:
        amount = parse(cell)
    except Invalid:
        return
    if amount is None:
        assert isinstance(cell, str)
        return
    readings = [reading for reading in (amount.comma, amount.dot) if reading is not None]
    assert readings
    assert all(reading.is_finite() and abs(reading) < amounts.LARGEST for reading in readings)


@given(st.integers(1, 999), st.integers(0, 999))
def test_three_digits_behind_one_mark_are_never_guessed(left: int, right: int) -> None:
    """`1.000` is a thousand or one: only the column or the caller can tell."""
    for text, thousand_mark in ((f"{left}.{right:03}", ","), (f"{left},{right:03}", ".")):
        with pytest.raises(Invalid):
            value(text)
        assert {value(text, ","), value(text, ".")} == {Decimal(left * 1000 + right), Decimal(left) + Decimal(right).scaleb(-3)}
        assert value(text, thousand_mark) == left * 1000 + right


@pytest.mark.parametrize(
    ("text", "expected", "mark"),
    [
        ("1.234.567,89", "1234567.89", ","),
        ("1,234,567.89", "1234567.89", "."),
        ("1234567.89", "1234567.89", "."),
        ("2.000.000", "2000000", ","),
        ("12,5", "12.5", ","),
        ("0,125", "0.125", ","),
        ("1234", "1234", None),
        ("(750,40)", "-750.40", ","),
        ("750,40-", "-750.40", ","),
        ("−7,00", "-7.00", ","),
        ("- 5", "-5", None),
        ("+5", "5", None),
        ("12 345,60", "12345.60", ","),
        ("12\u00a0345,60", "12345.60", ","),
        ("1'234.50", "1234.50", "."),
        ("-", "0", None),
        ("–", "0", None),
    ],
)
def test_decided_shapes(text: str, expected: str, mark: Mark | None) -> None:
    """The value, and the mark that the shape proves to the rest of its column."""
    amount = parse(text)
    assert amount is not None
    assert (amount.under(None), amount.mark) == (Decimal(expected), mark)


@pytest.mark.parametrize(
    ("text", "currency", "side"),
    [
        ("₺ 2.345,60", "TRY", None),
        ("2.345,60 TL", "TRY", None),
        ("TL -2.345,60", "TRY", None),
        ("-2.345,60 TL", "TRY", None),
        ("$100", "USD", None),
        ("100,50 ABD doları", "USD", None),
        ("1.500,00 (A)", None, "credit"),
        ("1.500,00 B", None, "debit"),
        ("1.500,00 TL (B)", "TRY", "debit"),
    ],
)
def test_what_stands_beside_the_number(text: str, currency: str | None, side: str | None) -> None:
    amount = parse(text)
    assert amount is not None
    assert (amount.currency, amount.side) == (currency, side)


@pytest.mark.parametrize(
    "cell",
    [
        "abc",
        "on iki bin",
        "2.345.67",
        "1,250,75",
        "1.234.56,00",
        "5.",
        ",5",
        "--5",
        "(-5)",
        "(5",
        "1e5",
        "٣",
        "5 XYZ",
        "=1+1",
        "1" * 80,
        True,
    ],
)
def test_what_is_no_amount_is_refused(cell: object) -> None:
    with pytest.raises(Invalid):
        value(cell)


@pytest.mark.parametrize("cell", [date(2026, 9, 30), float("nan"), float("inf"), 1e13, 10**13, "10.000.000.000.000,00"])
def test_dates_nothings_and_impossible_sizes_are_refused(cell: object) -> None:
    with pytest.raises(Invalid):
        parse(cell)


@pytest.mark.parametrize("blank", [None, "", "  ", "\u00a0"])
def test_a_blank_is_no_zero(blank: str | None) -> None:
    assert parse(blank) is None


@pytest.mark.parametrize(("text", "mark"), [("12.5", ","), ("12,5", "."), ("1.234,56", "."), ("1,234.56", ",")])
def test_a_cell_that_does_not_fit_its_column_is_refused(text: str, mark: Mark) -> None:
    """Under a forced mark a careless parser turns 12.5 into 125."""
    with pytest.raises(Invalid):
        value(text, mark)


@pytest.mark.parametrize(
    ("cell", "currency", "expected"),
    [
        (0.1 + 0.2, "TRY", "0.30"),
        (1234.565, "TRY", "1234.57"),
        (1234.5, "JPY", "1235"),
        (1.0005, "KWD", "1.001"),
        ("12,50", "JPY", None),
        ("12,505", "TRY", None),
        ("12,500", "TRY", "12.50"),
        ("-0,00", "TRY", "0.00"),
    ],
)
def test_numbers_are_rounded_as_the_sheet_shows_them_and_typed_fractions_are_refused(
    cell: object, currency: str, expected: str | None
) -> None:
    amount = parse(cell)
    assert isinstance(amount, Amount)
    if expected is None:
        with pytest.raises(Invalid):
            settled(amount.under(","), currency, exact=amount.exact)
    else:
        assert str(settled(amount.under(","), currency, exact=amount.exact)) == expected


@pytest.mark.parametrize(
    ("money", "tr", "en"),
    [
        ("1234567.89", "1.234.567,89", "1,234,567.89"),
        ("0", "0,00", "0.00"),
        ("-1000.5", "-1.000,50", "-1,000.50"),
        ("1.125", "1,125", "1.125"),
    ],
)
def test_shown(money: str, tr: str, en: str) -> None:
    assert (shown(Decimal(money)), shown(Decimal(money), "en")) == (tr, en)


@pytest.mark.parametrize(
    ("money", "currency", "tr", "en"),
    [
        (
            "1234567.89",
            "TRY",
            "Yalnız bir milyon iki yüz otuz dört bin beş yüz altmış yedi Türk lirası seksen dokuz kuruş",
            "One million two hundred thirty-four thousand five hundred sixty-seven Turkish liras and eighty-nine kuruş only",
        ),
        ("1000", "TRY", "Yalnız bin Türk lirası", "One thousand Turkish liras only"),
        ("1001.05", "USD", "Yalnız bin bir ABD doları beş sent", "One thousand one US dollars and five cents only"),
        ("1.01", "GBP", "Yalnız bir İngiliz sterlini bir peni", "One pound sterling and one penny only"),
        ("0.50", "EUR", "Yalnız sıfır avro elli sent", "Zero euros and fifty cents only"),
        ("-100", "TRY", "Yalnız eksi yüz Türk lirası", "Minus one hundred Turkish liras only"),
        ("2100019", "JPY", "Yalnız iki milyon yüz bin on dokuz Japon yeni", "Two million one hundred thousand nineteen Japanese yen only"),
        ("0.125", "KWD", "Yalnız sıfır Kuveyt dinarı yüz yirmi beş fils", "Zero Kuwaiti dinars and one hundred twenty-five fils only"),
    ],
)
def test_in_words(money: str, currency: str, tr: str, en: str) -> None:
    assert (in_words(Decimal(money), currency), in_words(Decimal(money), currency, "en")) == (tr, en)


ONES = {
    "tr": "sıfır bir iki üç dört beş altı yedi sekiz dokuz",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
}
TENS = {"tr": "on yirmi otuz kırk elli altmış yetmiş seksen doksan", "en": "ten twenty thirty forty fifty sixty seventy eighty ninety"}
NUMBERS = {
    locale: {word: number for number, word in enumerate(ONES[locale].split())}
    | {word: 10 * number for number, word in enumerate(TENS[locale].split(), 1)}
    for locale in ONES
}
SCALES = {"bin": 3, "milyon": 6, "milyar": 9, "trilyon": 12, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}


def number_of(words: list[str], numbers: dict[str, int]) -> int:
    """The number that words say, by the plain rules of counting."""
    total = group = 0
    for word in words:
        if word in SCALES:
            total += max(group, 1) * 10 ** SCALES[word]
            group = 0
        elif word in {"yüz", "hundred"}:
            group = max(group, 1) * 100
        else:
            group += numbers[word]
    return total + group


@given(MONEY.filter(lambda money: money >= 0))
def test_words_say_the_number(money: Decimal) -> None:
    """Read back word by word, in both languages, up to the largest amount."""
    turkish = in_words(money, "TRY").removeprefix("Yalnız ").removesuffix(" kuruş").split(" Türk lirası")
    english = in_words(money, "USD", "en").lower().removesuffix(" only").replace("-", " ").split(" us dollar")
    for parts, numbers in ((turkish, NUMBERS["tr"]), (english, NUMBERS["en"])):
        small = [word for word in parts[1].split() if word in numbers]
        assert Decimal(number_of(parts[0].split(), numbers)) + Decimal(number_of(small, numbers)).scaleb(-2) == money


def test_every_currency_can_be_said() -> None:
    for code, currency in CURRENCIES.items():
        for locale in ("tr", "en"):
            words = in_words(Decimal(2).scaleb(-currency.digits) + 3, code, locale)
            assert "  " not in words
            assert words == words.strip()
