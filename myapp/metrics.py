"""Metrics: what this server tells Prometheus, of all its workers together."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

QUICK = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)

LOOP_LAG = Histogram(
    "vroum_loop_lag_seconds", "How late the loop was when it should have woken", buckets=QUICK
)
REQUESTS = Gauge(
    "vroum_requests", "Connections being served, streams too", multiprocess_mode="livesum"
)
STREAMS = Gauge("vroum_streams", "Open streams", multiprocess_mode="livesum")
STREAMS_CLOSED = Counter("vroum_streams_closed", "Streams that ended", ["why"])
CHANGES = Histogram("vroum_change_seconds", "Until a room's change was durable", buckets=QUICK)
DRAWINGS = Counter("vroum_drawings", "Drawings that several people share", ["part"])
ANSWERS = Counter("vroum_answers", "Answers by status", ["status"])


def value(gauge: Gauge) -> float:
    """What a gauge of this process shows."""
    return sum(sample.value for family in gauge.collect() for sample in family.samples)


def counts(histogram: Histogram) -> list[int]:
    """How often each of the buckets was met in this process; the last is for all that is more."""
    samples = [sample for family in histogram.collect() for sample in family.samples]
    up_to = [int(sample.value) for sample in samples if sample.name.endswith("_bucket")]
    return [more - less for less, more in zip([0, *up_to], up_to, strict=False)]


def page() -> bytes:
    """All metrics in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return generate_latest(registry)
