"""The metrics' text, read back by Prometheus' own parser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aiapp.serve import options
from aiapp.serve.server.metrics import Gauges, Metrics

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "model-server.md"
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
        metrics.observe("/", status, "", 0.1)

    read = samples(metrics)

    assert read["aiapp_model_requests_total", "/", "200"] == 2
    assert read["aiapp_model_requests_total", "/", "500"] == 1


def test_errors_are_counted_by_their_code() -> None:
    metrics = Metrics()
    for status, code in ((200, ""), (500, "PredictionFailed"), (500, "PredictionFailed"), (429, "QueueFull")):
        metrics.observe("/", status, code, 0.1)

    read = samples(metrics)

    assert {key[2]: value for key, value in read.items() if key[0] == "aiapp_model_errors_total"} == {
        "PredictionFailed": 2,
        "QueueFull": 1,
    }


def test_durations_fall_into_buckets_that_include_their_limit_and_add_up() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.3, 61.0):
        metrics.observe("/", 200, "", seconds)

    read = samples(metrics)

    name = "aiapp_model_request_duration_seconds"
    buckets = [read[f"{name}_bucket", "/", limit] for limit in ("0.001", "0.25", "0.5", "60.0")]
    assert buckets == [1, 1, 2, 2]
    assert read[f"{name}_bucket", "/", "+Inf"] == 3
    assert read[f"{name}_count", "/"] == 3
    assert read[f"{name}_sum", "/"] == 61.301


def test_the_state_is_in_gauges_and_lost_workers_are_counted_by_every_cause_from_the_start() -> None:
    read = samples(Metrics())

    assert read == {
        ("aiapp_model_connections",): 4,
        ("aiapp_model_requests_in_flight",): 3,
        ("aiapp_model_queue_length",): 2,
        ("aiapp_model_queue_limit",): 64,
        ("aiapp_model_workers",): 2,
        ("aiapp_model_workers_ready",): 1,
        ("aiapp_model_worker_restarts_total", "exit"): 0,
        ("aiapp_model_worker_restarts_total", "signal"): 0,
        ("aiapp_model_worker_restarts_total", "timeout"): 5,
    }


def test_a_declared_path_cannot_break_the_text() -> None:
    metrics = Metrics()
    metrics.observe('/a"b\\c\nd', 200, "", 1)

    assert samples(metrics)["aiapp_model_requests_total", '/a"b\\c\nd', "200"] == 1


def test_every_series_has_the_labels_of_the_command_line() -> None:
    given = options.parse(
        ["--package", "/p", "--metrics-label", "application=mnist", "--metrics-label", "version=1.0.0"]
    )
    metrics = Metrics(given.metrics_labels)
    metrics.observe("/", 500, "WorkerLost", 0.1)

    labels = [s.labels for f in text_string_to_metric_families(metrics.text(GAUGES)) for s in f.samples]

    assert len(labels) > 20
    assert all((one["application"], one["version"]) == ("mnist", "1.0.0") for one in labels)


@pytest.mark.parametrize("label", ["application", "=x", "a-b=x", "1a=x"])
def test_what_is_no_label_is_refused(label: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.parse(["--package", "/p", "--metrics-label", label])

    assert "is not NAME=VALUE" in capsys.readouterr().err


def test_the_reference_lists_every_metric_with_its_type_and_labels() -> None:
    row = re.compile(r"^\| `(aiapp_model_\w+)` \| (\w+) \|\s*([^|]*?)\s*\|", re.MULTILINE)
    listed = {
        (name, kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in row.findall(REFERENCE.read_text(encoding="utf-8"))
    }
    metrics = Metrics()
    metrics.observe("/", 500, "PredictionFailed", 0.1)

    exported = set()
    for family in text_string_to_metric_families(metrics.text(GAUGES)):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label: None for sample in family.samples for label in sample.labels if label != "le"}
        exported.add((name, family.type, tuple(labels)))

    assert listed == exported
