"""What scripts tell the counters of a visit: a hint alone, a confirmation beside the same amount on the page."""

from decimal import Decimal

import pytest

from pricing.extraction import Reading, extract

URL = "https://www.ornek.com.tr/ahsap-masa-lambasi-p-4471"

EVENTS = [
    "fbq('track', 'ViewContent', {content_ids: ['4471'], content_type: 'product', value: 1299.90, currency: 'TRY'});",
    'fbq("track","ViewContent",{"value":"1299.90","currency":"TRY"})',
    "gtag('event', 'view_item', {currency: 'TRY', value: 1299.9, items: [{item_id: '4471', price: 1299.9}]});",
    'dataLayer.push({"event":"view_item","ecommerce":{"currency":"TRY","items":[{"item_id":"4471","price":1299.90}]}});',
    'dataLayer.push({"ecommerce":{"currencyCode":"TRY","detail":{"products":[{"name":"Lamba {ahşap}","id":"4471","price":"1299.90"}]}}});',
    "dataLayer.push({'ecommerce': {'detail': {'actionField': {'list': 'x'}, 'products': [{'id': '1', 'price': '1.299,90', 'quantity': 3}]}}});",
]


def read(script: str, middle: str = "<div id=app></div>") -> Reading:
    page = f"<html lang=tr><head><script>{script}</script></head><body><h1>Ahşap Masa Lambası</h1>{middle}</body></html>"
    return extract(page.encode(), url=URL)


@pytest.mark.parametrize("script", EVENTS)
def test_alone_it_is_a_price_of_low_confidence(script: str) -> None:
    found = read(script)

    assert (found.price, found.currency, found.source, found.confident) == (Decimal("1299.90"), "TRY", "guess", False)


@pytest.mark.parametrize("script", EVENTS)
def test_the_same_amount_on_the_page_may_be_told_to_people(script: str) -> None:
    assert read(script, "<div>1.299,90 TL</div><button>Sepete ekle</button>").confident


def test_another_amount_on_the_page_stays_unsure() -> None:
    found = read(EVENTS[0], "<div class=price>1.199,90 TL</div>")

    assert (found.price, found.confident) == (Decimal("1199.90"), False)


def test_it_chooses_among_amounts_that_stand_alike() -> None:
    assert read(EVENTS[0], "<div>1.499,90 TL</div><p>Ürün</p><div>1.299,90 TL</div>").price == Decimal("1299.90")


@pytest.mark.parametrize(
    "script",
    [
        "fbq('track', 'ViewContent');",
        "fbq('track', 'ViewContent', {value: 0, currency: 'TRY'});",
        "fbq('track', 'ViewContent', {value: product.price, currency: 'TRY'});",
        "gtag('event', 'view_item_list', {items: [{price: 12.5}]});",
        "gtag('event', 'view_item', {value: 10}); gtag('event', 'view_item', {value: 20});",
        "var detail = {note: 'x'}; var price = {value: 3};",
        "fbq('track', 'ViewContent', {content_ids: ['1']}); fbq('track', 'Purchase', {value: 99});",
    ],
)
def test_what_names_no_price_or_two(script: str) -> None:
    assert read(script).price is None
