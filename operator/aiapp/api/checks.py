"""What has to hold at the end of a step of a rollout. Types only."""

from typing import Annotated

from pydantic import ConfigDict, Field

from aiapp.api.meta import REQUIRED, ApiModel, Matches, map_list, rule, rules

CheckName = Annotated[
    str,
    Field(max_length=63),
    Matches(
        "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "the name of a check consists of lower-case letters, digits and '-', with a letter or digit at both ends",
    ),
]


class PrometheusCheck(ApiModel):
    """A number that Prometheus has of a version, and what it may be."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("has(self.min) || has(self.max)", "a check needs min, max or both", at="max", reason=REQUIRED),
            rule(
                "!has(self.min) || !has(self.max) || self.min <= self.max",
                "min must not be larger than max",
                at="min",
            ),
        )
    )

    name: CheckName
    """One of the queries that the administrator offers (setting `AIAPP_PROMETHEUS_QUERIES`)."""
    min: float | None = None
    """The least number that passes."""
    max: float | None = None
    """The largest number that passes."""


class Checks(ApiModel):
    """What has to hold at the end of each step, beside what is always checked of pods."""

    prometheus: Annotated[tuple[PrometheusCheck, ...], Field(max_length=8, json_schema_extra=map_list("name"))] = ()
    """Asked for each version whose share grows. A query without an answer never passes: the rollout waits for one."""
