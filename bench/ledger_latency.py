"""ledger-latency: from the submit, durable insert included, to the first line of the handler, on a worker that had nothing to do."""

import random
import time
from collections import defaultdict
from typing import Any

from bench.contest import Contest, contenders, contest
from bench.costs import Meter
from bench.figure import Figure, Options
from bench.ground import Ground, disk_milliseconds, ground
from bench.rounds import turns, waits


def measure(options: Options) -> Figure:
    """Jobs far apart, each contender in its turn, all awake; then what waiting alone costs each of them."""
    rounds, idle = (20, 5.0) if options.quick else (80, 20.0)
    took: dict[str, list[float]] = defaultdict(list)
    chance = random.Random(2)
    with ground() as here:
        sides = {name: side for name, side in contenders(here.home).items() if name in {"imece", "dramatiq", "celery prefork"}}
        with contest(here, sides) as match:
            with match.awake(*sides):
                time.sleep(2)
                for number, (_round, name) in enumerate(turns(list(sides), rounds)):
                    time.sleep(chance.uniform(0.3, 1.5) / len(sides))  # so each contender's own jobs are 0.3 to 1.5 s apart
                    began = time.monotonic_ns()
                    took[name].append((match.begun(name, number) - began) / 1e9)
            nobody = _idle(here, match, "", idle / 2)
            costs = {name: _idle(here, match, name, idle, nobody) for name in sides}
            disk = disk_milliseconds(here.home)
    found: dict[str, dict[str, Any]] = {name: {**waits(seconds), "idle_percent_of_a_core": costs[name]} for name, seconds in took.items()}
    mine = found.pop("imece")
    settings = {name: side.about for name, side in sides.items()}
    remarks = (
        f"p90 {mine['p90']} ms, p99 {mine['p99']} ms, of which one forced write {disk} ms; idle {costs['imece']['worker']} % of a core. p50 of "
        + ", ".join(f"{name} {one['p50']} ms" for name, one in found.items())
    )
    detail = {**mine, "idle_seconds": idle, "settings": settings, "disk_ms": disk}
    return Figure("ledger-latency", mine["p50"], "ms (p50)", found, detail, remarks)


def _idle(here: Ground, match: Contest, name: str, seconds: float, nobody: dict[str, float] | None = None) -> dict[str, float]:
    """Processor use in percent of a core while `name` waits for work: its worker's, and the servers' beyond what they use for `nobody`."""
    roots = {**here.servers, **({"worker": match.workers[name].pid} if name else {})}
    with match.awake(*([name] if name else [])):
        time.sleep(2)
        meter = Meter(roots)
        time.sleep(seconds)
        share = {process: used / meter.elapsed * 100 for process, used in meter.read().items() if process != "driver"}
    return {process: round(percent - (nobody or {}).get(process, 0), 3) for process, percent in share.items()}
