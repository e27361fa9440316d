"""
Discounts that labels claim, beside what they are worth: the Turkish rule against fake ones.

The price before a discount is the lowest of the days before it began, not the crossed-out one. Advertisements: 30 days (Ticari Reklam ve Haksız Ticari
Uygulamalar Yönetmeliği, since 1 March 2022). Labels: 10 days (Fiyat Etiketi Yönetmeliği art. 11, as amended 11 October 2025; 30 before). Fruit and
vegetables: the price just before, which is a window of 0 days. Because the texts differ, and may change again, the windows are settings, and every
sentence names the one it speaks of. A discount that grows keeps the beginning of its first step.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pricing.models import Product
from pricing.prices import history
from pricing.prices.history import Past, Window

Locale = Literal["tr", "en"]

#: The windows that are looked at unless a setting says otherwise, in days: that of advertisements, that of labels.
AD_DAYS, LABEL_DAYS = 30, 10

#: Percentage points by which a label may differ from the truth: prices are rounded.
_TOLERANCE = Decimal(1)


class Verdict(StrEnum):
    """What is to be thought of a discount."""

    REAL = "real"
    INFLATED = "inflated"  #: less than the label claims, against the lowest price of the window
    TOO_LITTLE_HISTORY = "too_little_history"  #: the product was not watched for the whole window before the discount


class Discount(NamedTuple):
    """
    A discount seen through one window of `days`. Percentages are of the price before: `claimed` by the label, `real` against `reference`.

    `reference` is the lowest price of the window that ends where the discount began (`since`), None with too little history, as is `real`; a `real` below
    zero is a price that was raised.
    """

    days: int
    since: datetime
    claimed: Decimal
    real: Decimal | None
    reference: Decimal | None
    verdict: Verdict


def judged(price: Decimal, list_price: Decimal, since: datetime, days: int, past: Past) -> Discount:
    """What a discount from `list_price` to `price` is worth, `past` being what the window of `days` before `since` cost."""
    claimed = percent_below(price, list_price)
    if not past.whole or past.low is None:
        return Discount(days, since, claimed, None, None, Verdict.TOO_LITTLE_HISTORY)
    real = percent_below(price, past.low)
    return Discount(days, since, claimed, real, past.low, Verdict.INFLATED if claimed - real > _TOLERANCE else Verdict.REAL)


def of_products(
    session: Session, company_id: UUID, product_ids: Sequence[int], windows: Iterable[int] = (AD_DAYS, LABEL_DAYS)
) -> dict[int, list[Discount]]:
    """The discounts that these products claim now, each through every window; what claims none is not in it."""
    claiming = session.execute(
        sa.select(Product.id, Product.price, Product.list_price, Product.discount_since).where(
            Product.company_id == company_id,
            Product.id == sa.any_(sa.literal(list(product_ids), sa.ARRAY(sa.BigInteger))),
            Product.discount_since.is_not(None),
        )
    ).all()
    wanted = [(row, days) for row in claiming for days in windows]
    pasts = history.before(session, [Window(row.id, row.discount_since, days) for row, days in wanted])
    found: dict[int, list[Discount]] = {}
    for (row, days), past in zip(wanted, pasts, strict=True):
        found.setdefault(row.id, []).append(judged(row.price, row.list_price, row.discount_since, days, past))
    return found


def percent_below(price: Decimal, reference: Decimal) -> Decimal:
    """By how many percent `price` is below `reference` (which is above zero), to two decimals; negative when it is above."""
    return (100 * (1 - price / reference)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def sentence(discount: Discount, locale: Locale = "tr") -> str:
    """What a person is told of it, the window named."""
    claimed = _whole(discount.claimed)
    window = {
        "tr": f"indirimden önceki {discount.days} günün en düşük fiyatına" if discount.days else "indirimden hemen önceki fiyata",
        "en": f"the lowest price of the {discount.days} days before" if discount.days else "the price just before",
    }[locale]
    if discount.real is None:
        return {
            "tr": f"Etiketteki indirim %{claimed}; {window} göre karşılaştırmak için yeterli geçmiş yok.",
            "en": f"The label says {claimed}% off; there is too little history to compare with {window}.",
        }[locale]
    real = _whole(discount.real)
    if discount.real <= 0:
        return {
            "tr": f"Etiketteki indirim %{claimed}; {window} göre indirim yok.",
            "en": f"The label says {claimed}% off; it is no discount against {window}.",
        }[locale]
    return {
        "tr": f"Etiketteki indirim %{claimed}; {window} göre %{real}.",
        "en": f"The label says {claimed}% off; it is {real}% against {window}.",
    }[locale]


def _whole(percent: Decimal) -> str:
    return str(percent.quantize(Decimal(1), ROUND_HALF_UP))
