"""What a JSON patch makes of a document."""

import pytest

from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.resources import Json

FOUND: Json = {"metadata": {"resourceVersion": "7", "annotations": {"a/b": "1"}}, "spec": {"list": [1, 2]}}


@pytest.mark.parametrize(
    ("step", "spec"),
    [
        pytest.param(
            {"op": "add", "path": "/spec/new", "value": {"a": 1}}, {"list": [1, 2], "new": {"a": 1}}, id="add"
        ),
        pytest.param({"op": "remove", "path": "/spec/list"}, {}, id="remove"),
        pytest.param({"op": "replace", "path": "/spec/list/1", "value": 3}, {"list": [1, 3]}, id="replace in a list"),
        pytest.param({"op": "add", "path": "/spec/list/0", "value": 0}, {"list": [0, 1, 2]}, id="insert"),
        pytest.param({"op": "add", "path": "/spec/list/-", "value": 3}, {"list": [1, 2, 3]}, id="append"),
        pytest.param({"op": "remove", "path": "/spec/list/0"}, {"list": [2]}, id="remove from a list"),
        pytest.param({"op": "test", "path": "/spec/list", "value": 0}, {"list": [1, 2]}, id="test"),
    ],
)
def test_each_step_is_carried_out_on_a_copy(step: Json, spec: Json) -> None:
    assert patched(FOUND, [step])["spec"] == spec
    assert FOUND["spec"] == {"list": [1, 2]}


def test_names_with_slashes_are_found_and_the_version_of_an_object_is_the_servers() -> None:
    lock = {"op": "replace", "path": "/metadata/resourceVersion", "value": "6"}
    after = patched(FOUND, [lock, {"op": "add", "path": "/metadata/annotations/a~1b", "value": "2"}])
    assert after["metadata"] == {"resourceVersion": "7", "annotations": {"a/b": "2"}}
