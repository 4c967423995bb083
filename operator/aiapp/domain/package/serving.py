"""Whether the model server can serve a package's code, as far as its classes and imports show.

Refuses what can surely not be served; what is only likely to fail is a warning.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.package.imports import Modules, is_of_package, missing_modules, modules_of
from aiapp.domain.package.refusal import Refusal, refusal_at
from aiapp.domain.package.service_code import ServiceClass, ServiceCode
from aiapp.modelarts.model_files import saved_models
from aiapp.modelarts.model_types import CUSTOM, ModelType
from aiapp.modelarts.service_bases import (
    NO_DEFAULT,
    NO_MODEL,
    NO_SAVED_MODEL,
    NOTHING_TO_SERVE,
    SERVICE_BASES,
    UNSERVED_BASES,
    no_inference,
    unserved,
)

_MAKE_FUNCTIONS: Final = frozenset({"no_grad", "enable_grad", "inference_mode", "set_grad_enabled"})


class CodeWarning(NamedTuple):
    """Something that will probably keep the model server from starting or from answering."""

    message: str
    line: int = 0


def unserved_code(code: ServiceCode, name: str) -> Refusal | None:
    """Why the class that the model server takes is one that it cannot serve; `name` is the file's in messages."""
    found = _served(code)
    base = found and next((base for base in _lineage(found, code) if base in UNSERVED_BASES), None)
    if found is None or not base:
        return None
    return refusal_at(Reason.MODEL_TYPE_UNSUPPORTED, unserved(found.name, base), name, found.line)


def code_warnings(
    code: ServiceCode, kind: ModelType, files: Mapping[str, int], dependencies: Sequence[str]
) -> list[CodeWarning]:
    """In the order of the lines; `files` are the paths of the package, `dependencies` its requirements."""
    modules = modules_of(files)
    found = [
        CodeWarning(missing.message, missing.line) for missing in missing_modules(code.imports, modules, dependencies)
    ]
    if kind is not CUSTOM:
        found += _without_prediction(code, files, modules)
    return sorted(found, key=lambda warning: warning.line)


def _without_prediction(code: ServiceCode, files: Mapping[str, int], modules: Modules) -> Iterator[CodeWarning]:
    served = _served(code)
    if served is None:
        if not any(one.names and is_of_package(one, modules) for one in code.imports):
            yield CodeWarning(f"nothing to serve: {NOTHING_TO_SERVE}")
        return
    for decorator in served.decorators:
        if _last(decorator.partition("(")[0]) in _MAKE_FUNCTIONS:
            yield CodeWarning(
                f"@{decorator} makes a function of {served.name} in torch 1: put it above _inference", served.line
            )
    lack = _lacks(served, code, files)
    if lack:
        yield CodeWarning(no_inference(served.name, lack), served.line)


def _served(code: ServiceCode) -> ServiceClass | None:
    """The class that the model server takes of those in the file."""
    derived = [one for one in code.classes if any(base in SERVICE_BASES for base in _lineage(one, code))]
    candidates = derived or [one for one in code.classes if one.methods]
    parents = {_last(base) for one in candidates for base in one.bases}
    leaves = [one for one in candidates if one.name not in parents]
    return leaves[-1] if leaves else None


def _lineage(one: ServiceClass, code: ServiceCode) -> Iterator[str]:
    """Names of all base classes, those of base classes in the file included."""
    known = {other.name: other for other in code.classes}
    waiting, seen = [one], {one.name}
    while waiting:
        for base in map(_last, waiting.pop().bases):
            yield base
            if base in known and base not in seen:
                seen.add(base)
                waiting.append(known[base])


def _lacks(served: ServiceClass, code: ServiceCode, files: Mapping[str, int]) -> str:
    """What keeps it and its base classes from predicting; empty if they can, or if that is unknown."""
    lineage = list(_lineage(served, code))
    own = [served, *(one for one in code.classes if one.name in lineage)]
    if any(one.methods for one in own) or {*lineage} - SERVICE_BASES - {one.name for one in own} - {"object"}:
        return ""
    if "PTServingBaseService" in lineage:
        return "" if any(one.sets_model for one in own) else NO_MODEL
    if "TfServingBaseService" in lineage:
        return "" if saved_models(files) else NO_SAVED_MODEL
    return NO_DEFAULT


def _last(name: str) -> str:
    return name.rpartition(".")[2]
