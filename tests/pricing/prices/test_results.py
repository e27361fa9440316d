"""Claims about what looking at products gave."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from imece import clock, db
from pricing.catalogue import categories
from pricing.extraction.offer import Availability, Offer, Reading, State
from pricing.fetching.terms import Fetched, Reason
from pricing.prices import results
from pricing.prices.results import Result

HOUR = timedelta(hours=1)


def rows(catalogue: Any) -> Any:
    return catalogue.sql("select price, was, in_stock from pricing.price_history order by checked_at")


def wait(catalogue: Any, product: int) -> float:
    """Hours from the look to the next one."""
    row = catalogue.row(product)
    return (row.next_check_at - row.last_checked_at) / HOUR


def test_the_first_price_is_a_change_and_the_same_again_is_none(catalogue: Any) -> None:
    (product,) = catalogue.products()
    first = catalogue.look(product, "8450.75", source="json-ld", evidence="offers.price")
    again = catalogue.look(product, "8450.75")
    (change,) = first.changes
    assert (dict(first.outcomes), dict(again.outcomes), again.changes) == ({"changed": 1}, {"ok": 1}, ())
    assert (change.price_before, change.price, change.stock_before, change.in_stock) == (None, Decimal("8450.75"), None, True)
    assert rows(catalogue) == [(Decimal("8450.75"), None, True)]
    row = catalogue.row(product)
    assert (row.source, row.evidence, row.last_state, row.first_priced_at) == ("json-ld", "offers.price", "ok", change.at)


def test_only_what_changed_is_kept_with_what_it_was(catalogue: Any) -> None:
    (product,) = catalogue.products()
    for price, stock in (("100", True), ("100", True), ("90", True), ("90", False), ("95", True)):
        catalogue.look(product, price, in_stock=stock)
    assert rows(catalogue) == [(100, None, True), (90, 100, True), (90, 90, False), (95, 90, True)]


@pytest.mark.parametrize("state", ["unchanged", "ambiguous", "no_price", "blocked", "gone", "forbidden", "error"])
def test_whatever_is_no_price_keeps_the_last_known_one(catalogue: Any, state: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100", list_price=Decimal(150))
    written = catalogue.look(product, "1", state=state, in_stock=None, list_price=Decimal(2))
    row = catalogue.row(product)
    assert (row.price, row.list_price, row.in_stock, row.last_state) == (100, 150, True, state)
    assert (dict(written.outcomes), written.changes) == ({state: 1}, ())
    assert len(rows(catalogue)) == 1


@pytest.mark.parametrize("price", [None, "0", "0.004", "-3", "NaN", "Infinity", "1e15"])
def test_what_cannot_be_a_price_is_none(catalogue: Any, price: str | None) -> None:
    (product,) = catalogue.products()
    assert catalogue.look(product, price).outcomes == {"no_price": 1}
    assert catalogue.row(product).price is None


def test_a_price_is_kept_to_the_hundredth(catalogue: Any) -> None:
    """Shops write `845,7500`; the same price must not look like another."""
    (product,) = catalogue.products()
    catalogue.look(product, "845.7500")
    assert catalogue.look(product, "845.75").changes == ()
    assert catalogue.row(product).price == Decimal("845.75")


def test_sold_out_without_a_price_is_an_answer(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100")
    (change,) = catalogue.look(product, None, state="no_price", in_stock=False).changes
    row = catalogue.row(product)
    assert (change.price, change.in_stock, row.fail_count) == (100, False, 0)


def test_a_guess_waits_for_a_second_one_that_says_the_same(catalogue: Any) -> None:
    (product,) = catalogue.products()
    first = catalogue.look(product, "100", confidence=0.4, etag="a", content_hash=b"1")
    row = catalogue.row(product)
    assert (dict(first.outcomes), first.changes, row.price, row.pending_price) == ({"unconfirmed": 1}, (), None, 100)
    assert (row.etag, row.content_hash) == (None, None)  # or the store would say "as before", and nothing were ever confirmed
    assert (row.tier, wait(catalogue, product) <= 1 / 6) == (0, True)
    second = catalogue.look(product, "100", confidence=0.4, etag="a")
    row = catalogue.row(product)
    assert (dict(second.outcomes), row.price, row.pending_price, row.pending_since, row.etag) == ({"changed": 1}, 100, None, None, "a")


@pytest.mark.parametrize(("before", "after"), [("100", "39.99"), ("39.99", "100")])
def test_a_leap_waits_for_a_second_reading_in_both_directions(catalogue: Any, before: str, after: str) -> None:
    """A rise counts as well: where a misread price came in, the real one afterwards would look like the deal of the year."""
    (product,) = catalogue.products()
    catalogue.look(product, before)
    assert catalogue.look(product, after).outcomes == {"unconfirmed": 1}
    assert catalogue.row(product).price == Decimal(before)
    assert catalogue.look(product, after).outcomes == {"changed": 1}
    assert catalogue.row(product).price == Decimal(after)


def test_a_second_reading_may_wobble(catalogue: Any) -> None:
    (product,) = catalogue.products()
    for price in ("100", "10", "10.05"):
        catalogue.look(product, price)
    assert catalogue.row(product).price == Decimal("10.05")


def test_a_fall_of_sixty_percent_is_still_believed(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100")
    assert catalogue.look(product, "40").outcomes == {"changed": 1}


def test_a_doubt_that_is_not_repeated_leaves_no_trace(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100")
    catalogue.look(product, "5")
    assert catalogue.look(product, "6").outcomes == {"unconfirmed": 1}
    assert catalogue.look(product, "100").outcomes == {"ok": 1}
    row = catalogue.row(product)
    assert (row.price, row.pending_price, len(rows(catalogue))) == (100, None, 1)


def test_another_currency_is_no_price_and_the_first_one_is_taken_over(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100", currency="EUR")
    assert catalogue.row(product).currency == "EUR"
    assert catalogue.look(product, "90", currency="USD").outcomes == {"ambiguous": 1}
    assert catalogue.look(product, "90", currency=None).outcomes == {"changed": 1}
    assert (catalogue.row(product).price, catalogue.row(product).currency) == (90, "EUR")


def test_a_discount_begins_with_its_first_list_price_and_ends_with_it(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100", ago=6 * HOUR)
    begun = catalogue.look(product, "100", ago=5 * HOUR, list_price=Decimal(150)).changes
    catalogue.look(product, "80", ago=4 * HOUR, list_price=Decimal(150))
    assert catalogue.row(product).discount_since == begun[0].at
    assert (begun[0].list_before, begun[0].list_price) == (None, 150)
    catalogue.look(product, "80", ago=3 * HOUR, list_price=Decimal(80))
    assert (catalogue.row(product).discount_since, catalogue.row(product).list_price) == (None, None)


def test_when_to_look_again_follows_from_the_score(catalogue: Any) -> None:
    products = catalogue.products(6)
    catalogue.sql("update pricing.sched set priority = (15 + 20 * (product_id - (select min(product_id) from pricing.sched))) % 100")
    catalogue.sql("update pricing.product set has_active_deal = true where id = :id", id=products[-1])
    for product in products:
        catalogue.look(product, "10")
    assert all(0.9 * hours <= wait(catalogue, product) <= hours for product, hours in zip(products, (24, 12, 6, 3, 1, 1), strict=True))
    assert [catalogue.row(product).tier for product in products] == [2, 2, 1, 1, 0, 0]


def test_a_categorys_interval_goes_before_the_scores_but_a_deals_before_both(catalogue: Any) -> None:
    with db.transaction() as session:
        category = categories.put(session, catalogue.company, "Saat", check_minutes=120)
    plain, deal = catalogue.products(2, category_id=category.id)
    catalogue.sql("update pricing.product set has_active_deal = true where id = :id", id=deal)
    catalogue.look(plain, "10")
    catalogue.look(deal, "10")
    assert 1.8 <= wait(catalogue, plain) <= 2
    assert 0.9 <= wait(catalogue, deal) <= 1


def test_failures_stretch_the_wait_and_a_good_look_forgives_them(catalogue: Any) -> None:
    (product,) = catalogue.products()
    found = []
    for _ in range(3):
        catalogue.look(product, None, state="error", error=Reason("time_out", "No answer.", "Yanıt yok."))
        found.append(wait(catalogue, product))
    assert all(0.9 * hours <= got <= hours for got, hours in zip(found, (0.25, 0.5, 1), strict=True))
    assert catalogue.row(product).last_error["tr"] == "Yanıt yok."
    for _ in range(40):
        catalogue.look(product, None, state="gone")
    assert 0.9 * 168 <= wait(catalogue, product) <= 168
    catalogue.look(product, "10")
    assert (catalogue.row(product).fail_count, catalogue.row(product).last_error) == (0, None)


def test_a_blocked_store_is_not_the_products_failure(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, None, state="blocked")
    assert (catalogue.row(product).fail_count, catalogue.row(product).last_state) == (0, "blocked")


def test_a_product_that_was_switched_off_meanwhile_stays_off(catalogue: Any) -> None:
    (product,) = catalogue.products()
    claim = catalogue.claim()
    catalogue.sql("update pricing.product set active = false")
    catalogue.write(claim.id, Result(product, "ok", price=Decimal(5), confidence=0.9))
    assert catalogue.sql("select next_check_at = 'infinity' from pricing.sched") == [(True,)]


def test_writing_twice_or_what_is_not_in_the_batch_changes_nothing(catalogue: Any) -> None:
    inside, outside = catalogue.products(2)
    claim = catalogue.claim(size=1)
    given = [Result(product, "ok", price=Decimal(5), confidence=0.9) for product in (outside, inside, inside)]
    assert sum(catalogue.write(claim.id, *given).outcomes.values()) == 1
    assert sum(catalogue.write(claim.id, *given).outcomes.values()) == 0
    assert catalogue.row(outside).price is None
    assert catalogue.sql("select checked, changed from pricing.batch") == [(1, 1)]


def test_a_product_of_which_nothing_changed_is_not_written(catalogue: Any) -> None:
    """A look at what stayed as it was costs a row of the narrow table, not one of the wide."""
    (product,) = catalogue.products()
    catalogue.look(product, "100", etag="a", content_hash=b"h")
    version = catalogue.sql("select xmin::text from pricing.product")
    catalogue.look(product, "100", etag="a", content_hash=b"h")
    catalogue.look(product, None, state="unchanged")
    assert catalogue.sql("select xmin::text from pricing.product") == version


def test_a_thousand_results_are_one_statement(catalogue: Any) -> None:
    products = catalogue.products(1000)
    catalogue.sql("update pricing.store set min_delay_ms = 0")
    claim = catalogue.claim()
    written = catalogue.write(claim.id, *(Result(product, "ok", price=Decimal(product), confidence=1) for product in products))
    assert (dict(written.outcomes), len(written.changes)) == ({"changed": 1000}, 1000)
    assert catalogue.sql("select state from pricing.batch") == [("done",)]


def test_history_is_written_at_the_time_of_the_reading(catalogue: Any) -> None:
    (product,) = catalogue.products()
    catalogue.look(product, "100", ago=100 * 24 * HOUR)
    catalogue.look(product, "90")
    assert catalogue.sql("select count(*) from pricing.price_history where checked_at < now() - interval '99 days'") == [(1,)]


def test_what_fetching_brought_back_is_taken_over() -> None:
    offers = (Offer(Decimal(7), label="öteki"), Offer(Decimal(5), label="Anka"))
    reading = Reading(State.OK, Decimal(5), "TRY", Availability.OUT_OF_STOCK, Decimal(9), offers, 0.9, "meta", "og:price")
    made = results.of(Fetched(7, "ok", reading, etag="x", last_modified="dün", status=200, latency_ms=12))
    assert (made.product_id, made.state, made.price, made.currency, made.in_stock, made.list_price) == (7, "ok", 5, "TRY", False, 9)
    assert (made.seller, made.etag, made.last_modified, made.content_hash) == ("Anka", "x", "dün", reading.content_hash)
    assert (made.confidence, made.source, made.evidence) == (0.9, "meta", "og:price")
    failed = results.of(Fetched(7, "error", error=Reason("dns", "No such host.", "Böyle bir alan adı yok.")))
    assert (failed.state, failed.price, failed.error) == ("error", None, Reason("dns", "No such host.", "Böyle bir alan adı yok."))
    assert results.of(Fetched(7, "blocked", Reading(State.BLOCKED, availability=Availability.BLOCKED))).in_stock is None


def test_times_never_run_backwards(catalogue: Any) -> None:
    """A reading that was made before the last change, but written after it, comes after it in the history."""
    (product,) = catalogue.products()
    catalogue.look(product, "100")
    catalogue.look(product, "90", ago=HOUR)
    assert rows(catalogue) == [(100, None, True), (90, 100, True)]
    assert catalogue.row(product).price_changed_at > clock.now() - HOUR / 2
