"""The pod template that serves one version. Rendered once a rollout and then kept; never looks at the cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.api.meta import EnvVar, Npu, Resources
from aiapp.api.pod import PodOptions
from aiapp.api.scheduling import Scheduling
from aiapp.domain.kubernetes.limit_ranges import EPHEMERAL_STORAGE
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.kubernetes.quantities import written
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.placement import Placement
from aiapp.domain.rendering.limits import UNBOUNDED, Bounds, storage_limit
from aiapp.domain.rendering.pod.container import TMP_PATH, mount
from aiapp.domain.rendering.pod.delivery import Delivery
from aiapp.domain.rendering.pod.engine import CONTAINER, Engine
from aiapp.domain.rendering.pod.options import claim_mounts, claim_volumes, env_from
from aiapp.domain.rendering.pod.scheduling import scheduling_fields
from aiapp.domain.rendering.pod.user import PodUser, security_context

SHM_PATH: Final = "/dev/shm"  # noqa: S108 - the pod's own
MIB: Final = 1 << 20
HEADROOM_BYTES: Final = 512 * MIB
"""Ephemeral storage beside the content: logs, the server, temporary files of user code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pod asks for, after all overrides."""

    env: tuple[EnvVar, ...]
    resources: Resources | None
    npu: Npu | None
    shared_memory: str | None
    """Size of /dev/shm; None: what the container runtime gives, usually 64 MiB."""
    image_pull_secrets: tuple[str, ...]
    scheduling: Scheduling | None
    user: PodUser
    groups: tuple[int, ...] = ()
    """Supplementary groups beside that of the devices."""
    options: PodOptions = field(default_factory=PodOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Everything that reaches a pod template."""

    application: str
    version: str
    delivery: Delivery
    engine: Engine
    needs: Needs
    placement: Placement
    granted: Bounds = UNBOUNDED
    """What the LimitRanges of the namespace allow."""


def pod_template(workload: Workload) -> Json:
    """The template of a Deployment: deliver, then serve."""
    grouping, engine, delivery = workload.placement.grouping, workload.engine, workload.delivery
    options, sources = workload.needs.options, env_from(workload.needs.options)
    variables = ({"envFrom": sources} if sources else {}) | {"env": _environment(workload)}
    common = variables | {"resources": _resources(workload)}
    model = engine.container(common, [*delivery.mounts(), *_mounts(workload.needs)])
    return {
        "metadata": {
            "labels": (options.labels or {}) | version_labels(workload.application, workload.version) | grouping.labels,
            "annotations": (options.annotations or {})
            | {"kubectl.kubernetes.io/default-container": CONTAINER}
            | grouping.annotations
            | engine.annotations,
        },
        "spec": scheduling_fields(workload.placement, workload.needs.scheduling, workload.application, workload.version)
        | _pull_secrets(workload.needs)
        | {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": engine.termination_seconds,
            "securityContext": security_context(workload.needs.user, workload.needs.groups)
            | engine.pod_security
            | _claim_policy(options),
            "initContainers": [
                *delivery.init_containers(engine.server_mount, model["resources"], workload.granted),
                *engine.init_containers(model, workload.granted),
            ],
            "containers": [model],
            "volumes": [
                *delivery.volumes(),
                *_volumes(workload.needs),
                *engine.volumes(),
                *claim_volumes(options),
            ],
        },
    }


def merged_env(*layers: Sequence[EnvVar] | None) -> tuple[EnvVar, ...]:
    """Later layers override earlier ones by name; the first appearance decides the order."""
    merged: dict[str, EnvVar] = {}
    for layer in layers:
        merged |= {variable.name: variable for variable in layer or ()}
    return tuple(merged.values())


def _pull_secrets(needs: Needs) -> Json:
    secrets = [{"name": name} for name in needs.image_pull_secrets]
    return {"imagePullSecrets": secrets} if secrets else {}


def _claim_policy(options: PodOptions) -> Json:
    """A claim may hold any number of files: their group is changed only where the root of the volume has another."""
    return {"fsGroupChangePolicy": "OnRootMismatch"} if options.claims else {}


def _mounts(needs: Needs) -> Iterator[Json]:
    yield mount("tmp", TMP_PATH)
    if needs.shared_memory is not None:
        yield mount("shm", SHM_PATH)
    yield from claim_mounts(needs.options)


def _volumes(needs: Needs) -> Iterator[Json]:
    yield {"name": "tmp", "emptyDir": {}}
    if needs.shared_memory is not None:
        # In memory, and so part of what the container's memory limit counts.
        yield {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": needs.shared_memory}}


def _resources(workload: Workload) -> Json:
    """Requests and limits; the NPU resource has equal ones, as device plugins demand."""
    asked = workload.needs.resources or Resources()
    storage = {EPHEMERAL_STORAGE: _storage(workload.delivery.bytes, asked, workload.granted)}
    npu = workload.needs.npu
    devices = {npu.resource_name: str(npu.count)} if npu and npu.resource_name else {}
    requests = storage | _quantities(asked.requests) | devices
    limits = _quantities(asked.limits) | devices
    return {"requests": requests} | ({"limits": limits} if limits else {})


def _storage(content: int, asked: Resources, granted: Bounds) -> str:
    """Room for the content and beside it; no more than the container may use."""
    wanted = -(-(content + HEADROOM_BYTES) // MIB)
    limit = storage_limit(asked.limits or {}, granted)
    return f"{wanted}Mi" if limit is None or limit >= wanted * MIB else written(limit)


def _quantities(resources: Mapping[str, int | str] | None) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in (resources or {}).items()}


def _environment(workload: Workload) -> list[Json]:
    """Variables of users win over those of the scheduler's plugin."""
    given = [variable.model_dump(by_alias=True, exclude_none=True) for variable in workload.needs.env]
    names = {variable["name"] for variable in given}
    return [*given, *(v for v in workload.placement.grouping.environment if v["name"] not in names)]
