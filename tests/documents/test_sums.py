"""What a row says in money, whichever amount columns its sheet has."""

from decimal import Decimal

import pytest

from documents.amounts import Mark, Side
from documents.columns import find
from documents.sums import Misfit, Sum, Sums
from imece.workbooks import Cell, Row

PARTY = ["Ünvan", "VKN", "Tarih"]


def settled(
    headings: list[str],
    *table: list[Cell],
    currency: str | None = None,
    mark: Mark | None = None,
    row_currency: str | None = None,
    side: Side | None = None,
) -> list[list[Sum] | str]:
    """The sums of each row of amounts, or the Turkish reason why there are none."""
    header = find([Row(1, (*PARTY, *headings))])
    assert header is not None
    sums = Sums(header, currency=currency, decimal_mark=mark)
    seen = [
        {place: amount for place, cell in enumerate(cells, len(PARTY)) if place in sums.columns and (amount := sums.look(place, cell))}
        for cells in table
    ]
    answers: list[list[Sum] | str] = []
    for given in seen:
        try:
            answers.append(sums.settle(given, row_currency, side))
        except Misfit as misfit:
            answers.append(misfit.tr)
    return answers


def lira(debit: str, credit: str) -> list[Sum]:
    return [Sum("TRY", Decimal(debit), Decimal(credit))]


def test_debit_and_credit() -> None:
    assert settled(["Borç", "Alacak"], ["1.234,56", "0,00"], [10.0, None], ["-", 5.0]) == [
        lira("1234.56", "0.00"),
        lira("10.00", "0.00"),
        lira("0.00", "5.00"),
    ]


def test_a_signed_balance() -> None:
    """The old system's: plus, they owe; minus, we owe."""
    assert settled(["Bakiye"], ["1.500,25"], ["-20,00"], [0.0]) == [lira("1500.25", "0.00"), lira("0.00", "20.00"), lira("0.00", "0.00")]


def test_a_balance_with_its_letter() -> None:
    assert settled(["Bakiye"], ["1.500,25 (B)"], ["20,00 A"]) == [lira("1500.25", "0.00"), lira("0.00", "20.00")]
    assert settled(["Bakiye", "B/A"], ["20,00", "A"], side="credit") == [lira("0.00", "20.00")]


def test_a_balance_whose_letter_is_missing_is_refused() -> None:
    """With a column for the side, a balance without it would be read as debit, wrongly half of the time."""
    assert settled(["Bakiye", "B/A"], ["20,00", None]) == ["Bakiyenin yönü (B ya da A) boş."]


@pytest.mark.parametrize(("cell", "side"), [("-20,00 A", None), ("-20,00", "credit"), ("20,00 B", "credit")])
def test_sign_and_letter_that_disagree_are_refused(cell: str, side: Side | None) -> None:
    assert settled(["Bakiye", "B/A"], [cell, None], side=side) == ["Eksi işareti ile B/A harfi uyuşmuyor."]


def test_a_balance_in_two_columns() -> None:
    assert settled(["Borç Bakiyesi", "Alacak Bakiyesi"], [5.0, None], [None, 7.0], [1.0, 2.0]) == [
        lira("5.00", "0.00"),
        lira("0.00", "7.00"),
        "Bakiye iki tarafta birden olmaz.",
    ]


def test_a_balance_beside_debit_and_credit_must_agree() -> None:
    """Whatever sign the program gives it."""
    assert settled(["Borç", "Alacak", "Bakiye"], [10.0, 4.0, 6.0], [4.0, 10.0, 6.0], [10.0, 4.0, 5.0]) == [
        lira("10.00", "4.00"),
        lira("4.00", "10.00"),
        "Borç eksi alacak 6,00 ediyor, bakiyede 5,00 yazıyor.",
    ]


def test_the_four_columns_of_a_trial_balance() -> None:
    headings = ["Borç", "Alacak", "Borç Bakiyesi", "Alacak Bakiyesi"]
    assert settled(headings, [10.0, 4.0, 6.0, None], [4.0, 10.0, None, 6.0]) == [lira("10.00", "4.00"), lira("4.00", "10.00")]


@pytest.mark.parametrize("cells", [[-5.0, None], [None, -5.0], ["(500,25)", "0,00"], [-1.0, -2.0]])
def test_negative_sides_are_refused(cells: list[Cell]) -> None:
    assert settled(["Borç", "Alacak"], cells) == ["Borç ve alacak eksi olmaz; bakiye sütunu kullanın."]


def test_a_row_without_an_amount_is_refused() -> None:
    """A blank is not zero; a zero that is written is."""
    assert settled(["Borç", "Alacak"], [None, ""], [0.0, None]) == ["Tutar yok.", lira("0.00", "0.00")]


def test_one_decided_cell_decides_its_column() -> None:
    assert settled(["Bakiye"], ["1.000"], ["12,50"]) == [lira("1000.00", "0.00"), lira("12.50", "0.00")]
    assert settled(["Bakiye"], ["1.000"], ["12.50"]) == [lira("1.00", "0.00"), lira("12.50", "0.00")]


def test_an_undecided_column_is_refused_unless_the_caller_decides() -> None:
    assert settled(["Bakiye"], ["1.000"], ["2.000"])[0] == "Hem 1.000,00 hem 1,00 olabilir, sütun da belirlemiyor: ondalık işaretini seçin."
    assert settled(["Bakiye"], ["1.000"], ["2.000"], mark=",") == [lira("1000.00", "0.00"), lira("2000.00", "0.00")]


def test_a_column_written_both_ways_decides_nothing() -> None:
    """What has one reading is read; what has two is refused."""
    first, second, third = settled(["Bakiye"], ["12,50"], ["12.50"], ["1.000"])
    assert (first, second) == (lira("12.50", "0.00"), lira("12.50", "0.00"))
    assert isinstance(third, str)


def test_columns_decide_for_themselves() -> None:
    (answer,) = settled(["Borç", "Alacak"], ["12,50", "1.000"])
    assert isinstance(answer, str)


def test_currencies() -> None:
    assert settled(["Bakiye"], ["5"], currency="EUR") == [[Sum("EUR", Decimal("5.00"), Decimal("0.00"))]]
    assert settled(["Bakiye"], ["5"], currency="EUR", row_currency="USD") == [[Sum("USD", Decimal("5.00"), Decimal("0.00"))]]
    assert settled(["Bakiye"], ["5 $"], currency="EUR") == [[Sum("USD", Decimal("5.00"), Decimal("0.00"))]]
    assert settled(["Bakiye (USD)"], ["5 €"]) == ["Aynı anda iki para birimi: EUR, USD."]


def test_one_line_per_currency_never_a_sum() -> None:
    assert settled(["Bakiye TL", "Bakiye USD"], [5.0, -3.0], [None, 2.0]) == [
        [Sum("TRY", Decimal("5.00"), Decimal("0.00")), Sum("USD", Decimal("0.00"), Decimal("3.00"))],
        [Sum("USD", Decimal("2.00"), Decimal("0.00"))],
    ]


def test_decimals_are_the_currencys() -> None:
    assert settled(["Bakiye"], ["5"], ["5,5"], currency="JPY") == [
        [Sum("JPY", Decimal(5), Decimal(0))],
        "JPY 0 ondalıklıdır; bu tutarda daha fazlası var.",
    ]
    assert settled(["Bakiye"], [1.0005], currency="KWD") == [[Sum("KWD", Decimal("1.001"), Decimal("0.000"))]]
