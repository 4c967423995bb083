"""AIApplication: a model under central management, and which of its versions to serve. Types only."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.meta import (
    ATOMIC,
    REQUIRED,
    SHARED_MEMORY_FITS,
    ApiModel,
    Conditions,
    Description,
    DisplayName,
    Documents,
    Env,
    Matches,
    NameString,
    Npu,
    Quantity,
    Resources,
    Workers,
    map_list,
    rule,
    rules,
)
from aiapp.api.version import VersionString

LabelValue = Annotated[
    str,
    Field(max_length=63),
    Matches(
        "([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?",
        "the value of a label consists of letters, digits, '-', '_' and '.', with a letter or digit at both ends",
    ),
]
_LABEL_KEY: Final = "([a-z0-9.-]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?"
_LABEL_KEY_MESSAGE: Final = (
    "the key of a label or taint is written [domain/]name, the name of letters, digits, '-', '_' and '.'"
)
LabelKey = Annotated[str, Field(max_length=316), Matches(_LABEL_KEY, _LABEL_KEY_MESSAGE)]
Labels = Annotated[
    dict[str, LabelValue],
    Field(
        max_length=16,
        json_schema_extra=rules(rule(f"self.all(k, k.matches('^{_LABEL_KEY}$'))", _LABEL_KEY_MESSAGE)),
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


class ServedVersion(ApiModel):
    """One version to serve and how."""

    model_config = ConfigDict(json_schema_extra=rules(SHARED_MEMORY_FITS))

    version: VersionString
    """Version number of an AIApplicationVersion of this application."""
    weight: Annotated[int, Field(ge=0, le=100)] | None = None
    """Wanted share of the traffic in percent; may be left out when only one version is served. Traffic follows the pods
    that are ready, so choose `replicas` in the same ratio; `status.traffic` and the condition TrafficSplit show the
    actual shares. 0 means no pods."""
    replicas: Annotated[int, Field(ge=0, le=128)] | None = None
    """Pods. Left out, the operator does not set it, so that an autoscaler or `kubectl scale` may (a new Deployment
    starts with 1)."""
    resources: Resources | None = None
    """CPU and memory; overrides the version's."""
    env: Env | None = None
    """Environment variables; added to the version's, same names override."""
    npu: Npu | None = None
    """NPUs of one pod; overrides the version's."""
    workers: Workers | None = None
    """Processes of the model server in one pod; overrides the version's."""
    shared_memory: Quantity | None = None
    """Size of `/dev/shm`, kept in memory, so part of the memory limit; overrides the version's."""


class Serving(ApiModel):
    """The inference service that is wanted."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "size(self.versions) == 1 || self.versions.all(v, has(v.weight))",
                "serving.versions: with more than one version each needs a weight",
                at="versions",
                reason=REQUIRED,
            ),
            rule(
                "!self.versions.all(v, has(v.weight)) || self.versions.map(v, v.weight).sum() == 100",
                "serving.versions: the weights must add up to 100",
                at="versions",
            ),
        )
    )

    versions: Annotated[
        tuple[ServedVersion, ...],
        Field(
            min_length=1,
            max_length=8,
            json_schema_extra=map_list("version"),
        ),
    ]
    """The versions to serve."""
    compatibility: Literal["Enforce", "Warn"] = "Enforce"
    """Enforce: a version that fits no node waits. Warn: it is rolled out although the verdict says Incompatible; its
    pods may then go to nodes of another chip, driver or number of NPUs, never of another architecture.
    """
    deploy_timeout_seconds: Annotated[int, Field(ge=180, le=7200)] = 1200
    """Seconds the pods may take to become ready, fetching the model included."""
    scheduling: Scheduling | None = None
    """Additional demands on nodes."""


class ApplicationSpec(ApiModel):
    """What is managed and what is wanted."""

    display_name: DisplayName | None = None
    """Name as ModelArts allows it: letters, digits, `-`, `_`."""
    description: Description | None = None
    """1 to 100 characters, none of & ! ' " < > =."""
    documents: Documents | None = None
    """At most three links to documents about the application."""
    serving: Serving | None = None
    """Absent: the application is managed but nothing is deployed."""


class VersionSummary(ApiModel):
    """One version of the application, as its list shows it."""

    version: VersionString
    """Version number."""
    phase: Annotated[str, Field(max_length=16)]
    """Importing, Normal, Waiting or Failed."""
    created: datetime
    """When the version was registered."""


class Traffic(ApiModel):
    """Traffic of one served version."""

    version: VersionString
    """Version number."""
    weight: Annotated[int, Field(ge=0, le=100)]
    """Percent that `spec` asks for."""
    actual_weight: Annotated[int, Field(ge=0, le=100)]
    """Percent that it gets now, by its share of the ready pods."""
    replicas: Annotated[int, Field(ge=0)]
    """Pods wanted."""
    ready: Annotated[int, Field(ge=0)]
    """Pods ready."""


class ApplicationStatus(ApiModel):
    """What is deployed and how it fares."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this status speaks of."""
    phase: Literal["Running", "Deploying", "Concerning", "Failed", "Stopped", "Waiting", "Managed"] | None = None
    """Summary for humans; programs read the conditions."""
    versions: Annotated[
        tuple[VersionSummary, ...],
        Field(max_length=50, json_schema_extra=ATOMIC),
    ] = ()
    """Versions of the application, newest first; at most 50."""
    latest_version: VersionString | None = None
    """Highest version number."""
    latest_ready_version: VersionString | None = None
    """Highest version number that is Normal."""
    traffic: Annotated[tuple[Traffic, ...], Field(max_length=16, json_schema_extra=ATOMIC)] = ()
    """Served versions with their wanted and actual shares."""
    served: Annotated[str, Field(max_length=256)] | None = None
    """The same in one line: `1.0.0`, or with several versions their actual shares, `1.0.0 90 %, 1.1.0 10 %`; `none`
    when nothing is served."""
    url: Annotated[str, Field(max_length=512)] | None = None
    """Where predictions are answered inside the cluster."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods wanted."""
    ready_replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods ready."""
    selector: Annotated[str, Field(max_length=512)] | None = None
    """Label selector of the pods."""
    conditions: Conditions = ()
    """VersionsResolved, WorkloadsAvailable, NodesAvailable, TrafficSplit, Ready; while it applies Reconciling,
    Stalled."""


class AIApplication(ApiModel):
    """An AI application: its versions under central management, and the inference service made of them."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$')",
                "metadata.name: at most 53 lower-case letters, digits and '-', starting with a letter "
                "(a name as ModelArts allows it goes to spec.displayName)",
                at="metadata.name",
            ),
        )
    )

    spec: ApplicationSpec = ApplicationSpec()
    """What is managed and what is wanted."""
    status: ApplicationStatus = ApplicationStatus()
    """What is deployed."""
