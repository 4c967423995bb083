"""One served version: the template it runs with, or what holds it back before any pod exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiapp.api.application import ServedVersion, Serving
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.desired.pod import Content, Needs, Workload, merged_env, pod_template
from aiapp.domain.desired.revision import KEY_LABEL, rollout_key
from aiapp.domain.naming import VERSION_LABEL
from aiapp.domain.nodes.compatibility import Fleet, Requirement, Verdict, placement, requirement, verdict
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
    operator_image: str


def rollout(
    served: ServedVersion,
    serving: Serving,
    record: VersionRecord | None,
    revisions: Sequence[Json],
    around: Surroundings,
) -> Rollout:
    """The stored template where there is one for these spec fields; else a new one, if the version may run somewhere."""
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
    return labels.get(VERSION_LABEL) == version and labels.get(KEY_LABEL) == key


def _rendered(wanted: Rollout, serving: Serving, record: VersionRecord, around: Surroundings) -> Rollout:
    served, name = wanted.served, record.status.runtime.name if record.status.runtime else ""
    runtime = around.runtimes.get(name)
    if runtime is None or runtime.image is None:
        return _held(wanted, _no_image(name, known=runtime is not None))
    needed = requirement(name, _npu(served, record, runtime))
    judged = verdict(needed, around.fleet)
    waits = judged.verdict == "Incompatible"
    if waits and serving.compatibility == "Enforce":
        return _held(wanted, Trouble(Reason.WAITING_FOR_NODES, f"version {record.name}: {judged.message}"))
    workload = _workload(served, serving, record, runtime, needed, around)
    return Rollout(
        served, record, wanted.key, pod_template(workload), overruled=judged.message if waits else None
    )


def _held(wanted: Rollout, why: Trouble) -> Rollout:
    return Rollout(wanted.served, wanted.record, wanted.key, held=why)


def _no_image(name: str, *, known: bool) -> Trouble:
    if known:
        return Trouble(Reason.IMAGE_NOT_CONFIGURED, f"runtime {name} has no image: set spec.image of its InferenceRuntime")
    return Trouble(Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")


def _npu(served: ServedVersion, record: VersionRecord, runtime: RuntimeSpec) -> Npu | None:
    """The application's wish, else the version's; the runtime may name the resource."""
    asked = served.npu or (record.spec.container.npu if record.spec.container else None)
    if asked is not None and asked.resource_name is not None:
        return asked
    if runtime.npu_resource_name is None:
        return asked
    return Npu(count=asked.count if asked else 1, resource_name=runtime.npu_resource_name)
