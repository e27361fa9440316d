"""Stock as it is shown, in its many forms, where nothing declares it."""

import pytest

from pricing.extraction import Availability, extract

PRICE = '<meta property="product:price:amount" content="849.90">'


def seen(middle: str, bottom: str = "", lang: str = "tr") -> Availability | None:
    page = (
        f'<html lang="{lang}"><head>{PRICE}</head><body><h1>Masa Lambası</h1><p class="price">849,90 TL</p>{middle}{bottom}</body></html>'
    )
    found = extract(page.encode(), url="https://www.ornek.com.tr/masa-lambasi")
    assert found.price is not None
    return found.availability


@pytest.mark.parametrize(
    "middle",
    [
        "<p>Tükendi</p>",
        "<b>TÜKENDİ!</b>",
        "<p>Bu ürün tükendi</p>",
        "<p>Stokta yok</p>",
        "<p>Stokta Yok</p>",
        "<p>STOKTA YOK</p>",
        "<p>Stoklarımızda bulunmamaktadır</p>",
        "<span>Stokta kalmadı</span>",
        "<button disabled>Sepete Ekle</button><button>Gelince haber ver</button>",
        "<a class=btn>Stoğa girince haber ver</a>",
        "<p>Geçici olarak temin edilemiyor</p>",
        "<p>Tedarik edilememektedir</p>",
        "<p>Bu ürün satışa kapalıdır</p>",
        "<p>Bu ürünün satışı durdurulmuştur</p>",
        "<p>Ürün mevcut değil</p>",
        "<p>Stok Durumu: Yok</p>",
        "<p>Stok: 0</p>",
        "<p>Ürün tükenmiştir</p>",
        "<p>Maalesef bu ürün tükendi</p>",
        "<button>Tükendi - Gelince Haber Ver</button>",
        "<p>Şu anda mevcut değil.</p>",
        "<p>Bu ürün artık satılmıyor</p>",
        "<p>Üretimden kalktı</p>",
        "<p>Çok yakında</p>",
        "<p>0 in stock</p>",
        "<p>Sorry, this item is sold out</p>",
        "<p>No longer in stock</p>",
        "<p>Not currently available</p>",
        "<button>Join the waitlist</button>",
        "<button>Coming soon</button>",
        "<p>Out of stock</p>",
        "<p>Sold out</p>",
        "<button class=sold-out>SOLD OUT</button>",
        "<p>Currently unavailable.</p>",
        "<p>This item is no longer available</p>",
        "<a>Notify me when available</a>",
        "<p>Temporarily out of stock</p>",
        "<p>Discontinued</p>",
        "<p>Ausverkauft</p>",
        "<p>Rupture de stock</p>",
    ],
)
def test_out_of_stock(middle: str) -> None:
    assert seen(middle) is Availability.OUT_OF_STOCK


@pytest.mark.parametrize(
    "middle",
    [
        "<p>Stokta var</p>",
        "<p>Stokta</p>",
        "<button>Sepete Ekle</button>",
        "<button>SEPETE EKLE</button>",
        "<a href='#'>Hemen Al</a>",
        "<p>Stok Durumu: Stokta var</p>",
        "<p>Stok: 12 adet</p>",
        "<p>5 adet stokta</p>",
        "<p>Son 3 ürün!</p>",
        "<p>Tükenmek üzere!</p>",
        "<p>Yarın kargoda</p>",
        "<p>849,90 TL - Stokta</p>",
        "<button>Sepetime Ekle</button>",
        "<button>Alışveriş sepetine ekle</button>",
        "<button>Ön Sipariş Ver</button>",
        "<p>Availability: In stock</p>",
        "<p>5 in stock</p>",
        "<p>Only 2 left in stock</p>",
        "<p>In stock - ships today</p>",
        "<button>Pre-order</button>",
        "<p>In stock.</p>",
        "<button>Add to basket</button>",
        '<button class="btn add-to-cart"><i></i></button>',
        '<input type="submit" id="addToCart" value="+">',
    ],
)
def test_in_stock(middle: str) -> None:
    assert seen(middle) is Availability.IN_STOCK


@pytest.mark.parametrize(
    "middle",
    [
        "",
        '<p style="display:none">Tükendi</p>',
        "<p hidden>Tükendi</p>",
        '<div class="hidden"><p>Tükendi</p></div>',
        '<ul class="size-variants"><li class="variant">XL - Tükendi</li></ul>',
        "<select><option>XL (tükendi)</option></select>",
        "<p>Stokta yok olan ürünler için iade süreci hakkında ayrıntılı bilgi almak isterseniz müşteri hizmetlerini arayın</p>",
        "<script>var t = {out: 'Tükendi'}</script>",
        "<template><p>Tükendi</p></template>",
        "<p>Görsel mevcut</p>",
        "<p>Tükenmez kalem</p>",
        "<p>Taksit seçenekleri mevcut, stoklarla sınırlı</p>",
        "<p>Gift wrapping available</p>",
        "<p>Free delivery available</p>",
        "<p>Mağaza stoklarını gör</p>",
    ],
)
def test_what_a_price_is_asked_for_and_nothing_is_said_against_is_offered(middle: str) -> None:
    assert seen(middle) is Availability.IN_STOCK


@pytest.mark.parametrize(
    "middle",
    [
        "<p>Stok bilgisi için arayınız</p>",
        "<p>Stok durumu: sorunuz</p>",
        "<p>Ask us about availability</p>",
        '<button class="add-to-cart" disabled>+</button>',
        '<button class="add-to-cart" aria-disabled="true">+</button>',
        "<p>Tükendi</p><button>Sepete ekle</button>",
    ],
)
def test_where_stock_is_spoken_of_and_not_told_nothing_is_known(middle: str) -> None:
    assert seen(middle) is None


def test_a_price_that_is_not_shown_offers_nothing() -> None:
    """A meta tag alone may be yesterday's, and the page's script may know better."""
    page = f"<html lang=tr><head>{PRICE}</head><body><h1>Masa Lambası</h1><p>Yükleniyor</p></body></html>"

    assert extract(page.encode(), url="https://www.ornek.com.tr/masa-lambasi").availability is None


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("In den Warenkorb", "de"), ("Ajouter au panier", "fr"), ("Do košíku", "cs"), ("Do košíka", "sk"), ("Kupi", "hr"), ("Купить", "ru"),
        ("Kosárba", "hu"), ("加入購物車", "zh"), ("Agregar al carro", "es"), ("Lägg i varukorg", "sv"), ("Dodaj do koszyka", "pl"),
    ],
)  # fmt: skip
def test_a_button_that_buys_is_one_in_every_language(text: str, lang: str) -> None:
    assert seen(f"<button>{text}</button><p>Stok: ?</p>", lang=lang) is Availability.IN_STOCK


def test_the_stock_of_other_products_does_not_count() -> None:
    related = '<div class="related-products"><div><a href=/a>Avize</a><p>Tükendi</p></div></div>'

    assert seen("<button>Sepete ekle</button>", related) is Availability.IN_STOCK


def test_what_is_declared_goes_before_what_is_shown() -> None:
    page = PRICE + '<meta property="product:availability" content="out of stock"><h1>Lamba</h1><button>Sepete ekle</button>'

    assert extract(page.encode()).availability is Availability.OUT_OF_STOCK


def test_a_button_that_buys_is_known_by_its_text_too() -> None:
    assert seen('<button class="w-full rounded" disabled>Sepete Ekle</button>') is None
    assert seen('<button class="w-full rounded">Sepete Ekle</button><p>Stok bilgisi</p>') is Availability.IN_STOCK
