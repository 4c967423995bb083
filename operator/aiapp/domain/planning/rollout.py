"""One served version: the template it runs with, or what holds it back before any pod exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiapp.api.application import ServedVersion, Serving
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import Container
from aiapp.domain.desired.pod import Content, Needs, Workload, merged_env, pod_template
from aiapp.domain.desired.revision import KEY_LABEL, rollout_key
from aiapp.domain.naming import VERSION_LABEL
from aiapp.domain.nodes.compatibility import Fleet, Requirement, requirement, verdict, wanted_npu
from aiapp.domain.nodes.facts import Taint
from aiapp.domain.nodes.placement import placement
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.planning.pods import Trouble
from aiapp.domain.planning.records import VersionRecord
from aiapp.domain.resources import Json


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a new template is rendered from beside the specs."""

    runtimes: Mapping[str, RuntimeSpec]
    fleet: Fleet
    tables: Tables
    operator_image: str


def rollout(
    served: ServedVersion,
    serving: Serving,
    record: VersionRecord | None,
    revisions: Sequence[Json],
    around: Surroundings,
) -> Rollout:
    """The stored template where these spec fields have one; else a new one, if the version may run somewhere."""
    absent = _absent(served, record)
    if record is None or absent is not None:
        return Rollout(served, record, held=absent)
    key = rollout_key(served, serving, record.spec, record.status)
    stored = next((r for r in revisions if _stores(r, served.version, key)), None)
    if stored is not None:
        return Rollout(served, record, key, stored["data"], stored=True)
    return _rendered(Rollout(served, record, key), serving, record, around)


def _absent(served: ServedVersion, record: VersionRecord | None) -> Trouble | None:
    if record is None:
        return Trouble(Reason.VERSION_NOT_FOUND, f"version {served.version} does not exist")
    if record.is_true(ConditionType.READY):
        return None
    ready = record.condition(ConditionType.READY)
    said = f": {ready.reason}: {ready.message}" if ready is not None else ""
    return Trouble(Reason.VERSION_NOT_READY, f"version {record.name} is not Normal yet{said}")


def _stores(revision: Json, version: str, key: str) -> bool:
    labels = revision["metadata"]["labels"]
    return bool(labels.get(VERSION_LABEL) == version and labels.get(KEY_LABEL) == key)


def _rendered(wanted: Rollout, serving: Serving, record: VersionRecord, around: Surroundings) -> Rollout:
    served, name = wanted.served, record.status.runtime.name if record.status.runtime else ""
    runtime = around.runtimes.get(name)
    if runtime is None or runtime.image is None:
        return _held(wanted, _no_image(name, known=runtime is not None))
    needed = requirement(name, _npu(served, record, runtime), around.tables, _tolerated(serving))
    judged = verdict(needed, around.fleet, around.tables)
    waits = judged.verdict == "Incompatible"
    if waits and serving.compatibility == "Enforce":
        return _held(wanted, Trouble(Reason.WAITING_FOR_NODES, f"version {record.name}: {judged.message}"))
    workload = _workload(wanted, serving, record, runtime, needed, around)
    return Rollout(served, record, wanted.key, pod_template(workload), overruled=judged.message if waits else None)


def _held(wanted: Rollout, why: Trouble) -> Rollout:
    return Rollout(wanted.served, wanted.record, wanted.key, held=why)


def _no_image(name: str, *, known: bool) -> Trouble:
    if known:
        return Trouble(
            Reason.IMAGE_NOT_CONFIGURED, f"runtime {name} has no image: set spec.image of its InferenceRuntime"
        )
    return Trouble(Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")


def _npu(served: ServedVersion, record: VersionRecord, runtime: RuntimeSpec) -> Npu | None:
    """The application's wish, else the version's."""
    return wanted_npu(served.npu or (record.spec.container.npu if record.spec.container else None), runtime)


def _tolerated(serving: Serving) -> tuple[Taint, ...]:
    wishes = serving.scheduling.tolerations if serving.scheduling else None
    return tuple(Taint(t.key or "", t.value or "", t.effect or "") for t in wishes or ())


def _workload(
    wanted: Rollout,
    serving: Serving,
    record: VersionRecord,
    runtime: RuntimeSpec,
    needed: Requirement,
    around: Surroundings,
) -> Workload:
    placed = placement(needed, around.fleet, around.tables)
    status, container = record.status, record.spec.container or Container()
    assert status.artifact is not None
    assert status.source is not None
    assert record.spec.source.obs is not None
    assert runtime.image is not None
    npu = Npu(count=placed.npu_count, resource_name=placed.npu_resource) if placed.npu_resource else None
    return Workload(
        application=record.spec.application,
        version=record.spec.version,
        content=Content(
            uri=status.source.uri,
            source=record.spec.source.obs,
            pin=status.artifact.pin,
            bytes=status.artifact.bytes,
            manifest_config_map=status.artifact.manifest_ref.name,
        ),
        runtime=runtime,
        image=runtime.image,
        health=status.model.health if status.model else None,
        needs=Needs(
            env=merged_env(runtime.env, container.env, wanted.served.env),
            resources=wanted.served.resources or container.resources,
            npu=npu,
            image_pull_secrets=tuple(reference.name for reference in container.image_pull_secrets or ()),
            scheduling=serving.scheduling,
            deploy_timeout_seconds=serving.deploy_timeout_seconds,
        ),
        placement=placed,
        operator_image=around.operator_image,
    )
