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
    r"tükendi|stok(?:ta|larda|larımızda)? (?:yok|bulunma|kalma)|stok(?:ta|larda) mevcut değil|gelince haber ver|stoğa gir|stok gel|temin edilem|tedarik edilem|"
    r"satış(?:a|ta) (?:kapalı|değil)|satışı (?:durdur|sona er)|satılamıyor|ürün (?:bulunmuyor|mevcut değil)|haber verin|"
    r"(?<!or )out of stock|sold out|unavailable|no longer available|not available|not in stock|discontinued|notify me|e?-?mail me when|back ?order only|"
    r"ausverkauft|nicht verfügbar|nicht (?:auf lager|lieferbar)|rupture de stock|indisponible|agotado|no disponible|non disponibile|esaurito|esgotado|"
    r"uitverkocht|niedostępny|vyprodáno|нет в наличии"
)  # fmt: skip
_IN = re.compile(
    r"^(?:stokta(?: var| mevcut)?|stok var|hemen teslim|aynı gün kargo|hızlı teslimat|sepete ekle|sepete at|hemen al|satın al|sipariş ver|"
    r"in stock|available|add to (?:cart|basket|bag|trolley)|buy (?:it )?now|buy|order now|ships (?:today|in|within)|ready to ship|"
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
    r"stok(?!e)|stoğ|tükend|tedarik|temin|stock|sold|unavailable|availab|restock|notify|lager|vorr[aä]t|verfügbar|lieferbar|disponi|agotad|esaurit|"
    r"épuis|voorraad|uitverkocht|dostęp|niedost|sklad|vyprod|zalih|zalog|наличи|наявн|склад|缺貨|缺货|補貨|售完|売り切れ|在庫|품절|אזל|نفد"
)  # fmt: skip
_OTHER = re.compile(r"image|photo|video|görsel|resim|bild\b|immagine|imagen|list\b|liste|yorum|review|rating")


def told(text: str) -> Availability | None:
    """What a short visible text says about stock."""
    plain = text.strip().replace("İ", "i").casefold()
    if len(plain) > LONGEST or _OTHER.search(plain):
        return None
    if found := _OUT.search(plain):
        return Availability.OUT_OF_STOCK if len(found[0]) > len(plain) * 0.3 else None
    found = _IN.search(plain)
    return Availability.IN_STOCK if found and len(found[0]) > len(plain) * 0.4 else None


def seen(view: View, *, offered: bool = False) -> Availability | None:
    """
    What the page shows about stock near its heading; None where it shows nothing, or both.

    `offered`: a price is asked for the product there, which counts where nothing speaks of stock.
    """
    found = set()
    spoken = view.shut
    for order in view.near(_BEFORE, _BEHIND):
        text = view.texts[order]
        if len(text) < 2 or not (said := told(text)):
            spoken = spoken or (len(text) > 3 and _speaks(text) and _counts(view.nodes[order], view))
        elif said not in found and _counts(view.nodes[order], view):
            found.add(said)
    if not found and (view.buttons or (offered and not spoken)):
        return Availability.IN_STOCK
    return found.pop() if len(found) == 1 else None


def _speaks(text: str) -> bool:
    return len(text) <= LONGEST and _SPEAKS.search(text.replace("İ", "i").casefold()) is not None


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
