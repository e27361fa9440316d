"""
Lists of products as people keep them: which column holds what, and what a row says, or why it says nothing.

The one column that must be there is that of the addresses. A file without headings is taken when it has a column of addresses: a plain list of links.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal

from imece.errors import Invalid
from imece.text import fold
from imece.workbooks import Broken, Cell, Row
from pricing.catalogue.products import Draft
from pricing.currencies import code_of

WITHIN = 20  #: rows from the top in which the headings must stand
_LONGEST = 500  #: characters of a title; of the other texts a fifth


class Field(StrEnum):
    """What a column can hold."""

    URL = "url"
    TITLE = "title"
    EXTERNAL_ID = "external_id"
    EAN = "ean"
    BRAND = "brand"
    IMAGE = "image_url"
    CATEGORY = "category"
    RATING = "rating"
    REVIEWS = "reviews"
    CURRENCY = "currency"
    TAGS = "tags"


#: The first spelling of each is the one that exports use.
SPELLINGS = {
    Field.URL: """
        Adres | Bağlantı | Link | Linki | URL | Ürün Adresi | Ürün Linki | Ürün URL | Ürün Bağlantısı | Web Adresi | Sayfa | Sayfa Adresi |
        Address | Product URL | Product Link | Product Address | Page | Web Address
    """,
    Field.TITLE: "Ürün | Ürün Adı | Ürün İsmi | Başlık | Ad | Adı | İsim | Title | Product | Product Name | Product Title | Name",
    Field.EXTERNAL_ID: """
        Ürün Kodu | Stok Kodu | Ürün No | Mağaza Kodu | Mağaza Ürün Kodu | Kod | Kodu | ASIN | SKU | ID | Product ID | Product Code | Item ID | Code
    """,
    Field.EAN: "Barkod | Barkod No | EAN | EAN13 | EAN-13 | GTIN | GTIN13 | UPC | Barcode",
    Field.BRAND: "Marka | Marka Adı | Üretici | Brand | Brand Name | Manufacturer",
    Field.IMAGE: "Görsel | Görsel Adresi | Görsel URL | Resim | Resim URL | Resim Linki | Foto | Fotoğraf | Image | Image URL | Image Link | Picture",
    Field.CATEGORY: "Kategori | Kategori Adı | Ürün Kategorisi | Grup | Ürün Grubu | Category | Category Name | Product Category | Product Type",
    Field.RATING: "Puan | Puanı | Ürün Puanı | Yıldız | Rating | Stars",
    Field.REVIEWS: "Yorum | Yorum Sayısı | Değerlendirme | Değerlendirme Sayısı | Reviews | Review Count | Number of Reviews",
    Field.CURRENCY: "Para Birimi | Para Birim | Döviz | Döviz Cinsi | PB | Currency | Currency Code",
    Field.TAGS: "Etiket | Etiketler | Tag | Tags | Labels",
}
_KNOWN = {fold(spelling): field for field, spellings in SPELLINGS.items() for spelling in spellings.split("|")}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was refused. `row` is the sheet's own number, `column` the heading of the wrong cell; None: the row as a whole."""

    row: int
    column: str | None
    en: str
    tr: str

    def reason(self, locale: Literal["tr", "en"]) -> str:
        """The sentence in the reader's language."""
        return self.tr if locale == "tr" else self.en

    def told(self, locale: Literal["tr", "en"]) -> str:
        """Row, column and sentence in one line."""
        where = f"{self.row}. satır" if locale == "tr" else f"Row {self.row}"
        return f"{where}{', ' + self.column if self.column else ''}: {self.reason(locale)}"


