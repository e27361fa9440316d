"""
Whether a page that declares no stock shows the product as one that can be ordered: the words and the button by its heading.

A page that asks a price for it and nowhere near speaks of stock offers it, too.
"""

import re

from selectolax.lexbor import LexborNode

from pricing.extraction.offer import Availability
from pricing.extraction.tree import ancestors
from pricing.extraction.visible import View
from pricing.extraction.wording import traits_of

#: Texts before and behind the heading among which the product's own stock is told.
_BEFORE, _BEHIND = 150, 200
#: Longer texts speak about stock in general.
LONGEST = 70

_OUT = re.compile(
    r"(?<!\w)(?:tükendi|tükenmiş|stok(?:ta|larda|larımızda)? (?:yok|bulunma|kalma)|stok(?: durumu)? ?: ?yok|gelince haber ver|stoğa gir|stok gel|temin edilem|tedarik edilem|"
    r"satış(?:a|ta) (?:kapalı|değil)|satışı (?:durdur|sona er)|(?:artık|şu anda?) satılmıyor|satılamıyor|ürün bulunmuyor|(?:şu anda?|stok(?:ta|larda)|ürün) mevcut değil|haber verin|"
    r"üretimden kal[dk]|üretimi (?:durdur|sona er|bitti)|yayından kaldırıl|yayında değil|çok yakında|yakında (?:stok|satış)|"
    r"(?<!or )out of stock|sold out|(?:currently |temporarily )?unavailable|no longer (?:available|in stock)|not (?:currently )?available|not in stock|discontinued|"
    r"notify me|e?-?mail me when|back ?order only|back in stock|when (?:back|available)|wait(?:ing)?-?list|coming soon|"
    r"ausverkauft|nicht verfügbar|nicht (?:auf lager|lieferbar)|rupture de stock|indisponible|agotado|no disponible|non disponibile|esaurito|esgotado|"
    r"uitverkocht|niedostępny|vyprodáno|нет в наличии)"
)  # fmt: skip
_IN = re.compile(
    r"(?:stokta(?: var| mevcut)?|stok(?: durumu)? ?:? ?(?:stokta )?(?:var|mevcut)|stok(?:ları|larımız)da (?:var|mevcut)(?:tur|dur)?|stoktan teslim|satışta|hemen teslim|"
    r"(?:aynı gün|bugün|yarın|\d+ (?:saat|gün|iş günü) ?(?:de|te|nde|içinde)?) kargo(?:da)?|hızlı teslimat|(?:alışveriş )?sepet(?:e|ime|ine) (?:ekle|at)|"
    r"(?:hemen|şimdi) (?:satın )?al|satın al|(?:ön )?sipariş(?: ver)?$|sipariş ver|tükenmek üzere|"
    r"(?:low |limited )?in stock|low stock|limited (?:stock|availability)|available|add to (?:cart|basket|bag|trolley)|buy (?:it )?now|buy|(?:pre-?)?order(?: it)? now|pre-?order|"
    r"(?:usually )?(?:ships|shipped|dispatched|dispatches) (?:today|in|within)|ready to ship|"
    r"auf lager|sofort (?:lieferbar|verfügbar)|in den warenkorb|jetzt kaufen|lieferbar|en stock|ajouter au panier|acheter|disponible|disponibile|"
    r"aggiungi al carrello|acquista|añadir (?:al carrito|a la cesta)|agregar al carro|agregar al carrito|comprar|adicionar ao carrinho|"
    r"in (?:de )?winkel(?:wagen|mand)|op voorraad|bestellen|do koszyka|dodaj do koszyka|kup teraz|dostępny|skladem|skladom|na sklade|na zalogi|na zalihi|na stanju|"
    r"do košíku|do košíka|koupit|kúpiť|v košarico|dodaj v košarico|u košaricu|dodaj u košaricu|kupi|naroči|dobavljivo|kosárba|raktáron|készleten|"
    r"в наличии|есть в наличии|в корзину|на складе|купить|заказать|в кошик|купити|є в наявності|в наявності|добави в количката|"
    r"laos|lisa ostukorvi|pe stoc|în stoc|adaugă în coș|lägg i varukorg|i lager|legg i handlekurv|på lager|læg i kurv|lisää ostoskoriin|varastossa|"
    r"προσθήκη στο καλάθι|άμεσα διαθέσιμο|加入購物車|加入购物车|立即購買|立即购买|馬上買|直接購買|放入購物車|カートに入れる|在庫あり|장바구니|הוסף לסל|أضف إلى السلة)"
    r"(?![^\W\d_])"
)  # fmt: skip
#: Words of stock in whatever sentence: where one stands near that says neither, nothing is known.
_SPEAKS = re.compile(
    r"(?<!\w)(?:stok(?!e)|stoğ|tüken(?:di|mi)|haber(?:dar)? (?:ver|et|ol)|tedarik|temin|stock|sold|unavailable|availab|restock|notify|(?:in)?disponi|agotad|esaurit|"
    r"épuis|voorraad|uitverkocht|dostęp|niedost|sklad|vyprod|zalih|zalog|наличи|наявн)|lager|vorr[aä]t|verfügbar|lieferbar|склад|缺貨|缺货|補貨|售完|売り切れ|在庫|품절|אזל|نفد"
)  # fmt: skip
#: Pieces that are counted: `stokta 5 adet`, `5 in stock`, `only 2 left`; none is out of stock.
_COUNT = re.compile(
    r"(?:stok(?:ta|larda|larımızda)?(?: (?:adedi|miktarı|durumu))? ?:? ?(\d{1,5})(?: (?:adet|ürün|parça))?(?: (?:var|kaldı|mevcut))?|(?:son|sadece|yalnızca) (\d{1,3}) (?:adet|ürün)(?: kaldı)?|"
    r"(\d{1,5}) (?:(?:adet|ürün) )?(?:stokta|in stock|available|auf lager|en stock)(?: var)?|(?:stock|in stock|availability) ?: ?(\d{1,5})|only (\d{1,3}) (?:items? |pieces? )?left(?: in stock)?)[!.]*"
)  # fmt: skip
#: What may stand before the word that tells: the price, a label, politeness.
_LEAD = re.compile(
    r"(?:[\W\d_]+|(?:tl|try|usd|eur)\b|(?:stok|ürün) durumu\b|availability\b|stock status\b|status\b|durum\b|verfügbarkeit\b|disponibilit[àé]\b|"
    r"(?:maalesef|üzgünüz|bu|ürün(?:ün)?|şu an(?:da)?|geçici olarak|sorry|unfortunately|this|item|product|is|has been)\b)+"
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_FIRST = re.compile(r"\s[-–—|·]\s|[,;.!](?:\s|$)")  # `in stock, ships today`
#: What stock is not spoken of by: payment, delivery, presents, and the shops of a town.
_BESIDE = re.compile(
    r"taksit|kredi|credit|financ|instal|payment|ödeme|delivery|teslimat|shipping|kargo|collect|gift|hediye|wrap|colou?r|renk|beden|size|mağaza|store|"
    r"not sold|undersold|unsold|sold by|satıcı|soldes?\b"
)  # fmt: skip
_OTHER = re.compile(r"image|photo|video|görsel|resim|bild\b|immagine|imagen|(?<!wait)(?<!waiting )list\b|liste|yorum|review|rating")


def told(text: str) -> Availability | None:
    """What a short visible text says about stock."""
    return _told(_plain(text))


def _plain(text: str) -> str:
    """A short text in small letters; nothing of a long one."""
    plain = text.strip()
    return plain.replace("İ", "i").casefold() if len(plain) <= LONGEST else ""


def _told(plain: str) -> Availability | None:
    if _OUT.search(plain):
        found = sum(len(one[0]) for one in _OUT.finditer(plain)) > len(_telling(plain)) * 0.3
        return Availability.OUT_OF_STOCK if found and not _OTHER.search(plain) else None
    if _DIGIT.search(plain) and (counted := _COUNT.fullmatch(plain)):
        return Availability.IN_STOCK if int(counted[counted.lastindex or 0]) else Availability.OUT_OF_STOCK
    telling = _telling(plain)
    said = _IN.match(plain) or (_IN.match(telling) if len(telling) < len(plain) else None)
    if said and len(said[0]) > len(_FIRST.split(telling, 1)[0]) * 0.4 and not _OTHER.search(plain):
        return Availability.IN_STOCK
    return None


def _telling(plain: str) -> str:
    """The text without its lead."""
    lead = _LEAD.match(plain)
    return plain[lead.end() :] if lead else plain


def seen(view: View, *, offered: bool = False) -> Availability | None:
    """
    What the page shows about stock near its heading; None where it shows nothing, or both.

    `offered`: a price is asked for the product there, which counts where nothing speaks of stock.
    """
    found = set()
    spoken = view.shut
    for order in view.near(_BEFORE, _BEHIND):
        plain = _plain(view.texts[order])
        if len(plain) < 2:
            continue
        if not (said := _told(plain)):
            spoken = spoken or (_speaks(plain) and _counts(view.nodes[order], view))
        elif said not in found and _counts(view.nodes[order], view):
            found.add(said)
    if not found and (view.buttons or (offered and not spoken)):
        return Availability.IN_STOCK
    return found.pop() if len(found) == 1 else None


def _speaks(plain: str) -> bool:
    return _SPEAKS.search(plain) is not None and _BESIDE.search(plain) is None


def _counts(node: LexborNode, view: View) -> bool:
    """Whether a text is shown, and about the product: not about one of its sizes, nor about another product."""
    for outer in ancestors(node, 12):
        if outer.mem_id in view.trunk:
            return True
        traits, attributes = traits_of(outer), outer.attributes
        if (
            outer.tag in {"option", "label"}
            or traits.aside
            or traits.hidden
            or traits.variant
            or "hidden" in attributes
            or "disabled" in attributes
        ):
            return False
        if "display:none" in (attributes.get("style") or "").replace(" ", ""):
            return False
    return True
