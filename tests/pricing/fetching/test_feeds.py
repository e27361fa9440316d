"""A shop's feed and sitemap: read while they come, prices as Turkish feeds write them, nothing dangerous in XML."""

import gzip
from collections.abc import Callable
from decimal import Decimal

import pytest
import redis

from pricing.demo.shop import Shop as DemoShop
from pricing.extraction.offer import Availability
from pricing.fetching.bodies import Unreadable
from pricing.fetching.feeds import Feed, FeedFault, Kind, Listed, Pages, Parsing, Products
from pricing.fetching.terms import Manners, Shop

OpenShop = Callable[..., DemoShop]
HERE = Manners(allowed_networks=("127.0.0.0/8",))
TURKISH = Shop(0, "magaza.example", currency="TRY", locale="tr")


def listed(content: bytes, kind: Kind = "merchant", step: int = 1000, enough: int = 10**9) -> list[Listed]:
    """What a file lists that comes in pieces of `step` bytes."""
    found: list[Listed] = []

    def take(item: Listed) -> bool:
        found.append(item)
        return len(found) >= enough

    parsing = Parsing(Products(TURKISH, take) if kind == "merchant" else Pages(take))
    for start in range(0, len(content), step):
        if parsing.feed(content[start : start + step]):
            break
    parsing.finish()
    return found


ITEM = """<item><g:id>7</g:id><title>Çaydanlık &amp; Süzgeç</title><link>https://magaza.example/p/7</link>
<g:price>{}</g:price>{}<g:availability>{}</g:availability><g:gtin>8690000000074</g:gtin><g:brand>Anka</g:brand></item>"""


def rss(*items: str) -> bytes:
    """A feed of these items."""
    start = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>M</title><link>https://m</link>'
    )
    return f"{start}{''.join(items)}</channel></rss>".encode()


@pytest.mark.parametrize("step", [1, 13, 10_000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_feed_in_pieces(step: int, pack: Callable[[bytes], bytes]) -> None:
    sale = "<g:sale_price>1.299,90 TRY</g:sale_price>"
    [one] = listed(pack(rss(ITEM.format("12.699,00 TRY", sale, "out_of_stock"))), step=step)
    assert (one.url, one.external_id, one.title, one.ean, one.brand) == (
        "https://magaza.example/p/7", "7", "Çaydanlık & Süzgeç", "8690000000074", "Anka",
    )  # fmt: skip
    assert (one.price, one.list_price, one.currency) == (Decimal("1299.90"), Decimal("12699.00"), "TRY")
    assert one.availability is Availability.OUT_OF_STOCK


@pytest.mark.parametrize(
    ("text", "price", "currency"),
    [("129.90 TRY", "129.90", "TRY"), ("TRY 129,90", "129.90", "TRY"), ("129,90 TL", "129.90", "TRY"), ("1299 EUR", "1299", "EUR"), ("49.90", "49.90", "TRY"),
     ("sorunuz", None, None), ("0.00 TRY", None, "TRY"), ("", None, None), ("1 200 000,50 TRY", "1200000.50", "TRY")],
)  # fmt: skip
def test_prices_of_feeds(text: str, price: str | None, currency: str | None) -> None:
    [one] = listed(rss(ITEM.format(text, "", "in stock")))
    assert (one.price, one.currency) == (Decimal(price) if price else None, currency)


def test_atom_and_fields_without_namespace() -> None:
    content = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>9</id><title>X</title><link href="https://m/p/9"/><price>5.00 USD</price></entry>
    <entry><id>10</id><title>no address</title></entry></feed>"""
    [one] = listed(content)
    assert (one.url, one.external_id, one.price, one.currency) == ("https://m/p/9", "9", Decimal("5.00"), "USD")


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><rss><item><link>&c;</link></item></rss>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><rss/>',
        b"<html><body>Not found<br></body></html>",
        b"\x00\x01\x02\x03",
        b"<rss><channel><item>",
        b"",
    ],
    ids=["entities", "outside", "html", "binary", "cut", "empty"],
)
def test_what_is_no_feed_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        listed(content)


def test_one_field_cannot_fill_the_memory() -> None:
    [one] = listed(rss(ITEM.format("1 TRY", "<g:description>" + "a" * 5_000_000 + "</g:description>", "in stock")), step=1 << 16)
    assert one.price == 1


def test_reading_stops_when_it_is_enough() -> None:
    assert len(listed(rss(*[ITEM.format("1 TRY", "", "in stock")] * 50), step=500, enough=3)) == 3


@pytest.mark.parametrize("kind", ["merchant", "sitemap"])
def test_the_demo_shops_own(open_shop: OpenShop, state: redis.Redis, kind: Kind) -> None:
    """Over HTTP, in portions; every price is the shop's."""
    shop = open_shop(count=120)
    terms = Shop(0, shop.urls[0][7:], min_delay=0.01, currency="TRY")
    name = "feed" if kind == "merchant" else "sitemap"
    with Feed(f"{shop.urls[0]}/{name}.xml", kind, terms, HERE, state, matching=r"/p/\d+$", size=50) as feed:
        portions = list(feed)
    assert [len(portion) for portion in portions] == [50, 50, 20]
    found = [item for portion in portions for item in portion]
    assert [item.url for item in found] == [f"{shop.urls[0]}/p/{number}" for number in range(120)]
    if kind == "merchant":
        assert all(item.price == Decimal(shop.goods.offered(0, number).price) / 100 for number, item in enumerate(found))


def test_an_index_of_sitemaps_is_followed(open_shop: OpenShop, state: redis.Redis) -> None:
    shop = open_shop(count=50_010)
    terms = Shop(0, shop.urls[0][7:], min_delay=0.0)
    with Feed(shop.urls[0] + "/sitemap.xml", "sitemap", terms, HERE, state, matching="/p/") as feed:
        assert sum(map(len, feed)) == 50_010
    assert [one.path for one in shop.asked] == ["/sitemap.xml", "/sitemap-0.xml", "/sitemap-1.xml"]


@pytest.mark.parametrize("path", ["/nowhere.xml", "/p/1", "/trouble/bomb", "/trouble/busy", "/trouble/hop?to=http://10.0.0.1/"])
def test_a_feed_that_cannot_be_read_says_why(open_shop: OpenShop, state: redis.Redis, path: str) -> None:
    shop = open_shop()
    with Feed(shop.urls[0] + path, "merchant", Shop(0, shop.urls[0][7:]), HERE, state) as feed, pytest.raises(FeedFault) as fault:
        list(feed)
    assert shop.urls[0] in fault.value.en
    assert fault.value.tr != fault.value.en
