"""The steps of a rollout, and how far one has come. Types only."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, ApiModel, rule, rules
from aiapp.api.version import VersionString

APPROVE: Final = "aiapp.dev/approve"
"""Annotation of an application: `<id of the rollout>/<step>`, a person's word that this step may end."""
MOST_STEPS: Final = 10
MOST_SHARES: Final = 20
"""Versions of a split: those of the wish, and as many that are on their way out."""


class Step(ApiModel):
    """One stop on the way from the last good split to the one that is asked for."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.pauseSeconds) || !has(self.approve) || !self.approve",
                "a step either waits for pauseSeconds or for a person's approval",
                at="pauseSeconds",
                reason="FieldValueForbidden",
            )
        )
    )

    percent: Annotated[int, Field(ge=1, le=100)]
    """How much of the way is gone at this step: from shares 100/0 to 50/50, 20 means 90/10."""
    pause_seconds: Annotated[int, Field(ge=1, le=604_800)] | None = None
    """Seconds that the split stays once it is reached. With neither this nor `approve` the next step follows as soon as
    this one is reached."""
    approve: bool | None = None
    """Whether the rollout stays here until a person approves: `aiapp rollout approve NAME`."""


class Share(ApiModel):
    """A version's part of a split."""

    version: VersionString
    """Version number."""
    weight: Annotated[int, Field(ge=0, le=100)]
    """Percent of the traffic."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods that it had, where that is known."""


class RolloutState(StrEnum):
    """What a rollout in steps is doing."""

    PROGRESSING = "Progressing"
    """The split of the present step is not reached yet."""
    PAUSED = "Paused"
    """It is reached and stays for `pauseSeconds`."""
    AWAITING_APPROVAL = "AwaitingApproval"
    """It is reached and stays until a person approves."""
    FAILED = "Failed"
    """A check failed; the split stays where it is until a person decides."""
    ROLLED_BACK = "RolledBack"
    """A check failed; the split is the one that the rollout began with."""
    COMPLETED = "Completed"
    """The split is the one that `spec` asks for."""


class RolloutProgress(ApiModel):
    """How far a rollout in steps has come; kept, so that a restarted operator goes on where it was."""

    id: Annotated[str, Field(max_length=16)]
    """Changes with each rollout, and when one fails: an approval is for one only."""
    from_: Annotated[tuple[Share, ...], Field(alias="from", max_length=MOST_SHARES, json_schema_extra=ATOMIC)] = ()
    """The split that it began with, the last good one."""
    to: Annotated[tuple[Share, ...], Field(max_length=MOST_SHARES, json_schema_extra=ATOMIC)] = ()
    """The split that it leads to."""
    step: Annotated[int, Field(ge=0)]
    """The present step; 0 before the first. The whole way is the last one, whether it is written as a step or not."""
    steps: Annotated[int, Field(ge=0)]
    """How many there are."""
    percent: Annotated[int, Field(ge=0, le=100)]
    """How much of the way is gone at this step."""
    state: RolloutState
    """What it is doing."""
    since: datetime
    """When this state began; the pause of a step counts from here."""
    summary: Annotated[str, Field(max_length=64)] = ""
    """All that in a few words."""
    message: Annotated[str, Field(max_length=2048)] = ""
    """What happened, what comes next and what a person may do."""
