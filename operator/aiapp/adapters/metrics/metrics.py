"""Counts what the operator does. Never labels anything with a user's data but names of objects."""

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from importlib import metadata
from typing import Any, Final

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest

from aiapp.adapters.metrics.instruments import counter, gauge, histogram
from aiapp.adapters.metrics.sampled import Sampled, Samples
from aiapp.api.conditions import Reason
from aiapp.domain.monitoring import definitions
from aiapp.domain.monitoring.definitions import Definition

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
NO_ANSWER: Final = "<error>"
"""In place of an HTTP status."""
_MAKERS: Final = {"counter": counter, "gauge": gauge, "histogram": histogram}
_COUNTED: Final = (
    *(definitions.RESULTS, definitions.ERRORS, definitions.PANICS, definitions.SECONDS, definitions.WORKERS),
    *(definitions.DEPTH, definitions.ADDS, definitions.RETRIES, definitions.WAITED, definitions.WORKED),
    *(definitions.ANSWERS, definitions.LATENCY, definitions.SILENCE, definitions.BUILD, definitions.LEADER),
    definitions.UNREADABLE,
    *(definitions.IMPORT_SECONDS, definitions.IMPORT_FAILURES),
    *(definitions.STORE_ANSWERS, definitions.STORE_LATENCY),
    *(definitions.REGISTRY_ANSWERS, definitions.REGISTRY_LATENCY),
    *(definitions.TRAINING_JOBS, definitions.REGISTRATIONS),
    *(definitions.FETCHES, definitions.FETCH_SECONDS, definitions.FETCH_BYTES),
    definitions.TICKETS,
    *(definitions.ROLLOUTS, definitions.ROLLOUT_SECONDS),
)
"""Those that are not sampled."""
_REGISTRATIONS: Final = (
    Reason.REGISTERED,
    *(Reason.REGISTRATION_INVALID, Reason.REGISTRATION_FORBIDDEN, Reason.VERSION_TAKEN),
    *(Reason.QUOTA_EXCEEDED, Reason.WRITE_REFUSED),
)
"""What may become of a job that registers itself: each begins at zero, so that the first one is an increase."""


