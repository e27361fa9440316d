"""One row made typed, with a reason for each thing that does not fit."""

from datetime import date

import pytest

from documents.columns import find
from documents.entries import Entries, Entry, Fault
from imece.workbooks import Broken, Cell, Row

HEADINGS = ("Ünvan", "VKN/TCKN", "Vergi Dairesi", "E-posta", "Telefon", "Tarih", "Para Birimi", "Borç", "Alacak")
GOOD: tuple[Cell, ...] = ("Işık A.Ş.", "4540536920", "Üsküdar", "a@b.example", "0212", "30.09.2026", "TL", "5,00", "0,00")


def entries(*headings: str, as_of: date | None = None) -> Entries:
    header = find([Row(1, headings or HEADINGS)])
    assert header is not None
    return Entries(header, as_of=as_of, currency=None, decimal_mark=None)


def read(**changed: Cell) -> Entry:
    """The good row with some cells changed, by heading."""
    reader = entries()
    cells = tuple(
        changed.get(heading.replace("-", "_").replace("/", "_").replace(" ", "_"), cell)
        for heading, cell in zip(HEADINGS, GOOD, strict=True)
    )
    entry = reader.read(Row(7, cells))
    assert isinstance(entry, Entry)
    reader.settle(entry)
    return entry


def test_a_good_row() -> None:
    entry = read()
    assert entry.faults == entry.remarks == []
    assert (entry.row, entry.title, entry.tax_number, entry.tax_office, entry.email, entry.phone, entry.as_of, entry.currency) == (
        7,
        "Işık A.Ş.",
        "4540536920",
        "Üsküdar",
        "a@b.example",
        "0212",
        date(2026, 9, 30),
        "TRY",
    )


@pytest.mark.parametrize(
    ("heading", "cell", "column", "reason"),
    [
        ("Ünvan", None, "Ünvan", "Unvan boş."),
        ("Ünvan", "x" * 301, "Ünvan", "Metin 300 karakterden uzun."),
        ("Ünvan", "a\x07b", "Ünvan", "Metinde basılamayan karakterler var."),
        ("Ünvan", Broken("="), "Ünvan", "Formülün hesaplanmış değeri yok: dosyayı Excel'de açıp kaydedin."),
        ("VKN_TCKN", None, "VKN/TCKN", "Vergi numarası boş."),
        ("VKN_TCKN", "4540536921", "VKN/TCKN", "4540536921 geçerli bir VKN değil: denetim basamağı tutmuyor."),
        ("E_posta", "a@b", "E-posta", "“a@b” bir e-posta adresi değil."),
        ("E_posta", "işık@b.example", "E-posta", "“işık@b.example” bir e-posta adresi değil."),
        ("E_posta", "a@b.example\r\nBcc: c@d.example", "E-posta", "“Bcc:” bir e-posta adresi değil."),
        ("Tarih", None, "Tarih", "Tarih boş."),
        ("Tarih", "31.02.2026", "Tarih", "31.02.2026 diye bir gün yok (gün.ay.yıl)."),
        ("Para_Birimi", "XYZ", "Para Birimi", "“XYZ” bilinen bir para birimi değil."),
        ("Borç", "beş", "Borç", "“beş” bir tutar değil."),
        ("Borç", Broken("#DIV/0!"), "Borç", "Hücrede #DIV/0! hatası var."),
        ("Borç", "-5,00", "Borç", "Borç ve alacak eksi olmaz; bakiye sütunu kullanın."),
    ],
)
def test_each_fault_names_its_cell(heading: str, cell: Cell, column: str, reason: str) -> None:
    """One fault, where it is, and in both languages."""
    (fault,) = read(**{heading: cell}).faults
    assert (fault.row, fault.column, fault.tr) == (7, column, reason)
    assert fault.en != fault.tr
    assert (fault.reason("tr"), fault.reason("en")) == (fault.tr, fault.en)


def test_all_faults_of_a_row_are_told_in_the_order_of_its_columns() -> None:
    entry = read(Ünvan=None, VKN_TCKN="12", Tarih="dün", Borç="beş", E_posta="x")
    assert [fault.column for fault in entry.faults] == ["Ünvan", "VKN/TCKN", "E-posta", "Tarih", "Borç"]


def test_a_lost_zero_is_put_back_and_told() -> None:
    entry = read(VKN_TCKN=123456789.0)
    assert entry.tax_number == "0123456789"
    assert entry.faults == []
    assert [remark.column for remark in entry.remarks] == ["VKN/TCKN"]


def test_of_several_addresses_the_first_is_used_and_told() -> None:
    entry = read(E_posta="a@b.example; c@d.example")
    assert (entry.email, entry.faults, len(entry.remarks)) == ("a@b.example", [], 1)


def test_numbers_in_text_columns_read_as_they_were_typed() -> None:
    assert read(Telefon=2125554433.0).phone == "2125554433"


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        (("TOPLAM", None, None, None, None, None, None, "5,00", "0,00"), True),
        ((None, "Genel Toplam", None, None, None, None, None, 5.0, 0.0), True),
        (HEADINGS, True),
        (("Toplam Gıda A.Ş.", "4540536920", None, None, None, "30.09.2026", None, 5.0, 0.0), False),
        (("Toplam", "4540536920", None, None, None, "30.09.2026", None, 5.0, 0.0), False),
    ],
)
def test_totals_and_repeated_headings_are_left_out_and_told(cells: tuple[Cell, ...], left_out: bool) -> None:
    assert isinstance(entries().read(Row(9, cells)), Fault) == left_out


def test_a_total_does_not_decide_how_a_column_writes_its_numbers() -> None:
    reader = entries()
    entry = reader.read(Row(2, (*GOOD[:7], "1.000", "0,00")))
    reader.read(Row(3, ("Toplam", None, None, None, None, None, None, "1.000,00", "0,00")))
    assert isinstance(entry, Entry)
    reader.settle(entry)
    assert [fault.column for fault in entry.faults] == ["Borç"]


def test_two_columns_for_the_numbers_of_companies_and_persons() -> None:
    reader = entries("Ünvan", "Vergi No", "TC Kimlik No", "Tarih", "Bakiye")
    found = [
        reader.read(Row(2, ("A", vkn, tckn, "30.09.2026", 5.0)))
        for vkn, tckn in (("4540536920", None), (None, "10000000146"), (None, None))
    ]
    assert [entry.tax_number for entry in found if isinstance(entry, Entry)] == ["4540536920", "10000000146", None]


def test_the_date_of_the_file_holds_where_a_row_has_none() -> None:
    reader = entries("Ünvan", "VKN", "Borç", "Alacak", as_of=date(2026, 9, 30))
    entry = reader.read(Row(2, ("A", "4540536920", 5.0, None)))
    assert isinstance(entry, Entry)
    assert (entry.as_of, entry.faults) == (date(2026, 9, 30), [])


@pytest.mark.parametrize(
    ("start", "end", "column"),
    [("01.10.2026", "30.09.2026", "Dönem Başlangıç"), ("01.07.2026", None, "Dönem Bitiş"), ("dün", "30.09.2026", "Dönem Başlangıç")],
)
def test_impossible_periods_are_refused(start: Cell, end: Cell, column: str) -> None:
    reader = entries("VKN", "Bakiye", "Dönem Başlangıç", "Dönem Bitiş")
    entry = reader.read(Row(2, ("4540536920", 5.0, start, end)))
    assert isinstance(entry, Entry)
    assert [fault.column for fault in entry.faults] == [column]
