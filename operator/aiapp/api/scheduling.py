"""What pods demand of nodes beside what their runtime needs. Types only."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, ApiModel, Matches, NameString, rule, rules

LabelValue = Annotated[
    str,
    Field(max_length=63),
    Matches(
        "([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?",
        "the value of a label consists of letters, digits, '-', '_' and '.', with a letter or digit at both ends",
    ),
]
LABEL_KEY: Final = "([a-z0-9.-]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?"
LABEL_KEY_MESSAGE: Final = (
    "the key of a label or taint is written [domain/]name, the name of letters, digits, '-', '_' and '.'"
)
LabelKey = Annotated[str, Field(max_length=316), Matches(LABEL_KEY, LABEL_KEY_MESSAGE)]
Labels = Annotated[
    dict[str, LabelValue],
    Field(
        max_length=16,
        json_schema_extra=rules(rule(f"self.all(k, k.matches('^{LABEL_KEY}$'))", LABEL_KEY_MESSAGE)),
    ),
]


class Toleration(ApiModel):
    """A taint that the pods tolerate, as in a pod."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
                "a toleration without key needs operator: Exists",
                at="key",
            ),
            rule(
                "!has(self.operator) || self.operator == 'Equal' || !has(self.value)",
                "a toleration with operator: Exists has no value",
                at="value",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
                "tolerationSeconds needs effect: NoExecute",
                at="tolerationSeconds",
            ),
        )
    )

    key: LabelKey | None = None
    """Taint key; absent with operator Exists means all."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Exists or Equal. Default: Equal."""
    value: LabelValue | None = None
    """Taint value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Taint effect; absent means all."""
    toleration_seconds: Annotated[int, Field(ge=0)] | None = None
    """For NoExecute: how long it is tolerated, in seconds."""


class NodeDemand(ApiModel):
    """One demand on the labels of a node, as in a node affinity."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                "operator In and NotIn need values; Exists and DoesNotExist have none",
                at="values",
            ),
        )
    )

    key: LabelKey
    """Label key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the label relates to the values."""
    values: Annotated[tuple[LabelValue, ...], Field(max_length=16, json_schema_extra=ATOMIC)] | None = None
    """Label values, for In and NotIn."""


NodeDemands = Annotated[tuple[NodeDemand, ...], Field(min_length=1, max_length=8, json_schema_extra=ATOMIC)]


class NodePreference(ApiModel):
    """Nodes that are preferred."""

    weight: Annotated[int, Field(ge=1, le=100)]
    """How much, beside the other preferences. The operator's own, for the chip of the runtime, has 100."""
    demands: NodeDemands
    """What such a node's labels have to satisfy, all together."""


class NodeAffinity(ApiModel):
    """Demands on the labels of nodes, beside the operator's own."""

    required: NodeDemands | None = None
    """A node has to satisfy all of them; the verdict on nodes counts them."""
    preferred: Annotated[tuple[NodePreference, ...], Field(max_length=8, json_schema_extra=ATOMIC)] | None = None
    """The scheduler prefers such nodes among those that fit."""


class Scheduling(ApiModel):
    """Additional demands on nodes; added to what the runtime itself needs."""

    node_selector: Labels | None = None
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=16, json_schema_extra=ATOMIC)] | None = None
    """Taints that are tolerated beside the NPU resource's own."""
    priority_class_name: NameString | None = None
    """PriorityClass of the pods."""
    scheduler_name: NameString | None = None
    """Scheduler, for example volcano. Default: the cluster's own."""
    node_affinity: NodeAffinity | None = None
    """Labels that a node must have or should have, in more ways than nodeSelector can say."""
    spread: Literal["Preferred", "Required", "None"] | None = None
    """How the pods of a version spread over nodes. Preferred: evenly where there is room. Required: evenly or not at
    all. None: left to the scheduler, so that single-device pods fill one node before the next. Default: Preferred."""
