"""Every alert has a runbook, and every name in a rule or in a dashboard is that of a metric that is really exported."""

import re

import pytest
from tests.support.monitoring import alerts, named, queries
from tests.support.pages import ROOT

from aiapp.domain.monitoring.definitions import GROUPS
from aiapp.serve.server.metrics import Gauges, Metrics

RUNBOOKS = (ROOT / "docs/reference/alerts.md").read_text()
SEVERITIES = {"critical", "warning", "info"}
FOREIGN = {"process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"}
"""Of every Python program."""


def exported() -> set[str]:
    """Names of series of the operator, and of a model server that has answered and failed."""
    own = {definition for group in GROUPS.values() for definition in group}
    counted = {one.name for one in own if one.kind != "histogram"}
    parts = {f"{one.name}{part}" for one in own if one.kind == "histogram" for part in ("_bucket", "_sum", "_count")}
    model = Metrics()
    model.observe("/", 500, "PR.0000", 0.1)
    text = model.text(Gauges(0, 0, 0, 0, 0, 0, {}))
    return counted | parts | FOREIGN | set(re.findall(r"^([a-z_]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_a_runbook_a_severity_and_a_summary(name: str) -> None:
    rule = alerts()[name]
    _, found, section = RUNBOOKS.partition(f"\n### {name}\n")
    assert found
    parts = re.findall(r"^\*\*(\w[\w ]*):\*\*", section.split("\n### ")[0], re.MULTILINE)
    assert parts == ["Means", "Find out", "Do"]
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"]["summary"].endswith(".")


def test_no_runbook_is_left_of_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (\w+)$", RUNBOOKS, re.MULTILINE)) == set(alerts())


@pytest.mark.parametrize(("query"), [pytest.param(query, id=where) for where, query in queries()])
def test_a_query_asks_only_for_metrics_that_exist(query: str) -> None:
    assert named(query)
    assert named(query) <= exported()


def test_the_names_in_a_query_are_found() -> None:
    query = 'sum by (a_b) (rate(x_total{c_d="e_f"}[5m]) * on (job) group_left () y_info) / f(0.9, z_bucket)'
    assert named(query) == {"x_total", "y_info", "z_bucket"}
