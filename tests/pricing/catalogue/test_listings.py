"""What rows of product lists say."""

from decimal import Decimal

import pytest

from imece.workbooks import Broken, Cell, Row
from pricing.catalogue import listings
from pricing.catalogue.listings import Entry, Fault, Field, Header


def rows(*lines: tuple[Cell, ...]) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate(lines, start=1)]


def read(header: Header, *cells: Cell) -> Entry | Fault | None:
    return listings.read(Row(7, cells), header)


@pytest.fixture
def header() -> Header:
    found = listings.find(rows(("Ürün Linki", "Ürün Adı", "Barkod", "Puan", "Yorum Sayısı", "Döviz", "Kategori", "Etiketler")))
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["Adres", "LİNK", "url", "Ürün Linki", "Product URL", "Bağlantı (URL)", "  web   adresi "])
def test_a_column_of_addresses_has_many_names(name: str) -> None:
    found = listings.find(rows(("Fiyat listesi",), ("No", name, "Ürün")))
    assert found is not None
    assert (found.row, found.places[Field.URL], found.name(Field.TITLE)) == (2, 1, "Ürün")


def test_a_plain_list_of_links_needs_no_headings() -> None:
    """Its first row counts."""
    found = listings.find(rows((1, "https://magaza.example/1"), (2, "https://magaza.example/2")))
    assert found == Header(0, (), {Field.URL: 1})


def test_a_table_without_addresses_says_what_it_has_instead() -> None:
    table = rows(("Unvan", "VKN"), ("Anka", 4540536920))
    assert listings.find(table) is None
    en, tr = listings.unknown(table)
    assert "Unvan, VKN" in en
    assert "adres (URL) sütunu yok" in tr


def test_a_row_is_read_whole(header: Header) -> None:
    found = read(
        header, " https://magaza.example/1 ", "Çelik  Çaydanlık", 8690000000012.0, "4,5", "1.234", "₺", "Ev > Mutfak", "yeni, prime"
    )
    assert isinstance(found, Entry)
    draft = found.draft
    assert (draft.url, draft.title, draft.ean) == ("https://magaza.example/1", "Çelik Çaydanlık", "8690000000012")
    assert (draft.rating, draft.reviews, draft.currency, draft.tags) == (Decimal("4.5"), 1234, "TRY", ("yeni", "prime"))
    assert found.category == ("Ev", "Mutfak")


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ((None, "Adressiz"), "Ürün Linki"),
        ((Broken("#REF!"), "Kırık"), "Ürün Linki"),
        (("https://a.example/1", "x" * 501), "Ürün Adı"),
        (("https://a.example/1", "Ad", None, "11"), "Puan"),
        (("https://a.example/1", "Ad", None, "iyi"), "Puan"),
        (("https://a.example/1", "Ad", None, None, "çok"), "Yorum Sayısı"),
        (("https://a.example/1", "Ad", None, None, -3), "Yorum Sayısı"),
        (("https://a.example/1", "Ad", None, None, None, "altın"), "Döviz"),
        (("https://a.example/1", "Ad", None, None, None, None, "Ev > !!"), "Kategori"),
    ],
)
def test_a_wrong_cell_is_named_and_told_in_both_languages(header: Header, cells: tuple[Cell, ...], column: str) -> None:
    found = read(header, *cells)
    assert isinstance(found, Fault)
    assert (found.row, found.column) == (7, column)
    assert found.reason("tr") != found.reason("en")
    assert found.told("tr").startswith(f"7. satır, {column}: ")


def test_a_row_that_says_nothing_to_us_is_none(header: Header) -> None:
    assert read(header) is None
    assert read(header, None, None, None, None, None, None, None, None, "not") is None


def test_ten_megabytes_of_text_are_refused_as_text(header: Header) -> None:
    found = read(header, "https://magaza.example/" + "x" * 10_000_000)
    assert isinstance(found, Fault)
    assert "çok uzun" in found.tr
