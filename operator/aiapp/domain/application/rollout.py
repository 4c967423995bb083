"""One served version: the template it runs with, or what holds it back before any pod exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from aiapp.api.application import ServedVersion, Serving
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Npu, Resources
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import Container
from aiapp.domain.application.pod_diagnosis import Trouble
from aiapp.domain.application.serving_compatibility import Outlook, outlook, trusting
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.domain.kubernetes.naming import VERSION_LABEL, digest_config_map
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.placement import Placement, placement
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.limits import EPHEMERAL_STORAGE, UNBOUNDED, Bounds, storage_limit
from aiapp.domain.rendering.pod.delivery import Content, Fetched, Fetcher
from aiapp.domain.rendering.pod.dependencies import DEFAULT_PIP, Dependencies, Pip
from aiapp.domain.rendering.pod.engine import ModelServer
from aiapp.domain.rendering.pod.template import Needs, Workload, merged_env, pod_template
from aiapp.domain.rendering.revision import KEY_LABEL
from aiapp.domain.rendering.rollout_key import rollout_key
from aiapp.domain.sizes import human_size

NAMED_VERSIONS: Final = 5
"""Versions that a message lists, the newest."""


class Images(NamedTuple):
    """The runtime's image in the last template and in the catalogue."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is to become of one served version."""

    served: ServedVersion
    record: VersionRecord | None
    key: str | None = None
    """Finds the stored template; None while the version is not Normal."""
    template: Json | None = None
    """What its pods are made from; None while `held`."""
    stored: bool = False
    """Whether the template is already kept in a ControllerRevision."""
    held: Trouble | None = None
    """Why no pods are made."""
    overruled: str | None = None
    """The verdict that `serving.compatibility: Warn` overruled."""
    outlook: Outlook | None = None
    """Where it could run now; None while the version is not Normal."""
    images: Images | None = None
    """The runtime's image of then and of now, where they differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """What a new template is rendered from beside the specs."""

    runtimes: Mapping[str, RuntimeSpec]
    fleet: NodeInventory
    tables: Tables
    fetcher: Fetcher
    pip: Pip = DEFAULT_PIP
    granted: Bounds = UNBOUNDED
    """By the LimitRanges of the application's namespace."""
    in_use: Used | None = None
    """Devices that pods hold; None: nobody counts them."""


def rollout(
    served: ServedVersion,
    serving: Serving,
    record: VersionRecord,
    revisions: Sequence[Json],
    around: RenderContext,
) -> Rollout:
    """The stored template where these spec fields have one; else a new one, if the version may run somewhere."""
    if not record.is_true(ConditionType.READY):
        return Rollout(served, record, held=_not_normal(record))
    key = rollout_key(served, serving, record.spec, record.status)
    runtime = around.runtimes.get(record.status.runtime.name if record.status.runtime else "")
    seen = outlook(served, serving, record, runtime, around.fleet, around.tables)
    own = [r for r in revisions if r["metadata"]["labels"].get(VERSION_LABEL) == served.version]
    stored = next((r for r in own if r["metadata"]["labels"].get(KEY_LABEL) == key), None)
    last = stored or max(own, key=lambda r: int(r["revision"]), default=None)
    wanted = Rollout(served, record, key, outlook=seen, images=_images(last, runtime))
    if stored is not None:
        return replace(wanted, template=stored["data"], stored=True)
    return _rendered(wanted, serving, record, around)


def unreadable(served: ServedVersion, name: str) -> Rollout:
    """Of a version whose object this operator cannot read: nothing is made of it, and what runs goes on."""
    message = f"AIApplicationVersion {name} breaks a rule of this operator: see its conditions"
    return Rollout(served, None, held=Trouble(Reason.VERSION_NOT_READY, message))


def missing(served: ServedVersion, name: str, versions: Sequence[VersionRecord]) -> Rollout:
    """Of a version that does not exist, under the name that it would have; `versions` are those that do."""
    newest = sorted(versions, key=lambda record: record.number, reverse=True)[:NAMED_VERSIONS]
    more = ", ..." if len(versions) > NAMED_VERSIONS else ""
    found = ", ".join(record.spec.version for record in newest)
    there = f"there are {found}{more}" if found else "the application has no versions"
    message = f"AIApplicationVersion {name} does not exist; {there}"
    return Rollout(served, None, held=Trouble(Reason.VERSION_NOT_FOUND, message))


def _not_normal(record: VersionRecord) -> Trouble:
    ready = record.condition(ConditionType.READY)
    why = f": {ready.reason}: {ready.message}" if ready is not None else ""
    return Trouble(Reason.VERSION_NOT_READY, f"version {record.name} is not Normal yet{why}")


