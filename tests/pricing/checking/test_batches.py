"""Claims about claims."""

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from imece import db
from imece.errors import NotFound
from imece.ids import new_id
from imece.priority import Tier
from pricing.catalogue import stores
from pricing.checking import batches
from pricing.prices.results import Result


def read(product: int, price: str = "10") -> Result:
    return Result(product, "ok", price=Decimal(price), confidence=0.9)


def test_nothing_due_is_no_batch(catalogue: Any) -> None:
    assert catalogue.claim() is None
    catalogue.products()
    assert catalogue.claim(Tier.LOW) is None


def test_four_claimers_never_get_the_same_product(catalogue: Any) -> None:
    wanted = {product for n in range(8) for product in catalogue.products(100, f"m{n}.example")}
    catalogue.sql("update pricing.store set min_delay_ms = 0")
    found: list[int] = []
    gate, lock = threading.Barrier(4), threading.Lock()

    def work() -> None:
        gate.wait()
        while claim := catalogue.claim(size=60):
            with lock:
                found.extend(claim.product_ids)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while claim := catalogue.claim(size=60):  # what was locked by another at the very moment it was looked for
        found.extend(claim.product_ids)
    assert Counter(found) == Counter(wanted)


def test_the_never_checked_come_first_and_then_the_most_overdue(catalogue: Any) -> None:
    late, later, new = catalogue.products(3)
    for product, ago in ((late, 60), (later, 120)):
        catalogue.look(product, "10")
        catalogue.sql(
            "update pricing.sched set tier = 0, next_check_at = now() - :ago where product_id = :id", ago=timedelta(minutes=ago), id=product
        )
    assert [catalogue.claim(size=1).product_ids for _ in range(3)] == [(new,), (later,), (late,)]


def test_a_batch_goes_round_the_stores(catalogue: Any) -> None:
    """One store with a thousand due products does not keep the others waiting."""
    catalogue.products(300, "buyuk.example")
    for n in range(4):
        catalogue.products(10, f"kucuk{n}.example")
    claim = catalogue.claim(size=50)
    spread = Counter(member.store_id for member in catalogue.members(claim.id))
    assert sorted(spread.values()) == [10, 10, 10, 10, 10]
    order = [member.store_id for member in catalogue.members(claim.id)]
    assert len(set(order[:5])) == 5


def test_what_other_stores_leave_over_is_taken_from_those_that_have_more(catalogue: Any) -> None:
    catalogue.products(300, "buyuk.example")
    catalogue.products(2, "kucuk.example")
    assert len(catalogue.claim(size=50).product_ids) == 50


def test_the_store_with_the_least_booked_goes_first(catalogue: Any) -> None:
    busy = set(catalogue.products(40, "a.example"))
    idle = set(catalogue.products(40, "b.example"))
    assert set(catalogue.claim(size=1).product_ids) <= busy
    assert set(catalogue.claim(size=1).product_ids) <= idle


def test_a_stores_time_is_given_away_once(catalogue: Any) -> None:
    """At one request in 60 seconds there is room for 30 in the half hour ahead, and for none after that."""
    catalogue.products(100)
    catalogue.sql("update pricing.store set min_delay_ms = 60000")
    assert len(catalogue.claim().product_ids) == 30
    assert catalogue.claim() is None
    with db.transaction() as session:
        assert batches.companies(session, Tier.HIGH) == []
    catalogue.sql("update pricing.store set booked_until = now() + interval '20 minutes'")
    assert len(catalogue.claim().product_ids) == 10


def test_the_low_tier_leaves_room_for_the_high_one(catalogue: Any) -> None:
    catalogue.products(100)
    catalogue.sql("update pricing.store set min_delay_ms = 60000")
    catalogue.sql("update pricing.sched set tier = 2, next_check_at = now() where product_id % 2 = 0")
    assert len(catalogue.claim(Tier.LOW).product_ids) == 10
    assert catalogue.claim(Tier.LOW) is None
    assert len(catalogue.claim(Tier.HIGH).product_ids) == 20


@pytest.mark.parametrize(
    "why",
    [
        "policy = 'forbidden'",
        "active = false",
        "blocked_until = now() + interval '1 minute'",
        "booked_until = now() + interval '1 hour'",
    ],
)
def test_a_store_that_may_not_be_asked_is_left_alone(catalogue: Any, why: str) -> None:
    catalogue.products(5, "kapali.example")
    open_ = catalogue.products(5, "acik.example")
    catalogue.sql(f"update pricing.store set {why} where domain = 'kapali.example'")
    assert sorted(catalogue.claim().product_ids) == open_
    assert catalogue.claim() is None


def test_a_hold_that_is_over_holds_no_more(catalogue: Any) -> None:
    catalogue.products(5)
    catalogue.sql("update pricing.store set blocked_until = now() - interval '1 second'")
    assert len(catalogue.claim().product_ids) == 5


