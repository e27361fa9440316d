"""What is taken of a store's feed; reading one, and its prices, is under test with the actors."""

from decimal import Decimal
from typing import Any

import pytest

from imece import db
from imece.errors import Permanent
from imece.ids import new_id
from pricing.catalogue import categories, stores
from pricing.checking import intake
from pricing.fetching.feeds import Listed


@pytest.fixture
def take(catalogue: Any) -> Any:
    """`take(listed, ..., shelf=...)`: a portion of a feed of magaza.example, taken; what was counted."""
    store_id = catalogue.store()

    def taken(*portion: Listed, shelf: Any = None) -> Any:
        with db.transaction() as session:
            taking = intake._Taking(stores.find(session, catalogue.company, store_id), shelf)
            taking.take(session, portion)
        return taking

    return taken


def shelf(catalogue: Any, name: str, **rules: Any) -> Any:
    with db.transaction() as session:
        return categories.put(session, catalogue.company, name, **rules)


def at(number: int, **more: Any) -> Listed:
    return Listed(f"https://magaza.example/p/{number}", title=f"Ürün {number}", **more)


def test_a_feed_speaks_for_its_own_store_only(take: Any) -> None:
    done = take(at(1), Listed("https://baska.example/p/1"), Listed("http://10.0.0.1/p"), Listed("javascript:alert(1)"))
    assert (done.offers, done.added, done.left_out) == (4, 1, 3)


def test_rules_decide_what_comes_onto_a_shelf(take: Any, catalogue: Any) -> None:
    cheap = shelf(catalogue, "Ucuz", max_price=Decimal(100))
    done = take(at(1, price=Decimal(90)), at(2, price=Decimal(110)), shelf=cheap)
    assert (done.added, done.left_out) == (1, 1)


def test_a_full_shelf_takes_nothing_new_and_keeps_what_is_known(take: Any, catalogue: Any) -> None:
    small = shelf(catalogue, "Küçük", product_limit=2)
    assert take(at(1), at(2), at(3), shelf=small).added == 2
    again = take(at(1), at(2), at(3), shelf=small)
    assert (again.added, again.known, again.left_out) == (0, 2, 1)


def test_the_feeds_own_words_find_a_shelf_that_is_there(take: Any, catalogue: Any) -> None:
    """And make none: a shop's tree is not ours."""
    kitchen = shelf(catalogue, "Mutfak")
    take(at(1, category="Ev > Mutfak"), at(2, category="Bahçe"))
    rows = catalogue.sql("select category_id from pricing.product order by id")
    assert [row.category_id for row in rows] == [kitchen.id, None]
    assert len(catalogue.sql("select 1 from pricing.category")) == 1


def test_what_is_not_the_companys_cannot_be_read(catalogue: Any) -> None:
    store_id = catalogue.store(feed_url="https://magaza.example/feed.xml", feed_kind="merchant")
    with pytest.raises(Permanent, match="no such store"):
        intake.fetch(new_id(), store_id)
    with pytest.raises(Permanent, match="no such category"):
        intake.fetch(catalogue.company, store_id, 99)


def test_one_job_for_each_store_that_has_a_feed_and_none_twice(catalogue: Any) -> None:
    catalogue.store(feed_url="https://magaza.example/feed.xml", feed_kind="merchant")
    catalogue.store("yasak.example", feed_url="https://yasak.example/feed.xml", feed_kind="merchant", policy="forbidden")
    catalogue.store("feedsiz.example")
    assert intake.ask_for_all(None).jobs == 1
    assert intake.ask_for_all(catalogue.company).jobs == 1
    assert len(catalogue.sql("select 1 from ledger.job")) == 1
    assert intake.ask_for_all(new_id()).jobs == 0
