"""What serving needs of a package's `config.json`: read as the operator reads it, but never refused.

Where the file breaks a rule, what stands in for the value is served.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, List, NamedTuple, Tuple

from ..modelarts.model_files import CONFIG_FILE

if TYPE_CHECKING:
    from ..modelarts.config import Reading


class Pin(NamedTuple):
    """A library that the package asks for; `text` as it would stand in a requirements file."""

    name: str
    text: str


class Config(NamedTuple):
    """`routes`: (method, path) of each API; `problem`: the first fault of the file, if it has one."""

    model_type: str = ""
    """An engine's name as the platform writes it; empty if it is not known."""
    routes: Tuple[Tuple[str, str], ...] = ()
    health_path: str = "/health"
    pins: Tuple[Pin, ...] = ()
    problem: str = ""


def read(package: str, health_url: str = "") -> Config:
    """The configuration of the package in a folder; `health_url` is what the probes ask for, if the caller knows."""
    from ..modelarts.health import Health  # noqa: PLC0415
    from ..modelarts.paths import request_path  # noqa: PLC0415 - workers need none of it

    reading = reading_of(package)
    config = reading.config
    return Config(
        model_type=config.kind.name if config.kind else "",
        routes=tuple((api.method, request_path(api.url)) for api in config.apis),
        health_path=request_path(health_url or (config.health or Health()).path),
        pins=tuple(_pins(config.dependencies or ())),
        problem=reading.fault.message if reading.fault else "",
    )


def reading_of(package: str, *, with_schemas: bool = False) -> "Reading":
    """The whole configuration, without losing what serving does not need."""
    from ..modelarts.config import MAX_CONFIG_BYTES, read_config, unread  # noqa: PLC0415 - workers need none of it

    try:
        with open(os.path.join(package, CONFIG_FILE), "rb") as file:
            return read_config(file.read(MAX_CONFIG_BYTES + 1), with_schemas=with_schemas)
    except OSError as error:
        return unread(f"cannot be read: {error.strerror}", CONFIG_FILE)


def _pins(dependencies: Tuple[str, ...]) -> List[Pin]:
    from ..modelarts.dependencies import distribution  # noqa: PLC0415 - workers need none of it

    names = [(distribution(requirement), requirement) for requirement in dependencies]
    return [Pin(name, requirement) for name, requirement in names if name]
