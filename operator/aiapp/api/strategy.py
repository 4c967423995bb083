"""How an application goes from the versions that it serves to those that are asked for. Types only."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.checks import Checks
from aiapp.api.meta import ApiModel, map_list, rule, rules
from aiapp.api.steps import MOST_STEPS, Step

_MOST: Final = 128
"""Pods, as many as a version may have."""

PodsOrPercent = Annotated[
    int | str,
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            "maxLength": 4,
            **rules(
                rule(
                    f"type(self) == int ? self >= 0 && self <= {_MOST} : self.matches('^(100|[1-9]?[0-9])%$')",
                    f"a number of pods from 0 to {_MOST}, or a percentage from 0% to 100%",
                )
            ),
        }
    ),
]


class Strategy(ApiModel):
    """How pods are replaced, and how changes of versions and shares are rolled out."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.steps) || self.steps.map(s, s.percent).isSorted()",
                "strategy.steps: each step's percent must be larger than that of the step before",
                at="steps",
            ),
            rule(
                "!has(self.surge) || !(self.surge in ['Auto', 'Full'])"
                " || (!has(self.maxSurge) && !has(self.maxUnavailable))",
                "surge: Auto and Full say it all: leave surge out, or maxSurge and maxUnavailable",
                at="surge",
            ),
            rule(
                "!has(self.surge) || self.surge != 'RollingIncrease' || !has(self.maxUnavailable)",
                "surge: RollingIncrease means that nothing is unavailable: it goes with maxSurge alone",
                at="maxUnavailable",
            ),
            rule(
                "!has(self.surge) || self.surge != 'RollingDecrease' || !has(self.maxSurge)",
                "surge: RollingDecrease means that there is no pod more: it goes with maxUnavailable alone",
                at="maxSurge",
            ),
            rule(
                "(!has(self.maxSurge) && !has(self.maxUnavailable))"
                " || (has(self.maxSurge) && !(string(self.maxSurge) in ['0', '0%']))"
                " || (has(self.maxUnavailable) && !(string(self.maxUnavailable) in ['0', '0%']))",
                "one of maxSurge and maxUnavailable has to be more than 0: else no pod could be replaced",
                at="maxSurge",
            ),
        )
    )

    surge: Literal["Auto", "Full", "RollingIncrease", "RollingDecrease"] | None = None
    """Full: all new pods beside all old ones (twice the devices), then the old ones go. RollingIncrease: `maxSurge` new
    pods (default 1) beside the old ones, and an old one goes for each that is ready. RollingDecrease: in place, so that
    there is never a pod more; `maxUnavailable` old pods (default 1) go first and make room for new ones. Auto: one more
    pod where the nodes have the free devices for it now, else in place, one pod at a time; the condition Surging says
    which, and why. Default: Auto, unless `maxSurge` or `maxUnavailable` say it themselves."""
    max_surge: PodsOrPercent | None = None
    """Pods more than wanted during a change: a number, or a percentage that is rounded up. Default, beside a
    `maxUnavailable`: 0."""
    max_unavailable: PodsOrPercent | None = None
    """Ready pods fewer than wanted during a change: a number, or a percentage that is rounded down (to at least 1 where
    there is no surge either). Default, beside a `maxSurge`: 0."""
    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS, json_schema_extra=map_list("percent"))] | None = (
        None
    )
    """Stops on the way to another split, in the order of their `percent`; after the last one the rest follows by
    itself. They apply when shares or versions change, not to the first deployment, nor where nothing is served. Without
    steps a change is rolled out at once."""
    checks: Checks = Checks()
    """What has to hold at the end of each step, beside that no pod of a version whose share grows crashes, stops being
    ready or does not become ready."""
    on_failure: Literal["Hold", "Rollback"] = "Hold"
    """When a step fails. Hold: the split stays until a person decides. Rollback: it becomes that of before the rollout,
    until `spec` is edited."""

    @property
    def is_auto(self) -> bool:
        """Whether the free devices decide."""
        return self.surge == "Auto" or (self.surge is None and self.max_surge is None and self.max_unavailable is None)