class Metrics:
    """The observer of queues, workers, clients, imports and the cluster, over a registry of its own."""

    def __init__(self, host: str) -> None:
        """`host` is that of the API server, and its port."""
        self._host = host
        # They double the series, and nothing reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._sampled: list[Sampled] = []
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._instruments = {one: _MAKERS[one.kind](one, self._registry) for one in _COUNTED}
        # Finding the child of a metric takes as long as counting; there are few combinations of labels.
        self._of: Callable[..., Any] = cache(self._child)
        self._of(definitions.BUILD, metadata.version("aiapp-operator")).set(1)
        for reason in _REGISTRATIONS:
            self._of(definitions.REGISTRATIONS, reason.value)
        for result in ("started", "available", "timed_out"):
            self._of(definitions.ROLLOUTS, result)

    def _child(self, definition: Definition, *labels: str) -> Any:
        instrument = self._instruments[definition]
        return instrument.labels(*labels) if labels else instrument

    def expect(self, kinds: Iterable[str], results: Iterable[str], workers: int) -> None:
        """Zeros for each kind, so that the first error is an increase; all of them share the `workers`."""
        for kind in kinds:
            for result in results:
                self._of(definitions.RESULTS, kind, result)
            for definition in (definitions.ERRORS, definitions.PANICS, definitions.RETRIES, definitions.ADDS):
                self._of(definition, kind)
            self._of(definitions.WORKERS, kind).set(workers)

    # The queue's observer

    def added(self, kind: str, depth: int) -> None:
        self._of(definitions.ADDS, kind).inc()
        self._of(definitions.DEPTH, kind).set(depth)

    def started(self, kind: str, depth: int, waited: float) -> None:
        self._of(definitions.DEPTH, kind).set(depth)
        self._of(definitions.WAITED, kind).observe(waited)

    def finished(self, kind: str, worked: float) -> None:
        self._of(definitions.WORKED, kind).observe(worked)

    def retried(self, kind: str) -> None:
        self._of(definitions.RETRIES, kind).inc()

    def cleared(self, kind: str) -> None:
        self._of(definitions.DEPTH, kind).set(0)

    # The workers' observer

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        self._of(definitions.RESULTS, kind, result).inc()
        self._of(definitions.SECONDS, kind).observe(seconds)
        if result == "error":
            self._of(definitions.ERRORS, kind).inc()

    def panicked(self, kind: str) -> None:
        self._of(definitions.PANICS, kind).inc()

    # The observer of the client of the API server, and those of object storage and registries

    def requested(self, method: str, resource: str, status: int, seconds: float) -> None:
        self._of(definitions.ANSWERS, _code(status), method, self._host, resource).inc()
        self._of(definitions.LATENCY, method, self._host).observe(seconds)

    def stored(self, method: str, status: int, seconds: float) -> None:
        self._of(definitions.STORE_ANSWERS, _code(status), method).inc()
        self._of(definitions.STORE_LATENCY, method).observe(seconds)

    def registry_answered(self, method: str, status: int, seconds: float) -> None:
        self._of(definitions.REGISTRY_ANSWERS, _code(status), method).inc()
        self._of(definitions.REGISTRY_LATENCY, method).observe(seconds)

    # The observer of imports, and that of the cluster

    def imported(self, result: str, reason: Reason | None, seconds: float) -> None:
        self._of(definitions.IMPORT_SECONDS, result).observe(seconds)
        if reason is not None:
            self._of(definitions.IMPORT_FAILURES, reason.value).inc()

    def job_ended(self, kind: str, result: str) -> None:
        self._of(definitions.TRAINING_JOBS, kind, result).inc()

    def registered(self, reason: Reason) -> None:
        self._of(definitions.REGISTRATIONS, reason.value).inc()

    def ticket_asked(self, result: str) -> None:
        """`given`, or in one word why no ticket was."""
        self._of(definitions.TICKETS, result).inc()

    def fetched(self, reason: Reason, seconds: float, size: int) -> None:
        succeeded = reason is Reason.SUCCEEDED
        self._of(definitions.FETCHES, "success" if succeeded else "failure", reason.value).inc()
        if succeeded:
            self._of(definitions.FETCH_SECONDS).observe(seconds)
            self._of(definitions.FETCH_BYTES).inc(size)

    def rollout_started(self) -> None:
        self._of(definitions.ROLLOUTS, "started").inc()

    def rollout_ended(self, result: str, seconds: float | None) -> None:
        self._of(definitions.ROLLOUTS, result).inc()
        if seconds is not None and result == "available":
            self._of(definitions.ROLLOUT_SECONDS).observe(seconds)

    # Looked up at each scrape

    def watch(self, resource: str, silence: Callable[[], float]) -> None:
        """`silence` is asked at every scrape."""
        self._of(definitions.SILENCE, resource).set_function(silence)

    def leader(self, name: str, leads: Callable[[], bool]) -> None:
        """`leads` is asked at every scrape; `name` is the lease's."""
        self._of(definitions.LEADER, name).set_function(leads)

    def unreadable(self, count: Callable[[], int]) -> None:
        """`count` of namespaces is asked at every scrape."""
        self._of(definitions.UNREADABLE).set_function(count)

    def sample(self, samples: Samples) -> None:
        """`samples` is asked at every scrape."""
        sampled = Sampled(samples)
        self._sampled.append(sampled)
        self._registry.register(sampled)

    async def close(self) -> None:
        """Nothing more is counted."""

    async def text(self) -> bytes:
        """Everything in the Prometheus text format. Of thousands of objects it takes a while to write: in a thread."""
        for sampled in self._sampled:
            sampled.take()
        return await asyncio.to_thread(generate_latest, self._registry)


def _code(status: int) -> str:
    return str(status) if status else NO_ANSWER
