"""How an image of the user's own is talked to: what the version declares, else what the image and its package say."""

from dataclasses import dataclass
from typing import Literal

from aiapp.api.container import Container, ContainerHealth
from aiapp.api.image import ImageStatus
from aiapp.api.version import HealthStatus, ModelStatus

DEFAULT_PORT = 8080
"""ModelArts' serving port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """Where and how the container serves."""

    port: int
    protocol: Literal["HTTP", "HTTPS"]
    health: ContainerHealth | None
    """None: nothing is known but the port."""
    command: tuple[str, ...] | None
    args: tuple[str, ...] | None
    metrics: bool = False
    """Whether the port answers `/metrics`."""


def interface(container: Container, image: ImageStatus, model: ModelStatus | None) -> Interface:
    """The version's own words come first, then those of config.json, then the image's."""
    return Interface(
        port=container.port or image.port or DEFAULT_PORT,
        protocol=container.protocol or "HTTP",
        health=container.health or (_declared(model.health) if model and model.health else None),
        command=container.command,
        args=container.args,
        metrics=container.metrics or False,
    )


def _declared(health: HealthStatus) -> ContainerHealth:
    """The health check of a config.json."""
    by_command = health.check_method == "EXEC" and health.command
    fields = {
        "path": None if by_command else health.url,
        "command": ("/bin/sh", "-c", health.command) if by_command else None,
        "initial_delay_seconds": health.initial_delay_seconds,
        "period_seconds": health.period_seconds,
        "timeout_seconds": health.timeout_seconds,
        "failure_threshold": health.failure_threshold,
    }
    return ContainerHealth.model_validate({name: value for name, value in fields.items() if value is not None})
