"""A runtime's life: whether it is still maintained, and which other one would take its place. Pure."""

from collections.abc import Mapping
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.runtimes.name import RuntimeName, RuntimeNameError, engine_and_version, nearest, parse

USABLE: Final = frozenset({"Recommended", "Supported"})


def support(name: str, catalogue: Mapping[str, RuntimeSpec]) -> Finding:
    """The condition of a version that uses the runtime. It stops nothing that runs."""
    runtime, about = catalogue.get(name), ConditionType.RUNTIME_SUPPORTED
    if runtime is None:
        return unknown(about, Reason.RUNTIME_UNKNOWN, f"runtime {name} is no longer in the catalogue")
    match runtime.lifecycle:
        case "Removed":
            message = f"runtime {name} is no longer maintained: {instead(name, catalogue)}"
            return fails(about, Reason.RUNTIME_REMOVED, message)
        case "Deprecated":
            message = f"runtime {name} will be discontinued: {instead(name, catalogue)}"
            return holds(about, message, Reason.RUNTIME_DEPRECATED)
        case _:
            return holds(about, runtime.lifecycle)


def instead(name: str, catalogue: Mapping[str, RuntimeSpec]) -> str:
    """What to do about a runtime that ends, in words."""
    found = replacement(name, catalogue)
    return f"make a new version with {found}" if found else "make a new version with another one"


def replacement(name: str, catalogue: Mapping[str, RuntimeSpec]) -> str | None:
    """The maintained runtime of the same engine, hardware, architecture and chip whose versions are nearest.

    Where the name does not follow the grammar: the one whose name looks most like it.
    """
    usable = {spec.name for spec in catalogue.values() if spec.lifecycle in USABLE} - {name}
    wanted = _parsed(name)
    if wanted is None:
        return next(iter(nearest(name, usable, count=1)), None)
    alike = [found for other in usable if (found := _parsed(other)) is not None and _suits(found, wanted)]
    best = min(alike, key=lambda found: (*_distances(found, wanted), found.name), default=None)
    return best.name if best else None


def _parsed(name: str) -> RuntimeName | None:
    try:
        return parse(name)
    except RuntimeNameError:
        return None


def _suits(other: RuntimeName, wanted: RuntimeName) -> bool:
    return _kind(other) == _kind(wanted)


def _kind(runtime: RuntimeName) -> tuple[str, str, str, str | None]:
    engine, _ = engine_and_version(runtime.engine)
    return engine, runtime.hardware.kind, runtime.architecture, runtime.chip


def _distances(other: RuntimeName, wanted: RuntimeName) -> tuple[tuple[int, ...], ...]:
    """Of the engine first, then of the hardware's software, then of Python."""
    pairs = (
        (engine_and_version(other.engine)[1], engine_and_version(wanted.engine)[1]),
        (other.hardware.version or "", wanted.hardware.version or ""),
        (other.python, wanted.python),
    )
    return tuple(_distance(first, second) for first, second in pairs)


def _distance(first: str, second: str) -> tuple[int, ...]:
    """Part by part; of two equally far the newer comes first."""
    a, b = _numbers(first), _numbers(second)
    return (*(abs(x - y) for x, y in zip(a, b, strict=True)), int(a < b))


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int("".join(filter(str.isdigit, part)) or 0) for part in version.split(".")[:4]]
    return tuple(parts + [0] * (4 - len(parts)))
