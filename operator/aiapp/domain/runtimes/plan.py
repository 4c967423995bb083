"""InferenceRuntime: the parts of its name, and whether versions can use it."""

from typing import Final

from pydantic import ValidationError

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.runtime import RuntimeObjectStatus, RuntimeSpec
from aiapp.domain.conditions import Finding, State, fails, holds
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.runtimes.editions import images
from aiapp.domain.runtimes.name import RuntimeName, RuntimeNameError, parse
from aiapp.domain.runtimes.pod_security import Level, pod_security

READY: Final = ConditionType.READY


def describe(runtime: RuntimeSpec, generation: int) -> tuple[Json, Finding]:
    """The status but for the conditions, and Ready."""
    try:
        parts = parse(runtime.name)
    except RuntimeNameError as error:
        return {"observedGeneration": generation}, fails(
            READY, Reason.NAME_UNPARSED, f"{error}; nodes cannot be judged"
        )
    return _status(parts, generation, pod_security(runtime)), _ready(runtime)


def invalid(error: ValidationError, generation: int) -> tuple[Json, Finding]:
    """The same of an object that this operator cannot read."""
    message = f"no version can use it: {faults(error)}"
    return {"observedGeneration": generation}, fails(READY, Reason.SPEC_INVALID, message)


def node_facts(source: str | None, fault: str | None) -> tuple[Finding, ...]:
    """Whether the administrator's ConfigMap could be read; nothing where there is none."""
    if source is None:
        return ()
    if fault is not None:
        return (fails(ConditionType.NODE_FACTS_VALID, Reason.NODE_FACTS_INVALID, fault),)
    return (holds(ConditionType.NODE_FACTS_VALID, f"ConfigMap {source}"),)


def _status(parts: RuntimeName, generation: int, level: Level) -> Json:
    status = RuntimeObjectStatus(
        observed_generation=generation,
        engine=parts.engine,
        hardware=str(parts.hardware),
        python=parts.python,
        os=parts.os,
        architecture=parts.architecture,
        chip=parts.chip,
        pod_security=level,
    )
    return status.model_dump(by_alias=True, exclude_none=True, exclude={"conditions"})


def stalled(ready: Finding) -> tuple[Finding, ...]:
    """A fault of an entry lasts until the entry is changed."""
    return (holds(ConditionType.STALLED, ready.message, ready.reason),) if ready.state is State.FALSE else ()


def _ready(runtime: RuntimeSpec) -> Finding:
    """An entry without an image is a record of the catalogue, and one that is no longer maintained says so: both are
    as their spec wants them, and a tool that waits for them must not wait for ever.
    """
    if not images(runtime):
        field = "spec.images[].image" if runtime.images else "spec.image"
        return holds(READY, f"set {field} to serve versions with this runtime", Reason.IMAGE_NOT_CONFIGURED)
    if runtime.lifecycle == "Removed":
        return holds(READY, "no longer maintained: new versions are refused", Reason.RUNTIME_REMOVED)
    return holds(READY)
