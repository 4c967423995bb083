"""Argo CD's Lua scripts over objects that a real API server and a real operator made, in every phase."""

from typing import Any

import pytest
import yaml
from tests.support.argocd import CUSTOMIZATIONS, KINDS, Health, health
from tests.support.kstatus import kstatus

CASES = [
    pytest.param(kind, case, id=f"{kind} {case['inputPath'].removeprefix('testdata/').removesuffix('.yaml')}")
    for kind in KINDS
    for case in yaml.safe_load((CUSTOMIZATIONS / kind / "health_test.yaml").read_text())["tests"]
]
WAITED = {
    "Healthy": {"Current"},
    "Suspended": {"Current", "InProgress"},  # at rest, or until a person approves
    "Progressing": {"InProgress"},
    "Degraded": {"Failed"},
}


def loaded(kind: str, path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CUSTOMIZATIONS / kind / path).read_text()))


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_the_health_is_the_one_that_was_recorded(kind: str, case: dict[str, Any]) -> None:
    obj = loaded(kind, case["inputPath"])
    assert health(obj) == Health(**case["healthStatus"])
    assert kstatus(obj) in WAITED[case["healthStatus"]["status"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_recorded_object_is_a_case(kind: str) -> None:
    recorded = {f"testdata/{file.name}" for file in (CUSTOMIZATIONS / kind / "testdata").iterdir()}
    cases = yaml.safe_load((CUSTOMIZATIONS / kind / "health_test.yaml").read_text())["tests"]
    assert {case["inputPath"] for case in cases} == recorded


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_without_any_status_is_progressing(kind: str) -> None:
    fresh = {"kind": kind, "metadata": {"name": "x", "generation": 1}, "spec": {}}
    assert health(fresh) == Health("Progressing", "Waiting for the operator")


def test_an_object_is_believed_only_as_far_as_the_operator_has_seen_it() -> None:
    degraded = loaded("AIApplicationVersion", "testdata/failed.yaml")
    degraded["metadata"]["generation"] += 1
    assert health(degraded).status == "Progressing"
    assert kstatus(degraded) == "InProgress"


def test_an_object_that_is_being_deleted_is_terminating() -> None:
    gone = loaded("AIApplication", "testdata/running.yaml")
    gone["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    assert kstatus(gone) == "Terminating"
