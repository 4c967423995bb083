"""Traces from apply to Ready, as a collector receives them."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from tests.support.collector import Collector, collecting
from typing_extensions import override

from aiapp.adapters.tracing.tracer import TracedMetrics
from aiapp.domain.monitoring.current_reconcile import note_object, note_ready, note_write, reconciling

CREATED = "2026-01-02T03:04:05Z"
EPOCH = datetime.fromisoformat(CREATED).timestamp()


class Rig:
    """An operator that is traced; times are seconds after the object's creation."""

    def __init__(self, collector: Collector, exporter: SpanExporter | None = None) -> None:
        self.collector, self.now = collector, EPOCH
        over_http = OTLPSpanExporter(endpoint=f"{collector.endpoint}/v1/traces")
        self.metrics = TracedMetrics("api:443", exporter or over_http, lambda: self.now)

    def reconcile(self, until: float, *, seconds: float = 1.0, generation: int = 1, ready: bool = False) -> None:
        with reconciling("AIApplication", "team", "mnist"):
            note_object({"metadata": {"uid": "u-1", "generation": generation, "creationTimestamp": CREATED}})
            self.now = EPOCH + until
            self.metrics.requested("PATCH", "deployments", 200, 0.25)
            self.metrics.stored("GET", 206, 0.5)
            note_write("apply", "Deployment", "mnist-1-0-0")
            if ready:
                note_ready()
            self.metrics.reconciled("AIApplication", "success", seconds)

    def received(self) -> Collector:
        asyncio.run(self.metrics.close())
        return self.collector


@pytest.fixture
def rig() -> Iterator[Rig]:
    with collecting() as collector:
        yield Rig(collector)


def seconds(span: Span) -> tuple[float, float]:
    """Its beginning and end, after the object's creation."""
    return span.start_time_unix_nano / 1e9 - EPOCH, span.end_time_unix_nano / 1e9 - EPOCH


def test_everything_from_apply_to_ready_is_one_trace(rig: Rig) -> None:
    rig.reconcile(5)
    rig.reconcile(60, ready=True)
    received = rig.received()
    [root] = received.named("AIApplication to Ready")
    reconciles = received.named("reconcile AIApplication")
    assert {span.trace_id for span in received.spans} == {root.trace_id}
    assert [span.parent_span_id for span in reconciles] == [root.span_id] * 2
    assert root.parent_span_id == b""
    assert seconds(root) == pytest.approx((0, 60), abs=0.001)
    assert [seconds(span)[1] for span in reconciles] == pytest.approx([5, 60], abs=0.001)


def test_requests_are_spans_of_their_reconcile_with_their_own_times(rig: Rig) -> None:
    rig.reconcile(5)
    received = rig.received()
    [reconcile], [api], [store] = map(
        received.named, ("reconcile AIApplication", "PATCH deployments", "GET object storage")
    )
    assert {api.parent_span_id, store.parent_span_id} == {reconcile.span_id}
    assert seconds(api) == pytest.approx((4.75, 5), abs=0.001)
    assert seconds(store) == pytest.approx((4.5, 5), abs=0.001)
    told = {one.key: one.value for one in reconcile.attributes}
    assert told["aiapp.name"].string_value == "mnist"
    assert [one.string_value for one in told["aiapp.writes"].array_value.values] == ["apply Deployment mnist-1-0-0"]


def test_the_trace_goes_on_in_another_process(rig: Rig) -> None:
    rig.reconcile(5)
    other = Rig(rig.collector)
    other.reconcile(60, ready=True)
    rig.received()
    spans = other.received().spans
    assert len({span.trace_id for span in spans}) == 1


def test_another_generation_is_another_trace(rig: Rig) -> None:
    rig.reconcile(5)
    rig.reconcile(900, generation=2, ready=True)
    received = rig.received()
    assert len({span.trace_id for span in received.spans}) == 2
    [root] = received.named("AIApplication to Ready")
    assert seconds(root)[1] == pytest.approx(900, abs=0.001)


def test_what_is_no_reconcile_of_an_object_is_no_trace(rig: Rig) -> None:
    rig.metrics.requested("GET", "nodes", 200, 0.1)
    with reconciling("Fleet", "", "nodes"):
        rig.metrics.reconciled("Fleet", "success", 0.1)
    assert rig.received().spans == []


class Away(SpanExporter):
    """A collector that takes a connection and never answers."""

    def __init__(self) -> None:
        self.asked, self.over = threading.Event(), threading.Event()

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        self.over.wait()
        return SpanExportResult.FAILURE


@pytest.mark.timeout(20)
def test_the_end_does_not_wait_for_a_collector_that_is_away_and_all_else_goes_on_meanwhile() -> None:
    away = Away()
    rig = Rig(Collector(), away)
    rig.reconcile(5)

    async def ended() -> None:
        closing = asyncio.create_task(rig.metrics.close())
        await asyncio.to_thread(away.asked.wait)
        assert not closing.done()
        await closing

    asyncio.run(ended())
    away.over.set()
