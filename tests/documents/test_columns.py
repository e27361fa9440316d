"""Finding the header: under titles, in one row or two, with the currency in the heading; and saying why it is none."""

from datetime import date

import pytest

from documents import columns
from documents.columns import find
from documents.headings import Field
from imece.workbooks import Cell, Row

OURS = ["Ünvan", "VKN/TCKN", "Tarih", "Borç", "Alacak"]


def rows(*cells: list[Cell], first: int = 1) -> list[Row]:
    return [Row(number, tuple(row)) for number, row in enumerate(cells, first)]


def test_our_layout() -> None:
    header = find(
        rows(["Unvan", "VKN/TCKN", "Vergi Dairesi", "E-posta", "Telefon", "Tarih", "Para Birimi", "Borç", "Alacak"], ["A", "1", None, None])
    )
    assert header is not None
    assert header.fault() is None
    assert header.undated() is None
    assert [
        header.places[field] for field in (Field.TITLE, Field.TAX_NUMBER, Field.TAX_OFFICE, Field.EMAIL, Field.PHONE, Field.AS_OF)
    ] == list(range(6))
    assert header.sums == {None: {Field.DEBIT: 7, Field.CREDIT: 8}}


def test_the_old_systems_layout_needs_no_title() -> None:
    header = find(rows(["VKN/TC", "Bayi Kodu", "Bakiye (+ borç, - alacak)", "Dönem Başlangıç (GG.AA.YYYY)", "Dönem Bitiş", "Açıklama"]))
    assert header is not None
    assert header.fault() is None
    assert header.sums == {None: {Field.BALANCE: 2}}
    assert header.places[Field.PERIOD_START] == 3


def test_titles_and_notes_above_are_passed_over() -> None:
    """Also such as hold known words: the row with the most known headings is the header."""
    header = find(
        rows(["ŞİRKET A.Ş. CARİ LİSTE"], ["Firma", "Örnek A.Ş.", "Tarih", date(2026, 9, 30)], OURS, ["A", "1", "", 1.0, 2.0], first=3)
    )
    assert header is not None
    assert header.row == 5


def test_two_rows_are_joined_where_that_says_more() -> None:
    header = find(rows(["Ünvan", "VKN", "Tarih", "Bakiye", None], [None, None, None, "Borç", "Alacak"], ["A", "1", "30.09.2026", 1.0, 2.0]))
    assert header is not None
    assert (header.row, header.shown) == (2, ["Ünvan", "VKN", "Tarih", "Bakiye Borç", "Bakiye Alacak"])
    assert header.sums == {None: {Field.DEBIT_BALANCE: 3, Field.CREDIT_BALANCE: 4}}


def test_a_group_above_does_not_hide_what_stands_below() -> None:
    header = find(rows(["Cari", None, "Tutar", None, "Diğer"], ["Ünvan", "Vergi No", "Borç", "Alacak", "Tarih"]))
    assert header is not None
    assert header.fault() is None
    assert header.sums == {None: {Field.DEBIT: 2, Field.CREDIT: 3}}


def test_the_first_row_of_data_is_not_taken_for_a_second_heading() -> None:
    """In a text table every cell is text."""
    header = find(rows(OURS, ["Borç Ltd", "4540536920", "30.09.2026", "1,00", "2,00"]))
    assert header is not None
    assert header.row == 1


def test_amounts_per_currency_in_the_heading() -> None:
    header = find(rows(["Ünvan", "VKN", "Tarih", "Bakiye (TL)", "USD Bakiye", "Bakiye €"]))
    assert header is not None
    assert header.fault() is None
    assert header.sums == {"TRY": {Field.BALANCE: 3}, "USD": {Field.BALANCE: 4}, "EUR": {Field.BALANCE: 5}}


@pytest.mark.parametrize(
    ("headings", "said"),
    [
        (["Ünvan", "Borç", "Alacak"], "VKN/TCKN"),
        (["VKN", "Borç", "Alacak"], "Unvan"),
        (["Ünvan", "VKN", "Tarih"], "Borç ve Alacak (ya da Bakiye)"),
        (["Ünvan", "VKN", "Borç"], "Alacak"),
        ([*OURS, "Borç"], "D (Borç), F (Borç)"),
        ([*OURS, "Döviz Bakiye"], "“Döviz Bakiye”"),
    ],
)
def test_what_is_missing_or_there_twice_is_named(headings: list[Cell], said: str) -> None:
    header = find(rows(headings))
    assert header is not None
    fault = header.fault()
    assert fault is not None
    assert said in fault[1]


def test_a_second_telephone_does_no_harm() -> None:
    header = find(rows([*OURS, "Telefon", "Cep Telefonu"]))
    assert header is not None
    assert header.fault() is None
    assert header.places[Field.PHONE] == 5


def test_a_list_without_dates_says_so() -> None:
    header = find(rows(["Ünvan", "VKN", "Borç", "Alacak"]))
    assert header is not None
    assert header.fault() is None
    assert header.undated() is not None


@pytest.mark.parametrize("table", [[["a", "b"], [1.0, 2.0]], [[1.0, 2.0]], [["Ünvan"], ["A"]]])
def test_another_table_has_no_header(table: list[list[Cell]]) -> None:
    assert find(rows(*table)) is None
    assert all(columns.unknown(rows(*table)))


def test_the_header_is_looked_for_at_the_top_only() -> None:
    assert find(rows(*[["x"]] * columns.WITHIN, OURS)) is None
