"""Which runtime a version gets: by name or alias, and of the engine that its package is for. Pure.

Names from before the grammar say nothing of the engine (`python3.7` existed for most of them), so a name and the
package's `model_type` decide together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus, RuntimeStatus
from aiapp.domain.runtimes.editions import image_of, images
from aiapp.domain.runtimes.name import RuntimeNameError, engine_and_version, nearest, object_name, parse, versions
from aiapp.domain.runtimes.support import USABLE, instead
from aiapp.domain.weights.found import FOLDER, HUGGING_FACE
from aiapp.modelarts.model_types import CUSTOM, model_type

NEED_A_SERVER: Final[Mapping[str | None, str]] = {
    HUGGING_FACE: "weights need an engine with a server of its own",
    FOLDER: "a folder without a config.json needs an engine with a server of its own",
}
"""Types of models that the platform's model server cannot serve, and what they need."""

Catalogue = Mapping[str, RuntimeSpec]
"""Runtimes by full name."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A known runtime with an image."""

    status: RuntimeStatus
    note: str = ""
    """What a user should know of the choice: in what the runtime differs from the name that was asked for."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No runtime, or one that cannot be used; `name` is its full name where it is known."""

    reason: Reason
    message: str
    name: str | None = None


Resolution = Resolved | Unavailable


def resolve(wanted: str | None, model: ModelStatus | None, catalogue: Catalogue) -> Resolution:
    """`wanted` is `spec.runtime`, `model` is from config.json; the former's name counts, the latter's engine."""
    engine = model.type if model else None
    name = asked(wanted, model)
    if name is None and engine in NEED_A_SERVER:
        lead = f"{NEED_A_SERVER[engine]}: set spec.runtime"
        return Unavailable(Reason.RUNTIME_UNKNOWN, f"{lead}{_suggestions(None, engine, catalogue, '; ')}")
    if name is None:
        message = f"config.json names no runtime: set spec.runtime{_suggestions(None, engine, catalogue, '; ')}"
        return Unavailable(Reason.RUNTIME_UNKNOWN, message)
    named = _named(name, catalogue)
    runtime = find(name, catalogue, engine)
    if runtime is None:
        source = "spec.runtime" if wanted else "config.json"
        return _mismatch(source, name, named, engine, catalogue) if named else _unknown(source, name, engine, catalogue)
    if runtime.lifecycle == "Removed":
        message = f"runtime {runtime.name} is no longer maintained: {instead(runtime.name, catalogue)}"
        return Unavailable(Reason.RUNTIME_REMOVED, message, runtime.name)
    if not images(runtime):
        target = f"InferenceRuntime {object_name(runtime.name)}"
        return Unavailable(
            Reason.IMAGE_NOT_CONFIGURED, f"{target} has no image: set its {_where(runtime)}", runtime.name
        )
    return Resolved(described(runtime), differences(name, runtime.name))


def asked(wanted: str | None, model: ModelStatus | None) -> str | None:
    """The name that counts: `spec.runtime`, else that of config.json."""
    return wanted or (model.runtime if model else None)


def recalled(latched: RuntimeStatus, name: str | None, catalogue: Catalogue) -> Resolved:
    """A runtime that was resolved before under `name`, with its state of today."""
    known = catalogue.get(latched.name)
    today = (
        latched
        if known is None
        else latched.model_copy(update={"lifecycle": known.lifecycle, "protocol": _protocol(known)})
    )
    return Resolved(today, differences(name, latched.name) if name else "")


def is_called(name: str, runtime: str, catalogue: Catalogue) -> bool:
    """Whether `name` is the runtime's full name or one of its aliases."""
    return object_name(name) in {object_name(known) for known in (runtime, *_aliases(catalogue.get(runtime)))}


def is_ambiguous(name: str, catalogue: Catalogue) -> bool:
    """Whether the name means one runtime or another, depending on the package's engine."""
    return len(_named(name, catalogue)) > 1


def find(name: str, catalogue: Catalogue, engine: str | None = None) -> RuntimeSpec | None:
    """By full name or alias, upper and lower case being the same; None where there is none that serves the engine.

    Of several runtimes with the alias a maintained one comes first, then one with an image.
    """
    fitting = [runtime for runtime in _named(name, catalogue) if serves(runtime, engine)]
    return min(fitting, key=lambda one: (one.lifecycle == "Removed", not images(one), one.name), default=None)


def named_only(name: str) -> RuntimeSpec:
    """Stands for a runtime that is not in the catalogue: nothing is known of it but its name."""
    return RuntimeSpec.model_construct(name=name)


def serves(runtime: RuntimeSpec, engine: str | None) -> bool:
    """Whether packages of the engine (a `model_type`) run on it: unless it is named for other engines."""
    if engine in NEED_A_SERVER:
        return runtime.server is not None
    known = engines(runtime)
    return engine is None or engine == CUSTOM.name or not known or engine in known


