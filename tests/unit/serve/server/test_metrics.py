"""The metrics' text, read back by Prometheus' own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from aiapp.serve.server.metrics import Gauges, Metrics

GAUGES = Gauges(
    connections=4, in_flight=3, queue_length=2, queue_limit=64, workers=2, workers_ready=1, restarts={"timeout": 5}
)


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """(name, label values...) -> value."""
    families = text_string_to_metric_families(metrics.text(GAUGES))
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    for status in (200, 200, 500):
        metrics.observe("/", status, 0.1)

    read = samples(metrics)

    assert read["aiapp_model_requests_total", "/", "200"] == 2
    assert read["aiapp_model_requests_total", "/", "500"] == 1


def test_times_fall_into_buckets_that_include_their_limit_and_add_up() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.3, 61.0):
        metrics.observe("/", 200, seconds)

    read = samples(metrics)

    buckets = [read["aiapp_model_request_seconds_bucket", "/", limit] for limit in ("0.001", "0.25", "0.5", "60.0")]
    assert buckets == [1, 1, 2, 2]
    assert read["aiapp_model_request_seconds_bucket", "/", "+Inf"] == 3
    assert read["aiapp_model_request_seconds_count", "/"] == 3
    assert read["aiapp_model_request_seconds_sum", "/"] == 61.301


def test_the_state_is_told_in_gauges_and_lost_workers_by_their_cause() -> None:
    read = samples(Metrics())

    assert read == {
        ("aiapp_model_connections",): 4,
        ("aiapp_model_requests_in_flight",): 3,
        ("aiapp_model_queue_length",): 2,
        ("aiapp_model_queue_limit",): 64,
        ("aiapp_model_workers",): 2,
        ("aiapp_model_workers_ready",): 1,
        ("aiapp_model_worker_restarts_total", "timeout"): 5,
    }


def test_a_declared_path_cannot_break_the_text() -> None:
    metrics = Metrics()
    metrics.observe('/a"b\\c\nd', 200, 1)

    assert samples(metrics)["aiapp_model_requests_total", '/a"b\\c\nd', "200"] == 1
