"""
Exports: products and their prices as files for Excel. CSV for programs and large catalogues, .xlsx for people.

No text becomes a formula in either. In CSV a text that a spreadsheet would calculate gets an apostrophe before it, which is what Excel itself writes; the
headings are those that an import understands.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import clock, db
from imece.errors import Invalid
from pricing.catalogue import products
from pricing.catalogue.products import Filter
from pricing.models import Category, Product, Sched, Store

Locale = Literal["tr", "en"]
Value = str | Decimal | int | bool | datetime | date | None

#: Products, or prices of products, in one .xlsx; a sheet holds no more.
MOST_ROWS = 1_000_000

_PORTION = 1000
_FORMULA = re.compile(r"[=+\-@\t\r]")


class Column(NamedTuple):
    """A column's headings and its width in characters."""

    tr: str
    en: str
    width: int

    def named(self, locale: Locale) -> str:
        """The heading in the reader's language."""
        return self.tr if locale == "tr" else self.en


PRODUCTS = (
    Column("No", "No", 10),
    Column("Ürün", "Title", 48),
    Column("Adres", "URL", 48),
    Column("Mağaza", "Store", 24),
    Column("Ürün Kodu", "SKU", 18),
    Column("Barkod", "EAN", 18),
    Column("Marka", "Brand", 18),
    Column("Kategori", "Category", 24),
    Column("Para Birimi", "Currency", 12),
    Column("Fiyat", "Price", 14),
    Column("Liste Fiyatı", "List Price", 14),
    Column("Stokta", "In Stock", 10),
    Column("Fırsat", "Deal", 10),
    Column("Öncelik", "Priority", 10),
    Column("Son Kontrol", "Last Check", 18),
    Column("Durum", "State", 14),
)
HISTORY = (
    Column("No", "No", 10),
    Column("Ürün", "Title", 48),
    Column("Adres", "URL", 48),
    Column("Zaman", "Time", 18),
    Column("Fiyat", "Price", 14),
    Column("Önceki Fiyat", "Previous Price", 14),
    Column("Para Birimi", "Currency", 12),
    Column("Stokta", "In Stock", 10),
)

_HISTORY = """
    select p.id, p.title, p.url, h.checked_at, h.price, h.was, p.currency, h.in_stock
    from pricing.price_history h join pricing.product p on p.id = h.product_id
    where p.company_id = %(company)s and h.product_id = any(%(ids)s) and h.checked_at > clock_timestamp() - make_interval(days => %(days)s)
    order by p.id, h.checked_at"""


def product_rows(company_id: UUID, chosen: Filter | None = None) -> Iterator[Sequence[Value]]:
    """The products that `chosen` means, a row for `PRODUCTS` each; a portion is read at a time."""
    query = (
        sa.select(Product, Store.domain, Category.name, Sched)
        .join(Store, Store.id == Product.store_id)
        .join(Sched, Sched.product_id == Product.id)
        .outerjoin(Category, Category.id == Product.category_id)
        .order_by(Product.id)
    )
    for session, ids in _portions(company_id, chosen):
        for product, domain, category, sched in session.execute(query.where(Product.id.in_(ids))):
            yield (
                *(product.id, product.title, product.url, domain, product.external_id, product.ean, product.brand, category),
                *(product.currency, product.price, product.list_price, product.in_stock, product.has_active_deal),
                *(round(sched.priority), _local(sched.last_checked_at), sched.last_state),
            )


def history_rows(company_id: UUID, chosen: Filter | None = None, *, days: int = 90) -> Iterator[Sequence[Value]]:
    """What those products cost from when on, over the last `days`; a row for `HISTORY` each."""
    for session, ids in _portions(company_id, chosen):
        for row in session.connection().exec_driver_sql(_HISTORY, {"company": company_id, "ids": ids, "days": days}):
            yield (row.id, row.title, row.url, _local(row.checked_at), row.price, row.was, row.currency, row.in_stock)


def as_csv(columns: Sequence[Column], rows: Iterable[Sequence[Value]], locale: Locale) -> Iterator[bytes]:
    """
    The file in pieces: UTF-8 with its mark, so that Excel reads it rightly.

    In Turkish the fields are parted by semicolons and decimals by commas, as Excel has it there; in English by commas and points.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if locale == "tr" else ",", lineterminator="\r\n")
    writer.writerow([column.named(locale) for column in columns])
    yield b"\xef\xbb\xbf" + _taken(text)
    for row in rows:
        writer.writerow([_plain(value, locale) for value in row])
        if text.tell() > 1 << 16:
            yield _taken(text)
    yield _taken(text)


def as_xlsx(columns: Sequence[Column], rows: Iterable[Sequence[Value]], to: Path, locale: Locale, *, title: str) -> int:
    """Write the file to `to`; returns how many rows. Numbers stay numbers. Raises Invalid for more rows than a sheet holds."""
    from imece.workbooks import writing  # noqa: PLC0415 (openpyxl is slow to load)

    count = 0
    with writing.sheet_at(to, title, [column.width for column in columns], "A2") as sheet:
        sheet.append([writing.heading(sheet, column.named(locale)) for column in columns])
        for row in rows:
            count += 1
            if count > MOST_ROWS:
                raise Invalid(
                    "There are more rows than a sheet holds: take CSV, or choose fewer products.",
                    "Satır sayısı bir sayfaya sığmıyor: CSV alın ya da daha az ürün seçin.",
                )
            sheet.append([writing.cell(sheet, _worded(value, locale) if isinstance(value, bool) else value) for value in row])
        sheet.auto_filter.ref = f"A1:{chr(64 + len(columns))}{count + 1}"
    return count


def _portions(company_id: UUID, chosen: Filter | None) -> Iterator[tuple[Session, list[int]]]:
    """A session and the next ids, each portion in a transaction of its own: a long export keeps nothing from being cleaned up."""
    last = 0
    while True:
        with db.transaction() as session:
            ids = products.ids_of(session, company_id, chosen or Filter(), after=last, limit=_PORTION)
            if not ids:
                return
            yield session, ids
        last = ids[-1]


def _local(moment: datetime | None) -> datetime | None:
    """As a cell holds it: in Istanbul, to the minute, without a zone."""
    return None if moment is None else moment.astimezone(clock.ISTANBUL).replace(second=0, microsecond=0, tzinfo=None)


def _worded(value: bool, locale: Locale) -> str:
    return ("evet" if value else "hayır") if locale == "tr" else ("yes" if value else "no")


def _plain(value: Value, locale: Locale) -> Any:
    if isinstance(value, bool):
        return _worded(value, locale)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if locale == "tr" else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M}" if locale == "tr" else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, str):
        value = value.replace("\x00", "")
        return f"'{value}" if _FORMULA.match(value) else value
    return value


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data
