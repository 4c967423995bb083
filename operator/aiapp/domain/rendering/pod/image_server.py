"""An image of the user's own as the engine: started and asked as its version declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from typing_extensions import override

from aiapp.api.container import ContainerHealth
from aiapp.domain.images.interface import Interface
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.limits import Bounds
from aiapp.domain.rendering.pod.container import DROPPED
from aiapp.domain.rendering.pod.engine import CONTAINER, STARTUP_PERIOD_SECONDS, Engine
from aiapp.modelarts.health import DEFAULT_HEALTH_PATH

TERMINATION_SECONDS = 90
"""ModelArts gives an image up to 90 s to end after SIGTERM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageServer(Engine):
    """The server inside of an image, which keeps the platform's contract for images."""

    image: str
    interface: Interface
    deploy_timeout_seconds: int
    grace_period_seconds: int | None = None
    """How long a pod may take to end; None: as long as the contract allows."""

    @property
    @override
    def termination_seconds(self) -> int:
        return self.grace_period_seconds or TERMINATION_SECONDS

    @property
    @override
    def server_mount(self) -> Json | None:
        return None

    @override
    def container(self, common: Json, mounts: list[Json]) -> Json:
        started = {"command": self.interface.command, "args": self.interface.args}
        check = _check(self.interface)
        return {
            "name": CONTAINER,
            "image": self.image,
            **{name: list(words) for name, words in started.items() if words is not None},
            **common,
            "ports": [{"name": "http", "containerPort": self.interface.port, "protocol": "TCP"}],
            "startupProbe": check
            | {
                "periodSeconds": STARTUP_PERIOD_SECONDS,
                "failureThreshold": -(-self.deploy_timeout_seconds // STARTUP_PERIOD_SECONDS),
            },
            "readinessProbe": check | _periods(self.interface.health),
            "securityContext": DROPPED,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": mounts,
        }

    @override
    def init_containers(self, model: Json, granted: Bounds) -> Iterator[Json]:
        yield from ()

    @override
    def volumes(self) -> Iterator[Json]:
        yield from ()


def _check(interface: Interface) -> Json:
    health = interface.health
    if health is None:
        return {"tcpSocket": {"port": "http"}, "timeoutSeconds": 5}
    if health.command is not None:
        return {"exec": {"command": list(health.command)}, "timeoutSeconds": health.timeout_seconds}
    get = {"path": health.path or DEFAULT_HEALTH_PATH, "port": "http", "scheme": interface.protocol}
    return {"httpGet": get, "timeoutSeconds": health.timeout_seconds}


def _periods(health: ContainerHealth | None) -> Json:
    if health is None:
        return {"periodSeconds": 5, "failureThreshold": 3}
    return {"periodSeconds": health.period_seconds, "failureThreshold": health.failure_threshold}
