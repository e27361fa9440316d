"""What names of elements tell."""

import pytest

from pricing.extraction.tree import parse
from pricing.extraction.wording import buys, is_aside, is_old, traits_of


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("product-price", {"price", "current"}),
        ("productPrice", {"price", "current"}),
        ("prc-dsc", {"price"}),
        ("urun_fiyati", {"price"}),
        ("old-price", {"price", "old"}),
        ("oldPrice", {"price", "old"}),
        ("price--was", {"price", "old"}),
        ("eski-fiyat", {"price", "old"}),
        ("gold-household", set()),
        ("shipping-price", {"price", "other"}),
        ("taksit-tutari", {"price", "other"}),
        ("minicart", {"other", "aside"}),
        ("related-products", {"aside"}),
        ("benzer-urunler", {"aside"}),
        ("d-none", {"hidden"}),
        ("btn add-to-cart", {"other", "buys"}),
        ("sepete-ekle", {"buys"}),
        ("variant-list", {"other", "variant"}),
        ("", set()),
    ],
)
def test_traits(name: str, told: set[str]) -> None:
    traits = traits_of(parse(f'<p class="{name}">'.encode()).css_first("p"))

    assert {trait for trait in ("price", "current", "old", "other", "aside", "hidden", "buys", "variant") if getattr(traits, trait)} == told


def test_crossed_out_by_tag_or_by_name_of_what_is_around() -> None:
    tree = parse(b"<del><b>1</b></del><div class=old-price><i>2</i></div><u>3</u>")

    assert [is_old(tree.css_first(tag)) for tag in ("b", "i", "u")] == [True, True, False]


def test_places_for_other_things() -> None:
    tree = parse(b"<footer></footer><div class=carousel></div><main></main>")

    assert [is_aside(tree.css_first(selector)) for selector in ("footer", "div", "main")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "wanted"), [("SEPETE EKLE", True), (" Add to basket ", True), ("Sepete eklenen ürünler", False), ("", False)]
)
def test_the_text_of_a_button_says_that_it_buys(text: str, wanted: bool) -> None:
    assert buys(text) is wanted
