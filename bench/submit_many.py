"""submit-many: a hundred thousand jobs asked for at once, rows on the disk and doorbells rung, per second; and what one waiting job weighs."""

import time
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from bench.contenders import ours
from bench.contest import contenders
from bench.costs import Meter, micros_per
from bench.figure import Figure, Options
from bench.ground import Ground, disk_milliseconds, ground
from bench.rounds import medians, spread, turns
from imece import db

#: Redis databases of the contenders.
_DATABASES = {"imece": 0, "dramatiq": 2, "celery prefork": 4}


def measure(options: Options) -> Figure:
    """No worker runs: the jobs pile up. Peers have no way to send many at once, so they send one by one, a tenth as many."""
    jobs, rounds = (10_000, 2) if options.quick else (100_000, 3)
    rates: dict[str, list[float]] = defaultdict(list)
    weights: dict[str, list[dict[str, float]]] = defaultdict(list)
    costs: dict[str, list[dict[str, float]]] = defaultdict(list)
    with ground() as here:
        sides = {name: side for name, side in contenders(here.home).items() if name in _DATABASES}
        ours.fill(10)  # statements, scripts and connections are ready in every process
        for side in sides.values():
            side.fill(1)
        for _round, name in turns(list(sides), rounds):
            count = jobs if name == "imece" else jobs // 10
            here.fresh(_DATABASES[name])
            before = _weight(here, name)
            meter = Meter(here.servers)
            sides[name].fill(count)
            took = meter.elapsed
            costs[name].append(micros_per(meter.read(), count))
            rates[name].append(count / took)
            assert sides[name].left() == count, f"{name}: {sides[name].left()} of {count} are there"
            weights[name].append({what: round((size - before[what]) / count, 1) for what, size in _weight(here, name).items()})
        disk = disk_milliseconds(here.home)
    found: dict[str, dict[str, Any]] = {
        name: {**spread(rates[name], 0), "bytes_per_job": medians(weights[name]), "cpu_us_per_job": medians(costs[name])} for name in rates
    }
    mine = found.pop("imece")
    weight = mine["bytes_per_job"]
    remarks = f"bytes per waiting job: Redis {weight['redis']:.0f}, PostgreSQL {weight['postgres']:.0f}. One by one: " + ", ".join(
        f"{name} {one['median']:,.0f}/s ({one['bytes_per_job']['redis']:.0f} bytes)" for name, one in found.items()
    )
    detail = {**mine, "jobs": jobs, "rounds": rounds, "disk_ms": disk}
    return Figure("submit-many", mine["median"], "durable jobs/s", found, detail, remarks)


def _weight(here: Ground, name: str) -> dict[str, float]:
    """Bytes in Redis, and for imece in PostgreSQL: the table with its indexes, and the log written so far."""
    time.sleep(0.3)  # Redis counts what it has freed only then
    told: Any = here.redis_client(_DATABASES[name]).info("memory")
    weight = {"redis": float(told["used_memory_dataset"])}
    if name == "imece":
        query = "select pg_total_relation_size('ledger.job'), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
        with db.quick() as connection:
            table, log = connection.execute(sa.text(query)).one()
        weight |= {"postgres": float(table), "postgres_log": float(log)}
    return weight
