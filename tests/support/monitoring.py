"""Alert rules and dashboards as the chart ships them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

CHART: Final = Path(__file__).parents[2] / "charts/aiapp-operator"
ALERTS: Final = CHART / "alerts"
DASHBOARDS: Final = CHART / "dashboards"

FUNCTIONS = re.compile(r"[a-z_]+(?= *\()")
LABELS = re.compile(
    r"\{[^}]*\}|\b(?:by|on|without|ignoring|group_left|group_right) *\([^)]*\)|\$\w+|\"[^\"]*\"|\[[^\]]*\]"
)
NAMES = re.compile(r"[a-z_][a-z0-9_]*_[a-z0-9_]+")


def rule_files() -> list[Path]:
    return sorted(ALERTS.glob("*.yaml"))


def alerts() -> dict[str, dict[str, Any]]:
    """Every alert, by name."""
    groups = [group for file in rule_files() for group in yaml.safe_load(file.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard, by the name of its file."""
    return {file.name: json.loads(file.read_text()) for file in sorted(DASHBOARDS.glob("*.json"))}


def named(query: str) -> set[str]:
    """The metrics in a query."""
    bare = LABELS.sub(" ", query)
    return set(NAMES.findall(bare)) - set(FUNCTIONS.findall(bare))


def queries() -> Iterator[tuple[str, str]]:
    """Where it stands, and the query, of rules and panels."""
    for name, rule in alerts().items():
        yield name, rule["expr"]
    for file, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield f"{file}: {panel['title']}", target["expr"]


def variables() -> Iterator[tuple[str, str]]:
    """Where it stands, and what Grafana's Prometheus data source is asked for the values of a variable."""
    for file, dashboard in dashboards().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{file}: ${variable['name']}", variable["query"]["query"]
