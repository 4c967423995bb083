"""Argo CD's actions on our objects: which are offered when, and what each changes."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.support.argocd import CUSTOMIZATIONS, acted, actions

KINDS = ("AIApplication", "AIApplicationVersion")
TESTS: dict[str, dict[str, Any]] = {
    kind: yaml.safe_load((CUSTOMIZATIONS / kind / "actions/action_test.yaml").read_text()) for kind in KINDS
}
OFFERED = [pytest.param(kind, case, id=case["inputPath"]) for kind in KINDS for case in TESTS[kind]["discoveryTests"]]
ACTED = [
    pytest.param(kind, case, id=case["expectedOutputPath"]) for kind in KINDS for case in TESTS[kind]["actionTests"]
]
STOPPED, ANNOTATIONS = "/spec/serving/stopped", "/metadata/annotations"
CHANGED = {"stop": {STOPPED}, "restart": {ANNOTATIONS}, "approve": {ANNOTATIONS}, "look-again": {ANNOTATIONS}}


def loaded(kind: str, path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CUSTOMIZATIONS / kind / "actions" / path).read_text()))


def differing(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Paths of the fields that only one has, or that have another value."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        yield from () if one == other else (path,)
        return
    for key in one.keys() | other.keys():
        yield from differing(one.get(key), other.get(key), f"{path}/{key}")


@pytest.mark.parametrize(("kind", "case"), OFFERED)
def test_the_actions_are_offered_that_make_sense(kind: str, case: dict[str, Any]) -> None:
    found = actions(loaded(kind, case["inputPath"]))
    offered = [{"name": name, "disabled": False, **one} for name, one in found.items()]
    assert sorted(offered, key=_name) == sorted(case["result"], key=_name)


def _name(one: dict[str, Any]) -> str:
    return str(one["name"])


@pytest.mark.parametrize(("kind", "case"), ACTED)
def test_an_action_changes_what_it_is_for_and_nothing_else(kind: str, case: dict[str, Any]) -> None:
    before = loaded(kind, case["inputPath"])
    done, expected = acted(case["action"], before), loaded(kind, case["expectedOutputPath"])
    assert (done["metadata"], done["spec"]) == (expected["metadata"], expected["spec"])
    changed = set(differing(before, expected))
    if case["action"] == "resume":
        assert changed in ({STOPPED}, {ANNOTATIONS})
    else:
        assert changed == CHANGED[case["action"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_action_is_tried_and_offered(kind: str) -> None:
    there = {file.parent.name for file in (CUSTOMIZATIONS / kind / "actions").glob("*/action.lua")}
    assert {case["action"] for case in TESTS[kind]["actionTests"]} == there
    for case in TESTS[kind]["discoveryTests"]:
        assert {one["name"] for one in case["result"]} == there


@pytest.mark.parametrize(
    ("kind", "action", "path"),
    [
        ("AIApplicationVersion", "look-again", "testdata/version.yaml"),
        ("AIApplication", "restart", "testdata/running.yaml"),
        ("AIApplication", "resume", "testdata/auto-stopped.yaml"),
    ],
)
def test_a_request_may_be_made_any_number_of_times(kind: str, action: str, path: str) -> None:
    asked = acted(action, loaded(kind, path))
    asked["metadata"]["resourceVersion"] = "1001"
    assert acted(action, asked)["metadata"]["annotations"] != asked["metadata"]["annotations"]
