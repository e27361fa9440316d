"""Claims about watches: what tells, what keeps silent, and when it tells again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from imece import clock, db
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from pricing.catalogue import categories
from pricing.deals import recipients, watches
from pricing.deals.watches import Rule, looked, outside
from pricing.prices.discounts import Discount, Verdict
from pricing.prices.history import Past

DAY = timedelta(days=1)


def person(catalogue: Any, name: str = "ayse") -> UUID:
    with db.transaction() as session:
        return recipients.put(session, catalogue.company, kind="person", name=name, address=f"{name}@ornek.example").id


def watch(catalogue: Any, kind: str, product: int | None = None, **asked: Any) -> UUID:
    who = person(catalogue)
    with db.transaction() as session:
        return watches.add(session, catalogue.company, who, kind, product_id=product, **asked).id


def told(catalogue: Any) -> list[tuple[str, Decimal]]:
    return [(row.kind, row.price) for row in catalogue.sql("select kind, price from pricing.notice order by created_at, id")]


def later(catalogue: Any, minutes: int) -> None:
    """Time passes for the watches, and it is another day."""
    catalogue.sql("update pricing.watch_state set told_at = told_at - :ago", ago=timedelta(minutes=minutes))
    catalogue.sql("update pricing.notice set day = day - 1")


def test_a_target_tells_when_it_is_reached(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100))
    catalogue.look(product, "120")
    assert told(catalogue) == []
    catalogue.look(product, "100")
    assert told(catalogue) == [("target", 100)]


def test_a_target_that_is_reached_already_is_told_at_once(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "90")
    watch(catalogue, "target", product, target=Decimal(100))
    assert told(catalogue) == [("target", 90)]


def test_a_target_tells_again_only_after_the_price_was_clearly_outside(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100), rearm_minutes=60)
    for price in ("120", "99", "100.50", "99"):
        catalogue.look(product, price)
    later(catalogue, 90)
    for price in ("100.90", "98"):  # less than 1 % above the target: a wobble
        catalogue.look(product, price)
    assert told(catalogue) == [("target", 99)]
    for price in ("102", "97"):
        catalogue.look(product, price)
    assert told(catalogue) == [("target", 99), ("target", 97)]


def test_it_keeps_silent_for_its_minutes_although_the_price_was_outside(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100), rearm_minutes=60)
    for price in ("120", "99", "120", "98"):
        catalogue.look(product, price)
    assert told(catalogue) == [("target", 99)]
    later(catalogue, 90)
    catalogue.look(product, "97")
    assert told(catalogue) == [("target", 99), ("target", 97)]


def test_zero_minutes_means_once(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100), rearm_minutes=0)
    for price in ("120", "99", "150", "90"):
        catalogue.look(product, price)
        later(catalogue, 100_000)
    assert told(catalogue) == [("target", 99)]


def test_a_second_fall_inside_the_zone_is_told_when_it_is_worth_it(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100), rearm_minutes=60)
    for price in ("120", "99", "98", "80"):
        catalogue.look(product, price)
        later(catalogue, 90)
    assert told(catalogue) == [("target", 99), ("target", 80)]


def test_a_drop_against_the_price_before_or_the_lowest_of_days(catalogue: Any) -> None:
    one, two = catalogue.products(2)
    catalogue.past(one, (60, "100"))
    catalogue.past(two, (60, "80"), (20, "100"))
    watch(catalogue, "drop", one, percent=Decimal(10))
    watch(catalogue, "drop", two, percent=Decimal(10), days=30)
    catalogue.look(one, "91")
    catalogue.look(one, "81")
    assert told(catalogue) == [("drop", 81)]
    catalogue.look(two, "73")  # 27 % below the price before, 9 % below the lowest
    assert told(catalogue) == [("drop", 81)]
    catalogue.look(two, "65")
    assert told(catalogue) == [("drop", 81), ("drop", 65)]


def test_the_lowest_of_days_counts_what_was_in_force_before_them(catalogue: Any) -> None:
    """80 was in force when the 30 days began: 85 is no lowest price of them, although no row inside is lower."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "80"), (20, "100"))
    watch(catalogue, "lowest", product, days=30)
    catalogue.look(product, "85")
    assert told(catalogue) == []
    catalogue.look(product, "79.50")  # a wobble below it
    assert told(catalogue) == []
    catalogue.look(product, "78")
    assert told(catalogue) == [("lowest", 78)]


def test_no_lowest_of_days_that_are_not_known(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (10, "100"))
    watch(catalogue, "lowest", product, days=30)
    catalogue.look(product, "50")
    assert told(catalogue) == []


def test_back_in_stock_needs_to_have_been_out_of_it(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "back_in_stock", product)
    for stock in (None, True, False, True):
        catalogue.look(product, "10", in_stock=stock)
    assert told(catalogue) == [("back_in_stock", 10)]


def test_any_change_tells_of_both_directions_and_of_slow_creeping(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "any_change", product, min_step_percent=Decimal(2), rearm_minutes=1)
    for price in ("100", "100.01", "103", "104", "105", "105.50", "90"):
        catalogue.look(product, price)
        later(catalogue, 2)
    assert told(catalogue) == [("any_change", 103), ("any_change", Decimal("105.50")), ("any_change", 90)]
    percents = catalogue.sql("select percent from pricing.notice order by created_at")
    assert [row.percent < 0 for row in percents] == [True, True, False]


