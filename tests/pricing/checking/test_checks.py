"""A batch of looks, and what becomes of shops and pages that are not as they should be."""

from typing import Any

import pytest
import redis

from imece.errors import Lost
from imece.ids import new_id
from pricing.checking import checks
from pricing.demo.shop import Shop
from pricing.fetching.terms import Fetched


@pytest.fixture
def shelf(catalogue: Any, demo_shop: Shop, redis_client: redis.Redis) -> Any:
    """The catalogue, with the demo's stores as fast as they answer."""
    for url in demo_shop.urls:
        catalogue.store(url.removeprefix("http://"), min_delay_ms=0, max_parallel=4)
    return catalogue


def watched(catalogue: Any, *urls: str) -> list[int]:
    from imece import db
    from pricing.catalogue import products

    with db.transaction() as session:
        made = products.record(session, catalogue.company, [products.Draft(url) for url in urls], allow_private=True)
    assert not made.faults
    return list(made.ids)


def states(catalogue: Any) -> dict[str, str]:
    rows = catalogue.sql("select p.url, q.last_state from pricing.sched q join pricing.product p on p.id = q.product_id")
    return {row.url: row.last_state for row in rows}


def test_every_page_has_its_outcome_and_the_job_says_how_far_it_is(shelf: Any, demo_shop: Shop) -> None:
    """Gone, blocked, broken, binary and endless pages are recorded, and hold nothing up."""
    base = demo_shop.urls[0]
    names = ["gone", "blocked", "broken", "binary", "bomb", "garbled", "charset"]
    watched(shelf, f"{base}/p/0", f"{base}/p/1", *(f"{demo_shop.urls[1]}/trouble/{name}" for name in names))
    claim = shelf.claim()
    told: list[tuple[int, int]] = []

    done = checks.run(shelf.company, claim.id, report=lambda *progress: told.append(progress))

    found = states(shelf)
    assert found[f"{base}/p/0"] == found[f"{base}/p/1"] == "ok"
    assert done.outcomes["changed"] >= 2
    assert {name: found[f"{demo_shop.urls[1]}/trouble/{name}"] for name in names} == {
        "gone": "gone",
        "blocked": "blocked",
        "broken": "error",
        "binary": "error",
        "bomb": "no_price",
        "garbled": "error",
        "charset": "unconfirmed",
    }
    assert (done.checked + done.left, told[0], told[-1][1]) == (9, (0, 9), 9)
    assert shelf.sql("select sum(checks) from pricing.check_hour")[0][0] == done.checked
    assert shelf.sql("select count(*) from pricing.sched where batch_id is not null")[0][0] == 0


def test_a_second_look_finds_what_has_not_changed(shelf: Any, demo_shop: Shop) -> None:
    watched(shelf, *(f"{demo_shop.urls[0]}/p/{number}" for number in range(8)))
    first = checks.run(shelf.company, shelf.claim().id)
    shelf.sql("update pricing.sched set next_check_at = now() - interval '1 minute', tier = 0")
    second = checks.run(shelf.company, shelf.claim().id)
    assert (first.checked, second.checked, second.changed) == (8, 8, 0)
    assert second.outcomes["unchanged"] >= 6


def test_a_batch_that_is_not_ours_any_more_gives_nothing(shelf: Any) -> None:
    assert checks.run(shelf.company, new_id()).model_dump() == {
        "checked": 0,
        "changed": 0,
        "failed": 0,
        "deals": 0,
        "left": 0,
        "outcomes": {},
    }


def test_what_a_lost_attempt_read_is_not_written(shelf: Any, demo_shop: Shop) -> None:
    """Its transaction refuses, and nothing of the portion is there; another attempt looks at all of it."""
    from collections.abc import Iterator
    from contextlib import contextmanager

    from imece import db

    watched(shelf, *(f"{demo_shop.urls[0]}/p/{number}" for number in range(4)))
    claim = shelf.claim()

    @contextmanager
    def lost() -> Iterator[Any]:
        with db.transaction() as session:
            yield session
            raise Lost

    with pytest.raises(Lost):
        checks.run(shelf.company, claim.id, transaction=lost)
    assert set(states(shelf).values()) == {None}
    assert checks.run(shelf.company, claim.id).checked == 4


