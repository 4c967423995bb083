"""The pod template that serves one version. Rendered once a rollout and then kept; never looks at the cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.api.application import Scheduling
from aiapp.api.meta import EnvVar, Npu, Resources
from aiapp.api.runtime import RuntimeSpec, User
from aiapp.api.source import CaBundleReference, ObsSource
from aiapp.api.version import HealthStatus
from aiapp.domain.artifact.manifest import CONFIG_MAP_KEY
from aiapp.domain.desired.limits import (
    EPHEMERAL_STORAGE,
    FETCH,
    UNBOUNDED,
    Bounds,
    InitResources,
    init_resources,
    storage_limit,
)
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.kubernetes.quantities import written
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.placement import Placement
from aiapp.modelarts.health import DEFAULT_HEALTH_PATH

PACKAGE_PATH: Final = "/home/mind/model"
"""Where the vendor's serving images keep the package; packages hard-code it."""
OTHER_PACKAGE_PATH: Final = "/home/ma-user/infer/model/1"
"""Where newer serving images of the vendor keep it: some packages hard-code this one."""
SERVER_FOLDER: Final = "/opt/aiapp"
SERVER_PATH: Final = f"{SERVER_FOLDER}/serve.pyz"
MANIFEST_FOLDER: Final = "/etc/aiapp/manifest"
MANIFEST_FILE: Final = f"{MANIFEST_FOLDER}/{CONFIG_MAP_KEY}"
CREDENTIALS_FOLDER: Final = "/etc/aiapp/credentials"
RECORDED_FOLDER: Final = "/etc/aiapp/recorded"
CA_FOLDER: Final = "/etc/aiapp/ca"
CA_FILE: Final = f"{CA_FOLDER}/ca.crt"
TMP_PATH: Final = "/tmp"  # noqa: S108 - the pod's own
SHM_PATH: Final = "/dev/shm"  # noqa: S108 - the pod's own
PORT: Final = 8080
"""ModelArts' serving port (domain rule: the server listens on 8080)."""
DEVICE_USER: Final = User(uid=1000, gid=1000)
"""Owner of Ascend device nodes (uid and gid 1000, mode 0660), so the default user of a runtime."""
GRACE_SECONDS: Final = 20
"""How long a stopping server goes on answering: longer than endpoints take to forget a pod."""
PREDICTION_SECONDS: Final = 60
"""Longest prediction (ModelArts' limit), which a stopping server still finishes."""
STARTUP_PERIOD_SECONDS: Final = 5
MIB: Final = 1 << 20
HEADROOM_BYTES: Final = 512 * MIB
"""Ephemeral storage beside the package: logs, the server, temporary files of user code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The pinned package and how the init container reaches it."""

    uri: str
    source: ObsSource
    pin: str
    bytes: int
    manifest_config_maps: tuple[str, ...]
    """More than one for a very large package."""
    digest_config_map: str
    """Need not exist yet: what it says once it does is demanded of every later fetch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pod asks for, after all overrides."""

    env: tuple[EnvVar, ...]
    resources: Resources | None
    npu: Npu | None
    workers: int
    shared_memory: str | None
    """Size of /dev/shm; None: what the container runtime gives, usually 64 MiB."""
    image_pull_secrets: tuple[str, ...]
    scheduling: Scheduling | None
    deploy_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Fetcher:
    """The init container as the operator's settings want it."""

    image: str
    arguments: tuple[str, ...] = ()
    """Beside those that follow from the content."""
    env: Mapping[str, str] = field(default_factory=dict)
    resources: InitResources = FETCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Everything that reaches a pod template."""

    application: str
    version: str
    content: Content
    runtime: RuntimeSpec
    image: str
    health: HealthStatus | None
    needs: Needs
    placement: Placement
    fetcher: Fetcher
    granted: Bounds = UNBOUNDED
    """By the LimitRanges of the namespace."""


def pod_template(workload: Workload) -> Json:
    """The template of a Deployment: fetch, then serve."""
    grouping = workload.placement.grouping
    return {
        "metadata": {
            "labels": version_labels(workload.application, workload.version) | grouping.labels,
            "annotations": {"kubectl.kubernetes.io/default-container": "model"} | grouping.annotations,
        },
        "spec": _placement(workload)
        | {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS + PREDICTION_SECONDS + 10,
            "securityContext": _pod_security(workload.runtime.user or DEVICE_USER),
            "initContainers": [fetch_container(workload)],
            "containers": [model_container(workload)],
            "volumes": _volumes(workload),
        },
    }


def fetch_container(workload: Workload) -> Json:
    """Downloads exactly the pinned content and lays the model server beside it."""
    return {
        "name": "fetch",
        "image": workload.fetcher.image,
        "args": [*_fetch_arguments(workload.content), *workload.fetcher.arguments],
        **_fetch_environment(workload.fetcher.env),
        "resources": init_resources(workload.fetcher.resources, _resources(workload), workload.granted),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "package", "mountPath": PACKAGE_PATH},
            {"name": "server", "mountPath": SERVER_FOLDER},
            {"name": "manifest", "mountPath": MANIFEST_FOLDER, "readOnly": True},
            {"name": "recorded", "mountPath": RECORDED_FOLDER, "readOnly": True},
            *_access_mounts(workload.content.source),
        ],
    }


def model_container(workload: Workload) -> Json:
    """The runtime's image with the model server injected."""
    return {
        "name": "model",
        "image": workload.image,
        "command": [*(workload.runtime.command or ()), workload.runtime.python, SERVER_PATH],
        "args": [*_server_arguments(workload)],
        "env": _environment(workload),
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "resources": _resources(workload),
        "startupProbe": _http_probe(DEFAULT_HEALTH_PATH)
        | {
            "periodSeconds": STARTUP_PERIOD_SECONDS,
            "failureThreshold": -(-workload.needs.deploy_timeout_seconds // STARTUP_PERIOD_SECONDS),
        },
        "readinessProbe": _readiness(workload.health),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "package", "mountPath": PACKAGE_PATH},
            {"name": "package", "mountPath": OTHER_PACKAGE_PATH},
            {"name": "server", "mountPath": SERVER_FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": TMP_PATH},
            *([{"name": "shm", "mountPath": SHM_PATH}] if workload.needs.shared_memory is not None else []),
        ],
    }


