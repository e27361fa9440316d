"""Microdata, and RDFa with the same names."""

from decimal import Decimal

import pytest

from pricing.extraction import Availability, extract

URL = "https://www.ornek.com.tr/masa-lambasi-p-4471"
CURRENCY = '<meta itemprop="priceCurrency" content="TRY">'
STOCK = '<link itemprop="availability" href="https://schema.org/InStock">'


def product(inner: str, name: str = "<h1>Masa Lambası</h1>") -> str:
    return f'<div itemscope itemtype="https://schema.org/Product">{name}{inner}</div>'


def offer(inner: str) -> str:
    return f'<div itemprop="offers" itemscope itemtype="http://schema.org/Offer">{inner}{CURRENCY}{STOCK}</div>'


@pytest.mark.parametrize(
    "price",
    [
        '<meta itemprop="price" content="8450.00">',
        '<span itemprop="price" content="8450.0000">8.450</span>',
        '<span itemprop="price" content="8450,0000">8.450</span>',
        '<span itemprop="price" content="8.450,00">x</span>',
        '<span itemprop="price">8.450,00 TL</span>',
        '<data itemprop="price" value="8450">x</data>',
        '<span itemprop="offers price">8.450,00</span>',
        '<span itemprop="lowPrice">8.450,00</span>',
        '<b itemprop="Price">8.450,00</b>',
    ],
)
def test_forms_of_the_price(price: str) -> None:
    found = extract(product(offer(price)).encode(), url=URL)

    assert (found.price, found.currency, found.availability) == (8450, "TRY", Availability.IN_STOCK)
    assert (found.source, found.confident) == ("microdata", True)


@pytest.mark.parametrize(
    ("stock", "wanted"),
    [
        ('<meta itemprop="availability" content="OutOfStock">', Availability.OUT_OF_STOCK),
        ('<link itemprop="availability" href="http://schema.org/SoldOut">', Availability.OUT_OF_STOCK),
        ('<span itemprop="availability">Tükendi</span>', Availability.OUT_OF_STOCK),
        ('<span itemprop="availability">Stokta yok</span>', Availability.OUT_OF_STOCK),
        ('<span itemprop="availability">Stokta var</span>', Availability.IN_STOCK),
        ('<span itemprop="availability">in_stock</span>', Availability.IN_STOCK),
        ('<link itemprop="availability" href="https://schema.org/PreOrder">', Availability.IN_STOCK),
    ],
)
def test_forms_of_stock(stock: str, wanted: Availability) -> None:
    page = product(
        f'<div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="8450">{stock}</div>'
    )

    assert extract(page.encode(), url=URL).availability is wanted


def test_the_products_around_it_are_left_out() -> None:
    own = product(offer('<meta itemprop="price" content="8450">'))
    other = product(offer('<meta itemprop="price" content="1">'), "<h2>Avize</h2>")
    related = f'<div class="related-products">{other}</div>'

    for page in (
        own + other,
        other + own,
        related + own,
        product(offer('<meta itemprop="price" content="8450">') + f'<div itemprop="isRelatedTo">{other}</div>'),
    ):
        assert extract(page.encode(), url=URL).price == 8450, page


def test_a_crossed_out_price_marked_up_too_is_the_list_price() -> None:
    page = product(offer('<del><span itemprop="price">9.999,00</span></del> <span itemprop="price">8.450,00</span>'))

    assert extract(page.encode(), url=URL).price == 8450


def test_two_prices_of_one_offer_are_settled_by_what_is_seen() -> None:
    page = product(offer('<meta itemprop="price" content="9999"><meta itemprop="price" content="8450">') + '<p class="price">8.450 TL</p>')
    found = extract(page.encode(), url=URL)

    assert (found.price, found.confident) == (8450, True)


def test_several_offers_cost_the_lowest_that_can_be_had() -> None:
    rest = CURRENCY + '<link itemprop="availability" href="OutOfStock">'
    sold_out = f'<div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="8000">{rest}</div>'
    page = product(sold_out + offer('<meta itemprop="price" content="8450">') + offer('<meta itemprop="price" content="8500">'))

    assert extract(page.encode(), url=URL).price == 8450


def test_rdfa() -> None:
    page = """<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Lamba</h1><div property="offers" typeof="Offer">
        <span property="price" content="849.90">x</span><meta property="priceCurrency" content="TRY"><link property="availability" href="InStock"></div></div>"""
    found = extract(page.encode(), url=URL)

    assert (found.price, found.currency, found.availability) == (Decimal("849.90"), "TRY", Availability.IN_STOCK)


@pytest.mark.parametrize("price", ["", "0", "0,00", "Teklif alın", "-"])
def test_no_price(price: str) -> None:
    assert extract(product(offer(f'<meta itemprop="price" content="{price}">')).encode(), url=URL).price is None


@pytest.mark.parametrize(
    "price",
    [
        '<span itemprop="price" content=" 8.450,00 TL 9.999,00 TL ">x</span>',
        '<span itemprop="price"><s>9.999,00 TL</s> 8.450,00 TL</span>',
    ],
)
def test_one_property_with_the_old_and_the_new_price_names_both(price: str) -> None:
    found = extract(product(offer(price) + "<p>8.450,00 TL</p>").encode(), url=URL)

    assert (found.price, found.list_price, found.currency) == (8450, 9999, "TRY")