def test_a_fake_discount_is_told_once_while_it_lasts(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"), (5, "150"))
    watch(catalogue, "fake_discount", product, percent=Decimal(20), rearm_minutes=1)
    for price, list_price in (("94", 150), ("93", 150), ("150", None), ("92", 150)):
        catalogue.look(product, price, list_price=list_price and Decimal(list_price))
        later(catalogue, 2)
    notices = catalogue.sql("select price, detail from pricing.notice order by created_at")
    assert [row.price for row in notices] == [94, 92]
    assert (notices[0].detail["claimed"], notices[0].detail["real"], notices[0].detail["days"]) == ("37.33", "6.00", 30)


def test_the_same_price_is_told_once_a_day(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "drop", product, percent=Decimal(10), rearm_minutes=1)
    catalogue.look(product, "100")
    for price in ("80", "100", "80"):
        catalogue.look(product, price)
        catalogue.sql("update pricing.watch_state set told_at = told_at - interval '2 minutes'")
    assert told(catalogue) == [("drop", 80)]


def test_a_watch_of_a_category_tells_of_what_is_below_it_product_by_product(catalogue: Any) -> None:
    who = person(catalogue)
    with db.transaction() as session:
        top = categories.put(session, catalogue.company, "Elektronik").id
        leaf = categories.put(session, catalogue.company, "Kulaklık", parent_id=top).id
        watches.add(session, catalogue.company, who, "drop", category_id=top, percent=Decimal(10))
    one, two = catalogue.products(2, category_id=leaf)
    (elsewhere,) = catalogue.products()
    for product in (one, two, elsewhere):
        catalogue.look(product, "100")
        catalogue.look(product, "80")
    assert {row.product_id for row in catalogue.sql("select product_id from pricing.notice")} == {one, two}


def test_a_doubted_price_tells_nothing(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "target", product, target=Decimal(100))
    catalogue.look(product, "500")
    catalogue.look(product, "50")
    assert told(catalogue) == []
    catalogue.look(product, "50")
    assert told(catalogue) == [("target", 50)]


def test_after_a_failed_look_nothing_is_told(catalogue: Any) -> None:
    (product,) = catalogue.products()
    watch(catalogue, "any_change", product)
    watch(catalogue, "back_in_stock", product)
    catalogue.look(product, "100")
    for state in ("error", "blocked", "gone", "ambiguous"):
        catalogue.look(product, None, state=state, in_stock=None)
    assert told(catalogue) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "target"},
        {"kind": "drop"},
        {"kind": "lowest"},
        {"kind": "guess"},
        {"kind": "target", "target": Decimal(-1)},
        {"kind": "lowest", "days": 0},
        {"kind": "drop", "percent": Decimal(10), "rearm_minutes": -1},
        {"kind": "back_in_stock", "product_id": None},
    ],
)
def test_a_watch_that_cannot_be_is_refused(catalogue: Any, asked: dict[str, Any]) -> None:
    (product,), who = catalogue.products(), person(catalogue)
    with db.transaction() as session, pytest.raises(Invalid):
        watches.add(session, catalogue.company, who, **({"product_id": product} | asked))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "target"}, "target price"),
        ({"kind": "drop"}, "percent"),
        ({"kind": "lowest"}, "days"),
        ({"kind": "drop", "percent": Decimal(100)}, "1 to 99"),
    ],
)
def test_a_watch_says_what_it_lacks(catalogue: Any, asked: dict[str, Any], said: str) -> None:
    (product,), who = catalogue.products(), person(catalogue)
    with db.transaction() as session:
        with pytest.raises(Invalid, match=said):
            watches.add(session, catalogue.company, who, product_id=product, **asked)
        made = watches.add(session, catalogue.company, who, "any_change", product_id=product)
        with pytest.raises(Invalid, match=said):
            watches.edit(session, catalogue.company, made.id, **asked)


def test_nobody_watches_for_another_company(catalogue: Any) -> None:
    (product,), who, other = catalogue.products(), person(catalogue), new_id()
    mine = watch(catalogue, "back_in_stock", product)
    with db.transaction() as session:
        for company, recipient in ((other, who), (catalogue.company, new_id())):
            with pytest.raises(NotFound):
                watches.add(session, company, recipient, "back_in_stock", product_id=product)
        with pytest.raises(NotFound):
            watches.delete(session, other, mine)
        assert watches.of_company(session, other) == []
        assert [one.id for one in watches.of_company(session, catalogue.company, product_id=product, recipient_id=who)] == [mine]
        watches.delete(session, catalogue.company, mine)


def test_the_rules_alone(catalogue: Any) -> None:
    """Without a database: the borders of each kind."""

    def asks(kind: str, **more: Any) -> Rule:
        return Rule(kind, **more)

    fall = catalogue.change(1, "100", "90")
    whole = Past(Decimal(95), Decimal(99), 5, whole=True)
    assert looked(asks("drop", percent=Decimal(10)), fall) is not None
    assert looked(asks("drop", percent=Decimal("10.01")), fall) is None
    assert looked(asks("drop", percent=Decimal(5), days=30), fall, whole) is not None
    assert looked(asks("drop", percent=Decimal(5), days=30), fall, whole._replace(whole=False)) is None
    assert looked(asks("target", target=Decimal(90)), fall) is not None
    assert looked(asks("target", target=Decimal(90), told_at=clock.now()), fall) is None
    assert looked(asks("lowest", days=30), fall, whole) is not None
    assert looked(asks("lowest", days=30), fall, whole._replace(low=Decimal("90.50"))) is None
    discount = Discount(30, clock.now(), Decimal(40), Decimal(6), Decimal(100), Verdict.INFLATED)
    assert looked(asks("fake_discount", percent=Decimal(34)), fall, None, discount) is not None
    assert looked(asks("fake_discount", percent=Decimal(35)), fall, None, discount) is None
    assert outside(asks("target", target=Decimal(89)), fall)
    assert not outside(asks("target", target=Decimal("89.20")), fall)
    assert not outside(asks("drop", percent=Decimal(1)), fall)
