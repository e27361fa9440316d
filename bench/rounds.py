"""Numbers over rounds: the machine's own speed swings, so contenders take turns, and only medians and ratios of one run are compared."""

import random
import statistics
from collections.abc import Iterator, Sequence
from typing import Any


def turns(names: Sequence[str], rounds: int, seed: int = 1) -> Iterator[tuple[int, str]]:
    """(round, name): everybody once per round, in an order that changes from round to round."""
    chance = random.Random(seed)
    for number in range(rounds):
        yield from ((number, name) for name in chance.sample(names, len(names)))


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Median, smallest and largest."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def waits(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles of waiting times, in milliseconds."""
    found: dict[str, Any] = {
        name: round(percentile(seconds, share) * 1e3, 2) for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
    }
    return {**found, "min": round(min(seconds) * 1e3, 2), "max": round(max(seconds) * 1e3, 2), "n": len(seconds)}


def medians(many: Sequence[dict[str, float]]) -> dict[str, float]:
    """Per name, the median over rounds."""
    return {name: round(statistics.median([one[name] for one in many]), 1) for name in many[0]}
