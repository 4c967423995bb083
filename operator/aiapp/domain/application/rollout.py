"""One served version: the template it runs with, or what holds it back before any pod exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aiapp.api.artifact import ImageArtifact, PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Npu, Resources
from aiapp.api.pod import PodOptions, RequestLimits
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.source import ObsSource, SourceVariant
from aiapp.api.version import Container
from aiapp.domain.application.serving_compatibility import ServingCompatibility, serving_compatibility, trusting
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.domain.conditions import Trouble
from aiapp.domain.kubernetes.limit_ranges import EPHEMERAL_STORAGE
from aiapp.domain.kubernetes.naming import KEY_LABEL, VERSION_LABEL, digest_config_map
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.placement import Placement, placement
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.limits import UNBOUNDED, Bounds, storage_limit
from aiapp.domain.rendering.pod.delivery import Delivery, FetchDelivery, Fetcher, PinnedPackage
from aiapp.domain.rendering.pod.dependencies import DEFAULT_PIP, Dependencies, Pip
from aiapp.domain.rendering.pod.engine import ModelServer
from aiapp.domain.rendering.pod.template import Needs, Workload, merged_env, pod_template
from aiapp.domain.rendering.rollout_key import rollout_key
from aiapp.domain.sizes import human_size
from aiapp.domain.sources.variants import UNKNOWN_SOURCE

NAMED_VERSIONS: Final = 5
"""Versions that a message lists, the newest."""


class Images(NamedTuple):
    """The runtime's image in the last template and in the catalogue."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such version, or it is not Normal: no pods can be made of it."""

    served: ServedVersion
    why: Trouble


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is Normal, and what is known of it whatever becomes of it."""

    served: ServedVersion
    record: VersionRecord
    artifact: PackageArtifact
    """What its pods fetch."""
    source: SourceVariant
    """Where they fetch it from."""
    key: str
    """Finds the stored template."""
    compatibility: ServingCompatibility
    """Where it could run now."""
    images: Images | None
    """The runtime's image of the last template and of now, where they differ."""


@dataclass(frozen=True, slots=True)
class _OfCandidate:
    candidate: Candidate

    @property
    def served(self) -> ServedVersion:
        """Its entry in the application's `serving.versions`."""
        return self.candidate.served


@dataclass(frozen=True, slots=True)
class Held(_OfCandidate):
    """A version of which no pods are made."""

    why: Trouble


@dataclass(frozen=True, slots=True)
class Stored(_OfCandidate):
    """A version that goes on with the template of an earlier pass, which is kept in a ControllerRevision."""

    template: Json


@dataclass(frozen=True, slots=True)
class Rendered(_OfCandidate):
    """A version that gets a new template."""

    template: Json
    overruled: str | None
    """The verdict that `serving.compatibility: Warn` overruled."""


Running = Stored | Rendered
Rollout = Absent | Held | Running
"""What is to become of one served version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """What a new template is rendered from beside the specs."""

    runtimes: Mapping[str, RuntimeSpec]
    inventory: NodeInventory
    tables: Tables
    fetcher: Fetcher
    pip: Pip = DEFAULT_PIP
    granted: Bounds = UNBOUNDED
    """What the LimitRanges of the application's namespace allow."""
    in_use: Used | None = None
    """Devices that pods hold; None: they are not counted."""
    leaving: Used = field(default_factory=dict)
    """The part of them that pods hold which are being deleted."""


def rollout(
    served: ServedVersion,
    serving: Serving,
    record: VersionRecord,
    revisions: Sequence[Json],
    context: RenderContext,
) -> Rollout:
    """The stored template where these spec fields have one; else a new one, if the version may run somewhere."""
    pinned = _pinned(record)
    if isinstance(pinned, Trouble):
        return Absent(served, pinned)
    artifact, source = pinned
    key = rollout_key(served, serving, record.spec, record.status)
    runtime = context.runtimes.get(record.status.runtime.name if record.status.runtime else "")
    compatibility = serving_compatibility(served, serving, record, runtime, context.inventory, context.tables)
    own = [r for r in revisions if r["metadata"]["labels"].get(VERSION_LABEL) == served.version]
    stored = next((r for r in own if r["metadata"]["labels"].get(KEY_LABEL) == key), None)
    last = stored or max(own, key=lambda r: int(r["revision"]), default=None)
    candidate = Candidate(served, record, artifact, source, key, compatibility, _images(last, runtime))
    return Stored(candidate, stored["data"]) if stored is not None else _new(candidate, serving, context)


def unreadable(served: ServedVersion, name: str) -> Absent:
    """The rollout of a version whose object this operator cannot read: nothing is made of it, and what runs goes on."""
    message = f"AIApplicationVersion {name} breaks a rule of this operator: see its conditions"
    return Absent(served, Trouble(Reason.VERSION_NOT_READY, message))


def missing(served: ServedVersion, name: str, versions: Sequence[VersionRecord]) -> Absent:
    """The rollout of a version that does not exist. `name` is the one it would have, `versions` are those that do."""
    newest = sorted(versions, key=lambda record: record.number, reverse=True)[:NAMED_VERSIONS]
    more = ", ..." if len(versions) > NAMED_VERSIONS else ""
    found = ", ".join(record.spec.version for record in newest)
    there = f"there are {found}{more}" if found else "the application has no versions"
    return Absent(served, Trouble(Reason.VERSION_NOT_FOUND, f"AIApplicationVersion {name} does not exist; {there}"))


