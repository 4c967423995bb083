"""A running operator sends what it does to a collector."""

from collections.abc import Iterator

import pytest
from tests.support.collector import Collector, collecting
from tests.support.kube import Kube
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def operator(
    sandbox: Sandbox, kube: Kube, installed: None, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """It sends traces."""
    wanted = {
        "AIAPP_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with running_operator(sandbox, tmp_path_factory, wanted) as running:
        yield running


def test_an_import_is_a_trace_from_apply_to_ready_with_its_requests(registry: Registry, collector: Collector) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    [root] = eventually(lambda: collector.named("AIApplicationVersion to Ready"))

    def names() -> set[str]:
        return {span.name for span in collector.spans if span.trace_id == root.trace_id}

    wanted = {"reconcile AIApplicationVersion", "GET object storage", "PUT aiapplicationversions/status"}
    eventually(lambda: wanted <= names())
    assert registry.bucket.secret_key not in str(collector.spans)
