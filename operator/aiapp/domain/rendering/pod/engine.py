"""What serves a version in its pods, and our model server in the image of a runtime as one of these engines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from typing_extensions import override

from aiapp.api.pod import RequestLimits
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import HealthStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import Bounds
from aiapp.domain.rendering.pod.container import DROPPED, PACKAGE_PATH, literal, mount
from aiapp.domain.rendering.pod.delivery import SERVER_FILE
from aiapp.domain.rendering.pod.dependencies import Dependencies
from aiapp.modelarts.health import DEFAULT_HEALTH_PATH

METRICS_ANNOTATION: Final = "aiapp.dev/metrics-port"
"""Annotation of a pod that does not answer `/metrics` on the port of predictions: the name of the port that does."""
NO_METRICS: Final[Json] = {METRICS_ANNOTATION: "none"}
"""Of a pod that answers it nowhere."""
CONTAINER: Final = "model"
SERVER_FOLDER: Final = "/opt/aiapp"
SERVER_PATH: Final = f"{SERVER_FOLDER}/{SERVER_FILE}"
PORT: Final = 8080
"""ModelArts' serving port (domain rule: the server listens on 8080)."""
GRACE_SECONDS: Final = 20
"""How long a stopping server goes on answering: longer than endpoints take to forget a pod."""
PREDICTION_SECONDS: Final = 60
"""Longest prediction (ModelArts' limit), which a stopping server still finishes."""
STARTUP_PERIOD_SECONDS: Final = 5


class Engine(Protocol):
    """Serves the content that a delivery brought."""

    @property
    def termination_seconds(self) -> int:
        """How long a pod may take to end."""
        ...

    @property
    def server_mount(self) -> Json | None:
        """Where the delivery lays our model server; None: the image has a server of its own."""
        return None

    @property
    def pod_security(self) -> Json:
        """What it needs in the security context of the pod, beside users and groups."""
        return {}

    @property
    def annotations(self) -> Json:
        """Annotations of the pod from which the container reads something."""
        return {}

    def container(self, common: Json, mounts: list[Json]) -> Json:
        """The container that serves. `common` is what every engine's has: environment and resources."""
        ...

    def init_containers(self, model: Json, granted: Bounds) -> Iterator[Json]:  # noqa: ARG002 - most need none
        """What prepares the rendered container `model`, after the delivery."""
        return iter(())

    def volumes(self) -> Iterator[Json]:
        """Those that its own mounts need."""
        return iter(())


def until_up(seconds: int) -> Json:
    """How often a startup probe is asked: until so many seconds are over."""
    times = -(-seconds // STARTUP_PERIOD_SECONDS)
    return {"periodSeconds": STARTUP_PERIOD_SECONDS, "failureThreshold": max(1, times)}


def grace_seconds(period: int) -> int:
    """How long a pod that may take `period` seconds to end answers as ever.

    A third at most of a short period: the rest is for what is under way.
    """
    return min(GRACE_SECONDS, max(1, period // 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer(Engine):
    """Our model server, run by the Python of the runtime's image."""

    runtime: RuntimeSpec
    image: str
    health: HealthStatus | None
    application: str
    version: str
    workers: int
    deploy_timeout_seconds: int
    dependencies: Dependencies | None = None
    """What the package needs beside what the image has."""
    limits: RequestLimits = field(default_factory=RequestLimits)
    """What a request is granted, where that is not the server's default."""
    grace_period_seconds: int | None = None
    """How long a pod may take to end; None: as long as the longest prediction needs."""

    @property
    @override
    def termination_seconds(self) -> int:
        longest = self.limits.prediction_seconds or PREDICTION_SECONDS
        return self.grace_period_seconds or GRACE_SECONDS + longest + 10

    @property
    @override
    def server_mount(self) -> Json:
        return mount("server", SERVER_FOLDER)

    @override
    def container(self, common: Json, mounts: list[Json]) -> Json:
        installed = self.dependencies
        return {
            "name": CONTAINER,
            "image": self.image,
            "command": [*(self.runtime.command or ()), self.runtime.python, SERVER_PATH],
            "args": list(map(literal, (*self._arguments(), *(installed.server_arguments if installed else ())))),
            **common,
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            "startupProbe": _http_probe(DEFAULT_HEALTH_PATH) | until_up(self.deploy_timeout_seconds),
            "readinessProbe": _readiness(self.health),
            "securityContext": DROPPED,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [
                *mounts,
                mount("server", SERVER_FOLDER, read_only=True),
                *(installed.server_mounts if installed else ()),
            ],
        }

    @override
    def init_containers(self, model: Json, granted: Bounds) -> Iterator[Json]:
        if self.dependencies is not None:
            yield self.dependencies.container(model, SERVER_FOLDER, granted)

    @override
    def volumes(self) -> Iterator[Json]:
        yield {"name": "server", "emptyDir": {"sizeLimit": "16Mi"}}
        if self.dependencies is not None:
            yield from self.dependencies.volumes()

    def _arguments(self) -> Iterator[str]:
        grace = grace_seconds(self.termination_seconds)
        yield from ("--package", PACKAGE_PATH, "--port", str(PORT), "--grace", str(grace))
        yield from ("--api-title", self.application, "--api-version", self.version)
        yield from ("--metrics-label", f"application={self.application}", "--metrics-label", f"version={self.version}")
        if (path := _probed_path(self.health)) != DEFAULT_HEALTH_PATH:
            yield from ("--health-path", path)
        if self.workers > 1:
            yield from ("--workers", str(self.workers))
        yield from self._limits()

    def _limits(self) -> Iterator[str]:
        given = {
            "--max-body": self.limits.body_bytes,
            "--predict-timeout": self.limits.prediction_seconds,
            "--queue": self.limits.queue,
            "--requests-per-second": self.limits.requests_per_second,
            "--burst": self.limits.burst,
        }
        for option, value in given.items():
            if value is not None:
                yield from (option, str(value))


def _http_probe(path: str) -> Json:
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5}


def _probed_path(health: HealthStatus | None) -> str:
    """The path of the declared health check; it is passed to the server, which answers it besides its own."""
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
