"""From a package's folder to its service object; it never catches what the package's own code raises."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import linecache
import logging
import os
import sys
from types import ModuleType
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Type

from ...modelarts.model_files import SERVICE_FILE
from ...modelarts.model_types import ModelType, model_type
from ...modelarts.modules import PACKAGE
from ...modelarts.service_bases import NOTHING_TO_SERVE, UNSERVED_BASES, unserved
from .. import weights
from .failures import StartError, StartFailure
from .service import Kind, ModelService, TfServingBaseService, kind_of
from .tracebacks import definition

MODULE_NAME = "customize_service"
HOOKS = ("_preprocess", "_inference", "_postprocess")
_log = logging.getLogger("serve")


class Loaded(NamedTuple):
    service: Any
    kind: Kind

    def predict(self, data: Any) -> Any:
        """One prediction: the service's `inference`, or its hooks in a row if it has none."""
        if callable(getattr(self.service, "inference", None)):
            return self.service.inference(data)
        for hook in HOOKS:
            data = getattr(self.service, hook, _unchanged)(data)
        return data


def load(package: str, model_name: str, declared_type: str) -> Loaded:
    """Imports the service file and constructs its class. Raises whatever the package raises, or StartError."""
    service_class = _service_class(package)
    engine = model_type(declared_type)
    kind = kind_of(service_class, engine)
    engines = [wanted for wanted in (kind.engine, engine) if wanted is not None] if kind.engine else []
    choice = weights.choose(package, engines)
    _report_choice(package, engines, choice)
    service = construct(service_class, model_name, choice.path)
    if isinstance(service, TfServingBaseService):
        service.prepare_default()
    return Loaded(service, kind)


def _service_class(package: str) -> type:
    file = os.path.join(package, SERVICE_FILE)
    if os.path.isfile(file):
        return discover(_module(file))
    if weights.has_saved_model(package):
        return TfServingBaseService
    raise StartError(StartFailure(f"file not found in {package}", SERVICE_FILE))


def _module(file: str) -> ModuleType:
    """The service file as a module that is not `__main__` and that pickles can find by name."""
    spec = importlib.util.spec_from_file_location(MODULE_NAME, file)
    if spec is None or spec.loader is None:
        raise StartError(StartFailure("cannot be loaded as Python source", SERVICE_FILE))
    module = importlib.util.module_from_spec(spec)
    module.__package__ = PACKAGE  # so that `from .helper import name` works
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def discover(module: ModuleType) -> type:
    """The package's service class.

    Derived from one of the bases and defined in the file, else imported into it, else one defined there that
    has the hooks but no base. Of several the most derived, of those the last.
    """
    package = os.path.dirname(getattr(module, "__file__", None) or "")
    classes = [value for value in vars(module).values() if inspect.isclass(value)]
    derived = [c for c in classes if issubclass(c, ModelService) and c.__module__ != ModelService.__module__]
    own = [c for c in derived if c.__module__ == module.__name__]
    bare = [c for c in classes if c.__module__ == module.__name__ and _has_hooks(c)]
    for candidates in (own, derived, bare):
        leaves = [c for c in candidates if not any(c is not o and issubclass(o, c) for o in candidates)]
        if leaves:
            return _accepted(leaves, package)
    raise StartError(_replaced_class(module) or StartFailure(NOTHING_TO_SERVE, SERVICE_FILE))


def _replaced_class(module: ModuleType) -> Optional[StartFailure]:
    """That a decorator has left something else in the place of a class of the file, if so."""
    file = getattr(module, "__file__", None)
    if not file:
        return None
    with open(file, "rb") as source:
        code = source.read()
    for node in ast.parse(code).body:
        replacement = vars(module).get(getattr(node, "name", ""))
        if isinstance(node, ast.ClassDef) and node.decorator_list and not inspect.isclass(replacement):
            line = node.decorator_list[-1].lineno
            decorator, made = linecache.getline(file, line).strip(), type(replacement).__name__
            what = f"{decorator} makes a {made} of the class {node.name}: put it above the method that needs it"
            return StartFailure(what, SERVICE_FILE, line)
    return None


