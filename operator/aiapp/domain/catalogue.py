"""Which runtime a version gets: by name or alias, with suggestions when there is none."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import RuntimeStatus
from aiapp.domain.lifecycle import instead
from aiapp.domain.runtime_name import RuntimeNameError, nearest, object_name, parse


@dataclass(frozen=True, slots=True)
class Resolved:
    """A known runtime with an image."""

    status: RuntimeStatus


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No runtime, or one that cannot be used; `name` is its full name where it is known."""

    reason: Reason
    message: str
    name: str | None = None


Resolution = Resolved | Unavailable


def resolve(wanted: str | None, configured: str | None, catalogue: Mapping[str, RuntimeSpec]) -> Resolution:
    """`wanted` is `spec.runtime`, `configured` what config.json says, `catalogue` the specs by full name."""
    name = wanted or configured
    if name is None:
        return Unavailable(Reason.RUNTIME_UNKNOWN, "config.json names no runtime: set spec.runtime")
    runtime = find(name, catalogue)
    if runtime is None:
        said_by = "spec.runtime" if wanted else "config.json"
        return Unavailable(Reason.RUNTIME_UNKNOWN, _unknown(name, said_by, catalogue))
    if runtime.lifecycle == "Removed":
        message = f"runtime {runtime.name} is no longer maintained: {instead(runtime.name, catalogue)}"
        return Unavailable(Reason.RUNTIME_REMOVED, message, runtime.name)
    if runtime.image is None:
        target = f"InferenceRuntime {object_name(runtime.name)}"
        return Unavailable(Reason.IMAGE_NOT_CONFIGURED, f"{target} has no image: set its spec.image", runtime.name)
    return Resolved(described(runtime))


def find(name: str, catalogue: Mapping[str, RuntimeSpec]) -> RuntimeSpec | None:
    """By full name or alias; upper and lower case are the same."""
    key = object_name(name)
    exact = (r for r in catalogue.values() if object_name(r.name) == key)
    aliased = (r for _, r in sorted(catalogue.items()) if key in map(object_name, r.aliases or ()))
    return next(exact, None) or next(aliased, None)


def described(runtime: RuntimeSpec) -> RuntimeStatus:
    """The parts of its name, as far as it follows the grammar."""
    try:
        parts = parse(runtime.name)
    except RuntimeNameError:
        return RuntimeStatus(name=runtime.name, image=runtime.image, lifecycle=runtime.lifecycle)
    return RuntimeStatus(
        name=runtime.name,
        engine=parts.engine,
        hardware=str(parts.hardware),
        python=parts.python,
        os=parts.os,
        architecture=parts.architecture,
        image=runtime.image,
        lifecycle=runtime.lifecycle,
    )


def _unknown(name: str, said_by: str, catalogue: Mapping[str, RuntimeSpec]) -> str:
    similar = nearest(name, catalogue)
    hint = f"did you mean {' or '.join(similar)}?" if similar else "see `kubectl get inferenceruntimes`"
    remedy = "" if said_by == "spec.runtime" else "; set spec.runtime"
    return f"{said_by} names runtime {name!r}, which is not in the catalogue: {hint}{remedy}"
