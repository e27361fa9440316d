"""pricing-claims: due products claimed in batches of a thousand, by one claimer and by four side by side; no product twice."""

import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID

from bench.costs import Meter, cpu_seconds
from bench.figure import Figure, Options
from bench.ground import Ground, ground
from bench.pricing_catalogue import STORES, fill, tidy
from bench.rounds import spread
from imece import db
from imece.priority import Tier
from pricing.checking import batches

CLAIMERS = 4


def measure(options: Options) -> Figure:
    """Each claim is a transaction of its own with its row of `batch`, durable, and goes round all stores."""
    products, each, rounds = (200_000, 10, 2) if options.quick else (1_000_000, 60, 3)
    found: dict[int, list[dict[str, Any]]] = {1: [], CLAIMERS: []}
    with ground() as here:
        company = fill(products, changes=0)
        for _ in range(rounds):
            for claimers, runs in found.items():
                _make_due()
                runs.append(_run(here, company, claimers, each))
    rates = {claimers: spread([run["rate"] for run in runs], 0) for claimers, runs in found.items()}
    four = found[CLAIMERS]
    detail = {
        **rates[CLAIMERS],
        "claimers": CLAIMERS,
        "one_claimer": rates[1],
        "ms_per_batch": {str(claimers): spread([run["ms"] for run in runs], 1) for claimers, runs in found.items()},
        "cpu_us_per_product": spread([run["cpu_us"] for run in four], 1),
        "claimed": [run["claimed"] for run in four],
        "twice": sum(run["twice"] for runs in found.values() for run in runs),
        "stores": STORES,
        "products": products,
        "due": products * 3 // 10,
        "rounds": rounds,
    }
    assert detail["twice"] == 0, f"{detail['twice']} products were claimed twice"
    remarks = (
        f"no product twice in {sum(detail['claimed']):,}; one claimer {rates[1]['median']:,.0f}/s; a batch of 1,000 of {STORES} stores takes "
        f"{detail['ms_per_batch'][str(CLAIMERS)]['median']} ms, and {detail['cpu_us_per_product']['median']} us of processor per product"
    )
    return Figure("pricing-claims", rates[CLAIMERS]["median"], f"products/s, {CLAIMERS} claimers", {}, detail, remarks)


def _make_due() -> None:
    """Three tenths of the products are due since some time within two hours."""
    with db.engine().begin() as connection:
        connection.exec_driver_sql("truncate pricing.batch")
        connection.exec_driver_sql("update pricing.store set booked_until = null")
        connection.exec_driver_sql(
            "update pricing.sched set tier = 1, batch_id = null, next_check_at ="
            " case when mod(abs(hashint8(product_id)), 10) < 3 then now() - random() * interval '2 hours' else now() + interval '5 hours' end"
        )
    tidy()


def _run(here: Ground, company: UUID, claimers: int, each: int) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(claimers + 1), context.SimpleQueue()
    processes = [context.Process(target=_claimer, args=(company, each, gate, answers)) for _ in range(claimers)]
    for process in processes:
        process.start()
    gate.wait()
    meter, before = Meter(here.servers), sum(cpu_seconds(process.pid or 0) for process in processes)
    results = [answers.get() for _ in processes]
    took = max(ended for _, _, ended in results) - min(began for _, began, _ in results)
    used = meter.read()["postgres"] + sum(cpu_seconds(process.pid or 0) for process in processes) - before
    gate.wait()
    for process in processes:
        process.join()
    claimed = [product for batch, _, _ in results for product in batch]
    return {
        "rate": len(claimed) / took,
        "ms": took * 1e3 / each,
        "cpu_us": used / max(1, len(claimed)) * 1e6,
        "claimed": len(claimed),
        "twice": len(claimed) - len(set(claimed)),
    }


def _claimer(company: UUID, each: int, gate: Barrier, answers: Any) -> None:
    """A process that claims so many batches. It stays until its processor time is read."""
    with db.transaction() as session:
        batches.companies(session, Tier.MEDIUM)
    gate.wait()
    began = time.monotonic()
    mine: list[int] = []
    for _ in range(each):
        with db.transaction() as session:
            claim = batches.claim(session, company, Tier.MEDIUM)
        if claim is None:
            break
        mine += claim.product_ids
    answers.put((mine, began, time.monotonic()))
    gate.wait()