def _has_hooks(candidate: type) -> bool:
    return any(callable(getattr(candidate, name, None)) for name in ("_inference", "inference"))


def _accepted(leaves: List[type], package: str) -> type:
    chosen = leaves[-1]
    if len(leaves) > 1:
        names = ", ".join(leaf.__name__ for leaf in leaves)
        _log.warning("several service classes (%s): serving the last one, %s", names, chosen.__name__)
    unserved_base = next((base.__name__ for base in chosen.__mro__ if base.__name__ in UNSERVED_BASES), None)
    if unserved_base is not None:
        file, line = definition(chosen, package)
        raise StartError(StartFailure(unserved(chosen.__name__, unserved_base), file or SERVICE_FILE, line))
    if not issubclass(chosen, ModelService):
        _log.warning("%s derives from no service base class: serving it by its hooks", chosen.__name__)
    _log.info("service class: %s", chosen.__name__)
    return chosen


def _report_choice(package: str, engines: List[ModelType], choice: weights.Choice) -> None:
    if choice.others:
        _log.warning(
            "several model files: model_path is %s, passed over: %s", choice.path, ", ".join(choice.others[:5])
        )
    elif engines and choice.path == package:
        endings = ", ".join(engines[0].suffixes)
        _log.warning("no model file (%s) in %s: model_path is the folder", endings, package)


def construct(service_class: Type[Any], model_name: str, model_path: str) -> Any:
    """The object, with `model_name` and `model_path` set before its `__init__` runs (most never call the base)."""
    positional, named = _arguments(service_class, model_name, model_path)
    allocate: Any = service_class.__new__
    takes_arguments = allocate is not object.__new__
    service = allocate(service_class, *positional, **named) if takes_arguments else allocate(service_class)
    _set_absent(service, model_name, model_path)
    if isinstance(service, service_class):
        service.__init__(*positional, **named)
    _set_absent(service, model_name, model_path)
    return service


def _set_absent(service: Any, model_name: str, model_path: str) -> None:
    for name, value in (("model_name", model_name), ("model_path", model_path)):
        if getattr(service, name, None) is None:
            try:
                setattr(service, name, value)
            except AttributeError:
                _log.warning("%s cannot be set on %s", name, type(service).__name__)


def _arguments(service_class: Type[Any], model_name: str, model_path: str) -> Tuple[List[Any], Dict[str, Any]]:
    """What its `__init__` takes: both, the path alone, nothing, or the MXNet form with a manifest."""
    if service_class.__init__ is object.__init__:
        return [], {}
    try:
        parameters = list(inspect.signature(service_class.__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return [model_name, model_path], {}
    given = {"name": model_name, "path": model_path, "manifest": {"Model": {"Signature": "signature.json"}}}
    slots = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) and len(slots) < 2:
        return [model_name, model_path], {}
    required = sum(p.default is p.empty for p in slots)
    meanings = _meanings([p.name.lower() for p in slots], required)
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    return (
        [given.get(meaning) for meaning in meanings],
        {p.name: given.get(_meaning(p.name.lower())) for p in named},
    )


def _meanings(names: List[str], required: int) -> List[str]:
    """What to pass at each position: by position, unless the names contradict that."""
    if len(names) == 1:
        return ["name" if _meaning(names[0]) == "name" else "path"]
    if len(names) >= 2:
        swapped = _meaning(names[0]) == "path" and _meaning(names[1]) == "name"
        first_two = ["path", "name"] if swapped else ["name", "path"]
        return first_two + [_meaning(name) for name in names[2 : max(required, 2)]]
    return []


def _meaning(name: str) -> str:
    if "manifest" in name:
        return "manifest"
    if "path" in name or "dir" in name or "file" in name:
        return "path"
    return "name" if "name" in name else ""


def _unchanged(data: Any) -> Any:
    return data