def test_a_dead_workers_products_come_due_again_and_its_batch_is_lost(catalogue: Any) -> None:
    """A product is in one open batch at most, also when the worker of the first one comes back to life."""
    products = catalogue.products(4)
    first = catalogue.claim()
    assert catalogue.claim() is None
    catalogue.sql("update pricing.sched set next_check_at = now() - interval '1 second'")
    second = catalogue.claim(size=3)

    assert len(second.product_ids) == 3
    assert catalogue.sql("select id, state from pricing.batch order by created_at") == [(first.id, "lost"), (second.id, "open")]
    assert catalogue.members(first.id) == []
    assert len(catalogue.members(second.id)) == 3
    late = catalogue.write(first.id, *(read(product) for product in second.product_ids))
    assert (dict(late.outcomes), late.changes) == ({}, ())
    assert catalogue.sql("select count(*) from pricing.product where price is not null") == [(0,)]
    assert catalogue.sql("select count(*) from pricing.sched where batch_id = :id", id=second.id) == [(3,)]
    assert sorted(catalogue.claim().product_ids + second.product_ids) == products


def test_an_attempt_goes_on_where_the_one_before_was_killed_and_the_lease_begins_anew(catalogue: Any) -> None:
    one, two = catalogue.products(2)
    claim = catalogue.claim()
    catalogue.write(claim.id, read(one))
    catalogue.sql("update pricing.batch set lease_until = now() + interval '1 minute'")
    assert [member.id for member in catalogue.members(claim.id)] == [two]
    assert catalogue.sql("select lease_until > now() + interval '59 minutes' from pricing.batch") == [(True,)]
    assert catalogue.sql("select next_check_at > now() + interval '59 minutes' from pricing.sched where product_id = :id", id=two) == [
        (True,)
    ]
    assert catalogue.row(one).next_check_at < catalogue.row(two).next_check_at + timedelta(days=1)


def test_a_batch_is_done_with_its_last_product(catalogue: Any) -> None:
    one, two = catalogue.products(2)
    claim = catalogue.claim()
    catalogue.write(claim.id, read(one))
    catalogue.write(claim.id, Result(two, "error"))
    with db.transaction() as session:
        batch = batches.find(session, catalogue.company, claim.id)
        assert (batch.state, batch.checked, batch.changed, batch.failed) == ("done", 2, 1, 1)
        assert batch.finished_at is not None
        with pytest.raises(NotFound):
            batches.find(session, new_id(), claim.id)


def test_releasing_gives_back_what_was_not_looked_at(catalogue: Any) -> None:
    one, two, three = catalogue.products(3)
    catalogue.look(three, "5")
    catalogue.sql("update pricing.sched set tier = 0, next_check_at = now() where product_id = :id", id=three)
    claim = catalogue.claim()
    catalogue.write(claim.id, read(one))
    with db.transaction() as session:
        assert batches.release(session, claim.id, wait=timedelta(minutes=5)) == 2
        assert batches.release(session, claim.id) == 0
    assert catalogue.sql("select state from pricing.batch order by created_at desc limit 1") == [("done",)]
    assert catalogue.row(two).next_check_at.year == 1970
    assert catalogue.sql("select next_check_at > now() from pricing.sched where product_id = :id", id=three) == [(True,)]
    assert catalogue.claim().product_ids == (two,)


def test_asked_for_by_hand(catalogue: Any) -> None:
    """Due or not, but never out of another open batch, and never another company's."""
    one, two, three = catalogue.products(3)
    catalogue.look(one, "5")
    busy = catalogue.claim(size=1)
    with db.transaction() as session:
        assert batches.claim_these(session, new_id(), [one]) is None
        claim = batches.claim_these(session, catalogue.company, [three, two, one])
        assert claim is not None
        assert set(claim.product_ids) == {one, two, three} - set(busy.product_ids)
        assert batches.claim_these(session, catalogue.company, [one]) is None
        assert batches.find(session, catalogue.company, claim.id).origin == "asked"


def test_companies_are_served_in_turn_and_see_nothing_of_each_other(catalogue: Any) -> None:
    other = type(catalogue)(new_id())
    catalogue.products(3, "a.example")
    other.products(3, "a.example")
    first = catalogue.claim()
    with db.transaction() as session:
        assert batches.companies(session, Tier.HIGH) == [other.company]
        assert batches.members(session, other.company, first.id) == []
    assert len(other.claim().product_ids) == 3


def test_pruning_forgets_the_old_and_names_the_lost(catalogue: Any) -> None:
    catalogue.products(2)
    old, forgotten = catalogue.claim(size=1), catalogue.claim(size=1)
    catalogue.sql("update pricing.batch set lease_until = now() - interval '1 second'")
    catalogue.sql("update pricing.batch set created_at = now() - interval '31 days' where id = :id", id=forgotten.id)
    with db.transaction() as session:
        assert batches.prune(session, keep_days=30) == 1
    assert catalogue.sql("select id, state from pricing.batch") == [(old.id, "lost")]


def test_holds_reach_the_claims(catalogue: Any) -> None:
    catalogue.products(3, "a.example")
    with db.transaction() as session:
        stores.hold(session, "a.example", timedelta(minutes=5), "429")
    assert catalogue.claim() is None
