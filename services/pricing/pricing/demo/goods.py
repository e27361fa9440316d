"""
The goods of the demo shop: what they are called, what they cost after so many steps of time, and the pages that say so, each in its own way.

All of it follows from a seed, so that whoever reads the prices off the pages can be held to the truth. A page is about as large as a real one (100 KB);
only its middle is made for each request, and its packed form is put together from parts that were packed before.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from html import escape
from struct import pack
from typing import Any

import orjson
from isal import isal_zlib

_BRANDS = (  # noqa: SIM905 (reads better as a text)
    "Anka Boğaz Çınar Defne Ege Fırtına Gökçe Hisar Irmak Kuzey Lodos Meltem Nar Poyraz Safir Toros Ulu Yıldız Zeren Şimal"
).split()
#: What is sold: name, and the prices (TRY) between which it costs.
_KINDS = (
    ("Kablosuz Kulaklık", 450, 6_500), ("Robot Süpürge", 6_000, 38_000), ("Çelik Çaydanlık", 380, 2_400), ("Akıllı Saat", 900, 14_000),
    ("Espresso Makinesi", 3_200, 32_000), ("Koşu Ayakkabısı", 900, 6_800), ("Kışlık Mont", 1_100, 9_500), ("Çalışma Masası", 1_900, 12_500),
    ("Ofis Sandalyesi", 1_600, 15_000), ("Taşınabilir Şarj Aleti", 250, 2_600), ("4K Televizyon", 11_000, 92_000), ("Saç Kurutma Makinesi", 450, 7_900),
    ("Çocuk Bisikleti", 2_100, 9_900), ("Sırt Çantası", 350, 3_900), ("Tencere Seti", 1_300, 11_000), ("Bluetooth Hoparlör", 500, 8_700),
)  # fmt: skip
_WORDS = (  # noqa: SIM905 (as above)
    "ürün kargo sepet indirim fırsat ücretsiz teslimat stok satıcı marka renk beden siyah beyaz kırmızı hızlı gönderi yorum puan yıldız değerlendirme taksit"
    " kredi kartı iade garanti yıl ay gün kampanya özellik açıklama malzeme pamuk çelik ahşap plastik en boy yükseklik ağırlık kutu içerik model seri paket"
).split()

#: By how much a price is multiplied when it moves; and how often it does.
_MOVES = (0.62, 0.75, 0.82, 0.88, 0.93, 0.97, 1.04, 1.09, 1.15)
_MOVING = 0.12
_BACKGROUNDS = 24

_STYLE = (
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}main{display:grid;gap:.5rem}"
    "article{border:1px solid #ddd;border-radius:.5rem;padding:1.5rem}.kart,main>li,.aciklama{color:#777;font-size:.85rem}.kart img{display:none}"
    ".fiyat,.urun-fiyat{font-size:1.6rem;font-weight:600;color:#1f3a5f}</style>"
)
_CLOSING = "</main><footer>Demo shop</footer></body></html>"


class Style(StrEnum):
    """How a page tells its price."""

    JSON_LD = "json-ld"
    LATE = "late"  #: JSON-LD at the very end, with the number as Turkish people write it
    MICRODATA = "microdata"
    META = "meta"
    UGLY = "ugly"  #: for the eye only, the number in pieces


_STYLES = (Style.JSON_LD,) * 5 + (Style.LATE, Style.LATE, Style.MICRODATA, Style.META, Style.UGLY)


class Mood(StrEnum):
    """How the shop behaves when it is asked for a product."""

    WELL = "well"
    GONE = "gone"
    SLOW = "slow"
    BLOCKED = "blocked"  #: a page for robots instead


@dataclass(frozen=True, slots=True)
class Offered:
    """What a product costs now, in kuruş."""

    price: int
    list_price: int | None
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and behind the middle of a page; packed, each so that something fits behind or before it; the CRC-32 of what is before."""

    before: bytes
    behind: bytes
    packed_before: bytes
    packed_behind: bytes
    crc: int


