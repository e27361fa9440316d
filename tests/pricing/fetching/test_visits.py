"""A whole visit against the demo shop: prices, pace, holds, circuits, robots.txt."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pricing.demo.shop import Asked
from pricing.demo.shop import Shop as DemoShop
from pricing.fetching import visits
from pricing.fetching.terms import Interface, Manners, Shop

OpenShop = Callable[..., DemoShop]
Go = Callable[..., Any]

HERE = Manners(allowed_networks=("127.0.0.0/8",), short_wait=1.0, connect_seconds=2.0)


class Wanted:
    """A product to look at."""

    def __init__(self, number: int, url: str, store_id: int = 0, **known: Any) -> None:
        self.id, self.url, self.store_id = number, url, store_id
        self.external_id, self.etag = known.get("external_id"), known.get("etag")
        self.last_modified, self.content_hash = known.get("last_modified"), known.get("content_hash")


def busiest(asked: list[Asked], seconds: float) -> int:
    """The most requests in any window of so many seconds."""
    moments = sorted(one.at for one in asked)
    return max(sum(first <= moment < first + seconds for moment in moments) for first in moments)


def test_every_price_is_the_shops(open_shop: OpenShop, go: Go) -> None:
    """Whatever way a page tells its price, it is the right one; pages in a mood say so."""
    shop = open_shop(count=100, plain=False)
    done = go(shop, [f"/p/{number}" for number in range(100) if number % 40 != 27], parallel=8)
    numbers = [number for number in range(100) if number % 40 != 27]
    for place, number in enumerate(numbers):
        result = done.results[place]
        if number == 50:
            assert result.state == "blocked"
        else:
            assert result.state == "ok", (number, result)
            assert result.reading.price == Decimal(shop.goods.offered(0, number).price) / 100, number
    assert not done.visit.left


def test_nothing_changed_costs_the_shop_nothing(open_shop: OpenShop, go: Go) -> None:
    """The ETag of last time is sent; 304 is `unchanged`. A page that says the same as last time is, too."""
    shop = open_shop()
    first = go(shop, ["/p/1", "/p/2"])
    known = first.results[0], first.results[1]
    again = [
        Wanted(0, shop.urls[0] + "/p/1", etag=known[0].etag),
        Wanted(1, shop.urls[0] + "/p/2", content_hash=known[1].reading.content_hash),
    ]
    done = go(shop, again)
    assert done.states == {0: "unchanged", 1: "unchanged"}
    assert [one.status for one in shop.asked if one.path.startswith("/p/")] == [200, 200, 304, 200]
    shop.goods.step = 30
    assert go(shop, again).states == {0: "ok", 1: "ok"}


def test_what_answers_mean(open_shop: OpenShop, go: Go) -> None:
    shop = open_shop()
    paths = ["/p/5000", "/trouble/gone", "/trouble/denied", "/trouble/broken", "/trouble/blocked", "/trouble/home", "/p/1"]
    done = go(shop, paths, manners=replace(HERE, max_delay=0.1))
    assert done.states == {0: "gone", 1: "gone", 2: "blocked", 3: "error", 4: "blocked", 5: "gone", 6: "ok"}
    assert (done.results[0].status, done.results[3].status) == (404, 500)
    assert "500" in done.results[3].error.tr


def test_the_pace_holds_for_four_workers_together(open_shop: OpenShop, state: redis.Redis, tmp_path: Path) -> None:
    """
    Four processes with products of the same two stores: by the shop's own log no second holds more than the rate.

    The log is written by a thread of this process, which may come a little late to one request and not to the next: hence nine tenths of a second.
    """
    shop = open_shop(stores=2)
    plan = {"urls": shop.urls, "terms": [{"min_delay": 0.2, "parallel": 1}, {"min_delay": 0.1, "parallel": 3}], "seconds": 3}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    script = Path(__file__).parent / "worker.py"
    workers = [subprocess.Popen([sys.executable, script, tmp_path / "plan.json"], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    counts = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    by_store = [[one for one in shop.asked if one.store == store] for store in (0, 1)]
    assert busiest(by_store[0], 0.9) <= 5
    assert busiest(by_store[1], 0.9) <= 10
    assert len(by_store[0]) >= 0.7 * 5 * 3, "the rate is used"
    assert len(by_store[1]) >= 0.7 * 10 * 3
    assert all(count > 2 for count in counts), "everybody has a turn"


def test_one_at_a_time_means_one_at_a_time(open_shop: OpenShop, go: Go) -> None:
    """A slow answer is waited for where a store gets one request at once."""
    shop = open_shop()
    began = time.monotonic()
    done = go(shop, ["/trouble/slow?seconds=0.3"] * 4, parallel=1, respect_robots=False)
    assert time.monotonic() - began >= 1.2
    assert len(done.results) == 4


def test_429_with_retry_after_is_obeyed(open_shop: OpenShop, go: Go) -> None:
    """A shop that says "not so fast" is left alone as long as it says, slows the pace, and loses no product."""
    shop = open_shop(rate=3)
    done = go(shop, [f"/p/{number}" for number in range(6)], parallel=4, respect_robots=False, manners=replace(HERE, short_wait=5.0))
    assert list(done.states.values()) == ["ok"] * 6
    refusals = [one.at for one in shop.asked if one.status == 429]
    assert refusals
    first_after = min(one.at for one in shop.asked if one.at > max(moment for moment in refusals if moment - refusals[0] < 0.2))
    assert first_after - refusals[0] >= 1.0
    assert done.visit.paces[shop.urls[0][7:]].delay >= 0.2


def test_a_long_hold_ends_the_visit_to_this_shop_only(open_shop: OpenShop, go: Go, state: redis.Redis) -> None:
    """What is left is named, nothing of it has failed; the other store is read to its end. The next visit does not even ask."""
    shop = open_shop(stores=2)
    products = [Wanted(0, shop.urls[0] + "/trouble/busy"), *(Wanted(number, f"{shop.urls[0]}/p/{number}") for number in (1, 2))]
    products += [Wanted(number, f"{shop.urls[1]}/p/{number}", 1) for number in (3, 4)]
    done = go(shop, products, respect_robots=False)
    assert done.states == {3: "ok", 4: "ok"}
    assert {number: reason.code for number, reason in done.visit.left.items()} == {0: "held", 1: "held", 2: "held"}
    seconds, reason = done.visit.holds[shop.urls[0][7:]]
    assert 1 < seconds <= 2.1
    assert reason.tr
    asked = len(shop.asked)
    assert go(shop, products[:3], respect_robots=False).results == {}
    assert len(shop.asked) == asked


def test_a_shop_that_blocks_us_is_left_alone(open_shop: OpenShop, go: Go) -> None:
    """The third refusal in a row means ten minutes of rest."""
    shop = open_shop()
    asked = [*["/trouble/denied"] * 2, *["/trouble/blocked"] * 5]
    done = go(shop, asked, respect_robots=False, manners=replace(HERE, max_delay=0.1))
    assert list(done.states.values()) == ["blocked"] * 3
    assert len(done.visit.left) == 4
    assert done.visit.holds[shop.urls[0][7:]][0] == pytest.approx(600, abs=2)


def test_a_dead_store_opens_its_circuit_and_the_others_go_on(open_shop: OpenShop, go: Go, state: redis.Redis) -> None:
    """After so many failures nothing more is asked; once the time is over one request tries, and an answer closes it."""
    shop = open_shop(stores=2)
    manners = replace(HERE, failures=3, open_seconds=0.4, short_wait=0.1)
    products = [Wanted(number, f"{shop.urls[0]}/trouble/broken") for number in range(10)]
    products += [Wanted(number, f"{shop.urls[1]}/p/{number}", 1) for number in range(10, 20)]
    done = go(shop, products, manners=manners)
    assert [done.states[number] for number in range(10, 20)] == ["ok"] * 10
    assert [state for number, state in done.states.items() if number < 10] == ["error"] * 3
    assert {reason.code for reason in done.visit.left.values()} == {"circuit"}
    assert sum(one.status == 500 for one in shop.asked) == 3
    patient = go(shop, [f"/p/{number}" for number in range(5)], manners=replace(manners, short_wait=5.0))
    assert list(patient.states.values()) == ["ok"] * 5
    assert not state.exists(f"pricing:{{{shop.urls[0][7:]}}}:circuit")


def test_a_store_that_nobody_answers_for(go: Go) -> None:
    """Connection refused: errors up to the circuit, with the reason."""
    shops = {0: Shop(0, "127.0.0.1:9", min_delay=0, respect_robots=False)}
    done = go(None, [f"http://127.0.0.1:9/p/{number}" for number in range(9)], shops=shops, manners=replace(HERE, failures=4))
    assert list(done.states.values()) == ["error"] * 4
    assert {result.error.code for result in done.results.values()} == {"unreachable"}
    assert len(done.visit.left) == 5


def test_robots_txt_is_read_once_and_obeyed(open_shop: OpenShop, go: Go) -> None:
    shop = open_shop()
    done = go(shop, ["/gizli/1", "/p/1", "/trouble/hop?to=/gizli/2"], parallel=2)
    assert done.states == {0: "forbidden", 1: "ok", 2: "forbidden"}
    assert done.results[0].error.code == "robots"
    go(shop, ["/p/2"])
    assert [one.path for one in shop.asked].count("/robots.txt") == 1
    assert not any(one.path.startswith("/gizli/") for one in shop.asked)


def test_robots_txt_sets_the_pace(open_shop: OpenShop, go: Go) -> None:
    """Crawl-delay is kept where it is slower than ours, from the first page on."""
    shop = open_shop(crawl_delay=0.3)
    go(shop, ["/p/1", "/p/2", "/p/3"], parallel=3)
    moments = [one.at for one in shop.asked]
    assert len(moments) == 4
    assert all(after - before > 0.28 for before, after in pairwise(moments[1:]))


def test_what_was_given_before_robots_txt_was_read_is_not_used_up_at_the_old_pace(open_shop: OpenShop, go: Go) -> None:
    """A store without a delay of its own gives moments in runs of many; the rest of such a run is lost."""
    shop = open_shop(crawl_delay=0.3)
    go(shop, ["/p/1", "/p/2", "/p/3", "/p/4"], parallel=1)
    moments = [one.at for one in shop.asked]
    assert len(moments) == 5
    assert all(after - before > 0.28 for before, after in pairwise(moments[1:]))


def test_a_store_without_robots_rules_is_free_one_that_fails_is_not_asked(
    open_shop: OpenShop, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9309: 404 means no rules, 503 means nothing may be asked."""
    shop = open_shop(stores=2)
    shop.away.add(0)
    products = [Wanted(0, shop.urls[0] + "/p/0"), Wanted(1, shop.urls[1] + "/p/1", 1)]
    done = go(shop, products)
    assert done.states == {1: "ok"}
    assert done.visit.left[0].code == "robots_unreachable"
    assert [one.path for one in shop.asked if one.store == 0] == ["/robots.txt"]


