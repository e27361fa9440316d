"""A store's own rule, as CSS or XPath."""

from decimal import Decimal

import pytest

from imece.errors import Invalid
from pricing.extraction import Availability, Rule, State, extract

URL = "https://www.ornek.com.tr/masa-lambasi-p-4471"
BLOCK = '<script type="application/ld+json">{"@type":"Product","offers":{"price":"9999","priceCurrency":"TRY","availability":"InStock"}}</script>'
PAGE = f"""<html lang="tr">{BLOCK}<h1>Masa Lambası</h1><div id="fiyat" data-tutar="8450.90"><i class="tutar">8.450,90 TL</i><del>9.999 TL</del></div>
<p class="durum">Son 3 ürün</p><span class="bos"></span></html>""".encode()


@pytest.mark.parametrize(
    "selector",
    [
        "#fiyat .tutar",
        "#fiyat::attr(data-tutar)",
        ".bos, .tutar",
        "//div[@id='fiyat']/i",
        "//div[@id='fiyat']/@data-tutar",
        "//div[@id='fiyat']/i/text()",
        "(//i)[1]",
        "/html/body/div/i",
    ],
)
def test_a_rule_goes_before_everything_declared(selector: str) -> None:
    found = extract(PAGE, url=URL, rule=Rule(price=selector))

    assert (found.price, found.currency, found.source, found.confident) == (Decimal("8450.90"), "TRY", "rule", True)
    assert found.evidence == f"rule: {selector}"
    assert found.availability is Availability.IN_STOCK


def test_a_rule_for_the_list_price() -> None:
    assert extract(PAGE, url=URL, rule=Rule(price=".tutar", list_price="#fiyat del")).list_price == 9999


def test_an_attributes_number_is_read_as_data_and_a_text_as_the_country_writes_it() -> None:
    page = b'<p id="a" data-price="8.4500">8.450</p>'

    assert extract(page, url=URL, rule=Rule(price="#a::attr(data-price)")).price == Decimal("8.45")
    assert extract(page, url=URL, rule=Rule(price="#a")).price == 8450


@pytest.mark.parametrize(
    ("rule", "stock"),
    [
        (Rule(availability=".durum"), Availability.IN_STOCK),
        (Rule(out_of_stock=".durum"), Availability.OUT_OF_STOCK),
        (Rule(out_of_stock=".tukendi"), Availability.IN_STOCK),
        (Rule(in_stock=".durum"), Availability.IN_STOCK),
        (Rule(in_stock="button.sepet"), Availability.OUT_OF_STOCK),
        (Rule(in_stock="//button"), Availability.OUT_OF_STOCK),
    ],
)
def test_a_rule_for_stock_leaves_the_price_to_the_others(rule: Rule, stock: Availability) -> None:
    found = extract(PAGE, url=URL, rule=rule)

    assert (found.price, found.source, found.availability) == (9999, "json-ld", stock)


def test_a_price_rule_that_finds_nothing_makes_the_others_unsure() -> None:
    found = extract(PAGE, url=URL, rule=Rule(price=".eski-tasarim"))

    assert (found.price, found.confidence, found.state) == (9999, 0.6, State.OK)
    assert "rule: .eski-tasarim found no price" in found.evidence


@pytest.mark.parametrize("selector", ["div[", "..", "//div[", "(", "p::attr()", ">"])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(Invalid, match="neither CSS nor XPath"):
        Rule(price=selector)


def test_a_rule_from_a_stores_settings() -> None:
    assert Rule.of({"price": ".tutar", "interface": {"url": "x"}, "in_stock": ""}) == Rule(price=".tutar")
    assert Rule.of({"interface": {}}) is None
    assert Rule.of(None) is None


def test_a_blocked_page_stays_blocked_under_a_rule() -> None:
    page = b"<title>Access Denied</title><h1>Access Denied</h1>"

    assert extract(page, url=URL, rule=Rule(price=".tutar")).state is State.BLOCKED
