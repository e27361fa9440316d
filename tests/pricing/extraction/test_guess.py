"""Pages that declare nothing: the price that a person would see, among all the other money on the page."""

from decimal import Decimal

import pytest

from pricing.extraction import Reading, State, extract

URL = "https://www.ornek.com.tr/ahsap-masa-lambasi-p-4471"

TOP = """<header><a href="/">Örnek</a><form><input name="q"></form><nav><a href="/k">Lamba 5.000 TL altı</a></nav>
<div class="mini-cart">Sepetim <span class="cart-total">1.250,00 TL</span></div>
<p>500 TL ve üzeri alışverişlerde kargo bedava</p></header>"""

BOTTOM = """<section class="related-products"><h2>Benzer ürünler</h2>
<div class="product-card"><a href="/avize"><img src="a.jpg"><h3>Avize</h3><span class="price">2.499,00 TL</span></a></div>
<div class="product-card"><a href="/fener"><img src="b.jpg"><h3>Fener</h3><span class="price">199,00 TL</span></a></div>
<div class="product-card"><a href="/spot"><img src="c.jpg"><h3>Spot</h3><span class="price">89,90 TL</span></a></div></section>
<footer>Müşteri hizmetleri 0850 222 33 44, sermaye 1.000.000 TL</footer>"""


def read(middle: str, head: str = "", url: str = URL) -> Reading:
    page = f"""<!doctype html><html lang="tr"><head><title>Ahşap Masa Lambası | Örnek</title>{head}</head>
        <body>{TOP}<main><h1>Ahşap Masa Lambası</h1>{middle}</main>{BOTTOM}</body></html>"""
    return extract(page.encode(), url=url)


@pytest.mark.parametrize(
    ("middle", "price", "list_price"),
    [
        ('<p class="product-price">8.450 TL</p>', "8450", None),
        ("<div><b>8.450,00 TL</b></div>", "8450", None),
        ('<span class="fiyat">8.450</span>', "8450", None),
        ('<div class="price"><span>₺</span><span>8.450</span><span>,90</span></div>', "8450.90", None),
        ('<div class="price">8.450<sup>90</sup> TL</div>', "8450.90", None),
        ('<div class="price"><span class="integer">8.450</span><span class="decimal">90</span> <i>TL</i></div>', "8450.90", None),
        ('<div class="prc"><span>8.450 , 90</span> TL</div>', "8450.90", None),
        ("<p>Fiyat: <strong>8.450,00 TL</strong> <small>(KDV dahil)</small></p>", "8450", None),
        ("<table><tr><td>Fiyat</td><td>8.450,00 TL</td></tr><tr><td>Stok</td><td>12 adet</td></tr></table>", "8450", None),
        ('<div class="price-box"><del>9.999,00 TL</del> <ins>8.450,00 TL</ins></div>', "8450", "9999"),
        ('<div class="prices"><span class="old-price">9.999,00 TL</span><span class="new-price">8.450,00 TL</span></div>', "8450", "9999"),
        (
            '<div class="prices"><span class="currentPrice">8.450,00 TL</span><span class="listPrice">9.999,00 TL</span></div>',
            "8450",
            "9999",
        ),
        ('<div class="pr"><s>9.999 TL</s><em>%15</em><b class="satis-fiyati">8.450 TL</b></div>', "8450", "9999"),
        ('<p><span class="price">8.450 TL</span></p><p class="taksit">9 x 938,88 TL taksitle</p>', "8450", None),
        (
            '<p><span class="price">8.450 TL</span></p><ul class="installments"><li>3 ay 2.816,66 TL</li><li>6 ay 1.408,33 TL</li></ul>',
            "8450",
            None,
        ),
        ('<p class="price">8.450 TL</p><p class="unit-price">(422,50 TL / adet)</p>', "8450", None),
        ('<p class="price">8.450 TL (422,50 TL / adet)</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p class="basket-discount">Sepette %10 indirimle <b>7.605 TL</b></p>', "8450", None),
        ('<p class="price">8.450 TL</p><p>Sepette 7.605 TL</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p>Havale ile 8.027 TL</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p class="shipping">Kargo ücreti 59,90 TL</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p>Kargo: 59,90 TL</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p class="coupon">100 TL kupon kazan</p>', "8450", None),
        ('<p class="price">8.450 TL</p><p class="saving">1.549 TL kazancınız var</p>', "8450", None),
        (
            '<p class="price">8.450 TL</p><label><input type="checkbox"> Ek garanti <span class="warranty-price">350 TL</span></label>',
            "8450",
            None,
        ),
        ('<p class="price" style="display:none">1,00 TL</p><p class="price">8.450 TL</p>', "8450", None),
        ('<div class="buy"><p>8.450 TL</p><button class="add-to-cart">Sepete ekle</button></div><p>Hediye paketi 25 TL</p>', "8450", None),
        ('<p class="price">2 adet 8.450 TL</p>', "8450", None),
    ],
)
def test_the_price_that_is_seen(middle: str, price: str, list_price: str | None) -> None:
    found = read(middle)

    assert (found.price, found.currency, found.source) == (Decimal(price), "TRY", "guess")
    assert found.list_price == (list_price and Decimal(list_price))
    assert not found.confident


