"""Configs of images: what runs, as whom, at which port. Pure; whatever an image's author wrote is bounded."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aiapp.domain.images.registry_image import ImageConfig, Platform
from aiapp.oci.documents import UnsupportedError, json_object, platform

MAX_BYTES: Final = 2 << 20
"""Of a whole config, with the history of its layers."""
MAX_TEXT_BYTES: Final = 256 << 10
"""Of everything that is kept of it."""

_PORT: Final = re.compile(r"([0-9]{1,5})(?:/tcp)?")


def image_config(body: bytes) -> tuple[Platform | None, ImageConfig]:
    """The platform and how a container runs. Raises `UnsupportedError`."""
    found = json_object(body, "config")
    stated = found.get("config")
    run = stated if isinstance(stated, dict) else {}
    config = ImageConfig(
        entrypoint=_list(run, "Entrypoint"),
        command=_list(run, "Cmd"),
        exposed_ports=_ports(run),
        user=_text(run, "User"),
        working_dir=_text(run, "WorkingDir"),
        environment=dict(entry.partition("=")[::2] for entry in _list(run, "Env")),
        labels=_labels(run),
    )
    if text_bytes(config) > MAX_TEXT_BYTES:
        raise UnsupportedError(f"configured by more than {MAX_TEXT_BYTES} bytes of text")
    return platform(found), config


def text_bytes(config: ImageConfig) -> int:
    """About what a config takes in memory."""
    pairs = (*config.environment.items(), *config.labels.items())
    texts = (*config.entrypoint, *config.command, config.user, config.working_dir)
    return sum(map(len, texts)) + sum(len(name) + len(value) for name, value in pairs)


def _list(run: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = run.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UnsupportedError(f"damaged: {name} of its config is not a list of texts")
    return tuple(value)


def _text(run: Mapping[str, Any], name: str) -> str:
    value = run.get(name)
    return value if isinstance(value, str) else ""


def _labels(run: Mapping[str, Any]) -> dict[str, str]:
    value = run.get("Labels")
    return {name: str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _ports(run: Mapping[str, Any]) -> tuple[int, ...]:
    value = run.get("ExposedPorts")
    found = (_PORT.fullmatch(name) for name in value) if isinstance(value, dict) else iter(())
    return tuple(sorted({int(port[1]) for port in found if port is not None and 0 < int(port[1]) < 1 << 16}))
