"""Figures of a worker process for Prometheus; served beside its health."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("imece_attempts", "Attempts that have ended", ["kind", "outcome"])
SECONDS = Histogram(
    "imece_attempt_seconds", "How long attempts took", ["kind"], buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800, 7200)
)
RUNNING = Gauge("imece_attempts_running", "Attempts under way", ["kind"])

# Finding a labelled child costs more than counting in it.
_attempts = cache(ATTEMPTS.labels)
_seconds = cache(SECONDS.labels)
_running = cache(RUNNING.labels)


def began(kind: str) -> None:
    """An attempt at a job of `kind` begins."""
    _running(kind).inc()


def ended(kind: str, outcome: str, seconds: float) -> None:
    """It has ended."""
    _running(kind).dec()
    _seconds(kind).observe(seconds)
    _attempts(kind, outcome).inc()
