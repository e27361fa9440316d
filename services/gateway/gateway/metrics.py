"""What Prometheus can ask the gateway: its own requests, uploads and streams, and who serves which queue."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from imece.ledger import overview

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_seconds = Histogram(
    "imece_gateway_request_seconds",
    "Time from the first byte of a request to the last of its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
uploaded = Counter("imece_gateway_uploaded_bytes", "Bytes of accepted uploads")
watchers = Gauge("imece_gateway_watchers", "Open event streams")


def observed(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the pattern, never the address, so that ids do not become labels."""
    known = method if method in ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS") else "other"
    _seconds.labels(known, route, str(status)).observe(seconds)


class Consumers(Collector):
    """Who serves the queues, asked for at each scrape."""

    def collect(self) -> Iterator[Metric]:
        """One sample per queue. What waits and since when is told by the scheduler, which always runs."""
        consumers = GaugeMetricFamily("imece_queue_consumers", "Living worker processes that serve the queue", labels=["queue"])
        for line in overview.queues(None):
            consumers.add_metric([line.queue], line.consumers)
        yield consumers


def page() -> bytes:
    """Everything, in the text format of Prometheus."""
    ledger = CollectorRegistry()
    ledger.register(Consumers())
    return generate_latest(REGISTRY) + generate_latest(ledger)