def _pinned(record: VersionRecord) -> tuple[PackageArtifact, SourceVariant] | Trouble:
    """What the pods get and where it is from; or why there can be none."""
    artifact, source = record.status.artifact, record.spec.source.variant
    match artifact if record.is_true(ConditionType.READY) else None:
        case None:
            return _not_normal(record)
        case ImageArtifact():
            return Trouble(Reason.VERSION_NOT_READY, f"version {record.name}: this operator serves no images")
        case PackageArtifact() as package if source is not None:
            return package, source
        case PackageArtifact():
            return Trouble(Reason.VERSION_NOT_READY, f"version {record.name}: {UNKNOWN_SOURCE}")


def _not_normal(record: VersionRecord) -> Trouble:
    ready = record.condition(ConditionType.READY)
    why = f": {ready.reason}: {ready.message}" if ready is not None else ""
    return Trouble(Reason.VERSION_NOT_READY, f"version {record.name} is not Normal yet{why}")


def _images(last: Json | None, runtime: RuntimeSpec | None) -> Images | None:
    if last is None or runtime is None or runtime.image is None:
        return None
    before = str(last["data"]["spec"]["containers"][0]["image"])
    return Images(before, runtime.image) if before != runtime.image else None


def _new(candidate: Candidate, serving: Serving, context: RenderContext) -> Held | Rendered:
    judged, name = candidate.compatibility.verdict, candidate.record.name
    wanted = candidate.record.status.runtime.name if candidate.record.status.runtime else ""
    runtime = context.runtimes.get(wanted)
    if runtime is None or runtime.image is None:
        return Held(candidate, _no_image(wanted, known=runtime is not None))
    if (crowded := _without_room(candidate, context)) is not None:
        return Held(candidate, crowded)
    waits = judged.verdict == "Incompatible"
    if waits and serving.compatibility == "Enforce":
        return Held(candidate, Trouble(Reason.WAITING_FOR_NODES, f"version {name}: {judged.message}"))
    judged_by = trusting(candidate.compatibility) if waits else candidate.compatibility
    placed = placement(judged_by.needed, judged_by.kinds, context.tables)
    template = pod_template(_workload(candidate, serving, runtime, runtime.image, placed, context))
    return Rendered(candidate, template, judged.message if waits else None)


def _without_room(candidate: Candidate, context: RenderContext) -> Trouble | None:
    """Pods that could only be evicted while they fetch."""
    asked, held = _resources(candidate.served, candidate.record), candidate.artifact.bytes
    limit = storage_limit((asked.limits if asked else None) or {}, context.granted)
    if limit is None or held <= limit:
        return None
    is_set = asked is not None and EPHEMERAL_STORAGE in (asked.limits or {})
    place = f"resources.limits.{EPHEMERAL_STORAGE}" if is_set else "a LimitRange of the namespace"
    size, allowed = human_size(held), human_size(int(limit))
    message = f"its package has {size}, {place} allows {allowed} of ephemeral storage: raise it"
    return Trouble(Reason.STORAGE_TOO_SMALL, f"version {candidate.record.name}: {message}")


def _resources(served: ServedVersion, record: VersionRecord) -> Resources | None:
    """The application's, else the version's."""
    return served.resources or (record.spec.container.resources if record.spec.container else None)


def _no_image(name: str, *, known: bool) -> Trouble:
    if known:
        return Trouble(
            Reason.IMAGE_NOT_CONFIGURED, f"runtime {name} has no image: set spec.image of its InferenceRuntime"
        )
    return Trouble(Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")


def _workload(
    candidate: Candidate,
    serving: Serving,
    runtime: RuntimeSpec,
    image: str,
    placed: Placement,
    context: RenderContext,
) -> Workload:
    served, spec = candidate.served, candidate.record.spec
    container = spec.container or Container()
    npu = Npu(count=placed.devices, resource_name=placed.resource) if placed.resource else None
    return Workload(
        application=spec.application,
        version=spec.version,
        delivery=_delivery(candidate, context.fetcher),
        engine=_model_server(candidate, serving, runtime, image, context.pip),
        needs=Needs(
            env=merged_env(runtime.env, container.env, served.env),
            resources=_resources(served, candidate.record),
            npu=npu,
            shared_memory=_text(served.shared_memory or container.shared_memory),
            image_pull_secrets=tuple(reference.name for reference in container.image_pull_secrets or ()),
            scheduling=serving.scheduling,
            user=runtime.user,
            options=serving.pod or PodOptions(),
        ),
        placement=placed,
        granted=context.granted,
    )


def _delivery(candidate: Candidate, fetcher: Fetcher) -> Delivery:
    match candidate.source:
        case ObsSource() as source:
            return FetchDelivery(_content(candidate, source), fetcher)


def _content(candidate: Candidate, source: ObsSource) -> PinnedPackage:
    artifact, found = candidate.artifact, candidate.record.status.source
    return PinnedPackage(
        uri=found.uri if found else source.uri,
        source=source,
        pin=artifact.pin,
        bytes=artifact.bytes,
        manifest_config_maps=config_map_names(artifact.manifest_ref),
        digest_config_map=digest_config_map(artifact.pin),
    )


def _model_server(candidate: Candidate, serving: Serving, runtime: RuntimeSpec, image: str, pip: Pip) -> ModelServer:
    spec, model = candidate.record.spec, candidate.record.status.model
    container = spec.container or Container()
    return ModelServer(
        runtime=runtime,
        image=image,
        health=model.health if model else None,
        application=spec.application,
        version=spec.version,
        workers=candidate.served.workers or container.workers or 1,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
        dependencies=Dependencies(model.dependencies, pip) if model and model.dependencies else None,
        limits=serving.limits or RequestLimits(),
        grace_period_seconds=serving.pod.termination_grace_period_seconds if serving.pod else None,
    )


def _text(quantity: int | str | None) -> str | None:
    return None if quantity is None else str(quantity)
