"""What becomes of changed conditions: Events."""

import pytest
from tests.support.records import condition

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Condition
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.events import changes
from aiapp.domain.kubernetes.resources import Json

READY = holds(ConditionType.READY, "", Reason.RUNNING)
WAITS = fails(ConditionType.READY, Reason.WAITING_FOR_NODES, "")
SPLIT = fails(ConditionType.TRAFFIC_SPLIT, Reason.BY_REPLICAS, "")
CHANGED = fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, "")
NO_NODE = fails(ConditionType.NODES_AVAILABLE, Reason.WAITING_FOR_NODES, "")
LOST = unknown(ConditionType.SOURCE_UNCHANGED, Reason.MANIFEST_MISSING, "")
DOWN = unknown(ConditionType.SOURCE_UNCHANGED, Reason.ENDPOINT_UNREACHABLE, "")
PAUSED = fails(ConditionType.READY, Reason.ROLLOUT_PAUSED, "")
SAME = holds(ConditionType.SOURCE_UNCHANGED, "")
WHOLE = holds(ConditionType.TRAFFIC_SPLIT, "")
UNSPLIT = condition("TrafficSplit", "False", "ByReplicas")
WAS_RUNNING = condition("Ready", "True", "Running")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param([], [READY], [("Normal", "Running")], id="Ready for the first time"),
        pytest.param([WAS_RUNNING], [READY], [], id="nothing new"),
        pytest.param([WAS_RUNNING], [CHANGED, READY], [("Warning", "SourceChanged")], id="the store changed"),
        pytest.param([WAS_RUNNING], [LOST, READY], [("Warning", "ManifestMissing")], id="the manifest is gone"),
        pytest.param([WAS_RUNNING], [DOWN, READY], [], id="the store cannot be asked"),
        pytest.param([WAS_RUNNING], [SAME, READY], [], id="the store is as it was"),
        pytest.param(
            [WAS_RUNNING, condition("SourceUnchanged", "False", "SourceChanged")],
            [SAME, READY],
            [("Normal", "Succeeded")],
            id="the store is again as it was",
        ),
        pytest.param([WAS_RUNNING], [NO_NODE, READY], [("Normal", "WaitingForNodes")], id="its last node went"),
        pytest.param([WAS_RUNNING], [NO_NODE, WAITS], [("Normal", "WaitingForNodes")], id="one word, told once"),
        pytest.param([WAS_RUNNING], [SPLIT, READY], [("Warning", "ByReplicas")], id="the weights cannot be reached"),
        pytest.param(
            [WAS_RUNNING, UNSPLIT], [WHOLE, READY], [("Normal", "Succeeded")], id="the weights are reached again"
        ),
        pytest.param(
            [condition("Ready", "False", "Deploying"), UNSPLIT],
            [WHOLE, READY],
            [("Normal", "Running")],
            id="the end of a rollout, one word",
        ),
        pytest.param([WAS_RUNNING], [PAUSED], [("Normal", "RolloutPaused")], id="a rollout that goes as asked"),
        pytest.param([WAS_RUNNING], [SPLIT, WAITS], [("Normal", "WaitingForNodes")], id="shares during a rollout"),
    ],
)
def test_what_becomes_false_is_an_event_and_so_is_its_end(
    before: list[Json], now: list[Finding], told: list[tuple[str, str]]
) -> None:
    found = changes([Condition.model_validate(one) for one in before], now)
    assert [(event.type, event.reason) for event in found] == told


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        (UNSPLIT, WHOLE, "the traffic is split as spec.serving asks for"),
        (condition("SourceUnchanged", "False", "SourceChanged"), SAME, "SourceUnchanged is True"),
        (condition("TrafficSplit"), SPLIT, "TrafficSplit is False"),
    ],
)
def test_an_event_says_something_where_its_condition_has_no_message(before: Json, now: Finding, message: str) -> None:
    (event,) = changes([Condition.model_validate(one) for one in (before, WAS_RUNNING)], [now, READY])
    assert event.message == message
