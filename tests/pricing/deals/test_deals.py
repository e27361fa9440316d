"""Claims about deals."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from imece import db
from imece.errors import Conflict, NotFound
from imece.ids import new_id
from pricing.catalogue import categories
from pricing.deals import deals, recipients
from pricing.deals.deals import Worth, by_average, by_previous, cheapest, points
from pricing.models import DealState
from pricing.prices.history import Past

DAY = timedelta(days=1)


def shelf(catalogue: Any, rule: str | None = "previous", name: str = "Elektronik", **more: Any) -> int:
    with db.transaction() as session:
        return categories.put(session, catalogue.company, name, deal_rule=rule, publish=more.pop("publish", "automatic"), **more).id


def known(catalogue: Any) -> Any:
    return catalogue.sql("select price, state, end_reason from pricing.deal order by created_at")


def month(average: str, points: int = 5) -> Past:
    return Past(Decimal(1), Decimal(average), points, whole=True)


def test_rule_a_is_fifteen_percent_below_the_average_with_enough_points() -> None:
    found = by_average(Decimal(70), Decimal(100), month("100"), low=True)
    assert found is not None
    assert (found.reference, found.percent, found.score) == (100, 30, 55)
    assert by_average(Decimal(86), Decimal(100), month("100"), low=True, worth=Worth(Decimal(5), 5000, in_stock=True, prime=True)) is None
    assert by_average(Decimal(80), Decimal(100), month("100")) is None  # 20 points for 20 %, 5 for the stock
    assert by_average(Decimal(50), Decimal(100), month("100", points=1), low=True) is None
    assert by_average(Decimal(50), Decimal(100), Past(None, None, 0, whole=False), low=True) is None


def test_rule_a_asks_less_where_little_is_known() -> None:
    worth = Worth(rating=Decimal("4.6"), reviews=2000, in_stock=True)
    assert points(Decimal(20), low=False, worth=worth) == 45
    assert by_average(Decimal(80), Decimal(100), month("100", points=4), worth=worth) is None
    assert by_average(Decimal(80), Decimal(100), month("100", points=3), worth=worth) is not None


def test_rule_a_looks_for_the_moment_the_price_enters_its_zone() -> None:
    assert by_average(Decimal(69), Decimal(70), month("100"), low=True) is None


def test_rule_b_is_twenty_percent_below_the_price_before() -> None:
    assert by_previous(Decimal(80), Decimal(100)) is not None
    assert by_previous(Decimal("80.01"), Decimal(100)) is None
    assert by_previous(Decimal(90), Decimal(100), least=Decimal(10)) is not None


def test_cheapest_in_the_longest_span_that_is_known_to_its_end() -> None:
    def past(low: int, *, whole: bool = True) -> Past:
        return Past(Decimal(low), Decimal(low), 2, whole)

    assert cheapest(Decimal(50), [(14, past(60)), (30, past(50)), (90, past(40)), (180, past(40))]) == 30
    assert cheapest(Decimal(30), [(14, past(60)), (30, past(50)), (90, past(40, whole=False))]) == 30
    assert cheapest(Decimal(70), [(14, past(60))]) is None


def test_a_fall_under_rule_b_is_published_at_once_and_looked_at_hourly(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.past(product, (100, "200"))
    catalogue.look(product, "150")
    (deal,) = catalogue.sql("select * from pricing.deal")
    assert (deal.rule, deal.state, deal.previous, deal.percent, deal.cheapest_days) == ("previous", "published", 200, 25, 90)
    assert deal.published_by == "system"
    row = catalogue.row(product)
    assert (row.has_active_deal, row.tier) == (True, 0)
    assert row.next_check_at <= row.last_checked_at + timedelta(hours=1, seconds=1)


def test_rule_a_waits_for_review_when_the_category_says_so(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue, "average", publish="review"))
    catalogue.past(product, (100, "200"))
    catalogue.look(product, "120")
    (deal,) = catalogue.sql("select * from pricing.deal")
    assert (deal.rule, deal.state, deal.reference, deal.percent, deal.published_at) == ("average", "created", 200, 40, None)
    with db.transaction() as session:
        with pytest.raises(NotFound):
            deals.publish(session, new_id(), deal.id, by="ali")
        deals.publish(session, catalogue.company, deal.id, by="ali")
        with pytest.raises(Conflict):
            deals.publish(session, catalogue.company, deal.id, by="ali")
        assert deals.find(session, catalogue.company, deal.id).published_by == "ali"
        deals.unpublish(session, catalogue.company, deal.id)
        assert deals.search(session, catalogue.company, state=DealState.CREATED)[0].id == deal.id
        deals.end(session, catalogue.company, deal.id)
        with pytest.raises(Conflict):
            deals.end(session, catalogue.company, deal.id)
    assert known(catalogue) == [(120, "ended", "rejected")]
    assert catalogue.row(product).has_active_deal is False


def test_without_a_rule_there_is_no_deal(catalogue: Any) -> None:
    (bare,), (unruled,) = catalogue.products(), catalogue.products(category_id=shelf(catalogue, None))
    for product in (bare, unruled):
        catalogue.look(product, "200")
        catalogue.look(product, "100")
    assert known(catalogue) == []


def test_a_rejected_deal_does_not_come_back_while_the_price_wobbles(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue, "average", publish="review"))
    catalogue.past(product, (100, "200"))
    catalogue.look(product, "120")
    with db.transaction() as session:
        deals.end(session, catalogue.company, deals.search(session, catalogue.company)[0].id)
    for price in ("119.99", "120", "118", "119"):
        catalogue.look(product, price)
    assert len(known(catalogue)) == 1
    catalogue.look(product, "100")  # more than 5 % below the last deal
    assert known(catalogue)[1] == (100, "created", None)


def test_a_stable_price_keeps_its_deal(catalogue: Any) -> None:
    """The old system ended a deal at the next day's look, because it compared with the reduced price itself."""
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.look(product, "200")
    catalogue.look(product, "150")
    for _ in range(3):
        catalogue.look(product, "150")
    catalogue.look(product, "150.01")
    assert known(catalogue) == [(150, "published", None)]


