"""Traces from apply to Ready: one trace for each generation of an object, with a span for each reconcile of it and one
for each request made meanwhile. Sends in the background; a collector that is away costs nothing but its spans.

The ids of a trace are made of the object's uid and generation, so that it goes on in another process.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags
from typing_extensions import override

from aiapp.adapters.metrics.metrics import Metrics
from aiapp.domain.monitoring.current_reconcile import Call, CurrentReconcile, current

MOST_CALLS: Final = 200
"""Requests of one reconcile that have spans."""
CLOSE_SECONDS: Final = 2.0
"""For the spans that wait at the end: of the grace that a pod has, most is for what matters more."""
_NANOSECONDS: Final = 10**9


class _Ids(RandomIdGenerator):
    """Random ids, but for those that are set for the next root span."""

    def __init__(self) -> None:
        self._of_root: SpanContext | None = None

    def set_root(self, root: SpanContext) -> None:
        self._of_root = root

    @override
    def generate_trace_id(self) -> int:
        return super().generate_trace_id() if self._of_root is None else self._of_root.trace_id

    @override
    def generate_span_id(self) -> int:
        root, self._of_root = self._of_root, None
        return super().generate_span_id() if root is None else root.span_id


class TracedMetrics(Metrics):
    """Metrics, of which every reconcile becomes spans too. `clock` gives seconds since the epoch."""

    def __init__(self, host: str, exporter: SpanExporter, clock: Callable[[], float]) -> None:
        super().__init__(host)
        self._clock = clock
        self._ids = _Ids()
        self._provider = TracerProvider(
            id_generator=self._ids, resource=Resource.create({SERVICE_NAME: "aiapp-operator"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("aiapp")

    @override
    async def close(self) -> None:
        """Sends what waits, in a thread that the end of the process does not wait for, as a collector may be away."""
        ended, loop = asyncio.Event(), asyncio.get_running_loop()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=shut_down, name="last spans", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await ended.wait()

    @override
    def requested(self, method: str, resource: str, status: int, seconds: float) -> None:
        super().requested(method, resource, status, seconds)
        self._keep(Call(f"{method} {resource}", status, seconds))

    @override
    def stored(self, method: str, status: int, seconds: float) -> None:
        super().stored(method, status, seconds)
        self._keep(Call(f"{method} object storage", status, seconds))

    @override
    def registry_answered(self, method: str, status: int, seconds: float) -> None:
        super().registry_answered(method, status, seconds)
        self._keep(Call(f"{method} registry", status, seconds))

    @override
    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        super().reconciled(kind, result, seconds)
        reconcile = current()
        if reconcile is not None and reconcile.uid:
            self._send(reconcile, result, self._clock(), seconds)

    def _keep(self, call: Call) -> None:
        reconcile = current()
        if reconcile is not None and len(reconcile.calls) < MOST_CALLS:
            reconcile.calls.append((call, self._clock()))

    def _send(self, reconcile: CurrentReconcile, result: str, ended: float, seconds: float) -> None:
        root = _root(reconcile)
        span = self._tracer.start_span(
            f"reconcile {reconcile.controller}",
            trace.set_span_in_context(trace.NonRecordingSpan(root)),
            attributes=_attributes(reconcile) | {"aiapp.result": result, "aiapp.writes": reconcile.writes},
            start_time=_ns(ended - seconds),
        )
        if result == "error":
            span.set_status(Status(StatusCode.ERROR))
        within = trace.set_span_in_context(span)
        for call, at in reconcile.calls:
            sent = self._tracer.start_span(
                call.name,
                within,
                kind=trace.SpanKind.CLIENT,
                attributes={"http.response.status_code": call.status},
                start_time=_ns(at - call.seconds),
            )
            sent.end(_ns(at))
        span.end(_ns(ended))
        if reconcile.became_ready:
            self._send_root(reconcile, root, ended)

    def _send_root(self, reconcile: CurrentReconcile, root: SpanContext, ended: float) -> None:
        """From the creation; of a later generation, whose apply nobody has dated, from the reconcile that ended it."""
        created = datetime.fromisoformat(reconcile.created).timestamp() if reconcile.generation == 1 else ended
        self._ids.set_root(root)
        span = self._tracer.start_span(
            f"{reconcile.controller} to Ready",
            Context(),
            attributes=_attributes(reconcile),
            start_time=_ns(min(created, ended)),
        )
        span.end(_ns(ended))


def _root(reconcile: CurrentReconcile) -> SpanContext:
    digest = hashlib.sha256(f"{reconcile.uid}/{reconcile.generation}".encode()).digest()
    ids = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
    return SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _attributes(reconcile: CurrentReconcile) -> dict[str, str | int]:
    return {
        "k8s.namespace.name": reconcile.namespace,
        "aiapp.kind": reconcile.controller,
        "aiapp.name": reconcile.name,
        "aiapp.uid": reconcile.uid,
        "aiapp.generation": reconcile.generation or 0,
        "aiapp.reconcile_id": reconcile.id,
    }


def _ns(seconds: float) -> int:
    return int(seconds * _NANOSECONDS)