def test_a_guess_is_confident_only_where_the_pages_data_name_the_same_amount() -> None:
    middle = '<p class="product-price">8.450,00 TL</p><button class="add-to-cart" data-price="{}">Sepete ekle</button>'

    assert read(middle.format("8450.00")).confident
    assert not read(middle.format("8451.00")).confident


def test_where_it_was_read_is_told() -> None:
    assert read('<p id="x" class="product-price big blue">8.450 TL</p>').evidence == "p#x.product-price.big: 8.450 TL"


@pytest.mark.parametrize(
    "middle",
    [
        "<p>Fiyat için arayınız</p>",
        "<p>Teklif alın</p>",
        '<p class="price">0,00 TL</p>',
        '<p class="price">-</p>',
        '<p class="taksit">9 x 938,88 TL</p>',
        '<p class="stock">Tükendi</p><p>Gelince haber ver</p>',
    ],
)
def test_money_of_other_things_is_not_taken_for_the_price(middle: str) -> None:
    found = read(middle)

    assert (found.price, found.state) == (None, State.NO_PRICE)


@pytest.mark.parametrize("text", ["899,00 - 1.299,00 TL", "899 TL – 1.299 TL", "<span>899 TL</span> - <span>1.299 TL</span>"])
def test_a_range_is_ambiguous_with_its_lower_end(text: str) -> None:
    found = read(f'<p class="product-price">{text}</p>')

    assert (found.price, found.state, found.confident) == (899, State.AMBIGUOUS, False)


def test_a_from_price_is_a_price_of_low_confidence() -> None:
    found = read('<p class="product-price">499 TL\'den başlayan fiyatlarla</p>')

    assert found.price == 499
    assert not found.confident


def test_the_price_before_the_heading_is_found() -> None:
    page = '<html lang="tr"><body><div class="buybox"><span class="price">8.450 TL</span></div><h1>Lamba</h1><p>Açıklama</p></body></html>'

    assert extract(page.encode()).price == 8450


def test_a_page_without_a_heading_is_named_by_its_title() -> None:
    page = """<html lang="tr"><title>Ahşap Masa Lambası - Örnek</title><div class=list><a href=/a>Avize <b>999 TL</b></a></div>
        <div><div>Ahşap Masa Lambası</div><div>8.450 TL</div></div></html>"""

    assert extract(page.encode(), url=URL).price == 8450


def test_a_table_of_alike_things_gives_no_clear_price() -> None:
    rows = "".join(f'<div class="row"><a href="/{n}">Ürün {n}</a><span class="price">{n}00 TL</span></div>' for n in range(1, 9))
    found = extract(f'<html lang="tr"><h1>Lambalar</h1>{rows}</html>'.encode(), url="https://www.ornek.com.tr/lambalar")

    assert not found.confident
    assert found.confidence <= 0.4


def test_the_shops_country_decides_what_a_dollar_is() -> None:
    page = '<html lang="en"><h1>Lamp</h1><p class="price">$ 1,299.00</p></html>'

    assert extract(page.encode(), url="https://www.shop.com.au/lamp").currency == "AUD"
    assert extract(page.encode(), url="https://www.shop.com/lamp").currency == "USD"


def test_the_price_right_above_the_heading_is_its_own_and_those_of_a_list_before_it_are_not() -> None:
    """As classified advertisements have it; the names of their elements say nothing."""
    listed = "".join(f"<li><span class=_8z>{price} TL</span><span class=_2t>Avize {price}</span></li>" for price in (90, 120, 150))
    page = f"<html lang=tr><body><ul>{listed}</ul><span class=_2x>23.450 TL</span><h1 class=_3r>Masa Lambası</h1><p>Sivas</p></body></html>"

    assert extract(page.encode(), url="https://www.ornek.com.tr/masa-lambasi").price == Decimal(23450)


