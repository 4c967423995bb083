"""Paths find what they name, and nothing in objects that are built otherwise."""

from typing import Any, Final

import pytest

from aiapp.domain.training.paths import MOST_FOUND, PathError, path

JOB: Final[dict[str, Any]] = {
    "spec": {"tasks": [{"name": "ps"}, {"name": "worker"}], "replicas": {"Master": {"image": "a"}, "Worker": {}}},
    "status": {
        "state": {"phase": "Completed"},
        "conditions": [{"type": "Created", "status": "True"}, {"type": "Failed", "status": "True", "reason": "Oom"}],
    },
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("status.state.phase", ["Completed"]),
        ("spec.tasks.*.name", ["ps", "worker"]),
        ("spec.replicas.*.image", ["a"]),
        ("status.state[phase=Completed].phase", ["Completed"]),
        ("status.state[phase=Failed]", []),
        ("status.conditions[type=Failed,status=True].reason", ["Oom"]),
        ("status.conditions[type=Failed,status=False]", []),
        ("status.conditions[type=Complete]", []),
        ("metadata.name", []),
        ("status.conditions.reason", []),
        ("status.state.phase.*", []),
    ],
)
def test_a_path_finds_what_it_names(text: str, found: list[Any]) -> None:
    assert path(text).find(JOB) == found


@pytest.mark.parametrize("value", [None, 1, "text", [], [[1]], {"status": None}, {"status": [None]}])
def test_a_path_finds_nothing_in_what_is_built_otherwise(value: Any) -> None:
    assert path("status.conditions[type=Failed].reason").find(value) == []


def test_a_path_finds_no_more_than_so_many_things() -> None:
    assert len(path("a.*").find({"a": list(range(10 * MOST_FOUND))})) == MOST_FOUND


@pytest.mark.parametrize("text", ["", "status..phase", "status.conditions[0]", "status.a b", "$.status", "a[b=]"])
def test_what_is_no_path_is_refused_with_the_segment(text: str) -> None:
    with pytest.raises(PathError, match="is no field"):
        path(text)
