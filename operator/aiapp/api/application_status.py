"""The status of an AIApplication: what is deployed and how it fares. Types only."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from aiapp.api.events import PastEvents
from aiapp.api.history import KEPT_CONFIGURATIONS, Configuration
from aiapp.api.meta import ATOMIC, ApiModel, Conditions, RuntimeNameString
from aiapp.api.steps import RolloutProgress
from aiapp.api.version import VersionString


class VersionSummary(ApiModel):
    """One version of the application, as its list shows it."""

    version: VersionString
    """Version number."""
    phase: Annotated[str, Field(max_length=16)]
    """Importing, Normal, Waiting or Failed."""
    created: datetime
    """When the version was registered."""
    source_type: Annotated[str, Field(max_length=32)] | None = None
    """Kind of its source, for example Obs; absent until the source answered."""
    bytes: Annotated[int, Field(ge=0)] | None = None
    """Size of its package; absent until that is pinned."""
    runtime: RuntimeNameString | None = None
    """Full name of its runtime; absent until it is resolved."""
    verdict: Annotated[str, Field(max_length=16)] | None = None
    """Compatible, Incompatible or Unknown, over the nodes there are; absent until it is judged."""
    weight: Annotated[int, Field(ge=0, le=100)] | None = None
    """Percent of the traffic that it gets now; absent where it is not served."""
    rolled_out_at: datetime | None = None
    """When its last rollout began; absent where it was never served."""


Shares = Annotated[dict[str, Annotated[int, Field(ge=0, le=100)]], Field(max_length=16)]
"""Percent of the traffic by version."""


class Traffic(ApiModel):
    """Traffic of one served version."""

    version: VersionString
    """Version number."""
    weight: Annotated[int, Field(ge=0, le=100)]
    """Percent that `spec` asks for."""
    actual_weight: Annotated[int, Field(ge=0, le=100)]
    """Percent that it gets now: by the route's weights with `serving.gateway`, else by its share of the ready pods."""
    replicas: Annotated[int, Field(ge=0)]
    """Pods wanted."""
    ready: Annotated[int, Field(ge=0)]
    """Pods ready."""
    reason: Annotated[str, Field(max_length=32)] | None = None
    """Why it does not get what `spec` asks for: NotReady (none of its pods is ready), Starting (its share grows with
    its ready pods), OthersNotReady (it has the share of versions that are not), Leaving (it goes when the others are
    ready), LastSplitKept (nothing that is asked for is ready), InSteps (the present step of the rollout has it so),
    ByReplicas (its share of the ready pods)."""


class TrafficChange(ApiModel):
    """Traffic that moved from some versions to others."""

    time: datetime
    """When."""
    before: Annotated[Shares, Field(alias="from")]
    """Percent by version until then; versions without traffic are left out."""
    after: Annotated[Shares, Field(alias="to")]
    """Percent by version since then."""
    cause: Annotated[str, Field(max_length=256)]
    """Why, for example `1.1.0 became ready` or `spec changed`."""
    generation: Annotated[int, Field(ge=0)]
    """The `metadata.generation` whose spec was carried out."""


class ApplicationStatus(ApiModel):
    """What is deployed and how it fares."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this status speaks of."""
    phase: (
        Literal["Running", "Deploying", "Concerning", "Failed", "Stopping", "Stopped", "Waiting", "Managed"] | None
    ) = None
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
    version_count: Annotated[int, Field(ge=0)] | None = None
    """Versions of the application, those included that `versions` leaves out."""
    ready_version_count: Annotated[int, Field(ge=0)] | None = None
    """Those of them that are Normal."""
    traffic: Annotated[tuple[Traffic, ...], Field(max_length=16, json_schema_extra=ATOMIC)] = ()
    """Served versions with their wanted and actual shares."""
    traffic_log: Annotated[tuple[TrafficChange, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """The last changes of the actual shares, newest first. When there are more than 20, the oldest that pods caused go
    before those that `spec` caused."""
    served: Annotated[str, Field(max_length=256)] | None = None
    """The same in one line: `1.0.0`, or with several versions their actual shares, `1.0.0 90 %, 1.1.0 10 %`; `none`
    when nothing is served."""
    started_at: datetime | None = None
    """From when `autoStopAfterSeconds` is counted: the last start, or when the field was set. Absent without it."""
    auto_stop_at: datetime | None = None
    """When `autoStopAfterSeconds` stops it, or has stopped it."""
    last_handled_start_at: Annotated[str, Field(max_length=128)] | None = None
    """The last value of the annotation `aiapp.dev/start-at` that was acted on."""
    rollout: RolloutProgress | None = None
    """The last rollout in steps, where `serving.strategy` has any."""
    history: Annotated[
        tuple[Configuration, ...],
        Field(max_length=KEPT_CONFIGURATIONS, json_schema_extra=ATOMIC),
    ] = ()
    """The configurations that were last asked for, newest first, and what became of them."""
    url: Annotated[str, Field(max_length=512)] | None = None
    """Where predictions are answered: at the first hostname of `serving.gateway`, else inside the cluster."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods wanted."""
    ready_replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods ready."""
    selector: Annotated[str, Field(max_length=512)] | None = None
    """Label selector of the pods."""
    events: PastEvents = ()
    """What happened to it, newest first; at most 30."""
    conditions: Conditions = ()
    """VersionsResolved, WorkloadsAvailable, NodesAvailable, TrafficSplit, RouteAccepted, RolloutCompleted, Ready; while
    it applies Reconciling, Stalled."""
