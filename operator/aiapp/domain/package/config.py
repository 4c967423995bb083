"""config.json of a model package as the operator keeps it: what a version's status shows, or why it is refused."""

from collections.abc import Collection
from typing import NamedTuple

from aiapp.api.conditions import Reason
from aiapp.api.version import ApiStatus, HealthStatus, ModelStatus
from aiapp.domain.images.reference import InvalidReferenceError, reference
from aiapp.domain.package.refusal import Refusal
from aiapp.modelarts import config as modelarts
from aiapp.modelarts.apis import PackageApi
from aiapp.modelarts.diagnostics import Diagnostic
from aiapp.modelarts.health import Health
from aiapp.modelarts.model_types import ModelType


class PackageConfig(NamedTuple):
    """An accepted configuration."""

    kind: ModelType
    model: ModelStatus
    runtime: str | None
    """As written; whether any such runtime exists is decided elsewhere."""
    read: modelarts.Config
    """All of its content, schemas of the APIs included."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was read leniently, and what will probably not do, one by one."""
    warnings: tuple[str, ...] = ()
    """The latter as sentences."""


def read_config(data: bytes, name: str, files: Collection[str] | None = None) -> PackageConfig | Refusal:
    """The configuration in `data`; a refusal names the file as `name`, the place, the found value and the rule.

    With `files`, the paths of the package, a dependency on a file that is not among them is refused.
    """
    reading = modelarts.read_config(data, name, files)
    if reading.fault is not None:
        return Refusal(Reason(reading.fault.reason), reading.fault.message, reading.diagnostics)
    read = reading.config
    assert read.kind is not None  # else there is a fault
    if read.image is not None and (fault := _no_reference(read.image)) is not None:
        place, reason = "/swr_location", Reason.CONFIG_INVALID
        diagnostic = Diagnostic("error", fault, name, place, reason=reason)
        return Refusal(reason, f"{name} {place}: {fault}", (diagnostic, *reading.diagnostics))
    return PackageConfig(read.kind, _status(read, read.kind), read.runtime, read, reading.diagnostics, reading.warnings)


def _no_reference(image: str) -> str | None:
    try:
        reference(image)
    except InvalidReferenceError as error:
        return str(error)
    return None


def _status(read: modelarts.Config, kind: ModelType) -> ModelStatus:
    return ModelStatus(
        type=kind.name,
        algorithm=read.algorithm,
        metrics=None if read.metrics is None else dict(read.metrics),
        apis=tuple(map(_api, read.apis)),
        dependencies=read.dependencies,
        health=None if read.health is None else _health(read.health),
        repaired=read.repaired or None,
    )


def _api(api: PackageApi) -> ApiStatus:
    """Without schemas."""
    return ApiStatus(
        method=api.method,
        url=api.url,
        request_content_type=api.request.content_type if api.request else None,
        response_content_type=api.response.content_type if api.response else None,
    )


def _health(health: Health) -> HealthStatus:
    return HealthStatus.model_validate(health._asdict())
