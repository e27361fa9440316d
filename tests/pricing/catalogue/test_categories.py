"""Claims about categories."""

from decimal import Decimal
from typing import Any

import pytest

from imece import db
from imece.errors import Conflict, Invalid, NotFound
from imece.ids import new_id
from pricing.catalogue import categories
from pricing.catalogue.categories import Candidate
from pricing.models import Category


def test_a_slug_is_readable(catalogue: Any) -> None:
    assert categories.slug_of("Cep Telefonu & Aksesuar (İKİNCİ el)") == "cep-telefonu-aksesuar-ikinci-el"
    with pytest.raises(Invalid):
        categories.slug_of("***")


def test_a_tree_knows_what_is_below_and_bites_no_tail(catalogue: Any) -> None:
    with db.transaction() as session:
        top = categories.put(session, catalogue.company, "Elektronik")
        middle = categories.put(session, catalogue.company, "Telefon", parent_id=top.id)
        leaf = categories.put(session, catalogue.company, "Kılıf", parent_id=middle.id)
        assert sorted(categories.below(session, catalogue.company, top.id)) == [top.id, middle.id, leaf.id]
        assert categories.below(session, new_id(), top.id) == []
        with pytest.raises(Invalid):
            categories.edit(session, catalogue.company, top.id, parent_id=leaf.id)
        with pytest.raises(Conflict):
            categories.delete(session, catalogue.company, middle.id)
        with pytest.raises(NotFound):
            categories.put(session, new_id(), "Başkası", parent_id=top.id)
        categories.delete(session, catalogue.company, leaf.id)
        assert [one.slug for one in categories.of_company(session, catalogue.company)] == ["elektronik", "telefon"]


def test_putting_twice_is_editing(catalogue: Any) -> None:
    with db.transaction() as session:
        first = categories.put(session, catalogue.company, "Kitap", deal_rule="average")
        assert categories.put(session, catalogue.company, "Kitap", deal_percent=Decimal(10)).id == first.id
        assert (first.deal_rule, first.deal_percent, first.publish) == ("average", Decimal(10), "review")
        assert categories.put(session, catalogue.company, "Oyun", deal_rule="previous").publish == "automatic"
        assert categories.put(session, catalogue.company, "Film", deal_rule="previous", publish="review").publish == "review"
        for wrong in ({"deal_rule": "guess"}, {"deal_percent": Decimal(0)}, {"check_minutes": 1}, {"colour": "red"}):
            with pytest.raises(Invalid):
                categories.edit(session, catalogue.company, first.id, **wrong)


def test_deleting_a_category_leaves_its_products(catalogue: Any) -> None:
    with db.transaction() as session:
        category = categories.put(session, catalogue.company, "Kitap", product_limit=3)
    (product,) = catalogue.products(category_id=category.id)
    with db.transaction() as session:
        assert categories.room(session, categories.find(session, catalogue.company, category.id)) == 2
        categories.delete(session, catalogue.company, category.id)
    assert catalogue.row(product).category_id is None


RULES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"min_price": Decimal(100)}, {"price": Decimal(99)}, False),
    ({"min_price": Decimal(100)}, {"price": None}, True),
    ({"max_price": Decimal(100)}, {"price": Decimal("100.01")}, False),
    ({"min_rating": Decimal(4)}, {"rating": Decimal("3.9")}, False),
    ({"min_rating": Decimal(4)}, {"rating": None}, False),
    ({"max_rating": Decimal(4)}, {"rating": Decimal(5)}, False),
    ({"min_reviews": 10}, {"reviews": 10}, True),
    ({"min_reviews": 10}, {}, False),
    ({"min_discount": Decimal(20)}, {"price": Decimal(80), "list_price": Decimal(100)}, True),
    ({"min_discount": Decimal(20)}, {"price": Decimal(81), "list_price": Decimal(100)}, False),
    ({"deals_only": True}, {"price": Decimal(81)}, False),
    ({"include_words": ["cep telefonu", "tablet"]}, {"title": "Cep İçin TELEFONU"}, True),
    ({"include_words": ["cep telefonu"]}, {"title": "Cep kılıfı"}, False),
    ({"exclude_words": ["kılıf"]}, {"title": "Telefon KILIF"}, False),
    ({"exclude_words": ["kılıf"]}, {"title": "Kılıfsız telefon"}, True),
    ({"required_tags": ["Prime"]}, {"tags": ["prime"]}, True),
    ({"required_tags": ["Prime"]}, {}, False),
]


@pytest.mark.parametrize(("rules", "offered", "fits"), RULES)
def test_the_rules_of_a_category(rules: dict[str, Any], offered: dict[str, Any], fits: bool) -> None:
    category = Category(**({"include_words": [], "exclude_words": [], "required_tags": [], "deals_only": False} | rules))
    why = categories.refuses(category, Candidate(**({"title": "Telefon"} | offered)))
    assert (why is None) is fits
    assert why is None or (why[0] and why[1])


def test_categories_are_listed_in_turkish_order(catalogue: Any) -> None:
    names = ["Şal", "Sandalye", "İç giyim", "Isıtıcı", "Çanta", "Cüzdan", "Dolap"]
    with db.transaction() as session:
        for name in names:
            categories.put(session, catalogue.company, name)
        found = [one.name for one in categories.of_company(session, catalogue.company)]
    assert found == ["Cüzdan", "Çanta", "Dolap", "Isıtıcı", "İç giyim", "Sandalye", "Şal"]