def merged_env(*layers: Sequence[EnvVar] | None) -> tuple[EnvVar, ...]:
    """Later layers override earlier ones by name; the first appearance decides the order."""
    merged: dict[str, EnvVar] = {}
    for layer in layers:
        merged |= {variable.name: variable for variable in layer or ()}
    return tuple(merged.values())


def _fetch_arguments(content: Content) -> list[str]:
    source = content.source
    options = {
        "--manifest": MANIFEST_FILE if len(content.manifest_config_maps) == 1 else MANIFEST_FOLDER,
        "--pin": content.pin,
        "--uri": content.uri,
        "--endpoint": source.endpoint,
        "--region": source.region,
        "--addressing": source.addressing,
        "--credentials": CREDENTIALS_FOLDER if source.credentials_secret_ref else None,
        "--ca-bundle": CA_FILE if source.ca_bundle_ref else None,
        "--recorded": RECORDED_FOLDER,
        "--digest": source.digest,
        "--target": PACKAGE_PATH,
        "--server": SERVER_PATH,
    }
    plain_http = ["--allow-http"] if (source.endpoint or "").startswith("http://") else []
    return ["fetch", *(part for name, value in options.items() if value for part in (name, value)), *plain_http]


def _fetch_environment(env: Mapping[str, str]) -> Json:
    return {"env": [{"name": name, "value": value} for name, value in env.items()]} if env else {}


def _server_arguments(workload: Workload) -> Iterator[str]:
    yield from ("--package", PACKAGE_PATH, "--port", str(PORT), "--grace", str(GRACE_SECONDS))
    yield from ("--api-title", workload.application, "--api-version", workload.version)
    if (path := _probed_path(workload.health)) != DEFAULT_HEALTH_PATH:
        yield from ("--health-path", path)
    if workload.needs.workers > 1:
        yield from ("--workers", str(workload.needs.workers))


def _placement(workload: Workload) -> Json:
    """Node affinity, tolerations and what the user adds to them; absent keys are left out."""
    wishes = workload.needs.scheduling or Scheduling()
    tolerations = [
        *workload.placement.tolerations,
        *(t.model_dump(by_alias=True, exclude_none=True) for t in wishes.tolerations or ()),
    ]
    affinity = workload.placement.node_affinity
    found: Mapping[str, object] = {
        "affinity": {"nodeAffinity": affinity} if affinity else None,
        "tolerations": tolerations or None,
        "nodeSelector": wishes.node_selector,
        "priorityClassName": wishes.priority_class_name,
        "schedulerName": wishes.scheduler_name,
        "imagePullSecrets": [{"name": name} for name in workload.needs.image_pull_secrets] or None,
    }
    return {key: value for key, value in found.items() if value}


