"""What a person says to a rollout in steps."""

from typing import Any

import orjson
import pytest
from tests.support import documents
from tests.support.records import on_the_way, stored

from aiapp.domain.application.traffic.intervention import NotAwaitedError, approval, rollout_of, taken_back

STEPS = {"steps": [{"percent": 25}]}


def under_way(state: str = "AwaitingApproval", *, annotations: dict[str, str] | None = None, **more: Any) -> Any:
    """An application on the way from 1.0.0 to 1.1.0."""
    serving = {"versions": [{"version": "1.1.0", "replicas": 4}], "strategy": STEPS}
    document = documents.changed(documents.application(), spec__serving=serving)
    record = on_the_way(state, summary=f"step 1/2 25 %, {state}")
    made = stored(document, status={"rollout": record} | more)
    return made | {"metadata": made["metadata"] | {"resourceVersion": "7", "annotations": annotations or {}}}


def test_an_approval_is_of_the_step_that_the_rollout_stands_at() -> None:
    said = approval(under_way(annotations={"a": "b"}))
    assert said.patch == [{"op": "add", "path": "/metadata/annotations/aiapp.dev~1approve", "value": "a1/1"}]
    assert not said.again


def test_the_first_annotation_does_not_replace_one_that_comes_at_the_same_moment() -> None:
    lock, first = approval(under_way()).patch
    assert lock == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert first["value"] == {"aiapp.dev/approve": "a1/1"}


@pytest.mark.parametrize("state", ["Failed", "RolledBack"])
def test_a_step_that_failed_is_tried_again(state: str) -> None:
    assert approval(under_way(state)).again


@pytest.mark.parametrize("state", ["Progressing", "Completed"])
def test_nothing_is_approved_that_does_not_wait(state: str) -> None:
    with pytest.raises(NotAwaitedError):
        approval(under_way(state))


def test_nothing_is_said_to_a_rollout_that_a_newer_operator_has_written() -> None:
    assert rollout_of(under_way("Dancing")) is None
    with pytest.raises(NotAwaitedError, match="has no rollout in steps under way"):
        taken_back(under_way("Dancing"))


def test_what_is_taken_back_is_as_it_was_asked_for() -> None:
    before = {"versions": [{"version": "1.0.0", "env": [{"name": "A", "value": "b"}]}]}
    other = {"versions": [{"version": "0.9.0"}]}
    history = [{"serving": orjson.dumps(one).decode()} for one in (other, before)] + [{}]
    assert taken_back(under_way(history=history)) == {
        "versions": [{"version": "1.0.0", "env": [{"name": "A", "value": "b"}], "weight": 100}],
        "strategy": STEPS,
    }


def test_without_a_history_it_has_the_pods_of_before() -> None:
    assert taken_back(under_way())["versions"] == [{"version": "1.0.0", "replicas": 4, "weight": 100}]


def test_what_is_over_is_not_taken_back() -> None:
    with pytest.raises(NotAwaitedError):
        taken_back(under_way("Completed"))
