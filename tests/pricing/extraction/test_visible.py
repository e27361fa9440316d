"""The amounts on a page and how well they stand."""

from decimal import Decimal

from pricing.extraction.origin import Origin
from pricing.extraction.tree import parse
from pricing.extraction.visible import view

HERE = Origin("https://www.ornek.com.tr/ahsap-lamba", language="tr")


def amounts(page: str) -> list[tuple[Decimal, str]]:
    return [(spot.amount.value, spot.kind) for spot in view(parse(page.encode()), HERE).spots]


def test_every_amount_once_with_its_kind() -> None:
    page = """<h1>Lamba</h1><p>Fiyat <b>849,90 TL</b></p><p>9 x 100 TL</p><p>Eski fiyat: <i>999 TL</i></p><p>Kargo <i>50 TL</i></p><p>128 GB</p>"""

    assert amounts(page) == [(Decimal("849.90"), "price"), (100, "instalment"), (999, "old"), (50, "threshold")]


def test_what_nobody_sees_is_not_there() -> None:
    assert (
        amounts("<h1>x</h1><script>1 TL</script><style>2 TL</style><template>3 TL</template><noscript>4 TL</noscript><!-- 5 TL -->") == []
    )


def test_money_is_looked_for_around_the_heading_only() -> None:
    far = "<p>lorem</p>" * 1000

    assert amounts(f"<p>1 TL</p>{far}<h1>x</h1><p>2 TL</p>{far}<p>3 TL</p>") == [(2, "price")]


def test_an_amount_seen_in_several_places_stands_better() -> None:
    seen = view(parse(b"<h1>Lamba</h1><p>10 TL</p><p>20 TL</p><p>20 TL</p><p>20 TL</p>"), HERE)

    assert [value for value, _, _ in seen.ranked()] == [20, 10]


def test_the_heading_is_the_one_like_the_address() -> None:
    page = (
        "<title>Ahşap Lamba</title><h1>Hoş geldiniz</h1>"
        + "<p>x</p>" * 100
        + "<h1>Ahşap Lamba</h1><p>10 TL</p><h1>Yorumlar</h1><h1>Ahşap Lamba</h1>"
    )

    assert view(parse(page.encode()), HERE).headings == [101, 104]


def test_a_page_of_nothing() -> None:
    assert view(parse(b""), HERE).spots == []
