"""What the server counts, in Prometheus' text format; it never labels anything with what a client has chosen."""

from __future__ import annotations

import bisect
import itertools
from typing import Dict, List, NamedTuple, Tuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper limits in seconds: from a tiny model on a CPU to the longest prediction that the platform allows."""


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
    """Counts requests by route and status, and how long they took by route."""

    def __init__(self) -> None:
        self._requests: Dict[Tuple[str, int], int] = {}
        self._seconds: Dict[str, _Histogram] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is one of a bounded set."""
        self._requests[route, status] = self._requests.get((route, status), 0) + 1
        histogram = self._seconds.get(route)
        if histogram is None:
            histogram = self._seconds[route] = _Histogram()
        histogram.observe(seconds)

    def text(self, gauges: Gauges) -> str:
        lines = _head("aiapp_model_requests_total", "counter", "Requests answered. 499: the client went away.")
        lines += [
            f'aiapp_model_requests_total{{route="{_escaped(route)}",status="{status}"}} {count}'
            for (route, status), count in sorted(self._requests.items())
        ]
        lines += _head("aiapp_model_request_seconds", "histogram", "From a request's head to its answer.")
        for route, histogram in sorted(self._seconds.items()):
            lines += histogram.lines("aiapp_model_request_seconds", _escaped(route))
        return "\n".join(lines + _gauge_lines(gauges)) + "\n"


class _Histogram:
    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect.bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, route: str) -> List[str]:
        limits = [*map(str, BUCKETS), "+Inf"]
        totals = list(itertools.accumulate(self._counts))
        lines = [
            f'{name}_bucket{{route="{route}",le="{limit}"}} {total}'
            for limit, total in zip(limits, totals)  # noqa: B905 - Python 3.7; they are of one length
        ]
        return [
            *lines,
            f'{name}_sum{{route="{route}"}} {self._sum:.6f}',
            f'{name}_count{{route="{route}"}} {totals[-1]}',
        ]


def _gauge_lines(gauges: Gauges) -> List[str]:
    named = (
        ("aiapp_model_connections", gauges.connections, "Open connections."),
        ("aiapp_model_requests_in_flight", gauges.in_flight, "Predictions that run or wait."),
        ("aiapp_model_queue_length", gauges.queue_length, "Predictions that wait for a worker."),
        ("aiapp_model_queue_limit", gauges.queue_limit, "Predictions that may wait; more get 429."),
        ("aiapp_model_workers", gauges.workers, "Worker processes, whether ready or not."),
        ("aiapp_model_workers_ready", gauges.workers_ready, "Worker processes that have loaded the model."),
    )
    lines: List[str] = []
    for name, value, meaning in named:
        lines += [*_head(name, "gauge", meaning), f"{name} {value}"]
    name = "aiapp_model_worker_restarts_total"
    lines += _head(name, "counter", "Worker processes lost and replaced, by cause.")
    return lines + [f'{name}{{cause="{cause}"}} {count}' for cause, count in sorted(gauges.restarts.items())]


def _head(name: str, kind: str, meaning: str) -> List[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