def test_an_interface_is_asked_for_many_at_once(open_shop: OpenShop, go: Go) -> None:
    """N numbers a call; what the answer leaves out is gone; a product without a number is an error."""
    shop = open_shop()
    interface = Interface(shop.urls[0] + "/api/products?ids={ids}")
    shops = {0: Shop(0, shop.urls[0][7:], "api", min_delay=0, ids_per_call=4, currency="TRY", interface=interface)}
    products = [Wanted(number, shop.urls[0], external_id=str(number)) for number in range(9)]
    products += [Wanted(9, shop.urls[0], external_id="777"), Wanted(10, shop.urls[0])]
    done = go(shop, products, shops=shops)
    assert [done.states[number] for number in range(11)] == ["ok"] * 9 + ["gone", "error"]
    assert len(shop.asked) == 3
    assert done.results[4].reading.price == Decimal(shop.goods.offered(0, 4).price) / 100
    assert done.results[4].reading.source == "interface"


def test_a_forbidden_store_is_never_asked(open_shop: OpenShop, go: Go) -> None:
    shop = open_shop()
    assert go(shop, ["/p/1"], policy="forbidden").states == {0: "forbidden"}
    assert go(shop, ["/p/1"], policy="api").results[0].error.code == "no_interface"
    assert not shop.asked


