"""Categories: a tree of shelves, and the rules of each - what belongs on it, how often it is looked at, what counts as a deal there."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import Conflict, Invalid, NotFound
from imece.text import fold, sort_key
from pricing.models import Category, Product

#: What a person or a program may set of a category.
EDITABLE = frozenset(
    {
        "name",
        "slug",
        "parent_id",
        "min_price",
        "max_price",
        "min_rating",
        "max_rating",
        "min_reviews",
        "min_discount",
        "include_words",
        "exclude_words",
        "required_tags",
        "deals_only",
        "check_minutes",
        "product_limit",
        "deal_rule",
        "deal_percent",
        "publish",
    }
)

_BELOW = """
    with recursive below as (
        select id from pricing.category where company_id = :company and id = :category
        union select c.id from pricing.category c join below b on c.parent_id = b.id where c.company_id = :company
    )
    select id from below"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a product that a source offers, before it is on a shelf."""

    title: str
    price: Decimal | None = None
    list_price: Decimal | None = None
    rating: Decimal | None = None
    reviews: int | None = None
    tags: Collection[str] = ()


def slug_of(name: str) -> str:
    """`name` as it stands in addresses: `Cep Telefonu & Aksesuar` becomes `cep-telefonu-aksesuar`. Raises Invalid when nothing is left."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    if not slug:
        raise Invalid("A category needs a name.", "Kategorinin bir adı olmalı.")
    return slug


def put(session: Session, company_id: UUID, name: str, **rules: Any) -> Category:
    """
    The category of this name (or of `rules["slug"]`), made or brought up to date.

    A new one with the rule `previous` publishes its deals at once, unless `rules` say otherwise; one with another rule waits for review. Raises Invalid,
    and NotFound for an unknown parent.
    """
    slug = rules.pop("slug", None) or slug_of(name)
    category = session.scalar(sa.select(Category).where(Category.company_id == company_id, Category.slug == slug))
    if category is None:
        category = Category(company_id=company_id, slug=slug, name=name)
        if rules.get("deal_rule") == "previous":
            rules.setdefault("publish", "automatic")
    return _change(session, category, {"name": name, **rules})


def edit(session: Session, company_id: UUID, category_id: int, **changes: Any) -> Category:
    """Change what may be changed (`EDITABLE`). Raises NotFound; Invalid for an unknown field, a value that cannot be, a tree that bites its tail."""
    return _change(session, find(session, company_id, category_id), changes)


def find(session: Session, company_id: UUID, category_id: int) -> Category:
    """The category. Raises NotFound when the company has none of this id."""
    category = session.scalar(sa.select(Category).where(Category.company_id == company_id, Category.id == category_id))
    if category is None:
        raise NotFound("There is no such category.", "Böyle bir kategori yok.")
    return category


def of_company(session: Session, company_id: UUID) -> list[Category]:
    """All categories of the company, by name, in Turkish order."""
    found = session.scalars(sa.select(Category).where(Category.company_id == company_id))
    return sorted(found, key=lambda category: (sort_key(category.name), category.id))


def below(session: Session, company_id: UUID, category_id: int) -> list[int]:
    """The ids of the category and of everything below it; empty if it is not the company's."""
    return list(session.execute(sa.text(_BELOW), {"company": company_id, "category": category_id}).scalars())


def delete(session: Session, company_id: UUID, category_id: int) -> None:
    """Delete a category without children; its products stay, on no shelf. Raises NotFound, and Conflict when it has children."""
    category = find(session, company_id, category_id)
    if session.scalar(sa.select(Category.id).where(Category.company_id == company_id, Category.parent_id == category_id).limit(1)):
        raise Conflict("The category has categories below it.", "Kategorinin alt kategorileri var.")
    session.execute(sa.update(Product).where(Product.company_id == company_id, Product.category_id == category_id).values(category_id=None))
    session.delete(category)


def room(session: Session, category: Category) -> int | None:
    """How many more products its limit lets in; None: as many as there are."""
    if category.product_limit is None:
        return None
    held = session.scalar(
        sa.select(sa.func.count()).where(Product.company_id == category.company_id, Product.category_id == category.id, Product.active)
    )
    return max(0, category.product_limit - (held or 0))


def refuses(category: Category, candidate: Candidate) -> tuple[str, str] | None:
    """
    Why `candidate` does not belong in the category, in English and Turkish; None if it does.

    A figure that is not known breaks no rule but those that ask for it: a least rating, a least discount, `deals_only`.
    """
    price, words = candidate.price, set(fold(candidate.title).split())
    discount = _discount(candidate)
    if price is not None and ((category.min_price is not None and price < category.min_price) or _above(price, category.max_price)):
        return f"The price {price} is outside of its limits.", f"{price} fiyatı sınırların dışında."
    if (category.min_rating is not None and (candidate.rating or 0) < category.min_rating) or _above(candidate.rating, category.max_rating):
        return "The rating is outside of its limits.", "Puan sınırların dışında."
    if category.min_reviews is not None and (candidate.reviews or 0) < category.min_reviews:
        return "There are too few reviews.", "Değerlendirme sayısı az."
    if discount < (category.min_discount or 0) or (category.deals_only and discount <= 0):
        return "It is not reduced enough.", "İndirimi yeterli değil."
    if category.include_words and not _speaks_of(words, category.include_words):
        return "Its title has none of the words that are asked for.", "Başlığında aranan sözcüklerin hiçbiri yok."
    if _speaks_of(words, category.exclude_words):
        return "Its title has a word that is not wanted.", "Başlığında istenmeyen bir sözcük var."
    if missing := {fold(tag) for tag in category.required_tags} - {fold(tag) for tag in candidate.tags}:
        return f"It lacks: {', '.join(sorted(missing))}.", f"Eksik: {', '.join(sorted(missing))}."
    return None


def _change(session: Session, category: Category, changes: dict[str, Any]) -> Category:
    if unknown := changes.keys() - EDITABLE:
        raise Invalid(f"A category has no {', '.join(sorted(unknown))}.", f"Kategoride böyle bir alan yok: {', '.join(sorted(unknown))}.")
    parent = changes.get("parent_id")
    if parent is not None:
        find(session, category.company_id, parent)
        if category in session and parent in below(session, category.company_id, category.id):
            raise Invalid("A category cannot be below itself.", "Kategori kendi altında olamaz.")
    try:
        with session.begin_nested():
            for name, value in changes.items():
                setattr(category, name, value)
            category.updated_at = sa.func.clock_timestamp()
            session.add(category)
    except (sa.exc.IntegrityError, sa.exc.DataError):
        raise Invalid("A category cannot be like this.", "Kategori için geçersiz bir değer.") from None
    return category


def _above(value: Decimal | None, limit: Decimal | None) -> bool:
    return value is not None and limit is not None and value > limit


def _discount(candidate: Candidate) -> Decimal:
    """The percentage that the label claims."""
    if not candidate.price or not candidate.list_price or candidate.list_price <= candidate.price:
        return Decimal(0)
    return 100 * (1 - candidate.price / candidate.list_price)


def _speaks_of(words: set[str], wanted: Iterable[str]) -> bool:
    """Whether all parts of one of the wanted (`cep telefonu`) are among the words."""
    return any(set(fold(one).split()) <= words for one in wanted if fold(one))
