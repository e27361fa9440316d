"""Claims about what labels claim. The cases are those that shops are fined for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from imece import clock, db
from imece.ids import new_id
from pricing.prices import discounts
from pricing.prices.discounts import Verdict
from pricing.prices.history import Past

DAY = timedelta(days=1)


def seen(catalogue: Any, product: int, *windows: int) -> list[discounts.Discount]:
    with db.transaction() as session:
        return discounts.of_products(session, catalogue.company, [product], windows or (30, 10)).get(product, [])


def test_an_honest_discount(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"))
    catalogue.look(product, "60", list_price=Decimal(100))
    month, label = seen(catalogue, product)
    assert (month.days, month.claimed, month.real, month.reference, month.verdict) == (30, 40, 40, 100, Verdict.REAL)
    assert (label.days, label.verdict) == (10, Verdict.REAL)


def test_raised_first_and_reduced_then(catalogue: Any) -> None:
    """100 for months, 150 for five days, then "150, now 94": the label says 37 %, the law's reference is 100."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"), (5, "150"))
    catalogue.look(product, "94", list_price=Decimal(150))
    (month,) = seen(catalogue, product, 30)
    assert (month.claimed, month.real, month.reference, month.verdict) == (Decimal("37.33"), 6, 100, Verdict.INFLATED)
    assert discounts.sentence(month) == "Etiketteki indirim %37; indirimden önceki 30 günün en düşük fiyatına göre %6."
    assert discounts.sentence(month, "en") == "The label says 37% off; it is 6% against the lowest price of the 30 days before."


def test_the_two_windows_of_the_law_may_differ(catalogue: Any) -> None:
    """Cheap 20 days ago: within the 30 days of advertisements, outside of the 10 of labels."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"), (25, "70"), (20, "100"))
    catalogue.look(product, "70", list_price=Decimal(100))
    month, label = seen(catalogue, product)
    assert (month.real, month.verdict, label.real, label.verdict) == (0, Verdict.INFLATED, 30, Verdict.REAL)


def test_the_window_ends_where_the_discount_began_not_today(catalogue: Any) -> None:
    """A discount that has been running for 20 days is compared with the days before it, not with itself."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"))
    catalogue.look(product, "60", list_price=Decimal(100), ago=20 * DAY)
    (month,) = seen(catalogue, product, 30)
    assert (month.real, month.verdict) == (40, Verdict.REAL)
    assert clock.now() - month.since > 19 * DAY


def test_a_discount_that_grows_keeps_the_beginning_of_its_first_step(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"))
    catalogue.look(product, "90", list_price=Decimal(100), ago=9 * DAY)
    catalogue.look(product, "70", list_price=Decimal(100))
    (month,) = seen(catalogue, product, 30)
    assert (month.claimed, month.real, month.reference) == (30, 30, 100)


def test_without_enough_history_there_is_no_verdict(catalogue: Any) -> None:
    young, at_once = catalogue.products(2)
    catalogue.past(young, (12, "100"))
    catalogue.look(young, "60", list_price=Decimal(100))
    catalogue.look(at_once, "60", list_price=Decimal(100))
    month, label = seen(catalogue, young)
    assert (month.verdict, month.real, label.verdict) == (Verdict.TOO_LITTLE_HISTORY, None, Verdict.REAL)
    assert "yeterli geçmiş yok" in discounts.sentence(month)
    assert {one.verdict for one in seen(catalogue, at_once)} == {Verdict.TOO_LITTLE_HISTORY}


def test_a_raise_sold_as_a_discount_is_none(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "100"))
    catalogue.look(product, "120", list_price=Decimal(200))
    (month,) = seen(catalogue, product, 30)
    assert (month.claimed, month.real, month.verdict) == (40, -20, Verdict.INFLATED)
    assert discounts.sentence(month).endswith("göre indirim yok.")


def test_fruit_is_compared_with_the_price_just_before(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "20"), (3, "50"))
    catalogue.look(product, "30", list_price=Decimal(50))
    (fresh,) = seen(catalogue, product, 0)
    assert (fresh.reference, fresh.real, fresh.verdict) == (50, 40, Verdict.REAL)
    assert "hemen önceki fiyata" in discounts.sentence(fresh)


def test_no_list_price_no_claim_and_nobody_elses(catalogue: Any) -> None:
    plain, reduced = catalogue.products(2)
    catalogue.look(plain, "60")
    catalogue.look(reduced, "60", list_price=Decimal(100))
    assert seen(catalogue, plain) == []
    with db.transaction() as session:
        assert discounts.of_products(session, new_id(), [reduced]) == {}


def test_a_percentage_point_is_rounding() -> None:
    since = clock.now()
    past = Past(Decimal("99.50"), Decimal(100), 2, whole=True)
    assert discounts.judged(Decimal(60), Decimal(100), since, 30, past).verdict is Verdict.REAL
    assert discounts.judged(Decimal(60), Decimal(110), since, 30, past).verdict is Verdict.INFLATED
