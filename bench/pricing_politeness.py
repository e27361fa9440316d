"""
pricing-politeness: many workers with products of the same stores; the demo shop's own log says how often each store was asked in its busiest second.

`python -m bench.pricing_politeness WORKER FILE` is one of the workers.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from bench.figure import Figure, Options
from bench.ground import Ground, ground, python
from bench.pricing_client import demo_shop
from imece import broker
from pricing.fetching.terms import Manners, Shop
from pricing.fetching.visits import Visit

WORKERS = 4
#: Requests per second that the stores allow, and how many at once.
RATES = ((1, 1), (2, 1), (2, 2), (4, 1), (5, 2), (10, 2), (10, 4), (20, 4))


class Wanted(NamedTuple):
    """A product to look at."""

    id: int
    store_id: int
    url: str
    external_id: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: bytes | None = None


def measure(options: Options) -> Figure:
    """All workers have more products of every store than there is time for."""
    seconds = 10.0 if options.quick else 40.0
    with ground() as here:
        with demo_shop(here, stores=len(RATES), kilobytes=10) as shop:
            terms = [
                {"id": store, "domain": url[7:], "min_delay": 1 / rate, "parallel": parallel}
                for store, (url, (rate, parallel)) in enumerate(zip(shop.urls, RATES, strict=True))
            ]
            plan = here.home / "plan.json"
            plan.write_text(json.dumps({"shops": terms, "urls": shop.urls, "seconds": seconds}), encoding="utf-8")
            done = _work(here, plan, seconds)
        by_store = _moments(shop.log)
    stores = [_store(by_store[store], rate) for store, (rate, _) in enumerate(RATES)]
    worst = max(one["busiest_second"] / rate for one, (rate, _) in zip(stores, RATES, strict=True))
    used = sum(one["asked"] for one in stores) / sum((rate * seconds + 1) for rate, _ in RATES)
    detail = {
        "workers": WORKERS,
        "seconds": seconds,
        "rates": [{"rate": rate, "parallel": parallel, **one} for (rate, parallel), one in zip(RATES, stores, strict=True)],
        "by_worker": done,
        "used": round(used, 3),
    }
    remarks = f"{WORKERS} workers, {len(RATES)} stores of 1 to 20 requests/s: {used:.0%} of what they allow was used"
    return Figure("pricing-politeness", round(worst, 3), "of the allowed rate in the busiest second of any store", {}, detail, remarks)


def _work(here: Ground, plan: Path, seconds: float) -> list[int]:
    outputs = [here.home / f"worker-{number}.json" for number in range(WORKERS)]
    with ExitStack() as workers:
        running = [
            workers.enter_context(here.process(f"worker-{number}", python("-m", "bench.pricing_politeness", str(number), str(plan))))
            for number in range(WORKERS)
        ]
        deadline = time.monotonic() + seconds + 60
        while not all(output.exists() for output in outputs):
            time.sleep(0.2)
            if time.monotonic() > deadline:
                raise RuntimeError("\n".join(worker.log.read_text(encoding="utf-8")[-1000:] for worker in running))
    return [int(output.read_text(encoding="utf-8")) for output in outputs]


def _moments(log: Path) -> dict[int, list[float]]:
    """When each store was asked, robots.txt included, by its own log."""
    found: dict[int, list[float]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines():
        moment, store, *_ = line.split("\t")
        found[int(store)].append(float(moment))
    return found


def _store(moments: Sequence[float], rate: int) -> dict[str, Any]:
    gaps = [after - before for before, after in pairwise(moments)]
    return {"asked": len(moments), "busiest_second": busiest(moments, 1.0), "shortest_gap_of_delay": round(min(gaps, default=1) * rate, 3)}


def busiest(moments: Iterable[float], seconds: float) -> int:
    """The most moments in any window of so many seconds, wherever it begins."""
    ordered = sorted(moments)
    first = most = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _worker(number: int, plan: Path) -> None:
    given = json.loads(plan.read_text(encoding="utf-8"))
    shops = {one["id"]: Shop(currency="TRY", **one) for one in given["shops"]}
    products = [
        Wanted(store * 10_000 + place, store, f"{given['urls'][store]}/p/{place}")
        for store, shop in shops.items()
        for place in range(ceil(given["seconds"] / shop.min_delay))
    ]
    with Visit(products, shops, Manners(allowed_networks=("127.0.0.0/8",)), broker.client(), seconds=given["seconds"]) as visit:
        count = sum(len(results) for results in visit)
    (plan.parent / f"worker-{number}.json").write_text(str(count), encoding="utf-8")


if __name__ == "__main__":
    _worker(int(sys.argv[1]), Path(sys.argv[2]))