def engines(runtime: RuntimeSpec) -> tuple[str, ...]:
    """The engines in its name, as `model_type` writes them; none where the name has none that is known."""
    try:
        parts = parse(runtime.name)
    except RuntimeNameError:
        return ()
    kinds = (model_type(engine_and_version(token)[0]) for token in (parts.engine, *parts.libraries))
    return tuple(kind.name for kind in kinds if kind is not None)


def described(runtime: RuntimeSpec) -> RuntimeStatus:
    """The parts of its name, as far as it follows the grammar."""
    try:
        parts = parse(runtime.name)
    except RuntimeNameError:
        return RuntimeStatus(
            name=runtime.name, protocol=_protocol(runtime), image=image_of(runtime), lifecycle=runtime.lifecycle
        )
    return RuntimeStatus(
        name=runtime.name,
        engine=parts.engine,
        hardware=str(parts.hardware),
        python=parts.python,
        os=parts.os,
        architecture=parts.architecture,
        protocol=_protocol(runtime),
        image=image_of(runtime),
        lifecycle=runtime.lifecycle,
    )


def _protocol(runtime: RuntimeSpec) -> str | None:
    return runtime.server.protocol if runtime.server else None


def _where(runtime: RuntimeSpec) -> str:
    return "spec.images[].image" if runtime.images else "spec.image"


def differences(name: str, runtime: str) -> str:
    """In what a runtime that was asked for by an alias differs: major version of the engine, Python. Empty: nothing."""
    if object_name(name) == object_name(runtime):
        return ""
    wanted, given = versions(name), versions(runtime)
    differing = [
        f"{what} is {now} and not {then}"
        for what, now, then, differs in (
            ("the engine", given.engine, wanted.engine, _major(given.engine) != _major(wanted.engine)),
            ("Python", given.python, wanted.python, given.python != wanted.python),
        )
        if now and then and differs
    ]
    return f"{name!r} is an alias of {runtime}: {', '.join(differing)}" if differing else ""


def _named(name: str, catalogue: Catalogue) -> list[RuntimeSpec]:
    """The runtime of that full name, else all that have it as an alias."""
    key = object_name(name)
    exact = [runtime for runtime in catalogue.values() if object_name(runtime.name) == key]
    return exact or [runtime for runtime in catalogue.values() if key in map(object_name, _aliases(runtime))]


def _aliases(runtime: RuntimeSpec | None) -> tuple[str, ...]:
    return (runtime.aliases if runtime else None) or ()


def _mismatch(
    source: str, name: str, named: Iterable[RuntimeSpec], engine: str | None, catalogue: Catalogue
) -> Unavailable:
    meant = sorted(named, key=lambda runtime: runtime.name)
    if engine in NEED_A_SERVER:
        message = (
            f"{NEED_A_SERVER[engine]}, and runtime {name!r}, which {source} names, has none: set spec.runtime to one "
            f"that has{_suggestions(None, engine, catalogue, ', ')}"
        )
        return Unavailable(Reason.ENGINE_MISMATCH, message, meant[0].name)
    served = " and ".join(dict.fromkeys(kind for runtime in meant for kind in engines(runtime)))
    message = (
        f"{source} names runtime {name!r}, which is for {served}, but model_type is {engine}: "
        f"set spec.runtime to one for {engine}{_suggestions(None, engine, catalogue, ', ')}"
    )
    return Unavailable(Reason.ENGINE_MISMATCH, message, meant[0].name)


def _unknown(source: str, name: str, engine: str | None, catalogue: Catalogue) -> Unavailable:
    hint = _suggestions(name, engine, catalogue, ": ") or ": see `kubectl get inferenceruntimes`"
    remedy = "" if source == "spec.runtime" else "; set spec.runtime"
    message = f"{source} names runtime {name!r}, which is not in the catalogue{hint}{remedy}"
    return Unavailable(Reason.RUNTIME_UNKNOWN, message)


def _suggestions(name: str | None, engine: str | None, catalogue: Catalogue, lead: str) -> str:
    """Names that look like the wanted one, else maintained runtimes of the engine; empty without either."""
    fitting = [runtime for runtime in catalogue.values() if serves(runtime, engine)]
    if name and (similar := nearest(name, (runtime.name for runtime in fitting))):
        return f"{lead}did you mean {' or '.join(similar)}?"
    if engine is None:
        return ""
    usable = sorted(one.name for one in fitting if one.lifecycle in USABLE and _is_made_for(one, engine))[:3]
    if not usable:
        return f"{lead}the catalogue has none for {engine}: an administrator has to add an InferenceRuntime"
    return f"{lead}for example {' or '.join(usable)}"


def _is_made_for(runtime: RuntimeSpec, engine: str) -> bool:
    """More than that nothing stands against it."""
    if engine not in NEED_A_SERVER:
        return engine in engines(runtime)
    return runtime.server is not None and (runtime.server.protocol == "OpenAI") is (engine == HUGGING_FACE)


def _major(version: str | None) -> str | None:
    return version.partition(".")[0] if version else None