def test_a_store_that_dies_is_left_alone_and_the_others_go_on(shelf: Any, demo_shop: Shop) -> None:
    demo_shop.away.add(1)
    watched(shelf, *(f"{url}/p/{number}" for url in demo_shop.urls for number in range(12)))
    done = checks.run(shelf.company, shelf.claim().id)
    found = states(shelf)
    assert {found[f"{demo_shop.urls[0]}/p/{number}"] for number in range(9)} == {"ok"}
    assert not {found[f"{demo_shop.urls[1]}/p/{number}"] for number in range(12)} & {"ok", "changed"}
    assert done.failed + done.left == 12
    domain = demo_shop.urls[1].removeprefix("http://")
    assert shelf.sql("select blocked_until is not null or current_delay_ms > 0 from pricing.store where domain = :domain", domain=domain)[
        0
    ][0]


def test_a_private_address_is_forbidden(catalogue: Any, redis_client: redis.Redis) -> None:
    """However it came into the catalogue."""
    watched(catalogue, "http://127.0.0.1:9/p/1")
    done = checks.run(catalogue.company, catalogue.claim().id)
    assert done.outcomes == {"forbidden": 1}
    [(error,)] = catalogue.sql("select last_error from pricing.sched")
    assert error.keys() == {"code", "en", "tr"}


def test_a_rule_of_a_store_reaches_the_shop(catalogue: Any) -> None:
    store_id = catalogue.store(rule={"price": "#fiyat", "interface": {"url": "https://api.example/?ids={ids}"}}, min_delay_ms=1500)
    from imece import db
    from pricing.catalogue import stores

    with db.transaction() as session:
        found = checks.shop(stores.find(session, catalogue.company, store_id))
    assert found.rule is not None
    assert found.interface is not None
    assert (found.rule.price, found.interface.url, found.min_delay) == ("#fiyat", "https://api.example/?ids={ids}", 1.5)


def test_a_rule_is_tried_on_a_page_and_nothing_is_written_down(shelf: Any, demo_shop: Shop) -> None:
    from imece import db
    from pricing.catalogue import stores
    from pricing.extraction.rules import Rule

    base = demo_shop.urls[0]
    [product] = watched(shelf, f"{base}/p/1")
    before = shelf.row(product)
    with db.transaction() as session:
        [store] = [one for one in stores.of_company(session, shelf.company) if one.domain == base.removeprefix("http://")]
        session.expunge(store)
    plain, ruled, missing = (
        checks.look(store, f"{base}/p/1", rule) for rule in (None, Rule(price="title"), Rule(price="#there-is-no-such"))
    )

    assert isinstance(plain, Fetched)
    assert plain.reading is not None
    assert plain.reading.price is not None
    assert isinstance(ruled, Fetched)
    assert isinstance(missing, Fetched)
    assert missing.reading is not None
    assert "#there-is-no-such found no price" in missing.reading.evidence
    assert missing.reading.confidence <= 0.6
    assert shelf.row(product) == before


def test_a_page_of_nowhere_that_may_be_asked_is_refused_while_a_rule_is_tried(
    shelf: Any, demo_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imece import db
    from pricing.catalogue import stores
    from pricing.settings import settings

    watched(shelf, f"{demo_shop.urls[0]}/p/1")
    with db.transaction() as session:
        store = stores.of_company(session, shelf.company)[0]
        session.expunge(store)
    monkeypatch.setattr(settings(), "allowed_networks", ())
    found = checks.look(store, f"{demo_shop.urls[0]}/p/1", None)

    assert isinstance(found, Fetched)
    assert found.error is not None
    assert (found.state, found.error.code) == ("forbidden", "private_address")
    assert not demo_shop.asked
