"""Prices in meta tags."""

from decimal import Decimal

import pytest

from pricing.extraction import Availability, extract

URL = "https://www.ornek.com.tr/masa-lambasi-p-4471"


def tag(key: str, value: str) -> str:
    return f'<meta property="{key}" content="{value}">'


PRICE = tag("product:price:amount", "849.90") + tag("product:price:currency", "TRY")


def test_price_currency_and_stock() -> None:
    found = extract((PRICE + tag("product:availability", "in stock")).encode(), url=URL)

    assert (found.price, found.currency, found.availability) == (Decimal("849.90"), "TRY", Availability.IN_STOCK)
    assert (found.source, found.evidence, found.confident) == ("meta", "product:price:amount", True)


@pytest.mark.parametrize(
    "page",
    [
        PRICE,
        tag("og:price:amount", "849,90") + tag("og:price:currency", "TRY"),
        tag("product:price:amount", "849,9000"),
        tag("product:price:amount", "849,90 TL"),
        tag("product:price:amount", "&#8378;849,90"),
        "<META NAME='product:price:amount' CONTENT='849.90'/>",
        '<meta content="849.90" property="product:price:amount" data-rh="true">',
        "<meta property=product:price:amount content=849.90>",
        '<meta\n  property="product:price:amount"\n  content="849.90"\n/>',
    ],
)
def test_forms_of_the_tag(page: str) -> None:
    found = extract(page.encode(), url=URL)

    assert (found.price, found.currency) == (Decimal("849.90"), "TRY")


def test_the_sale_price_goes_before_the_price_which_is_then_the_list_price() -> None:
    found = extract((tag("product:sale_price:amount", "749.90") + PRICE + tag("product:original_price:amount", "849.90")).encode(), url=URL)

    assert (found.price, found.list_price) == (Decimal("749.90"), Decimal("849.90"))


@pytest.mark.parametrize("value", ["", "0", "0,00", "-5", "Teklif alın", "10 - 20"])
def test_no_price(value: str) -> None:
    assert extract(tag("product:price:amount", value).encode(), url=URL).price is None


def test_a_meta_price_that_the_product_block_contradicts_is_settled_by_what_is_seen() -> None:
    block = '<script type="application/ld+json">{"@type":"Product","offers":{"price":"90","priceCurrency":"TRY","availability":"InStock"}}</script>'
    page = tag("product:price:amount", "400") + block + "<h1>Lamba</h1><p class=price>%s</p>"

    assert extract((page % "400 TL").encode()).price == 400
    assert extract((page % "90 TL").encode()).price == 90
    unseen = extract((page % "").encode())
    assert (unseen.price, unseen.confident) == (90, False)


def test_a_meta_price_that_the_product_block_confirms_needs_nothing_more() -> None:
    block = '<script type="application/ld+json">{"@type":"Product","offers":{"price":"849.9","priceCurrency":"TRY","availability":"InStock"}}</script>'

    assert extract((PRICE + block + "<p class=price>1 TL</p>").encode()).price == Decimal("849.9")


@pytest.mark.parametrize(
    "tags",
    [
        tag("og:price", "849.90") + tag("og:currency", "TRY"),
        tag("product:price", "849,90 TL"),
        tag("twitter:label1", "Fiyat") + tag("twitter:data1", "&#8378;849,90") + tag("twitter:label2", "Stok") + tag("twitter:data2", "12"),
    ],
)
def test_tags_for_a_preview_count_where_there_is_nothing_else(tags: str) -> None:
    found = extract(tags.encode(), url=URL)

    assert (found.price, found.currency, found.confident) == (Decimal("849.90"), "TRY", False)
    assert extract((tags + PRICE.replace("849", "749")).encode(), url=URL).price == Decimal("749.90")


def test_a_preview_of_something_else_is_no_price() -> None:
    assert extract((tag("twitter:label1", "Okuma süresi") + tag("twitter:data1", "3 dakika")).encode(), url=URL).price is None
