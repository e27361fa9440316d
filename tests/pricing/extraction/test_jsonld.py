"""JSON-LD as shops really write it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricing.extraction import Availability, Reading, State, extract
from pricing.extraction.jsonld import load, next_block

URL = "https://www.ornek.com.tr/urun/masa-lambasi-p-4471"
OFFER = {"@type": "Offer", "price": "849.90", "priceCurrency": "TRY", "availability": "https://schema.org/InStock"}


def product(**fields: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Product", "name": "Masa Lambası", "offers": OFFER} | fields


def read(*blocks: Any, url: str = URL, **hints: Any) -> Reading:
    scripts = "".join(
        f'<script type="application/ld+json">{block if isinstance(block, str) else json.dumps(block)}</script>' for block in blocks
    )
    return extract(f"<html><head>{scripts}</head><body><h1>Masa Lambası</h1></body></html>".encode(), url=url, **hints)


def test_price_currency_stock_and_where_they_stood() -> None:
    found = read(product())

    assert (found.price, found.currency, found.availability, found.state) == (Decimal("849.90"), "TRY", Availability.IN_STOCK, State.OK)
    assert (found.source, found.evidence, found.confident) == ("json-ld", "Product.offers", True)


@pytest.mark.parametrize(
    "price", ["12.699,00", "12699.00", 12699, 12699.0, "₺12.699,00", "12.699,00 TL", " 12699,00 ", "12699,0000", ["12699.00"]]
)
def test_turkish_numbers_within_json(price: Any) -> None:
    assert read(product(offers=OFFER | {"price": price})).price == 12699


@pytest.mark.parametrize(
    "block",
    [
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, product()]},
        {"@type": "WebPage", "mainEntity": product()},
        {"@type": "ItemPage", "mainEntity": [product()]},
        [{"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": "/x"}]}, product()],
        [[product()]],
        product() | {"@type": ["Car", "Product"]},
        product() | {"@type": "https://schema.org/Product"},
        product() | {"@type": "schema:Product"},
        product() | {"@type": "product"},
        product() | {"@type": "IndividualProduct"},
        product(offers=[OFFER]),
        {"@type": "Offer", "itemOffered": {"@type": "Product", "name": "Masa Lambası"}, **{k: v for k, v in OFFER.items() if k != "@type"}},
    ],
)
def test_the_product_wherever_it_lies(block: Any) -> None:
    found = read(block)

    assert (found.price, found.availability) == (Decimal("849.90"), Availability.IN_STOCK)


@pytest.mark.parametrize(
    ("offers", "price", "list_price"),
    [
        ({"@type": "Offer", "priceSpecification": {"price": 849.9, "priceCurrency": "TRY"}}, "849.9", None),
        (OFFER | {"priceSpecification": {"price": "999.00", "priceCurrency": "TRY"}}, "849.90", "999"),
        (OFFER | {"priceSpecification": [{"priceType": "https://schema.org/ListPrice", "price": 999}]}, "849.90", "999"),
        (OFFER | {"priceSpecification": [{"priceType": "https://schema.org/StrikethroughPrice", "price": 999}]}, "849.90", "999"),
        (OFFER | {"priceSpecification": {"price": "800.00"}}, "849.90", None),
        (
            {"@type": "Offer", "priceSpecification": [{"price": 999, "priceType": "ListPrice", "priceCurrency": "TRY"}, {"price": 849.9, "priceCurrency": "TRY"}]},
            "849.9",
            "999",
        ),
        (
            {"@type": "Offer", "priceSpecification": [{"price": 799, "validForMemberTier": {"name": "Kulüp"}}, {"price": 849.9, "priceCurrency": "TRY"}]},
            "849.9",
            None,
        ),
        ({"@type": "Offer", "price": "", "priceSpecification": {"price": "849.90", "priceCurrency": "TRY"}}, "849.90", None),
    ],
)  # fmt: skip
def test_the_offers_own_price_goes_before_its_specification(offers: Any, price: str, list_price: str | None) -> None:
    found = read(product(offers=offers))

    assert found.price == Decimal(price)
    assert found.list_price == (list_price and Decimal(list_price))
    assert found.currency == "TRY"


def test_an_aggregate_offer_costs_from_its_low_price() -> None:
    found = read(
        product(offers={"@type": "AggregateOffer", "lowPrice": "502,20", "highPrice": "558,00", "priceCurrency": "TRY", "offerCount": 2})
    )

    assert (found.price, found.confidence) == (Decimal("502.20"), 0.9)


def test_an_aggregate_offer_that_lists_its_offers_is_read_offer_by_offer() -> None:
    inner = [
        {"price": "120", "availability": "OutOfStock", "seller": {"name": "A"}},
        {"price": "150", "availability": "InStock", "seller": {"name": "B"}},
    ]
    found = read(product(offers={"@type": "AggregateOffer", "lowPrice": "120", "priceCurrency": "TRY", "offers": inner}))

    assert (found.price, found.currency, found.availability) == (150, "TRY", Availability.IN_STOCK)
    assert [(offer.price, offer.label) for offer in found.offers] == [(120, "A"), (150, "B")]


def test_of_several_sellers_the_lowest_that_can_deliver_counts() -> None:
    offers = [OFFER | {"price": price, "availability": stock, "seller": {"name": name}} for price, stock, name in (
        ("900", "InStock", "İlk"), ("700", "OutOfStock", "Ucuz"), ("850", "InStock", "Ucuzca"))]  # fmt: skip
    found = read(product(offers=offers))

    assert (found.price, found.availability, len(found.offers)) == (850, Availability.IN_STOCK, 3)
    assert found.confident


def test_offers_that_nothing_tells_apart_are_less_sure() -> None:
    found = read(product(offers=[OFFER, OFFER | {"price": "799.90"}]))

    assert (found.price, found.confidence) == (Decimal("799.90"), 0.6)


def test_a_used_one_does_not_undercut_the_new() -> None:
    new, used = ({"itemCondition": f"https://schema.org/{kind}Condition"} for kind in ("New", "Used"))

    assert read(product(offers=[OFFER | new, OFFER | used | {"price": "300"}])).price == Decimal("849.90")


def test_all_sold_out_is_out_of_stock_with_the_lowest_price() -> None:
    found = read(product(offers=[OFFER | {"availability": "SoldOut", "sku": n, "price": n} for n in (3, 2)]))

    assert (found.price, found.availability) == (2, Availability.OUT_OF_STOCK)


def test_the_same_offer_in_several_currencies_counts_in_the_shops() -> None:
    offers = [OFFER | {"price": price, "priceCurrency": code} for price, code in (("25", "USD"), ("849.90", "TRY"), ("23", "EUR"))]

    assert read(product(offers=offers)).price == Decimal("849.90")
    assert read(product(offers=offers), url="https://shop.example.com/x", currency="EUR").price == 23


def test_variants_count_by_the_one_that_the_address_names() -> None:
    variants = [
        {"@type": "Product", "sku": sku, "offers": OFFER | {"price": price}} for sku, price in (("LMB-KIRMIZI", "900"), ("LMB-MAVI", "800"))
    ]
    group = {"@type": "ProductGroup", "name": "Masa Lambası", "hasVariant": variants}

    assert read(group).price == 800
    assert read(group, url=f"{URL}?sku=LMB-KIRMIZI").price == 900


def test_offers_count_by_the_one_that_the_address_names() -> None:
    offers = [OFFER | {"price": price, "url": f"{URL}?variant={price}"} for price in ("900", "800")]

    assert read(product(offers=offers)).price == 800
    assert read(product(offers=offers), url=f"{URL}?variant=900").price == 900


def test_the_sizes_of_one_product_as_products_of_one_name() -> None:
    sizes = [
        product(sku=f"84518927-{size}", offers=OFFER | {"availability": stock}) for size, stock in ((35, "OutOfStock"), (36, "InStock"))
    ]
    found = read(sizes)

    assert (found.price, found.availability) == (Decimal("849.90"), Availability.IN_STOCK)


def test_similar_products_before_the_own_one_are_passed_over() -> None:
    other = product(name="Avize", url="https://www.ornek.com.tr/urun/avize-p-1", offers=OFFER | {"price": "1"})

    assert read(other, product(url=URL)).price == Decimal("849.90")
    assert read(product(isRelatedTo=[other], isSimilarTo=other)).price == Decimal("849.90")
    assert read({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": other}]}, product()).price == Decimal("849.90")


def test_two_products_of_which_none_is_the_pages_are_ambiguous() -> None:
    found = read(product(name="Avize", offers=OFFER | {"price": "1"}), product(name="Fener", offers=OFFER | {"price": "2"}))

    assert found.state is State.AMBIGUOUS
    assert not found.confident


def test_an_event_is_for_sale_too() -> None:
    event = {
        "@type": "MusicEvent",
        "name": "Konser",
        "offers": {"@type": "AggregateOffer", "lowPrice": "350", "priceCurrency": "TRY", "availability": "InStock"},
    }

    assert read(event).price == 350


@pytest.mark.parametrize("price", [0, "0", "0,00", "0.00", None, "", "-1", "Teklif alın", "NaN", {}, [], True])
def test_nothing_and_zero_are_no_price(price: Any) -> None:
    found = read(product(offers=OFFER | {"price": price, "availability": "OutOfStock"}))

    assert (found.price, found.state, found.availability) == (None, State.NO_PRICE, Availability.OUT_OF_STOCK)


def test_a_missing_currency_is_the_stores_or_the_countrys() -> None:
    bare = product(offers={"@type": "Offer", "price": "849.90", "availability": "InStock"})

    assert read(bare).currency == "TRY"
    assert read(bare, url="https://ornek.com/x").currency is None
    assert read(bare, url="https://ornek.com/x", currency="EUR").currency == "EUR"
    assert read(bare, url="https://ornek.com/x", locale="tr").currency == "TRY"


def test_a_lone_point_is_settled_by_what_is_seen() -> None:
    block = json.dumps(product(offers=OFFER | {"price": "8.450"}))
    page = '<script type="application/ld+json">{}</script><h1>Masa Lambası</h1><p class="price">{}</p>'

    shown = extract(page.format(block, "8.450 TL").encode(), url=URL)
    cheap = extract(page.format(block, "8,45 TL").encode(), url=URL)
    unseen = extract(page.format(block, "").encode(), url=URL)

    assert (shown.price, shown.confident) == (8450, True)
    assert (cheap.price, cheap.confident) == (Decimal("8.450"), True)
    assert (unseen.price, unseen.state) == (8450, State.AMBIGUOUS)


TEXT = json.dumps(product())


@pytest.mark.parametrize(
    "block",
    [
        TEXT[:-1] + ",}",
        TEXT.replace('"InStock"', '"InStock",').replace('InStock"}', 'InStock",}'),
        f"//<![CDATA[\n{TEXT}\n//]]>",
        f"/*<![CDATA[*/{TEXT}/*]]>*/",
        f"<![CDATA[{TEXT}]]>",
        f"<!--{TEXT}-->",
        f"<!--\n{TEXT}\n//-->",
        TEXT.replace('"', "&quot;"),
        TEXT.replace("Masa", "Masa\n\tve\x01"),
        TEXT + ";",
        "// ürün\n" + TEXT,
        "/* ürün */ " + TEXT,
        "\ufeff" + TEXT,
        "\n\n  " + TEXT + "  \n",
    ],
)  # fmt: skip
def test_invalid_json_is_repaired(block: str) -> None:
    assert read(block).price == Decimal("849.90")


def test_a_price_is_saved_out_of_json_that_cannot_be_repaired() -> None:
    broken = TEXT.replace("Masa Lambası", 'Masa "Retro" Lambası').replace("Masa Lambas\\u0131", 'Masa "Retro" Lamba')
    found = read(broken)

    assert (found.price, found.currency, found.availability) == (Decimal("849.90"), "TRY", Availability.IN_STOCK)
    assert read(broken.replace('"offers"', '"price": "7", "offers"')).price is None


def test_bytes_that_are_no_text_do_not_hide_a_block() -> None:
    page = b'<script type="application/ld+json">' + TEXT.encode().replace(b"Masa", b"Masa \xfe\xf0") + b"</script>"

    assert extract(page, url=URL).price == Decimal("849.90")


@pytest.mark.parametrize(
    "opening",
    [
        "<script type='application/ld+json'>",
        "<script type=application/ld+json>",
        '<SCRIPT TYPE="application/ld+json" >',
        '<script id="x" data-a="b" type="application/ld+json" class="y">',
        '<script type="application/ld&#x2B;json">',
        '<script type="application/ld+json; charset=utf-8">',
        "<script\n  type = 'application/ld+json'\n>",
    ],
)
def test_the_opening_tag_in_its_forms(opening: str) -> None:
    assert extract(f"{opening}{TEXT}</script>".encode(), url=URL).price == Decimal("849.90")


def test_a_block_in_a_comment_or_in_a_script_is_none() -> None:
    old = TEXT.replace("849.90", "1.00")
    page = f"""<!-- <script type="application/ld+json">{old}</script> -->
        <script>var s = document.createElement('script'); s.type = 'application/ld+json'; if (a > b) s.text = '{{}}';</script>
        <script type="application/ld+json">{TEXT}</script>"""

    assert extract(page.encode(), url=URL).price == Decimal("849.90")


def test_a_block_is_found_when_it_is_complete() -> None:
    page = f'<p><script type="application/ld+json">{TEXT}</script>'.encode()

    for cut in range(len(page) - 9):
        assert next_block(page[:cut], 0)[0] == -1
    start, end, _ = next_block(page, 0)
    assert page[start:end] == TEXT.encode()


def test_a_block_that_never_ends_hides_nothing() -> None:
    page = b'<script type="application/ld+json">{' + b" " * (3 << 20) + f'<script type="application/ld+json">{TEXT}</script>'.encode()

    assert extract(page, url=URL).price is None or extract(page, url=URL).price == Decimal("849.90")


@pytest.mark.parametrize("block", [b"", b"{", b"[" * 100_000, b"null", b'"x"', b"[[[]]]", b"{}" * 1000, b'{"a":' * 50_000])
def test_no_block_breaks_the_reader(block: bytes) -> None:
    load(block)
    extract(b'<script type="application/ld+json">' + block + b'"offers"</script>', url=URL)


def shown_beside(specifications: Any, text: str) -> Reading:
    block = json.dumps(product(offers={"availability": "InStock", "priceSpecification": specifications}))
    page = f'<script type="application/ld+json">{block}</script><h1>Masa Lambası</h1><p class=price>{text}</p><button>Sepete ekle</button>'
    return extract(page.encode(), url=URL)


@pytest.mark.parametrize("said", [False, "false"])
def test_a_price_that_says_tax_comes_on_top_is_settled_by_what_is_seen(said: Any) -> None:
    """Shop systems say it also where the customer pays just that."""
    net = {"price": "708.25", "priceCurrency": "TRY", "valueAddedTaxIncluded": said}
    other, same = shown_beside([net], "849,90 TL"), shown_beside([net], "708,25 TL")

    assert (other.price, other.confident) == (Decimal("849.90"), False)
    assert (same.price, same.source, same.confident) == (Decimal("708.25"), "json-ld", True)


def test_of_a_net_and_a_gross_price_the_gross_one_counts() -> None:
    net = {"price": "708.25", "priceCurrency": "TRY", "valueAddedTaxIncluded": False}

    assert shown_beside([net, net | {"price": "849.90", "valueAddedTaxIncluded": True}], "849,90 TL").price == Decimal("849.90")