def test_a_word_that_only_begins_every_name_of_a_shop_says_nothing_of_its_prices() -> None:
    middle = '<div class="range-pip-price"><span class="range-price__sign">₺</span><span class="range-price__integer">450</span></div>'

    assert read(middle).price == Decimal(450)


@pytest.mark.parametrize(
    "middle",
    [
        # what shop systems that are common here write, as they write it
        '<p class="price"><del><span class="amount"><bdi>1.599,90&nbsp;<span>&#8378;</span></bdi></span></del> <ins><span class="amount"><bdi>1.299,90&nbsp;<span>&#8378;</span></bdi></span></ins></p>',
        '<div id="divIndirimsizFiyat"><span class="spanFiyat"><s>₺1.599,90</s></span></div><div id="fiyat2" class="IndirimliFiyatContent"><span class="spanFiyat">₺1.299,90</span></div><div>Havale ile <span>₺1.234,91</span></div>',
        '<div class="product-price-old">1.599,90 TL</div><div class="product-price-new">1.299,90 TL</div><div class="eft">Havale / EFT: 1.260,90 TL</div>',
        '<div class="pr-bx-nm with-org-prc"><span class="prc-org">1.599,90 TL</span><span class="prc-dsc">1.299,90 TL</span></div><div class="featured">Sepette 1.199,90 TL</div>',
        '<span id="originalPrice">1.599,90 TL</span><span id="offering-price"><span>1.299</span>,<span>90</span> <span>TL</span></span>',
        '<div class="newPrice"><ins content="1299.90">1.299,90 <span content="TRY">TL</span></ins></div><div class="oldPrice"><del>1.599,90 TL</del></div>',
        '<div class="flex"><span class="line-through text-gray">₺1.599,90</span><span class="text-xl font-bold">₺1.299,90</span></div>',
        '<div class="price"><s class="price-item price-item--regular">1.599,90TL</s><span class="price-item price-item--sale">1.299,90TL</span></div>',
        '<span class="special-price"><span>Özel Fiyat</span><span data-price-amount="1299.9"><span class="price">₺1.299,90</span></span></span><span class="old-price"><span>Normal Fiyat</span><span class="price">₺1.599,90</span></span>',
        '<ul><li><span style="text-decoration: line-through;">1.599,90TL</span></li><li><h2>1.299,90TL</h2></li><li>Vergiler Hariç: 1.083,25TL</li></ul>',
        '<div class="product-discount"><span class="regular-price">1.599,90 ₺</span></div><div class="current-price"><span content="1299.9">1.299,90 ₺</span><span class="discount">%19 tasarruf</span></div>',
        # words that say it
        "<div>List: 1.599,90 TL</div><div>You Pay: 1.299,90 TL</div>",
        "<div><span>Etiket Fiyatı:</span> <span>1.599,90 TL</span></div><div><span>Satış Fiyatı:</span> <span>1.299,90 TL</span></div>",
        "<div>İndirimsiz fiyat: 1.599,90 TL</div><div>İndirimli fiyat: 1.299,90 TL</div>",
        "<div>Normal Fiyat <span>1.599,90 TL</span></div><div>Kampanyalı Fiyat <span>1.299,90 TL</span></div>",
        "<div>Önceki fiyat <span>1.599,90 TL</span></div><div><span>1.299,90 TL</span></div>",
        "<div><span>Regular price</span> <span>1.599,90 TL</span></div><div><span>Sale price</span> <span>1.299,90 TL</span></div>",
        # a basket's price is the price where nothing else is but the old one
        '<div><p class="old-price">1.599,90 TL</p><p class="campaign-price-title">Sepette</p><p class="new-price">1.299,90 TL</p></div>',
        # names that say nothing: the lower of two that stand together
        '<div class="a1"><span class="b1">1.599,90 TL</span> <span class="b2">1.299,90 TL</span></div>',
    ],
)  # fmt: skip
def test_of_an_old_and_a_new_price_the_new_one_counts(middle: str) -> None:
    found = read(middle + "<button>Sepete Ekle</button>")

    assert (found.price, found.list_price) == (Decimal("1299.90"), Decimal("1599.90"))


