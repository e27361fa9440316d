"""Figures of a worker process for Prometheus; served beside its health."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("imece_attempts", "Attempts that have ended", ["kind", "outcome"])
SECONDS = Histogram(
    "imece_attempt_seconds", "How long attempts took", ["kind"], buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800, 7200)
)
RUNNING = Gauge("imece_attempts_running", "Attempts under way", ["kind"])


@dataclass
class Outcome:
    """How the measured attempt ended; set by whoever knows."""

    name: str = "succeeded"


@contextmanager
def attempt(kind: str) -> Iterator[Outcome]:
    """Count and time one attempt."""
    outcome, began = Outcome(), time.perf_counter()
    running = RUNNING.labels(kind)
    running.inc()
    try:
        yield outcome
    finally:
        running.dec()
        SECONDS.labels(kind).observe(time.perf_counter() - began)
        ATTEMPTS.labels(kind, outcome.name).inc()