@pytest.mark.parametrize(("price", "stock", "reason"), [("152", True, "price_rose"), ("150", False, "out_of_stock")])
def test_a_deal_ends(catalogue: Any, price: str, stock: bool, reason: str) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.look(product, "200")
    catalogue.look(product, "150")
    catalogue.look(product, price, in_stock=stock)
    assert known(catalogue) == [(150, "ended", reason)]
    assert catalogue.row(product).has_active_deal is False


def test_never_the_same_deal_twice_on_one_day(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    for price in ("200", "150", "200", "150", "200", "140"):
        catalogue.look(product, price)
    assert known(catalogue) == [(150, "ended", "price_rose"), (140, "published", None)]


def test_a_better_deal_takes_the_place_of_the_last(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    for price in ("200", "150", "100"):
        catalogue.look(product, price)
    assert known(catalogue) == [(150, "ended", "superseded"), (100, "published", None)]
    assert catalogue.row(product).has_active_deal is True


def test_what_is_sold_out_is_no_deal(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.look(product, "200")
    catalogue.look(product, "100", in_stock=False)
    assert known(catalogue) == []


def test_a_doubted_price_is_no_deal_until_it_is_confirmed(catalogue: Any) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.look(product, "200")
    catalogue.look(product, "20")
    assert known(catalogue) == []
    catalogue.look(product, "20")
    assert known(catalogue) == [(20, "published", None)]


def test_old_deals_and_those_of_products_switched_off_expire(catalogue: Any) -> None:
    old, off, young = catalogue.products(3, category_id=shelf(catalogue))
    for product in (old, off, young):
        catalogue.look(product, "200")
        catalogue.look(product, "100")
    catalogue.sql("update pricing.deal set created_at = now() - interval '31 days' where product_id = :id", id=old)
    catalogue.sql("update pricing.product set active = false where id = :id", id=off)
    with db.transaction() as session:
        assert deals.expire(session) == 2
    assert sorted(row.end_reason or "" for row in known(catalogue)) == ["", "closed", "expired"]
    catalogue.sql("update pricing.deal set ended_at = now() - interval '91 days' where product_id = :id", id=old)
    with db.transaction() as session:
        assert deals.prune(session, keep_days=90) == 1


def test_subscribers_of_a_category_or_one_above_it_are_told_once(catalogue: Any) -> None:
    top = shelf(catalogue, None, "Elektronik")
    leaf = shelf(catalogue, "previous", "Kulaklık", parent_id=top)
    other = shelf(catalogue, "previous", "Kitap")
    with db.transaction() as session:
        people = {
            name: recipients.put(session, catalogue.company, kind="person", name=name, address=f"{name}@ornek.example").id
            for name in ("all", "top", "leaf", "other", "picky")
        }
        for name, category, least in (("all", None, 0), ("top", top, 0), ("leaf", leaf, 0), ("other", other, 0), ("picky", None, 60)):
            recipients.subscribe(session, catalogue.company, people[name], category_id=category, min_percent=Decimal(least))
        recipients.subscribe(session, catalogue.company, people["all"], category_id=leaf)
    (product,) = catalogue.products(category_id=leaf)
    catalogue.look(product, "200")
    catalogue.look(product, "100")
    told = catalogue.sql("select r.name from pricing.notice n join pricing.recipient r on r.id = n.recipient_id order by 1")
    assert [row.name for row in told] == ["all", "leaf", "top"]


NONSENSE = {
    "published by nobody": "update pricing.deal set published_by = null",
    "created and published": "update pricing.deal set state = 'created'",
    "ended without a reason": "update pricing.deal set state = 'ended', ended_at = now()",
    "over but not ended": "update pricing.deal set ended_at = now(), end_reason = 'expired'",
    "dearer than before": "update pricing.deal set reference = price",
    "a state nobody knows": "update pricing.deal set state = 'perhaps'",
    "two of one product": "insert into pricing.deal select gen_random_uuid(), company_id, product_id, category_id, rule, day, price - 1, currency, previous,"
    " reference, percent, cheapest_days, score, state, created_at, published_at, published_by, ended_at, end_reason from pricing.deal",
}


@pytest.mark.parametrize("statement", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_cannot_be_written(catalogue: Any, statement: str) -> None:
    (product,) = catalogue.products(category_id=shelf(catalogue))
    catalogue.look(product, "200")
    catalogue.look(product, "100")
    with pytest.raises(sa.exc.IntegrityError):
        catalogue.sql(statement)
