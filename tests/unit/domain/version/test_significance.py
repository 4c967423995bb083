"""What counts as news of the nodes, and what is only another number of them."""

from typing import Any

import pytest

from aiapp.domain.version.significance import only_counts_differ

MISSING = {"reason": "FactsMissing", "nodes": 1, "examples": ["a"], "detail": "the node does not state its chip"}
NEAR = {"missing": "CannTooOld", "nodes": 1, "examples": ["b"], "remedy": "a runtime with another CANN"}
BEFORE = {"verdict": "Unknown", "nodes": 2, "compatible": 0, "reasons": [MISSING], "nearFits": [NEAR]}


def status(**changed: Any) -> dict[str, Any]:
    return {"phase": "Normal", "compatibility": BEFORE | changed}


@pytest.mark.parametrize(
    "after",
    [
        status(nodes=3),
        status(reasons=[MISSING | {"nodes": 2, "examples": ["a", "c"]}]),
        status(nearFits=[NEAR | {"nodes": 7}]),
    ],
    ids=["nodes", "nodes for a reason", "near fits"],
)
def test_another_number_of_nodes_is_a_mere_count(after: dict[str, Any]) -> None:
    assert only_counts_differ(status(), after)


@pytest.mark.parametrize(
    "after",
    [
        status(verdict="Incompatible"),
        status(reasons=[MISSING | {"detail": "the node does not state its driver"}]),
        status(reasons=[MISSING, {"reason": "ChipMismatch", "nodes": 1}]),
        status(nearFits=[NEAR | {"remedy": "another driver"}]),
        status() | {"phase": "Failed"},
    ],
    ids=["verdict", "detail", "reason", "remedy", "another part"],
)
def test_what_a_person_would_act_on_is_news(after: dict[str, Any]) -> None:
    assert not only_counts_differ(status(), after)


def test_the_first_verdict_is_news() -> None:
    assert not only_counts_differ({"phase": "Normal"}, status())


def test_no_change_is_none() -> None:
    assert not only_counts_differ(status(), status())


def test_what_is_remembered_of_events_is_no_other_part() -> None:
    assert only_counts_differ(status() | {"events": [{"reason": "Normal"}]}, status(nodes=3))
