"""Pages about products."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from imece import db, face, ledger
from imece.contracts import Role

Ask = Callable[..., Any]
Catalogue = Any  #: conftest.Catalogue


def jobs(company: Any) -> list[Any]:
    with db.transaction() as session:
        return ledger.search(session, company_id=company)


def test_an_empty_catalogue_says_how_to_begin(ask: Ask) -> None:
    page = ask("GET", "/pricing")

    assert page.headers[face.TITLE] == "Products"
    assert "Nothing is watched yet" in page.text


@pytest.mark.parametrize(("locale", "title", "words"), [("tr", "%C3%9Cr%C3%BCnler", "1.299,90 TL"), ("en", "Products", "TRY 1,299.90")])
def test_the_list_speaks_the_readers_language(
    ask: Ask, person: face.Caller, catalogue: Catalogue, locale: Any, title: str, words: str
) -> None:
    [product] = catalogue.products()
    catalogue.look(product, "1299.90")
    page = ask("GET", "/pricing", by=replace(person, locale=locale))

    assert page.headers[face.TITLE] == title
    assert words in page.text
    assert f"/pricing/products/{product}" in page.text


def test_a_part_has_no_title_and_no_frame(ask: Ask, catalogue: Catalogue) -> None:
    catalogue.products()
    part = ask("GET", "/pricing", query={"part": 1})

    assert face.TITLE not in part.headers
    assert "<nav" not in part.text


def test_the_list_is_narrowed_by_what_is_asked(ask: Ask, catalogue: Catalogue) -> None:
    one, two = catalogue.products(2)
    [other] = catalogue.products(domain="diger.example")
    catalogue.look(two, None, state="error")
    store = catalogue.store("diger.example")

    def shown(**query: Any) -> set[int]:
        text = ask("GET", "/pricing", query=query).text
        return {id_ for id_ in (one, two, other) if f'"/pricing/products/{id_}"' in text}

    assert shown() == {one, two, other}
    assert shown(store=store) == {other}
    assert shown(state="error") == {two}
    assert shown(text="ürün 0") == {one}
    assert shown(tier=0) == {one, other}
    assert shown(tier=catalogue.row(two).tier) == {two}
    assert shown(deals=1) == set()
    assert shown(resting=1) == set()


def test_pages_follow_each_other(ask: Ask, catalogue: Catalogue) -> None:
    catalogue.products(60)

    assert "Next" in ask("GET", "/pricing").text
    second = ask("GET", "/pricing", query={"page": 2}).text
    assert "Next" not in second
    assert second.count('class="row"') == 10


def test_a_product_shows_its_price_over_time(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()
    catalogue.past(product, (80, "150.00"), (40, "90.00"), (10, "120.00"))

    for days in (30, 90, 365):
        page = ask("GET", f"/pricing/products/{product}", query={"days": days}).text
        assert 'class="chart"' in page
        assert f'<a href="?days={days}" aria-current="page">' in page
    assert "lowest TRY 90.00" in page


def test_a_product_without_a_price_says_so(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()

    assert "No price has been read yet" in ask("GET", f"/pricing/products/{product}").text


def test_what_a_page_of_a_shop_says_is_only_text(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products(brand="<script>alert(1)</script>")
    catalogue.look(product, "1.00", evidence="<img src=x>", seller="'\"><b>")

    page = ask("GET", f"/pricing/products/{product}").text
    assert "<script>" not in page
    assert "<img" not in page
    assert "<b>" not in page


def test_one_product_is_added_by_its_address(ask: Ask, catalogue: Catalogue) -> None:
    answer = ask("POST", "/pricing", data={"url": "https://magaza.example/p/9", "title": "Dokuz"})

    assert answer.status_code == 303
    assert "Dokuz" in ask("GET", answer.headers["location"]).text


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "http://127.0.0.1/", "https://a:b@magaza.example/", "https://m.example/" + "x" * 3000]
)
def test_an_address_that_cannot_be_is_refused_with_its_reason(ask: Ask, url: str) -> None:
    answer = ask("POST", "/pricing", data={"url": url})

    assert (answer.status_code, answer.headers["content-type"]) == (422, face.REFUSAL)
    assert answer.json()["tr"]


def test_checking_is_a_job_of_the_callers_company(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()
    answer = ask("POST", f"/pricing/products/{product}/check")
    ask("POST", "/pricing/check", query={"text": "ürün", "store": catalogue.store()})
    ask("POST", "/pricing/check", query={"tier": "0"})

    named, many, one = jobs(catalogue.company)
    assert answer.headers["location"] == f"/jobs/{one.id}"
    assert (one.kind, one.requested_by) == ("pricing.check_products", "ayşe@example.com")
    assert (one.args["product_ids"], named.args["product_ids"]) == ([product], [product])
    assert (many.args["text"], many.args["store_id"]) == ("ürün", catalogue.store())


def test_priorities_are_computed_by_admins(ask: Ask, person: face.Caller, catalogue: Catalogue) -> None:
    assert ask("POST", "/pricing/score", by=replace(person, role=Role.OPERATOR)).status_code == 403
    assert ask("POST", "/pricing/score").status_code == 303
    assert [job.kind for job in jobs(catalogue.company)] == ["pricing.score"]


def test_a_product_rests_and_is_watched_again(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()

    ask("POST", f"/pricing/products/{product}/switch")
    assert not catalogue.row(product).active
    ask("POST", f"/pricing/products/{product}/switch", data={"active": "1"})
    assert catalogue.row(product).active


def test_the_list_comes_as_csv_and_as_a_workbook(ask: Ask, person: face.Caller, catalogue: Catalogue) -> None:
    one, _ = catalogue.products(2)
    catalogue.look(one, "1299.90")

    csv = ask("GET", "/pricing/export.csv", by=replace(person, locale="tr"), query={"text": "ürün 0"})
    assert csv.headers["content-disposition"].startswith('attachment; filename="urunler-')
    assert "1299,90" in csv.text
    assert csv.text.count("\r\n") == 2
    book = load_workbook(BytesIO(ask("GET", "/pricing/export.xlsx").content))
    assert book.active.max_row == 3


def test_the_import_page_sends_its_file_the_way_of_all_files(ask: Ask, catalogue: Catalogue) -> None:
    page = ask("GET", "/pricing/import").text

    assert 'data-job="pricing.import_products" data-file-as="workbook"' in page
    assert f'name="company" value="{catalogue.company}"' in page


def test_a_deal_of_yesterday_stands_on_the_products_page(ask: Ask, catalogue: Catalogue) -> None:
    [product] = catalogue.products()
    catalogue.look(product, "100.00", ago=timedelta(days=2))

    assert ask("GET", f"/pricing/products/{product}").status_code == 200


def test_a_viewer_is_offered_no_upload(ask: Ask, person: face.Caller) -> None:
    assert 'id="upload"' in ask("GET", "/pricing/import").text
    assert 'id="upload"' not in ask("GET", "/pricing/import", by=replace(person, role=Role.VIEWER)).text
