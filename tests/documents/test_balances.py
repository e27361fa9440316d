"""From a file to drafts of letters: grouping, what holds a letter back, and what concerns the whole sheet. Through the real reader."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from documents.balances import Reading, read_balances
from imece.workbooks import Unreadable

OURS = "Ünvan;VKN;E-posta;Tarih;Para Birimi;Borç;Alacak"
OLD = "VKN/TC;Bayi Kodu;Bakiye;Dönem Başlangıç;Dönem Bitiş;Açıklama"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "bakiyeler"


def reading(path: Path, *lines: str) -> Reading:
    path.write_text("\n".join(lines), encoding="cp1254")
    return read_balances(path)


def reasons(found: Reading) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.tr) for fault in found.faults]


def test_one_letter_per_party_and_date_one_line_per_currency(table: Path) -> None:
    found = reading(
        table,
        OURS,
        "Işık A.Ş.;4540536920;a@b.example;30.09.2026;TL;1.000,50;0,00",
        "Çınar Ltd.;10000000146;;30.09.2026;;0,00;75,25",
        "Işık A.Ş.;4540536920;a@b.example;30.09.2026;USD;0,00;10,00",
        "Işık A.Ş.;4540536920;a@b.example;31.12.2026;TL;2,00;0,00",
    )
    assert (found.rows, found.columns, found.faults, found.refused) == (4, OURS.split(";"), [], 0)
    assert [
        (draft.party.title, draft.as_of, [(line.row, line.currency, line.balance) for line in draft.lines]) for draft in found.letters
    ] == [
        ("Işık A.Ş.", date(2026, 9, 30), [(2, "TRY", Decimal("1000.50")), (4, "USD", Decimal("-10.00"))]),
        ("Çınar Ltd.", date(2026, 9, 30), [(3, "TRY", Decimal("-75.25"))]),
        ("Işık A.Ş.", date(2026, 12, 31), [(5, "TRY", Decimal("2.00"))]),
    ]
    assert all(line.dealer_code is None for draft in found.letters for line in draft.lines)


def test_the_old_systems_rows_are_grouped_by_number_period_and_note(table: Path) -> None:
    found = reading(
        table,
        OLD,
        "4540536920;B01;1.500,00;01.07.2026;30.09.2026;3. çeyrek",
        "4540536920;B02;-20,00;01.07.2026;30.09.2026;3. çeyrek",
        "4540536920;B01;5,00;01.10.2026;31.12.2026;3. çeyrek",
        "4540536920;B01;7,00;01.07.2026;30.09.2026;düzeltme",
    )
    assert found.faults == []
    assert [(draft.period_start, draft.as_of, draft.party.title) for draft in found.letters] == [
        (date(2026, 7, 1), date(2026, 9, 30), None),
        (date(2026, 10, 1), date(2026, 12, 31), None),
        (date(2026, 7, 1), date(2026, 9, 30), None),
    ]
    assert [(line.dealer_code, line.debit, line.credit, line.description) for line in found.letters[0].lines] == [
        ("B01", Decimal("1500.00"), Decimal("0.00"), "3. çeyrek"),
        ("B02", Decimal("0.00"), Decimal("20.00"), "3. çeyrek"),
    ]


def test_several_accounts_of_a_party_become_lines_of_their_own(table: Path) -> None:
    found = reading(
        table,
        "Cari Kodu;Ünvan;VKN;Tarih;Bakiye",
        "120.01;Işık;4540536920;30.09.2026;5,00",
        "320.01;Işık;4540536920;30.09.2026;-7,00",
        "120.02;Çınar;10000000146;30.09.2026;1,00",
    )
    assert [[line.dealer_code for line in draft.lines] for draft in found.letters] == [["120.01", "320.01"], [None]]


def test_a_refused_row_holds_its_letter_back_and_no_other(table: Path) -> None:
    found = reading(
        table,
        OURS,
        "Işık;4540536920;;30.09.2026;TL;1,00;0,00",
        "Işık;4540536920;;30.09.2026;USD;beş;0,00",
        "Çınar;10000000146;;30.09.2026;TL;1,00;0,00",
    )
    assert [draft.party.title for draft in found.letters] == ["Çınar"]
    assert reasons(found) == [(2, "Bekletildi: aynı mektubun 3. satırı reddedildi."), (3, "“beş” bir tutar değil.")]
    assert found.refused == 2


def test_a_row_whose_date_or_number_is_unreadable_holds_back_what_it_may_belong_to(table: Path) -> None:
    found = reading(
        table,
        OURS,
        "Işık;4540536920;;30.09.2026;TL;1,00;0,00",
        "Işık;4540536920;;dün;USD;5,00;0,00",
        "Çınar A.Ş.;10000000146;;30.09.2026;TL;1,00;0,00",
        "ÇINAR A.Ş.;10000000147;;30.09.2026;USD;1,00;0,00",
        "Başka;1234567890;;30.09.2026;TL;1,00;0,00",
    )
    assert [draft.party.title for draft in found.letters] == ["Başka"]
    assert [row for row, _ in reasons(found)] == [2, 3, 4, 5]


def test_a_repeated_row_is_refused_and_its_letter_goes(table: Path) -> None:
    row = "Işık;4540536920;;30.09.2026;TL;1,00;0,00"
    found = reading(table, OURS, row, row)
    assert (len(found.letters), reasons(found)) == (1, [(3, "2. satırın tekrarı.")])


def test_rows_that_contradict_each_other_are_both_refused(table: Path) -> None:
    found = reading(table, OURS, "Işık;4540536920;;30.09.2026;TL;1,00;0,00", "Işık;4540536920;;30.09.2026;TL;2,00;0,00")
    assert found.letters == []
    assert [row for row, _ in reasons(found)] == [2, 3]


def test_what_rows_of_one_letter_say_of_its_party(table: Path) -> None:
    """The first title and address count; another is told, not lost in silence."""
    found = reading(
        table,
        OURS,
        "Işık A.Ş.;4540536920;;30.09.2026;TL;1,00;0,00",
        "Isik AS;4540536920;a@b.example;30.09.2026;USD;1,00;0,00",
        "Işık A.Ş.;4540536920;c@d.example;30.09.2026;EUR;1,00;0,00",
    )
    (draft,) = found.letters
    assert (draft.party.title, draft.party.email) == ("Işık A.Ş.", "a@b.example")
    assert [remark.row for remark in found.remarks] == [3, 4]


def test_totals_are_no_rows(table: Path) -> None:
    found = reading(table, OURS, "Işık;4540536920;;30.09.2026;TL;1,00;0,00", ";;;;;;", "Toplam;;;;;1,00;0,00")
    assert (found.rows, len(found.letters), found.faults, [remark.row for remark in found.remarks]) == (1, 1, [], [4])


def test_what_the_caller_decides(table: Path) -> None:
    table.write_text("Ünvan;VKN;Bakiye\nIşık;4540536920;1.000\n", encoding="utf-8")
    found = read_balances(table, as_of=date(2026, 9, 30), currency="EUR", decimal_mark=".")
    (draft,) = found.letters
    assert (draft.as_of, draft.lines[0].currency, draft.lines[0].debit) == (date(2026, 9, 30), "EUR", Decimal("1.00"))


@pytest.mark.parametrize(
    ("lines", "rows", "said"),
    [
        (["a;b", "1;2"], 2, "Bakiye listesinin sütun başlıkları bulunamadı; ilk satırda şunlar var: a, b."),
        (["1;2", "3;4"], 2, "ilk satırda şunlar var: 1, 2."),
        (["Cari;Borç", "Öğüt;1,00"], 1, "Bu bir bakiye listesi değil: VKN/TCKN, Alacak sütunu yok; bulunan başlıklar: Cari, Borç."),
        (["Ünvan;VKN;Borç;Alacak", "Öğüt;4540536920;1,00;0"], 1, "Bakiyelerin tarihi yok"),
        ([OURS], 0, "Başlıkların altında satır yok."),
    ],
)
def test_a_table_that_is_no_list_of_balances_has_one_fault_without_a_row(table: Path, lines: list[str], rows: int, said: str) -> None:
    """Its rows are counted all the same: reading and understanding are told apart."""
    found = reading(table, *lines)
    (fault,) = found.faults
    assert (found.rows, found.letters, fault.row) == (rows, [], None)
    assert said in fault.tr


def test_an_empty_sheet_is_unreadable(table: Path) -> None:
    with pytest.raises(Unreadable) as fault:
        reading(table, ";", ";")
    assert fault.value.tr == "Görünen ilk sayfa boş."
