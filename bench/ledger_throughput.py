"""ledger-throughput: durable no-op jobs per second, from the first submit to the last that succeeded, one worker process."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bench.contenders import ours
from bench.contest import Contender, Contest, contenders, contest
from bench.costs import Meter, micros_per
from bench.figure import Figure, Options
from bench.ground import Ground, disk_milliseconds, ground
from bench.rounds import medians, spread, turns

#: Seconds between two looks at what is left: the error of every time below.
_LOOK = 0.01


def measure(options: Options) -> Figure:
    """Every contender in every round: no-ops to a worker that waits (live), and a backlog laid before a sleeping one (drain)."""
    jobs, rounds = (2000, 2) if options.quick else (6000, 3)
    rates: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    costs: dict[str, list[dict[str, float]]] = defaultdict(list)
    with ground() as here, contest(here, contenders(here.home)) as match:
        disk = disk_milliseconds(here.home)
        for _round, name in turns(list(match.contenders), rounds):
            side = match.contenders[name]
            here.fresh()
            rates[name]["live"].append(_live(match, side, side.fill, jobs))
            here.fresh()
            rate, used = _drain(here, match, side, jobs)
            rates[name]["drain"].append(rate)
            costs[name].append(used)
            if name == "imece":
                here.fresh()
                rates[name]["live, one transaction per job"].append(_live(match, side, ours.fill_singly, jobs // 3))
    found = {name: {way: spread(values, 0) for way, values in ways.items()} for name, ways in rates.items()}
    ratios = {name: _ratios(found["imece"], found[name]) for name in found if name != "imece"}
    mine = {way: found["imece"][way]["median"] for way in found["imece"]}
    remarks = (
        f"drain {mine['drain']:,.0f}/s, one transaction per job {mine['live, one transaction per job']:,.0f}/s. Live and drain: "
        + ", ".join(f"{one['live']} and {one['drain']} x {name}" for name, one in ratios.items())
    )
    return Figure(
        "ledger-throughput",
        found["imece"]["live"]["median"],
        "durable jobs/s",
        {name: {**found[name], "cpu_us_per_job": medians(costs[name])} for name in found if name != "imece"},
        {
            **found["imece"],
            "cpu_us_per_job": medians(costs["imece"]),
            "ratio": ratios,
            "settings": {name: side.about for name, side in match.contenders.items()},
            "jobs": jobs,
            "rounds": rounds,
            "disk_ms": disk,
        },
        remarks,
    )


def _live(match: Contest, side: Contender, fill: Callable[[int], object], jobs: int) -> float:
    """Jobs per second when they come while the worker waits for them."""
    with match.awake(side.name):
        time.sleep(0.3)  # it catches up with what it slept through
        began = time.perf_counter()
        fill(jobs)
        _wait(match, side)
        return jobs / (time.perf_counter() - began)


def _drain(here: Ground, match: Contest, side: Contender, jobs: int) -> tuple[float, dict[str, float]]:
    """Jobs per second off a backlog, and what each process spent per job."""
    side.fill(jobs)
    with match.awake(side.name):
        meter = Meter({"worker": match.workers[side.name].pid, **here.servers})
        _wait(match, side)
        return jobs / meter.elapsed, micros_per(meter.read(), jobs)


def _wait(match: Contest, side: Contender) -> None:
    deadline = time.monotonic() + 120
    while side.left():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{side.name}: {side.left()} jobs are left after two minutes (pid {match.workers[side.name].pid})")
        time.sleep(_LOOK)


def _ratios(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    return {way: round(mine[way]["median"] / theirs[way]["median"], 2) for way in ("live", "drain")}