@dataclass(frozen=True)
class Header:
    """The headings. `row` is their number, 0 where a list of addresses has none; `names` are those from column A on, `places` each field's column."""

    row: int
    names: tuple[str, ...]
    places: dict[Field, int] = field(default_factory=dict)

    def name(self, what: Field) -> str | None:
        """How the column of `what` is headed."""
        place = self.places.get(what)
        return self.names[place] if place is not None and place < len(self.names) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be taken, but for what only the catalogue knows. `category` is a path, from the top down."""

    row: int
    draft: Draft
    category: tuple[str, ...] = ()


class _Wrong(Invalid):
    def __init__(self, what: Field, en: str, tr: str) -> None:
        super().__init__(en, tr)
        self.what = what


def find(rows: Sequence[Row]) -> Header | None:
    """The headings among the first rows; None where there are neither headings with one for addresses, nor a column of addresses."""
    for row in rows[:WITHIN]:
        names = tuple(" ".join(cell.split()) if isinstance(cell, str) else "" for cell in row.cells)
        places: dict[Field, int] = {}
        for place, name in enumerate(names):
            what = _KNOWN.get(fold(name)) or _KNOWN.get(fold(re.sub(r"\([^)]*\)", " ", name)))
            if what is not None:
                places.setdefault(what, place)
        if Field.URL in places:
            return Header(row.number, names, places)
        for place, cell in enumerate(row.cells):
            if isinstance(cell, str) and re.match(r"\s*https?://", cell):
                return Header(0, (), {Field.URL: place})
    return None


def unknown(rows: Sequence[Row]) -> tuple[str, str]:
    """Why a sheet is no list of products, in English and Turkish; names what its first row says."""
    first = next((texts for row in rows if (texts := [" ".join(cell.split())[:30] for cell in row.cells if isinstance(cell, str)])), [])
    said = ", ".join(first[:12]) or "—"
    return (
        f"This is not a list of products: there is no column of addresses (URL); the first row says: {said}.",
        f"Bu bir ürün listesi değil: adres (URL) sütunu yok; ilk satırda şunlar var: {said}.",
    )


def read(row: Row, header: Header) -> Entry | Fault | None:
    """What a row says; None where it is blank as far as we are concerned."""
    cells = {what: row.cells[place] for what, place in header.places.items() if place < len(row.cells) and row.cells[place] is not None}
    if not cells:
        return None
    try:
        draft = Draft(
            url=_url(cells),
            title=_text(cells, Field.TITLE, _LONGEST),
            external_id=_text(cells, Field.EXTERNAL_ID),
            ean=_text(cells, Field.EAN),
            brand=_text(cells, Field.BRAND),
            image_url=_text(cells, Field.IMAGE, 2048),
            rating=_rating(cells),
            reviews=_reviews(cells),
            currency=_currency(cells),
            tags=tuple(tag.strip() for tag in re.split(r"[,;|]", _text(cells, Field.TAGS, _LONGEST) or "") if tag.strip()),
        )
        category = _path(cells)
    except _Wrong as wrong:
        return Fault(row.number, header.name(wrong.what), wrong.en, wrong.tr)
    return Entry(row.number, draft, category)


def path_of(text: str) -> tuple[str, ...]:
    """A category as it is written, from the top down: `Elektronik > Telefon` is two."""
    return tuple(part for part in (" ".join(part.split()) for part in re.split("[>›»]", text)) if part)


def _path(cells: dict[Field, Cell]) -> tuple[str, ...]:
    path = path_of(_text(cells, Field.CATEGORY, _LONGEST) or "")
    if not all(map(fold, path)):
        raise _Wrong(Field.CATEGORY, "A category needs a name.", "Kategorinin bir adı olmalı.")
    return path


def _text(cells: dict[Field, Cell], what: Field, longest: int = _LONGEST // 5) -> str | None:
    """The text of a cell; a number as it is shown, so that a barcode stays one."""
    value = cells.get(what)
    if isinstance(value, Broken):
        raise _Wrong(what, value.en, value.tr)
    if value is None or isinstance(value, bool | date):
        text = "" if value is None else str(value)
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = " ".join(str(value).split()) if what is not Field.URL else str(value).strip()
    if len(text) > longest:
        raise _Wrong(what, f"The text is too long ({len(text)} characters).", f"Metin çok uzun ({len(text)} karakter).")
    return text or None


def _url(cells: dict[Field, Cell]) -> str:
    url = _text(cells, Field.URL, 1 << 20)  # how long an address may be, the catalogue knows
    if url is None:
        raise _Wrong(Field.URL, "There is no address.", "Adres yok.")
    return url


def _rating(cells: dict[Field, Cell]) -> Decimal | None:
    text = _text(cells, Field.RATING)
    if text is None:
        return None
    try:
        rating = Decimal(text.replace(",", "."))
    except InvalidOperation:
        rating = Decimal("NaN")
    if not rating.is_finite() or not 0 <= rating <= 5:
        raise _Wrong(Field.RATING, f"“{text}” is not a rating from 0 to 5.", f"“{text}”, 0 ile 5 arasında bir puan değil.")
    return rating.quantize(Decimal("0.1"))


def _reviews(cells: dict[Field, Cell]) -> int | None:
    text = _text(cells, Field.REVIEWS)
    if text is None:
        return None
    digits = re.sub(r"(?<=\d)[.,\s](?=\d{3}(?!\d))", "", text)
    if not re.fullmatch(r"[0-9]{1,9}", digits):
        raise _Wrong(Field.REVIEWS, f"“{text}” is not a number of reviews.", f"“{text}” bir değerlendirme sayısı değil.")
    return int(digits)


def _currency(cells: dict[Field, Cell]) -> str | None:
    text = _text(cells, Field.CURRENCY)
    if text is None:
        return None
    code = code_of(text)
    if code is None:
        raise _Wrong(Field.CURRENCY, f"“{text}” is not a currency.", f"“{text}” bir para birimi değil.")
    return code