def _images(last: Json | None, runtime: RuntimeSpec | None) -> Images | None:
    if last is None or runtime is None or runtime.image is None:
        return None
    before = str(last["data"]["spec"]["containers"][0]["image"])
    return Images(before, runtime.image) if before != runtime.image else None


def _rendered(wanted: Rollout, serving: Serving, record: VersionRecord, around: RenderContext) -> Rollout:
    name = record.status.runtime.name if record.status.runtime else ""
    runtime = around.runtimes.get(name)
    if runtime is None or runtime.image is None:
        return _held(wanted, _no_image(name, known=runtime is not None))
    if (crowded := _without_room(wanted.served, record, around)) is not None:
        return _held(wanted, crowded)
    assert wanted.outlook is not None
    judged = wanted.outlook.verdict
    waits = judged.verdict == "Incompatible"
    if waits and serving.compatibility == "Enforce":
        return _held(wanted, Trouble(Reason.WAITING_FOR_NODES, f"version {record.name}: {judged.message}"))
    seen = trusting(wanted.outlook) if waits else wanted.outlook
    placed = placement(seen.needed, seen.kinds, around.tables)
    template = pod_template(_workload(wanted, serving, record, runtime, placed, around))
    return replace(wanted, template=template, overruled=judged.message if waits else None)


def _held(wanted: Rollout, why: Trouble) -> Rollout:
    return replace(wanted, held=why)


def _without_room(served: ServedVersion, record: VersionRecord, around: RenderContext) -> Trouble | None:
    """Pods that could only be evicted while they fetch."""
    asked = _resources(served, record)
    limit = storage_limit((asked.limits if asked else None) or {}, around.granted)
    if limit is None or record.status.artifact is None or record.status.artifact.bytes <= limit:
        return None
    said = asked is not None and EPHEMERAL_STORAGE in (asked.limits or {})
    place = f"resources.limits.{EPHEMERAL_STORAGE}" if said else "a LimitRange of the namespace"
    size, allowed = human_size(record.status.artifact.bytes), human_size(int(limit))
    message = f"version {record.name}: its package has {size}, {place} allows {allowed} of ephemeral storage: raise it"
    return Trouble(Reason.STORAGE_TOO_SMALL, message)


def _resources(served: ServedVersion, record: VersionRecord) -> Resources | None:
    """The application's wish, else the version's."""
    return served.resources or (record.spec.container.resources if record.spec.container else None)


def _no_image(name: str, *, known: bool) -> Trouble:
    if known:
        return Trouble(
            Reason.IMAGE_NOT_CONFIGURED, f"runtime {name} has no image: set spec.image of its InferenceRuntime"
        )
    return Trouble(Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")


def _workload(
    wanted: Rollout,
    serving: Serving,
    record: VersionRecord,
    runtime: RuntimeSpec,
    placed: Placement,
    around: RenderContext,
) -> Workload:
    container = record.spec.container or Container()
    npu = Npu(count=placed.devices, resource_name=placed.resource) if placed.resource else None
    return Workload(
        application=record.spec.application,
        version=record.spec.version,
        delivery=Fetched(_content(record), around.fetcher),
        engine=_model_server(wanted.served, serving, record, runtime, around.pip),
        needs=Needs(
            env=merged_env(runtime.env, container.env, wanted.served.env),
            resources=_resources(wanted.served, record),
            npu=npu,
            shared_memory=_text(wanted.served.shared_memory or container.shared_memory),
            image_pull_secrets=tuple(reference.name for reference in container.image_pull_secrets or ()),
            scheduling=serving.scheduling,
            user=runtime.user,
        ),
        placement=placed,
        granted=around.granted,
    )


def _content(record: VersionRecord) -> Content:
    status, source = record.status, record.spec.source.obs
    assert status.artifact is not None
    assert status.source is not None
    assert source is not None
    return Content(
        uri=status.source.uri,
        source=source,
        pin=status.artifact.pin,
        bytes=status.artifact.bytes,
        manifest_config_maps=config_map_names(status.artifact.manifest_ref),
        digest_config_map=digest_config_map(status.artifact.pin),
    )


def _model_server(
    served: ServedVersion, serving: Serving, record: VersionRecord, runtime: RuntimeSpec, pip: Pip
) -> ModelServer:
    model, container = record.status.model, record.spec.container or Container()
    assert runtime.image is not None
    return ModelServer(
        runtime=runtime,
        image=runtime.image,
        health=model.health if model else None,
        title=record.spec.application,
        version=record.spec.version,
        workers=served.workers or container.workers or 1,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
        dependencies=Dependencies(model.dependencies, pip) if model and model.dependencies else None,
    )


def _text(quantity: int | str | None) -> str | None:
    return None if quantity is None else str(quantity)
