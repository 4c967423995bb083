"""How an application goes from the versions that it serves to those that are asked for. Types only."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aiapp.api.checks import Checks
from aiapp.api.meta import ApiModel, map_list, rule, rules
from aiapp.api.steps import MOST_STEPS, Step


class Strategy(ApiModel):
    """How changes of versions and shares are rolled out."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.steps) || self.steps.map(s, s.percent).isSorted()",
                "strategy.steps: each step's percent must be larger than that of the step before",
                at="steps",
            ),
        )
    )

    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS, json_schema_extra=map_list("percent"))] | None = (
        None
    )
    """Stops on the way to another split, in the order of their `percent`; after the last one the rest follows by
    itself. They apply when shares or versions change, not to the first deployment. Without steps a change is rolled out
    at once."""
    checks: Checks = Checks()
    """What has to hold at the end of each step, beside that no pod of a version whose share grows crashes, stops being
    ready or does not become ready."""
    on_failure: Literal["Hold", "Rollback"] = "Hold"
    """When a step fails. Hold: the split stays until a person decides. Rollback: it becomes that of before the rollout,
    until `spec` is edited."""
