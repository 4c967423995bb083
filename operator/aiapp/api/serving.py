"""The inference service of an AIApplication: which of its versions to serve, and how. Types only."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aiapp.api.autoscaling import Autoscaling
from aiapp.api.gateway import Gateway
from aiapp.api.meta import (
    REQUIRED,
    SHARED_MEMORY_FITS,
    ApiModel,
    Env,
    Npu,
    Quantity,
    Resources,
    Workers,
    map_list,
    rule,
    rules,
)
from aiapp.api.pod import PodOptions, RequestLimits
from aiapp.api.scheduling import Scheduling
from aiapp.api.strategy import Strategy
from aiapp.api.version import VersionString


class ServedVersion(ApiModel):
    """One version to serve and how."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            SHARED_MEMORY_FITS,
            rule(
                "!has(self.replicas) || !has(self.autoscaling)",
                "replicas and autoscaling exclude each other",
                at="autoscaling",
                reason="FieldValueForbidden",
            ),
        )
    )

    version: VersionString
    """Version number of an AIApplicationVersion of this application."""
    weight: Annotated[int, Field(ge=0, le=100)] | None = None
    """Wanted share of the traffic in percent; may be left out when only one version is served. With `gateway` it is
    exact. Without, traffic follows the pods that are ready, so choose `replicas` in the same ratio. `status.traffic`
    and the condition TrafficSplit show the actual shares. 0 means no pods."""
    replicas: Annotated[int, Field(ge=0, le=128)] | None = None
    """Pods. Left out, the operator does not set it, so that an autoscaler or `kubectl scale` may (a new Deployment
    starts with 1)."""
    autoscaling: Autoscaling | None = None
    """Instead of `replicas`: a HorizontalPodAutoscaler that the operator makes for it."""
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
            max_length=10,
            json_schema_extra=map_list("version"),
        ),
    ]
    """The versions to serve."""
    stopped: bool = False
    """true: no pods. Nothing is deleted, and false brings the same pods back, as many as before."""
    auto_stop_after_seconds: Annotated[int, Field(ge=60, le=2_592_000)] | None = None
    """Seconds after its last start until it is stopped as by `stopped`, from a minute to 30 days. It is counted from
    `status.startedAt` and ends at `status.autoStopAt`; a new value of the annotation `aiapp.dev/start-at` begins again.
    """
    compatibility: Literal["Enforce", "Warn"] = "Enforce"
    """Enforce: a version that fits no node waits. Warn: it is rolled out although the verdict says Incompatible; its
    pods may then go to nodes of another chip, driver or number of NPUs, never of another architecture.
    """
    deploy_timeout_seconds: Annotated[int, Field(ge=180, le=7200)] = 1200
    """Seconds the pods may take to become ready, fetching the model included."""
    disruption_budget: Literal["Auto", "None"] = "Auto"
    """Auto: each version with more than one pod gets a PodDisruptionBudget, by which a drain of nodes takes one of its
    pods at a time. None: you bring your own; two for one pod would keep every drain from ending."""
    scheduling: Scheduling | None = None
    """Additional demands on nodes."""
    strategy: Strategy = Strategy()
    """How pods are replaced, and how a change of versions and shares is rolled out."""
    pod: PodOptions | None = None
    """Labels, annotations, volumes and environment of the pods."""
    limits: RequestLimits | None = None
    """What the model server grants a request."""
    gateway: Gateway | None = None
    """Reach it through the Gateway API, which splits the traffic by weight; a version without ready pods gets none.
    Absent: through its Service alone, which splits it by ready pods."""
