"""Files for Excel."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from imece.errors import Invalid
from pricing.catalogue import exports, imports
from pricing.catalogue.exports import HISTORY, PRODUCTS
from pricing.catalogue.products import Filter

HOSTILE = ['=HYPERLINK("http://x.example")', "+905", "-1+2", "@SUM(A1)", "\tx"]


def table(data: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))


def test_products_are_written_as_excel_has_them_here(catalogue: Any) -> None:
    """Turkish: semicolons, decimal commas, a mark at the beginning; English: commas and points."""
    first, second = catalogue.products(2)
    catalogue.look(first, "1299.90", list_price=Decimal("1499.90"))
    data = b"".join(exports.as_csv(PRODUCTS, exports.product_rows(catalogue.company), "tr"))
    assert data.startswith(b"\xef\xbb\xbf")
    names, *rows = table(data)
    found = dict(zip(names, rows[0], strict=True))
    assert {
        name: found[name] for name in ("No", "Ürün", "Mağaza", "Fiyat", "Liste Fiyatı", "Para Birimi", "Stokta", "Fırsat", "Durum")
    } == {
        "No": str(first),
        "Ürün": "Ürün 0",
        "Mağaza": "magaza.example",
        "Fiyat": "1299,90",
        "Liste Fiyatı": "1499,90",
        "Para Birimi": "TRY",
        "Stokta": "evet",
        "Fırsat": "hayır",
        "Durum": "ok",
    }
    assert [row[0] for row in rows] == [str(first), str(second)]
    english = table(b"".join(exports.as_csv(PRODUCTS, exports.product_rows(catalogue.company), "en")), ",")
    assert dict(zip(english[0], english[1], strict=True))["Price"] == "1299.90"


def test_only_what_is_meant_and_only_the_companys(catalogue: Any) -> None:
    catalogue.products(3)
    assert [row[1] for row in exports.product_rows(catalogue.company, Filter(text="ürün 2"))] == ["Ürün 2"]
    assert list(exports.product_rows(type(catalogue.company)(int=1))) == []


def test_prices_are_written_with_what_was_before(catalogue: Any) -> None:
    product = catalogue.products()[0]
    catalogue.past(product, (40, "120"), (3, "100"))
    catalogue.look(product, "90")
    rows = list(exports.history_rows(catalogue.company, days=30))
    assert [(row[4], row[5]) for row in rows] == [(Decimal("100.00"), Decimal("120.00")), (Decimal("90.00"), Decimal("100.00"))]
    assert len(rows[0]) == len(HISTORY)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula(text: str, tmp_path: Path) -> None:
    row = [None] * len(PRODUCTS)
    row[1] = text  # type: ignore[call-overload]
    made = table(b"".join(exports.as_csv(PRODUCTS, [row], "tr")))
    assert made[1][1] == f"'{text}"
    exports.as_xlsx(PRODUCTS, [row], tmp_path / "x.xlsx", "tr", title="Ürünler")
    cell = load_workbook(tmp_path / "x.xlsx").worksheets[0]["B2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


def test_a_sheet_has_numbers_moments_and_a_filter(catalogue: Any, tmp_path: Path) -> None:
    product = catalogue.products()[0]
    catalogue.look(product, "1299.90")
    rows = exports.product_rows(catalogue.company)
    assert exports.as_xlsx(PRODUCTS, rows, tmp_path / "x.xlsx", "tr", title="Ürünler") == 1
    sheet = load_workbook(tmp_path / "x.xlsx").worksheets[0]
    found = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert found["Fiyat"].value == 1299.9
    assert found["Son Kontrol"].number_format == "dd.mm.yyyy hh:mm"
    assert found["Stokta"].value == "evet"
    assert sheet.auto_filter.ref == "A1:P2"


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    with pytest.raises(Invalid, match="take CSV"):
        exports.as_xlsx(PRODUCTS, [[None] * len(PRODUCTS)] * 3, tmp_path / "x.xlsx", "en", title="x")


def test_what_was_exported_can_be_imported_again(catalogue: Any, tmp_path: Path) -> None:
    """Nothing is new then, in either language and format."""
    catalogue.products(3, external_id=None)
    for locale in ("tr", "en"):
        data = b"".join(exports.as_csv(PRODUCTS, exports.product_rows(catalogue.company), locale))  # type: ignore[arg-type]
        (tmp_path / "x.csv").write_bytes(data)
        done = imports.take(tmp_path / "x.csv", catalogue.company)
        assert (done.rows, done.known, done.faults) == (3, 3, [])
        exports.as_xlsx(PRODUCTS, exports.product_rows(catalogue.company), tmp_path / "x.xlsx", locale, title="x")  # type: ignore[arg-type]
        assert imports.take(tmp_path / "x.xlsx", catalogue.company).known == 3
