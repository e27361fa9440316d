"""The words that shops use: in class names and ids, which are mostly English everywhere, and on the page, in Turkish and English."""

import re
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborNode

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: In names of elements. A name that holds several counts for all of them.
_PRICE = re.compile(
    r"price|fiyat|(?<![a-z])prc(?![a-z])|preis|prix|precio|preco|prezzo|cena|prijs|pris(?![a-z])|hinta|tutar|amount|pricing"
)
_CURRENT = re.compile(
    r"(?<![a-z])(?:current|sale|sales|selling|final|our|now|special|deal|offer|actual|promo|discounted|reduced|new|main|buy|buybox|today|product|active|"
    r"indirimli|satis|guncel|son|yeni|prod|detail|pdp|sell|you-?pay|purchase)(?![a-z])|saleprice|newprice|price-?(?:new|sale|special|now|final)(?![a-z])|finalprice|dealprice|ourprice|specialprice"
)  # fmt: skip
_OLD = re.compile(
    r"(?<![a-z])(?:old|was|rrp|msrp|srp|uvp|psf|list-?price|strike\w*|crossed|cross|before|original|previous|former|compare|reference|retail|eski|piyasa|barre|barred|full-price|"
    r"line-?through|regular|initial|prc-?org|ex-price|base-?price|instead|stroke|struck|del|normal-price|suggested)(?![a-z])|oldprice|wasprice|price-?(?:old|was|before)(?![a-z])|listprice|eskifiyat|strikethrough|uzericizili"
)  # fmt: skip
_OTHER = re.compile(
    r"(?<![a-z])(?:havale|eft|wire-?transfer|bank-?transfer|ship\w*|deliver\w*|kargo|cargo|teslimat|livraison|versand|postage|envio|spedizione|save|saving\w*|saved|you-?save|tasarruf|kazanc|economy|"
    r"instal\w*|taksit\w*|month\w*|aylik|finance|financing|credit|klarna|afterpay|rate|rates|loan|per-?unit|unit-?price|unit|ppu|per-kg|grund\w*|base|"
    r"cart|basket|minicart|sepet|total|subtotal|bag|checkout|filter\w*|facet\w*|range-?(?:slider|filter|price)|(?:price|fiyat)-?range|coupon\w*|kupon|voucher|gift\w*|points?|puan|bonus|club|"
    r"member\w*|loyal\w*|deposit|tax|vat|kdv|fee|warranty|garanti|insurance|protection|trade-?in|threshold|freeship\w*|search|sort|"
    r"swatch\w*|variant\w*|variation\w*|option|options|select|dropdown|diff|difference|cashback|reward\w*|rent|used|refurbished|other-?sellers?|history)(?![a-z])"
)  # fmt: skip
_ASIDE = re.compile(
    r"(?<![a-z])(?:related|similar\w*|recommend\w*|recs?|suggest\w*|carousel|slider|swiper|slick\w*|also|benzer|oneri\w*|ilgili|upsell\w*|cross-?sell\w*|"
    r"crosssell\w*|bundle\w*|accessor\w*|recent\w*|viewed|sponsored|advert\w*|ads?|listing|listings|teaser\w*|tile|tiles|footer|header|nav|navbar|menu|aside|"
    r"sidebar|minicart|mini-?cart|megamenu|together|bought|frequently|complete|outfit|cookie\w*|modal|popup|dialog|history|wishlist|compare|trending|"
    r"bestseller\w*|best-?sellers?|popular|grid|more-?from|others?|blog|review\w*|yorum\w*|comment\w*|question\w*|faq|products|product-?list(?!-+price)|"
    r"product-?grid|product-?(?:card|tile|thumb|miniature)s?|item-?list|other-?products|scroller|rail|widget-?products)(?![a-z])"
)  # fmt: skip
_HIDDEN = re.compile(
    r"(?<![a-z])(?:hidden|hide|d-none|invisible|display-?none|is-hidden|sr-only-removed|template|tooltip|ng-hide)(?![a-z])"
)
_BUY = re.compile(
    r"add-?(?:to-?)?(?:cart|basket|bag|trolley)|addto(?:cart|basket|bag)|sepete-?ekle|buy-?(?:now|button|btn|box|it)|btn-?buy|cart-?button|to-?cart|"
    r"in-den-warenkorb|hemen-?al|satin-?al|purchase-?button|add-?item"
)  # fmt: skip
_LONGEST_BUTTON = 60
_BUYS = re.compile(
    r"(?:alışveriş )?sepet(?:e|ime|ine) (?:ekle|at)|(?:hemen|şimdi) (?:satın )?al|satın al|ön sipariş ver|sipariş ver|"
    r"add to (?:cart|basket|bag|trolley)|buy (?:it )?now|(?:pre-?)?order now|in den (?:warenkorb|einkaufswagen)|jetzt kaufen|ajouter au panier|"
    r"aggiungi al carrello|añadir (?:al carrito|a la cesta)|agregar al carr(?:o|ito)|adicionar ao carrinho|in winkel(?:wagen|mand)|do koszyka|dodaj do koszyka|"
    r"do koš[íi]k[au]|в корзину|купить"
)
_CENTS = re.compile(r"cent|frac|decimal|kurus|penny|pence|sup(?![a-z])|small|minor|after-?comma|exponent")
_VARIANT = re.compile(r"(?<![a-z])(?:swatch\w*|variants?|variation\w*|options?|beden\w*|renk\w*|store|stores|magaza\w*|branch\w*)(?![a-z])")

OLD_TAGS = frozenset(["del", "s", "strike"])
ASIDE_TAGS = frozenset(["footer", "nav", "aside", "header", "select"])


@dataclass(frozen=True, slots=True)
class Traits:
    """What an element's class and id say of what is in it."""

    price: bool
    current: bool
    old: bool
    other: bool
    aside: bool
    hidden: bool
    buys: bool
    cents: bool
    variant: bool


def traits_of(node: LexborNode) -> Traits:
    """What class, id and test marks of an element say."""
    attributes = node.attributes
    return _traits(f"{attributes.get('class') or ''} {attributes.get('id') or ''} {attributes.get('data-testid') or ''}"[:400])


@lru_cache(maxsize=16384)
def _traits(given: str) -> Traits:
    names = _HUMP.sub("-", given).lower().replace("_", "-")
    patterns = (_PRICE, _CURRENT, _OLD, _OTHER, _ASIDE, _HIDDEN, _BUY, _CENTS, _VARIANT)
    return Traits(*(pattern.search(names) is not None for pattern in patterns)) if names.strip() else _NOTHING


_NOTHING = Traits(*[False] * 9)


def buys(text: str) -> bool:
    """Whether a button's text says that it buys: `Sepete Ekle`, `Add to basket`."""
    return len(text) < _LONGEST_BUTTON and _BUYS.fullmatch(text.strip().replace("İ", "i").casefold()) is not None


def is_old(node: LexborNode) -> bool:
    """Whether the element, or one of the two around it, is a crossed-out price's by tag or name."""
    for _ in range(3):
        if is_struck(node) or traits_of(node).old:
            return True
        parent = node.parent
        if parent is None:
            return False
        node = parent
    return False


def is_struck(node: LexborNode) -> bool:
    """Whether the element itself strikes its text out."""
    return node.tag in OLD_TAGS or "line-through" in (node.attributes.get("style") or "")


def is_aside(node: LexborNode) -> bool:
    """Whether the element is a place for other things than the page's own product."""
    return node.tag in ASIDE_TAGS or traits_of(node).aside
