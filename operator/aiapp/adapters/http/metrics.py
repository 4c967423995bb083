"""What the operator counts, under the names that controller-runtime uses, so that existing dashboards work.

Never labels anything with a user's data.
"""

from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counts for the queue, the workers, the API server's answers and the watches, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._queue()
        self._reconciles()
        self._requests()
        self._other()
        # Finding the child of a metric takes as long as counting; there are few combinations of labels.
        self._of: Callable[..., Any] = cache(lambda metric, *labels: metric.labels(*labels))

    def _queue(self) -> None:
        labels, registry = ["name"], self._registry
        self._depth = Gauge("workqueue_depth", "Keys that wait for a worker.", labels, registry=registry)
        self._adds = Counter("workqueue_adds_total", "Keys added.", labels, registry=registry)
        self._retries = Counter("workqueue_retries_total", "Keys put off after a failure.", labels, registry=registry)
        self._waited = Histogram(
            "workqueue_queue_duration_seconds",
            "How long a key waited for a worker.",
            labels,
            registry=registry,
            buckets=_SECONDS,
        )
        self._worked = Histogram(
            "workqueue_work_duration_seconds",
            "How long a worker had a key.",
            labels,
            registry=registry,
            buckets=_SECONDS,
        )
        self._longest = Gauge(
            "workqueue_longest_running_processor_seconds", "Age of the oldest work in progress.", registry=registry
        )

    def _reconciles(self) -> None:
        registry = self._registry
        self._results = Counter(
            "controller_runtime_reconcile_total",
            "Reconciles by their end.",
            ["controller", "result"],
            registry=registry,
        )
        self._errors = Counter(
            "controller_runtime_reconcile_errors_total", "Reconciles that failed.", ["controller"], registry=registry
        )
        self._panics = Counter(
            "controller_runtime_reconcile_panics_total",
            "Reconciles that ended with an unexpected error.",
            ["controller"],
            registry=registry,
        )
        self._seconds = Histogram(
            "controller_runtime_reconcile_time_seconds",
            "How long a reconcile took.",
            ["controller"],
            registry=registry,
            buckets=_SECONDS,
        )

    def _requests(self) -> None:
        registry = self._registry
        self._answers = Counter(
            "rest_client_requests_total",
            "Requests to the API server by answer; code <error> when there was none.",
            ["code", "method", "resource"],
            registry=registry,
        )
        self._latency = Histogram(
            "rest_client_request_duration_seconds",
            "How long the API server took to answer.",
            ["method"],
            registry=registry,
            buckets=_SECONDS,
        )

    def _other(self) -> None:
        registry = self._registry
        build = Gauge("aiapp_build_info", "Always 1; the version is the label.", ["version"], registry=registry)
        build.labels(metadata.version("aiapp-operator")).set(1)
        self._silence = Gauge(
            "aiapp_watch_silence_seconds",
            "Seconds since a watch last heard from the API server.",
            ["resource"],
            registry=registry,
        )

    # The queue's observer

    def added(self, kind: str, depth: int) -> None:
        self._of(self._adds, kind).inc()
        self._of(self._depth, kind).set(depth)

    def started(self, kind: str, depth: int, waited: float) -> None:
        self._of(self._depth, kind).set(depth)
        self._of(self._waited, kind).observe(waited)

    def finished(self, kind: str, worked: float) -> None:
        self._of(self._worked, kind).observe(worked)

    def retried(self, kind: str) -> None:
        self._of(self._retries, kind).inc()

    # The loop's observer

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        self._of(self._results, kind, result).inc()
        self._of(self._seconds, kind).observe(seconds)
        if result == "error":
            self._of(self._errors, kind).inc()

    def panicked(self, kind: str) -> None:
        self._of(self._panics, kind).inc()

    # The transport's observer

    def requested(self, method: str, resource: str, status: int, seconds: float) -> None:
        self._of(self._answers, str(status) if status else "<error>", method, resource).inc()
        self._of(self._latency, method).observe(seconds)

    # Sampled when somebody asks

    def watch(self, resource: str, silence: Callable[[], float]) -> None:
        """`silence` is asked at every scrape."""
        self._silence.labels(resource).set_function(silence)

    def working(self, longest: Callable[[], float]) -> None:
        """`longest` is asked at every scrape."""
        self._longest.set_function(longest)

    def text(self) -> bytes:
        """Everything in the Prometheus text format."""
        return generate_latest(self._registry)
