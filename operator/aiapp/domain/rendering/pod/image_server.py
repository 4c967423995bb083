"""An image of the user's own as the engine: started and asked as its version declares."""

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.api.container import ContainerHealth
from aiapp.domain.images.interface import Interface
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.container import DROPPED
from aiapp.domain.rendering.pod.engine import CONTAINER, GRACE_SECONDS, NO_METRICS, Engine, grace_seconds, until_up
from aiapp.modelarts.health import DEFAULT_HEALTH_PATH

STOPPING_SECONDS: Final = 90
"""ModelArts gives an image up to 90 s to end after SIGTERM."""
UNPRIVILEGED_PORT: Final = 1024
"""The first port that a user other than root may open where neither node nor pod says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageServer(Engine):
    """The server inside of an image.

    Images of others seldom answer on after SIGTERM. So the signal comes only when the cluster has forgotten the pod.
    """

    image: str
    interface: Interface
    deploy_timeout_seconds: int
    grace_period_seconds: int | None = None
    """How long a pod may take to end; None: until nothing is sent to it, and then as long as the contract allows."""

    @property
    @override
    def termination_seconds(self) -> int:
        return self.grace_period_seconds or GRACE_SECONDS + STOPPING_SECONDS

    @property
    @override
    def annotations(self) -> Json:
        return {} if self.interface.metrics else NO_METRICS

    @property
    @override
    def pod_security(self) -> Json:
        if self.interface.port >= UNPRIVILEGED_PORT:
            return {}
        return {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]}

    @override
    def container(self, common: Json, mounts: list[Json]) -> Json:
        started = {"command": self.interface.command, "args": self.interface.args}
        return {
            "name": CONTAINER,
            "image": self.image,
            **{name: list(words) for name, words in started.items() if words is not None},
            **common,
            "ports": [{"name": self._port, "containerPort": self.interface.port, "protocol": "TCP"}],
            "startupProbe": self._check() | self._until_up(),
            "readinessProbe": self._check() | _periods(self.interface.health),
            "lifecycle": {"preStop": {"sleep": {"seconds": grace_seconds(self.termination_seconds)}}},
            "securityContext": DROPPED,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": mounts,
        }

    @property
    def _port(self) -> str:
        """Services find it by this name."""
        return self.interface.protocol.lower()

    def _check(self) -> Json:
        health = self.interface.health
        if health is None:
            return {"tcpSocket": {"port": self._port}, "timeoutSeconds": 5}
        if health.command is not None:
            return {"exec": {"command": list(health.command)}, "timeoutSeconds": health.timeout_seconds}
        path = health.path or DEFAULT_HEALTH_PATH
        get = {"path": path, "port": self._port, "scheme": self.interface.protocol}
        return {"httpGet": get, "timeoutSeconds": health.timeout_seconds}

    def _until_up(self) -> Json:
        """Checks from the declared delay on until the deploy timeout is over."""
        delay = self.interface.health.initial_delay_seconds if self.interface.health else 0
        return ({"initialDelaySeconds": delay} if delay else {}) | until_up(self.deploy_timeout_seconds - delay)


def _periods(health: ContainerHealth | None) -> Json:
    if health is None:
        return {"periodSeconds": 5, "failureThreshold": 3}
    return {"periodSeconds": health.period_seconds, "failureThreshold": health.failure_threshold}