def test_time_that_is_over_leaves_the_rest(open_shop: OpenShop, go: Go) -> None:
    shop = open_shop()
    done = go(shop, [f"/p/{number}" for number in range(9)], min_delay=0.4, seconds=1.0, respect_robots=False)
    assert 2 <= len(done.results) <= 3
    assert {reason.code for reason in done.visit.left.values()} == {"late"}
    assert done.results.keys() | done.visit.left.keys() == set(range(9))


def test_a_reader_may_leave_early(open_shop: OpenShop, state: redis.Redis) -> None:
    """Leaving the context ends the visit at once, and the places it had are free again."""
    shop = open_shop()
    shops = {0: Shop(0, shop.urls[0][7:], min_delay=0.2, respect_robots=False)}
    products = [Wanted(number, f"{shop.urls[0]}/p/{number}") for number in range(100)]
    began = time.monotonic()
    with visits.Visit(products, shops, HERE, state, size=1) as visit:
        next(iter(visit))
    assert time.monotonic() - began < 3
    assert state.zcard(f"pricing:{{{shop.urls[0][7:]}}}:queue") == 0


def test_without_redis_nothing_is_asked(open_shop: OpenShop) -> None:
    """Its loss is the reader's to hear."""
    shop = open_shop()
    nowhere = redis.Redis(port=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    shops = {0: Shop(0, shop.urls[0][7:])}
    with visits.Visit([Wanted(0, shop.urls[0] + "/p/0")], shops, HERE, nowhere) as visit, pytest.raises(redis.ConnectionError):
        list(visit)
    assert not shop.asked