@dataclass
class Goods:
    """
    The goods of several stores. `step` is the present; every step moves one price in eight.

    `plain`: pages with JSON-LD only and nobody in a mood, for measuring. `kilobytes`: size of a page.
    """

    count: int = 300
    seed: int = 7
    step: int = 0
    plain: bool = False
    kilobytes: int = 100

    def name(self, number: int) -> str:
        """What it is called: the same in every store."""
        return (
            f"{_BRANDS[number % len(_BRANDS)]} {_KINDS[self._draw('kind', number) % len(_KINDS)][0]} {chr(65 + number % 23)}{number % 1000}"
        )

    def ean(self, number: int) -> str:
        """Its EAN-13."""
        digits = f"869{number % 10**9:09d}"
        odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
        return f"{digits}{-(odd + 3 * even) % 10}"

    def offered(self, store: int, number: int) -> Offered:
        """
        What it costs in a store at this step.

        Some pretend: dearer from step 1 on, and from step 2 "reduced" to a little more than before. Some fall so far at step 1 that it must be a mistake.
        """
        _, low, high = _KINDS[self._draw("kind", number) % len(_KINDS)]
        share = self._draw("base", number) % 1000 / 1000
        base = round(low * (high / low) ** share * (0.96 + self._draw("store", store, number) % 9 / 100)) * 100 - 10
        stock = self._draw("stock", store, number, self.step if number % 10 == 3 else 0) % 100 >= (40 if number % 10 == 3 else 6)
        if number % 23 == 5 and self.step >= 1:
            dear = base * 7 // 5
            return Offered(base * 21 // 20, dear, stock) if self.step >= 2 else Offered(dear, None, stock)
        if number % 61 == 7 and self.step == 1:
            return Offered(base * 3 // 10, None, stock)
        price = round(base * self._factor(store, number) / 100) * 100 - 10
        return Offered(price, base if price < base * 0.95 and number % 5 < 3 else None, stock)

    def style(self, number: int) -> Style:
        """How its page tells the price."""
        if self.plain:
            return Style.JSON_LD
        return _STYLES[number % len(_STYLES)]

    def mood(self, number: int) -> Mood:
        """How the shop behaves when it is asked for it."""
        if self.plain:
            return Mood.WELL
        if number % 40 == 13:
            return Mood.GONE if self.step >= 1 else Mood.WELL
        return Mood.SLOW if number % 40 == 27 else Mood.BLOCKED if number % 97 == 50 else Mood.WELL

    def tag(self, store: int, number: int) -> str:
        """The ETag of its page: changes with what the page says."""
        offer = self.offered(store, number)
        return f'"{number}-{offer.price}-{offer.list_price or 0}-{offer.in_stock:d}"'

    def page(self, store: int, number: int) -> bytes:
        """Its page."""
        frame = self._frame(number)
        return frame.before + self._middle(store, number) + frame.behind

    def packed(self, store: int, number: int) -> bytes:
        """The same in gzip (RFC 1952), of which only the middle is packed now."""
        frame, middle = self._frame(number), self._middle(store, number)
        packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        body = packer.compress(middle) + packer.flush(isal_zlib.Z_FULL_FLUSH)
        crc = isal_zlib.crc32(frame.behind, isal_zlib.crc32(middle, frame.crc))
        ending = pack("<II", crc, len(frame.before) + len(middle) + len(frame.behind))
        return b"".join((b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", frame.packed_before, body, frame.packed_behind, ending))

    def feed(self, store: int, base: str) -> Iterator[bytes]:
        """All of them as a Google Merchant feed."""
        yield b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Demo shop</title>\n'
        for number in range(self.count):
            offer, name = self.offered(store, number), escape(self.name(number))
            usual, reduced = (offer.list_price, offer.price) if offer.list_price else (offer.price, None)
            sale = f"<g:sale_price>{_turkish(reduced)} TRY</g:sale_price>" if reduced else ""
            yield (
                f"<item><g:id>{number}</g:id><title>{name}</title><link>{base}/p/{number}</link><g:price>{_turkish(usual)} TRY</g:price>{sale}"
                f"<g:availability>{'in_stock' if offer.in_stock else 'out_of_stock'}</g:availability><g:gtin>{self.ean(number)}</g:gtin>"
                f"<g:brand>{name.partition(' ')[0]}</g:brand></item>\n"
            ).encode()
        yield b"</channel></rss>\n"

    def _factor(self, store: int, number: int) -> float:
        """How far the price is from where it began: what its last move said."""
        for step in range(self.step, 0, -1):
            drawn = self._draw("move", store, number, step)
            if drawn % 1000 < _MOVING * 1000:
                return _MOVES[drawn // 1000 % len(_MOVES)]
        return 1.0

    def _draw(self, *what: object) -> int:
        return int.from_bytes(blake2b(f"{self.seed}{what}".encode(), digest_size=6).digest(), "big")

    def _is_late(self, number: int) -> bool:
        return number % 10 >= 7 if self.plain else self.style(number) is Style.LATE

    def _frame(self, number: int) -> Frame:
        return _frames(self.seed, number % _BACKGROUNDS, self.kilobytes)[self._is_late(number)]

    def _middle(self, store: int, number: int) -> bytes:
        """What only this product's page has."""
        offer, name, style = self.offered(store, number), self.name(number), self.style(number)
        head, price = f"<title>{name}</title>", _turkish(offer.price)
        before = f'<s class="liste">{_turkish(offer.list_price)} TL</s> ' if offer.list_price else ""
        shown = f'{before}<span class="fiyat">{price} TL</span>'
        stock = "Stokta var" if offer.in_stock else "Tükendi"
        block = ""
        if style in {Style.JSON_LD, Style.LATE}:
            block = self._json_ld(offer, name, number, turkish=style is Style.LATE)
        elif style is Style.META:
            state = "in stock" if offer.in_stock else "out of stock"
            head += (
                f'<meta property="og:type" content="product"><meta property="product:price:amount" content="{_plain(offer.price)}">'
                f'<meta property="product:price:currency" content="TRY"><meta property="product:availability" content="{state}">'
            )
        elif style is Style.MICRODATA:
            state = "InStock" if offer.in_stock else "OutOfStock"
            shown = (
                f'<div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="TRY">'
                f'<span itemprop="price" content="{offer.price // 100},{offer.price % 100:02d}00">{price} TL</span>'
                f'<link itemprop="availability" href="https://schema.org/{state}"></div>'
            )
        else:
            shown = f'{before}<div class="urun-fiyat"><b>{price[:-3]}</b><sup>{price[-3:]}</sup> <i>TL</i></div>'
        item = ' itemscope itemtype="https://schema.org/Product"' if style is Style.MICRODATA else ""
        named = ' itemprop="name"' if item else ""
        button = '<button class="sepet">Sepete ekle</button>' if offer.in_stock else "<button disabled>Tükendi</button>"
        article = f'<article{item}><h1{named}>{name}</h1>{shown}<p class="stok">{stock}</p>{button}</article>'
        if self._is_late(number):
            return f"{article}{block}".encode()
        return f"{head}{block}</head><body><main>{article}".encode()

    def _json_ld(self, offer: Offered, name: str, number: int, *, turkish: bool) -> str:
        offers: dict[str, Any] = {
            "@type": "Offer",
            "price": _turkish(offer.price) if turkish else _plain(offer.price),
            "priceCurrency": "TRY",
            "availability": f"https://schema.org/{'InStock' if offer.in_stock else 'OutOfStock'}",
        }
        if offer.list_price:
            listed = _turkish(offer.list_price) if turkish else _plain(offer.list_price)
            offers["priceSpecification"] = {"@type": "UnitPriceSpecification", "priceType": "https://schema.org/ListPrice", "price": listed}
        thing = {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": name,
            "sku": str(number),
            "gtin13": self.ean(number),
            "offers": offers,
        }
        return f'<script type="application/ld+json">{orjson.dumps(thing).decode()}</script>'


def _plain(kurus: int) -> str:
    return f"{kurus // 100}.{kurus % 100:02d}"


def _turkish(kurus: int | None) -> str:
    return f"{(kurus or 0) // 100:,}".replace(",", ".") + f",{(kurus or 0) % 100:02d}"


@cache
def _frames(seed: int, number: int, kilobytes: int) -> tuple[Frame, Frame]:
    """Shelves with other products and their prices, scripts and styles: behind the middle, or before it."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 (the same for everybody who has the seed)
    opening = (
        '<!DOCTYPE html><html lang="tr"><head><meta charset="utf-8">'
        + _STYLE
        + "".join(f'<link rel="preload" href="/a/{chance.randrange(10**6)}.js" as="script">' for _ in range(15))
    )
    size, shelves = round(kilobytes * 1024 * chance.uniform(0.5, 1.5)), ""
    while len(shelves) < size:
        shelves += _fragment(chance)
    return _frame(opening, shelves + _CLOSING), _frame(f"{opening}</head><body><main>{shelves}", _CLOSING)


def _frame(before: str, behind: str) -> Frame:
    first, last = before.encode(), behind.encode()
    return Frame(first, last, _packed(first), _packed(last, last=True), isal_zlib.crc32(first))


def _packed(part: bytes, *, last: bool = False) -> bytes:
    """`part` deflated by itself, so that it fits behind and before any other."""
    packer = isal_zlib.compressobj(isal_zlib.ISAL_BEST_COMPRESSION, isal_zlib.DEFLATED, -15)
    return packer.compress(part) + packer.flush(isal_zlib.Z_FINISH if last else isal_zlib.Z_FULL_FLUSH)


def _fragment(chance: random.Random) -> str:
    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count))

    drawn = chance.random()
    if drawn < 0.45:
        number, price = chance.randrange(10**7), f"{chance.randrange(1, 9999)},{chance.randrange(100):02d}"
        return (
            f'<div class="kart c-{number % 9999}" data-id="{number}"><a href="/urun/{number}-{chance.choice(_WORDS)}" title="{words(3)}">'
            f'<img loading="lazy" src="/cdn/{chance.randrange(10**9)}.jpg" alt="{words(4)}"></a><span class="prc">{price} TL</span><p>{words(8)}</p></div>\n'
        )
    if drawn < 0.65:
        return f'<li class="n-{chance.randrange(999)}"><a href="/k/{chance.choice(_WORDS)}-{chance.randrange(9999)}">{words(2)}</a></li>\n'
    if drawn < 0.85:
        return f'<p class="aciklama">{words(30)}</p>\n'
    numbers = [chance.randrange(999) for _ in range(12)]
    return f"<script>(window.__d=window.__d||[]).push({{id:{chance.randrange(10**8)},v:{numbers}}})</script>\n"
