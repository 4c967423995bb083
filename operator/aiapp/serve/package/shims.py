"""The modules that packages import from the platform's image, made at run time; they never need a framework.

`model_service` is always ours. `log`, `metric` and `mms` are common names: a module or regular package of
that name that can be imported anyway (the package's own `log.py`, a real `mms`) wins, a mere folder does not.
"""

from __future__ import annotations

import importlib.machinery
import logging
import os
import sys
from types import ModuleType
from typing import Any, Dict, Optional, Sequence, cast

from . import service

_MODEL_SERVICE: Dict[str, Dict[str, Any]] = {
    "model_service": {},
    "model_service.model_service": {
        "SingleNodeService": service.SingleNodeService,
        "ModelService": service.ModelService,
    },
    "model_service.pytorch_model_service": {"PTServingBaseService": service.PTServingBaseService},
    "model_service.tfserving_model_service": {"TfServingBaseService": service.TfServingBaseService},
    "model_service.python_model_service": {"XgSklServingBaseService": service.XgSklServingBaseService},
    "model_service.spark_model_service": {"SparkServingBaseService": service.SparkServingBaseService},
    "model_service.caffe_model_service": {"CaffeBaseService": service.CaffeBaseService},
    "model_service.log": {"getLogger": logging.getLogger, "get_logger": logging.getLogger},
}
_COMMON_NAMES: Dict[str, Dict[str, Any]] = {
    "log": {"getLogger": logging.getLogger, "get_logger": logging.getLogger},
    "metric": {},
    "metric.metrics_manager": {"MetricsManager": service.MetricsManager},
    "mms": {},
    "mms.log": {"get_logger": logging.getLogger, "getLogger": logging.getLogger},
    "mms.metrics_manager": {"MetricsManager": service.MetricsManager},
    "mms.model_service": {},
    "mms.model_service.model_service": {"SingleNodeService": service.SingleNodeService},
    "mms.model_service.mxnet_model_service": {
        "MXNetBaseService": service.MXNetBaseService,
        "SingleNodeService": service.SingleNodeService,
    },
    "mms.utils": {},
    "mms.utils.mxnet": {},
    "mms.utils.mxnet.image": {},
    "mms.utils.mxnet.ndarray": {},
    "mms.utils.mxnet.nlp": {},
}


TOP_LEVEL_NAMES = sorted(name for name in (*_MODEL_SERVICE, *_COMMON_NAMES) if "." not in name)
"""Each is a file at the top of the archive too, which calls `stand_in`."""
_ARCHIVE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


def install() -> None:
    """Makes the modules importable in this process."""
    for name in _MODEL_SERVICE:
        sys.modules[name] = _module(name, _MODEL_SERVICE)
    sys.meta_path.insert(0, _CommonNames())


def is_stand_in(name: str) -> bool:
    """Whether the top-level module of this name is one of these stand-ins."""
    return name in _MODEL_SERVICE or _is_ours(getattr(sys.modules.get(name), "__spec__", None))


def stand_in(name: str) -> None:
    """Does the same in a new process that the package's own code has started, with our archive on its path.

    Called while `name` is imported: multiprocessing starts such processes unless it forks.
    """
    install()
    if name in _COMMON_NAMES:
        _fill(sys.modules[name], _COMMON_NAMES)


def _module(name: str, table: Dict[str, Dict[str, Any]]) -> ModuleType:
    """The module, also set as attribute of its parent."""
    module = ModuleType(name, "Stands in for the platform's module of this name.")
    _fill(module, table)
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
    return module


def _fill(module: ModuleType, table: Dict[str, Dict[str, Any]]) -> None:
    name = module.__name__
    module.__dict__.update(table[name])
    if any(other.startswith(name + ".") for other in table):
        module.__path__ = []

    def __getattr__(attribute: str) -> Any:  # noqa: N807 - PEP 562
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}: this server does not provide it")

    module.__dict__["__getattr__"] = __getattr__


class _CommonNames:
    """Finder and loader in one, of our modules unless a real one of that name is there.

    Without the base classes of `importlib.abc`, whose import takes longer than all of this.
    """

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname not in _COMMON_NAMES:
            return None
        top = fullname.partition(".")[0]
        if fullname == top:
            found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
            if found is not None and not _is_folder(found) and not _is_ours(found):
                return found
        elif not _is_ours(getattr(sys.modules.get(top), "__spec__", None)):
            return None
        is_package = any(other.startswith(fullname + ".") for other in _COMMON_NAMES)
        return importlib.machinery.ModuleSpec(fullname, cast("Any", self), is_package=is_package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Optional[ModuleType]:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        _fill(module, _COMMON_NAMES)


def _is_folder(spec: importlib.machinery.ModuleSpec) -> bool:
    """Whether it is a namespace package."""
    return spec.origin in (None, "namespace")


def _is_ours(spec: Optional[importlib.machinery.ModuleSpec]) -> bool:
    if spec is None:
        return False
    loader: Any = spec.loader
    return isinstance(loader, _CommonNames) or os.path.dirname(spec.origin or "") == _ARCHIVE