@pytest.mark.parametrize(
    ("middle", "price"),
    [
        ('<div class="a1"><span class="sr">1.299,90 TL</span><span class="b1">1.299</span><sup>90</sup> TL</div>', "1299.90"),
        ('<div class="a1"><span class="price">1.299,90 TL</span><span>KDV hariç 1.083,25 TL</span></div>', "1299.90"),
        ('<div class="a1"><span class="price">1.299,90 TL</span><span>Havale ile 1.234,90 TL</span></div>', "1299.90"),
        ('<div class="a1"><span class="price">1.299,90 TL</span><span>108,32 TL x 12</span></div>', "1299.90"),
        # net of tax, whichever is the larger in print
        ("<div><b class=price>1.083,25 TL + KDV</b><small>KDV Dahil 1.299,90 TL</small></div>", "1299.90"),
        ("<div>KDV Hariç: <b>1.083,25 TL</b></div><div>KDV Dahil: <b>1.299,90 TL</b></div>", "1299.90"),
        ("<div><b>1.083,25 TL</b> <small>KDV Hariç</small></div><div><b>1.299,90 TL</b> <small>KDV Dahil</small></div>", "1299.90"),
        ("<b>1.083,25 TL</b><i>excl. VAT</i><b>1.299,90 TL</b><i>incl. VAT</i>", "1299.90"),
        ("<b>29,90 USD + KDV</b><p>1.299,90 TL KDV Dahil</p>", "1299.90"),
        ("<b>$29.90</b><p>≈ 1.299,90 TL</p>", "1299.90"),
        ('<div class="havale-fiyat"><b>1.234,90 TL</b></div><div class="fiyat"><b>1.299,90 TL</b></div>', "1299.90"),
        # a label names what follows it, in its own element
        ("<p class=price>1.299,90 TL</p><label>Hediye paketi <b>25,00 TL</b></label>", "1299.90"),
        ("<p>1.299,90 TL</p><p>Birim fiyat: <b>6,75 TL</b></p><p>100 gr = 33,75 TL</p>", "1299.90"),
        ("<p>1.299,90 TL</p><p>Son 30 günün en düşük fiyatı: <b>1.199,90 TL</b></p>", "1299.90"),
        ("<p>1.299,90 TL</p><p>Lowest price in the last 30 days: <b>1.199,90 TL</b></p>", "1299.90"),
        ('<div class="product-list__cost"><span class="product-list__price">1.299,90</span><span>TL</span></div>', "1299.90"),
    ],
)
def test_a_lower_amount_that_is_something_else_does_not_count(middle: str, price: str) -> None:
    assert read(middle).price == Decimal(price)


def test_without_a_heading_the_title_names_the_product_and_not_the_shop() -> None:
    """The shop's name is the longer part, and stands in the page's head; the host tells which it is."""
    page = """<html lang="tr"><head><title>Lamba - Örnek Aydınlatma Mağazası</title></head><body><div>Örnek Aydınlatma Mağazası</div>
        <div>12 TL kupon</div><div class="x1">Lamba</div><div class="x2">8.450 TL</div></body></html>"""

    assert extract(page.encode(), url="https://www.ornek.com.tr/4471").price == Decimal(8450)


def test_what_a_list_of_choices_costs_is_not_what_the_product_costs() -> None:
    choices = "".join(f"<div>{count} adet {price} TL</div>" for count, price in ((2, "15.900"), (3, "22.900"), (2, "15.900")))

    assert read(f'<p class="price">8.450 TL</p><div id="select_txt">{choices}</div>').price == Decimal(8450)


@pytest.mark.parametrize(
    "middle", ["<p>Normal fiyat: 8.450 TL</p>", "<p>8.450 TL + KDV</p>", "<p>KDV Hariç 8.450 TL</p>", "<p>Sepette 8.450 TL</p>"]
)
def test_a_price_with_a_condition_counts_where_it_is_the_only_one(middle: str) -> None:
    assert read(f"{middle}<button>Sepete Ekle</button>").price == Decimal(8450)


def test_a_page_without_a_first_heading_names_the_product_in_a_smaller_one() -> None:
    """Its title says more than its name, and another product's name is a part of the title."""
    page = """<html lang="tr"><head><title>Masa Lambası - Ahşap | Örnek</title></head><body><h2>Masa Lambası - Ahşap</h2><p>8.450 TL</p>
        <div><div>Masa Lambası</div><p>990 TL</p></div><div><h3>Avize</h3><p>1.200 TL</p></div></body></html>"""

    assert extract(page.encode(), url="https://www.ornek.com.tr/4471").price == Decimal(8450)
