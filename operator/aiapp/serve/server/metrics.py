"""What the server counts, in Prometheus' text format; it never labels anything with what a client has chosen."""

from __future__ import annotations

import bisect
import itertools
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper limits in seconds: from a tiny model on a CPU to the longest prediction that the platform allows."""
RESTART_CAUSES = ("exit", "signal", "timeout")
"""Each is exported from the start, so that the first restart is an increase."""

Labels = Sequence[Tuple[str, str]]


class Gauges(NamedTuple):
    """What is read at the moment of a scrape."""

    connections: int
    in_flight: int
    queue_length: int
    queue_limit: int
    workers: int
    workers_ready: int
    restarts: Dict[str, int]


class Metrics:
    """Counts requests by route and status, errors by route and code, and durations by route.

    `labels` are those that every series has.
    """

    def __init__(self, labels: Labels = ()) -> None:
        self._labels = labels
        self._requests: Dict[Tuple[str, int], int] = {}
        self._errors: Dict[Tuple[str, str], int] = {}
        self._durations: Dict[str, _Histogram] = {}

    def observe(self, route: str, status: int, error_code: str, seconds: float) -> None:
        """Counts one answered request; `route` and `error_code` (empty: no error) are of bounded sets."""
        self._requests[route, status] = self._requests.get((route, status), 0) + 1
        if error_code:
            self._errors[route, error_code] = self._errors.get((route, error_code), 0) + 1
        histogram = self._durations.get(route)
        if histogram is None:
            histogram = self._durations[route] = _Histogram()
        histogram.observe(seconds)

    def text(self, gauges: Gauges) -> str:
        """All series, as a scrape reads them."""
        lines = [line for family in self._families(gauges) for line in family.lines(self._labels)]
        return "\n".join(lines) + "\n"

    def _families(self, gauges: Gauges) -> "Iterator[_Family]":
        requests = _Family("requests_total", "counter", "Requests answered, but for probes and scrapes.")
        requests.add_all(("route", "status"), sorted(self._requests.items()))
        yield requests
        errors = _Family("errors_total", "counter", "Requests answered with an error, by its error_code.")
        errors.add_all(("route", "error_code"), sorted(self._errors.items()))
        yield errors
        durations = _Family("request_duration_seconds", "histogram", "From a request's head to its answer.")
        for route, histogram in sorted(self._durations.items()):
            histogram.add_to(durations, ("route", route))
        yield durations
        yield from _gauges(gauges)
        restarts = _Family("worker_restarts_total", "counter", "Worker processes lost and replaced, by cause.")
        restarts.add_all(("cause",), [((cause,), gauges.restarts.get(cause, 0)) for cause in RESTART_CAUSES])
        yield restarts


class _Family:
    """The samples of one metric."""

    def __init__(self, name: str, kind: str, meaning: str) -> None:
        self._name = f"aiapp_model_{name}"
        self._head = [f"# HELP {self._name} {meaning}", f"# TYPE {self._name} {kind}"]
        self._samples: List[Tuple[str, Labels, str]] = []

    def add(self, value: str, labels: Labels = (), suffix: str = "") -> None:
        self._samples.append((suffix, labels, value))

    def add_all(self, names: Sequence[str], counts: "Sequence[Tuple[Tuple[object, ...], int]]") -> None:
        for values, count in counts:
            self.add(str(count), [(name, str(value)) for name, value in zip(names, values)])  # noqa: B905 - Python 3.7

    def lines(self, common: Labels) -> List[str]:
        samples = [
            f"{self._name}{suffix}{_braces((*common, *labels))} {value}" for suffix, labels, value in self._samples
        ]
        return [*self._head, *samples]


class _Histogram:
    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect.bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds

    def add_to(self, family: _Family, label: Tuple[str, str]) -> None:
        totals = list(itertools.accumulate(self._counts))
        for limit, total in zip([*map(str, BUCKETS), "+Inf"], totals):  # noqa: B905 - Python 3.7; they are of one length
            family.add(str(total), [label, ("le", limit)], "_bucket")
        family.add(f"{self._sum:.6f}", [label], "_sum")
        family.add(str(totals[-1]), [label], "_count")


def _gauges(gauges: Gauges) -> Iterator[_Family]:
    for name, value, meaning in (
        ("connections", gauges.connections, "Open connections."),
        ("requests_in_flight", gauges.in_flight, "Predictions that run or wait."),
        ("queue_length", gauges.queue_length, "Predictions that wait for a worker."),
        ("queue_limit", gauges.queue_limit, "Predictions that may wait; more get 429."),
        ("workers", gauges.workers, "Worker processes, whether ready or not."),
        ("workers_ready", gauges.workers_ready, "Worker processes that have loaded the model."),
    ):
        family = _Family(name, "gauge", meaning)
        family.add(str(value))
        yield family


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
