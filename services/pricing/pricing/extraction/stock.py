"""Whether a page that declares no stock shows the product as one that can be ordered: the words and the button by its heading."""

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
    r"^(?:stokta(?: var| mevcut)?|stok var|hemen teslim|aynı gün kargo|hızlı teslimat|sepete ekle|hemen al|satın al|in stock|available|"
    r"add to (?:cart|basket|bag|trolley)|buy (?:it )?now|auf lager|sofort lieferbar|in den warenkorb|en stock|ajouter au panier|disponible|disponibile|"
    r"aggiungi al carrello|añadir (?:al carrito|a la cesta)|in winkel(?:wagen|mand)|op voorraad|do koszyka|dodaj do koszyka|skladem|na sklade|"
    r"do košíku|в наличии|в корзину|на складе|laos|pe stoc|în stoc|lisa ostukorvi)\b"
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


def seen(view: View) -> Availability | None:
    """What the page shows about stock near its heading; None where it shows nothing, or both."""
    found = set()
    for order in view.near(_BEFORE, _BEHIND):
        text = view.texts[order]
        if len(text) > 3 and (said := told(text)) and said not in found and _counts(view.nodes[order], view):
            found.add(said)
    if not found and view.buttons:
        return Availability.IN_STOCK
    return found.pop() if len(found) == 1 else None


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
