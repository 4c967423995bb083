"""How an application fares whose rollout in steps is under way, or has failed."""

from typing import Any

import pytest
from tests.support.records import NOON, deployed, observed

from aiapp.api.conditions import Reason
from aiapp.api.steps import APPROVE, RolloutProgress, RolloutState
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import Assessment, assess
from aiapp.domain.application.traffic.advance import Advance
from aiapp.domain.kubernetes.trimming import trimmed_metadata


def assessed(state: RolloutState, child: dict[str, Any] | None = None, silence: str | None = None) -> Assessment:
    record = RolloutProgress(
        id="a1", step=1, steps=2, percent=25, state=state, since=NOON, summary="step 1/2 25 %", message="why"
    )
    seen = observed(children=Children(deployments=(child or deployed(),)))
    return assess(seen, plan(seen), ahead=Advance(record, silence=silence))


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (RolloutState.PROGRESSING, Reason.ROLLOUT_PROGRESSING),
        (RolloutState.PAUSED, Reason.ROLLOUT_PAUSED),
        (RolloutState.AWAITING_APPROVAL, Reason.AWAITING_APPROVAL),
    ],
)
def test_part_of_the_way_is_not_ready_and_nobody_has_to_mend_anything(state: RolloutState, reason: Reason) -> None:
    said = assessed(state)
    assert (said.phase, said.ready.state, said.ready.reason) == ("Deploying", "False", reason)
    assert said.ready.message.startswith("step 1/2 25 %: why")
    assert "Stalled" not in [one.type for one in said.findings]


@pytest.mark.parametrize(
    ("state", "reason"),
    [(RolloutState.FAILED, Reason.STEP_FAILED), (RolloutState.ROLLED_BACK, Reason.ROLLED_BACK)],
)
def test_a_step_that_failed_needs_a_person_whatever_its_pods_do(state: RolloutState, reason: Reason) -> None:
    for child in (deployed(), deployed(replicas=2, ready=1)):
        said = assessed(state, child)
        assert (said.phase, said.ready.state, said.ready.reason) == ("Concerning", "False", reason)
        assert "Stalled" in [one.type for one in said.findings]


def test_a_check_without_an_answer_is_the_reason() -> None:
    said = assessed(RolloutState.PAUSED, silence="no series")
    assert (said.phase, said.ready.reason) == ("Deploying", Reason.CHECK_UNANSWERED)


def test_what_is_wrong_with_the_pods_comes_before_a_pause() -> None:
    assert assessed(RolloutState.PAUSED, deployed(ready=0)).ready.reason is Reason.DEPLOYING


def test_a_completed_rollout_leaves_it_ready_and_on_record() -> None:
    said = assessed(RolloutState.COMPLETED)
    assert (said.phase, said.ready.state) == ("Running", "True")
    assert said.status["rollout"] == {
        "id": "a1",
        "from": [],
        "to": [],
        "step": 1,
        "steps": 2,
        "percent": 25,
        "state": "Completed",
        "since": "2026-01-02T12:00:00Z",
        "summary": "step 1/2 25 %",
        "message": "why",
    }


def test_a_persons_approval_is_kept_of_the_annotations() -> None:
    kept = trimmed_metadata({"name": "mnist", "annotations": {APPROVE: "a1/1", "other": "x"}})
    assert kept["annotations"] == {APPROVE: "a1/1"}
