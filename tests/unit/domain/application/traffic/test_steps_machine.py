"""Rollouts in steps in a small cluster in memory: edits, lost statuses, pods that come and go in any order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.support.records import NOON
from tests.support.small_cluster import DEVICES
from tests.unit.domain.application.test_change_machine import EXPLICIT, VERSIONS, Changes
from typing_extensions import override

from aiapp.api.steps import APPROVE, RolloutProgress, RolloutState
from aiapp.domain.application.plan import ApplicationPlan
from aiapp.domain.application.traffic.advance import advance
from aiapp.domain.application.traffic.goal import goal
from aiapp.domain.application.traffic.progress import token
from aiapp.domain.kubernetes.resources import Json

STEPS = st.lists(st.integers(1, 100), min_size=1, max_size=4, unique=True).map(
    lambda percents: [{"percent": percent, "approve": True} for percent in sorted(percents)]
)


class Steps(Changes):
    """The same changes, each in steps that a person approves."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Json] = [{"percent": 50, "approve": True}]
        self.record: RolloutProgress | None = None
        self.approved = ""
        self.is_patient = False
        self.now = NOON

    @rule(version=st.sampled_from(VERSIONS), replicas=st.none() | st.integers(1, 4), strategy=EXPLICIT)
    @override
    def serve_one(self, version: str, replicas: int | None, strategy: Json) -> None:
        """With pods: a version without any would never reach the weight of its step."""
        super().serve_one(version, replicas, strategy)

    @rule(steps=STEPS)
    def edit_the_steps(self, steps: list[Json]) -> None:
        self.steps = steps

    @precondition(lambda self: self.record is not None)
    @rule()
    def approve(self) -> None:
        assert self.record is not None
        self.approved = token(self.record)

    @rule()
    def the_status_is_lost(self) -> None:
        """That of the rollout: without the history too, a number that is given up at 0 would be nobody's."""
        self.record = None

    @override
    def wanted(self) -> int:
        """In the end there is room for the pods of every step, and for one more."""
        most = max(super().wanted(), sum(self.asked().values()))
        return most + 1 if self.is_patient else super().wanted()

    @override
    def taken_in_the_end(self) -> int:
        """Less than none, where a step needs more than there are: devices are added then."""
        return min(super().taken_in_the_end(), DEVICES - self.wanted())

    @override
    def look(self) -> int:
        self.now += timedelta(minutes=1)
        if self.is_patient and self.record is not None:
            self.approved = token(self.record)
        wrote, before = super().look(), self.record
        seen = self.observed()
        assert sum(goal(seen).shares.values()) == 100
        self.record = advance(seen).record
        assert self.record is not None
        self.judge_step(before, self.record)
        return wrote + (self.record != before)

    @override
    def judge_numbers(self, before: Mapping[str, int], made: ApplicationPlan) -> None:
        """A number that is left to others comes back as it was, whatever the step."""
        if all("replicas" in one for one in self.spec["versions"]):
            super().judge_numbers(before, made)

    def judge_step(self, before: RolloutProgress | None, after: RolloutProgress) -> None:
        """One step at a time, and none is passed that nobody has approved."""
        assert sum(share.weight for share in after.to) == 100
        if before is None or after.id != before.id or after.percent == before.percent:
            return
        between = [step for step in self.steps if before.percent < step["percent"] < after.percent]
        assert between == []
        stood_at_a_step = before.percent in [step["percent"] for step in self.steps]
        assert self.approved == token(before) or not stood_at_a_step

    @override
    def observed(self) -> Any:
        spec, self.spec = self.spec, self.spec | {"strategy": self.spec.get("strategy", {}) | {"steps": self.steps}}
        seen = super().observed()
        self.spec = spec
        known = seen.application
        status = known.parsed.status.model_copy(update={"rollout": self.record})
        raw = known.raw | {"metadata": known.raw["metadata"] | {"annotations": {APPROVE: self.approved}}}
        parsed = known.parsed.model_copy(update={"status": status})
        return replace(seen, application=replace(known, raw=raw, parsed=parsed), now=self.now)

    @override
    def teardown(self) -> None:
        """With a person who approves everything it ends as a change without steps does."""
        self.is_patient = True
        super().teardown()
        assert self.record is not None
        assert self.record.state is RolloutState.COMPLETED


Steps.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSteps = Steps.TestCase
