"""The configuration of kube-state-metrics reads only fields that our kinds have."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml
from tests.support.pages import ROOT

from aiapp.api import crd

CONFIG = yaml.safe_load((ROOT / "manifests/monitoring/kube-state-metrics.yaml").read_text())
SCHEMAS = {kind.name: crd.schema(kind) for kind in crd.KINDS}


def has(schema: dict[str, Any], path: Sequence[str]) -> bool:
    """Whether the path leads to a field."""
    for part in path:
        found = schema.get("properties", {}).get(part)
        if found is None:
            return False
        schema = found.get("items", found)
    return True


def paths(metric: dict[str, Any]) -> Iterator[Sequence[str]]:
    each = metric["each"]
    [read] = (each[key] for key in ("gauge", "info") if key in each)
    start = read.get("path", [])
    yield start
    for path in (*read.get("labelsFromPath", {}).values(), *([read["valueFrom"]] if "valueFrom" in read else ())):
        yield [*start, *path]


@pytest.mark.parametrize("resource", CONFIG["spec"]["resources"], ids=lambda one: str(one["groupVersionKind"]["kind"]))
def test_every_path_leads_to_a_field(resource: dict[str, Any]) -> None:
    schema = SCHEMAS[resource["groupVersionKind"]["kind"]]
    labels = [path for path in resource["labelsFromPath"].values() if path[0] != "metadata"]
    read = [path for metric in resource["metrics"] for path in paths(metric)] + labels
    assert [path for path in read if not has(schema, path)] == []


def test_every_kind_is_read() -> None:
    assert {one["groupVersionKind"]["kind"] for one in CONFIG["spec"]["resources"]} == set(SCHEMAS)