def _pod_security(user: User) -> Json:
    groups = [] if user.gid == DEVICE_USER.gid else [DEVICE_USER.gid]
    return {
        "runAsUser": user.uid,
        "runAsGroup": user.gid,
        "runAsNonRoot": user.uid != 0,
        "fsGroup": user.gid,
        "seccompProfile": {"type": "RuntimeDefault"},
    } | ({"supplementalGroups": groups} if groups else {})


def _volumes(workload: Workload) -> list[Json]:
    reference = workload.content.source.credentials_secret_ref
    # Optional: without it the fetcher says which Secret is missing; the kubelet would only hang.
    secret = [{"name": "credentials", "secret": {"secretName": reference.name, "optional": True}}] if reference else []
    return [
        {"name": "package", "emptyDir": {}},
        {"name": "server", "emptyDir": {"sizeLimit": "16Mi"}},
        {"name": "tmp", "emptyDir": {}},
        *_shared_memory(workload.needs.shared_memory),
        {"name": "manifest"} | _manifest_source(workload.content.manifest_config_maps),
        {"name": "recorded", "configMap": {"name": workload.content.digest_config_map, "optional": True}},
        *secret,
        *_ca_volume(workload.content.source.ca_bundle_ref),
    ]


def _shared_memory(size: str | None) -> list[Json]:
    """In memory, and so part of what the container's memory limit counts."""
    return [] if size is None else [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}}]


def _ca_volume(reference: CaBundleReference | None) -> list[Json]:
    """Optional for the same reason as the credentials."""
    if reference is None:
        return []
    what = {"items": [{"key": reference.key, "path": CA_FILE.rpartition("/")[2]}], "optional": True}
    if reference.kind == "Secret":
        return [{"name": "ca", "secret": {"secretName": reference.name, **what}}]
    return [{"name": "ca", "configMap": {"name": reference.name, **what}}]


def _access_mounts(source: ObsSource) -> list[Json]:
    folders = {
        "credentials": CREDENTIALS_FOLDER if source.credentials_secret_ref else None,
        "ca": CA_FOLDER if source.ca_bundle_ref else None,
    }
    return [{"name": name, "mountPath": path, "readOnly": True} for name, path in folders.items() if path]


def _manifest_source(config_maps: Sequence[str]) -> Json:
    if len(config_maps) == 1:
        return {"configMap": {"name": config_maps[0]}}
    return {"projected": {"sources": [{"configMap": {"name": name}} for name in config_maps]}}


def _resources(workload: Workload) -> Json:
    """Requests and limits; the NPU resource has equal ones, as device plugins demand."""
    asked = workload.needs.resources or Resources()
    storage = {EPHEMERAL_STORAGE: _storage(workload.content.bytes, asked, workload.granted)}
    npu = workload.needs.npu
    devices = {npu.resource_name: str(npu.count)} if npu and npu.resource_name else {}
    requests = storage | _quantities(asked.requests) | devices
    limits = _quantities(asked.limits) | devices
    return {"requests": requests} | ({"limits": limits} if limits else {})


def _storage(package: int, asked: Resources, granted: Bounds) -> str:
    """Room for the package and beside it; no more than the container may use."""
    wanted = -(-(package + HEADROOM_BYTES) // MIB)
    limit = storage_limit(asked.limits or {}, granted)
    return f"{wanted}Mi" if limit is None or limit >= wanted * MIB else written(limit)


def _quantities(resources: Mapping[str, int | str] | None) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in (resources or {}).items()}


def _environment(workload: Workload) -> list[Json]:
    """What people say wins over what the scheduler's plugin wants."""
    said = [variable.model_dump(by_alias=True, exclude_none=True) for variable in workload.needs.env]
    names = {variable["name"] for variable in said}
    return [*said, *(v for v in workload.placement.grouping.environment if v["name"] not in names)]


def _http_probe(path: str) -> Json:
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}


def _probed_path(health: HealthStatus | None) -> str:
    """The declared health check's; the server is told, and answers it besides its own."""
    return (health.url if health and health.check_method == "HTTP" else None) or DEFAULT_HEALTH_PATH


def _readiness(health: HealthStatus | None) -> Json:
    declared = health if health and health.check_method == "HTTP" else None
    if declared is None:
        return _http_probe(DEFAULT_HEALTH_PATH) | {"periodSeconds": 5, "failureThreshold": 3}
    return _http_probe(_probed_path(declared)) | {
        "periodSeconds": declared.period_seconds or 5,
        "timeoutSeconds": declared.timeout_seconds or 5,
        "failureThreshold": declared.failure_threshold or 3,
    }
