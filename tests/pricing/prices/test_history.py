"""Claims about what products cost and when."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from imece import clock, db
from imece.errors import NotFound
from imece.ids import new_id
from pricing.prices import history
from pricing.prices.history import Past, Window

DAY = timedelta(days=1)


def before(product: int, days: int, ago: float = 0) -> Past:
    with db.transaction() as session:
        return history.before(session, [Window(product, clock.now() - ago * DAY, days)])[0]


def test_the_price_in_force_when_a_window_opened_counts(catalogue: Any) -> None:
    """The trap of keeping changes only: 80 was in force until 10 days ago, its row is 50 days old, and it is the lowest of the last 30 days."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "200"), (50, "80"), (10, "120"))
    past = before(product, 30)
    assert past == Past(low=Decimal(80), average=Decimal("93.33"), points=32, whole=True)


def test_a_product_without_a_row_in_the_window_cost_the_same_all_the_time(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "200"))
    assert before(product, 30) == Past(Decimal(200), Decimal(200), 31, whole=True)
    assert before(product, 30, ago=40) == Past(Decimal(200), Decimal(200), 31, whole=True)


def test_what_comes_after_the_window_is_not_in_it(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (90, "200"), (5, "100"))
    assert before(product, 30, ago=6).low == Decimal(200)
    assert before(product, 30, ago=6).points == 31


def test_a_product_known_for_less_than_the_window_says_so(catalogue: Any) -> None:
    young, unknown = catalogue.products(2)
    catalogue.past(young, (20, "50"), (10, "100"))
    assert before(young, 30) == Past(Decimal(50), Decimal(75), 22, whole=False)
    assert before(young, 30, ago=25) == Past(None, None, 0, whole=False)
    assert before(unknown, 30) == Past(None, None, 0, whole=False)
    assert before(-1, 30) == Past(None, None, 0, whole=False)


def test_the_window_ends_before_its_moment(catalogue: Any) -> None:
    """So that a change is compared with what was before it."""
    (product,) = catalogue.products()
    catalogue.past(product, (90, "200"))
    (change,) = catalogue.look(product, "150").changes
    with db.transaction() as session:
        (past,) = history.before(session, [Window(product, change.at, 30)])
    assert past.low == Decimal(200)


def test_many_windows_come_back_in_their_order(catalogue: Any) -> None:
    first, second = catalogue.products(2)
    catalogue.past(first, (90, "10"))
    catalogue.past(second, (90, "20"))
    now = clock.now()
    with db.transaction() as session:
        found = history.before(session, [Window(second, now, 30), Window(first, now, 30), Window(second, now, 7)])
    assert [past.low for past in found] == [20, 10, 20]


def test_a_chart_begins_with_what_was_in_force_and_marks_the_lowest(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (200, "200"), (50, "80"), (10, "120"))
    with db.transaction() as session:
        chart = history.chart(session, catalogue.company, product, 30)
        assert [point.price for point in chart.points] == [80, 120]
        assert (chart.low, chart.high, chart.currency) == (80, 120, "TRY")
        assert [point.price for point in history.chart(session, catalogue.company, product, 365).points] == [200, 80, 120]
        assert [point.price for point in history.chart(session, catalogue.company, product, 5).points] == [120]
        with pytest.raises(NotFound):
            history.chart(session, new_id(), product)


def test_a_product_without_a_price_has_an_empty_chart(catalogue: Any) -> None:
    (product,) = catalogue.products()
    with db.transaction() as session:
        assert history.chart(session, catalogue.company, product).points == ()


def test_taking_over_a_history_keeps_changes_only_and_only_once(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.past(product, (40, "10"), (30, "10"), (20, "12"), (10, "12"))
    catalogue.past(product, (5, "99"))
    rows = catalogue.sql("select price, was from pricing.price_history order by checked_at")
    assert rows == [(10, None), (12, 10)]
    assert (catalogue.row(product).price, catalogue.row(product).first_priced_at.date()) == (12, (clock.now() - 40 * DAY).date())


def test_partitions_are_made_ahead_once(catalogue: Any) -> None:
    made = history.prepare(ahead=8)
    assert made == sorted(made)
    assert 1 <= len(made) <= 8
    assert history.prepare(ahead=8) == []


def test_old_months_are_dropped_whole_and_their_lows_kept(catalogue: Any) -> None:
    """And what the price was when the kept history begins is still known."""
    (product,) = catalogue.products()
    catalogue.past(product, (500, "200"), (499, "150"), (498, "180"), (20, "100"))
    dropped = history.prune(keep_months=13)
    assert dropped
    assert catalogue.sql("select count(*) from pricing.price_history") == [(1,)]
    low, high, last = catalogue.sql("select min(low), max(high), (array_agg(last order by month desc))[1] from pricing.price_month")[0]
    assert (low, high, last) == (150, 200, 180)
    assert before(product, 365).low == 100
    assert before(product, 300, ago=25).low == 180
    assert history.prune(keep_months=13) == []
