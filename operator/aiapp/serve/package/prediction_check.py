"""Whether a service can predict at all, found out before the server is ready; it never calls a hook.

Refuses what surely cannot: neither the class nor its base class brings an `_inference`.
"""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any, Iterator

from ...modelarts.model_files import SERVICE_FILE
from ...modelarts.service_bases import NO_DEFAULT, NO_MODEL, no_inference
from .failures import StartError, StartFailure
from .service import ModelService, PTServingBaseService
from .tracebacks import definition


def require_prediction(service: Any, package: str, *, may_be_loading: bool) -> None:
    """Raises StartError if no prediction can succeed. `may_be_loading`: a thread may still set `self.model`."""
    if not isinstance(service, ModelService) or not _has_method_of(service, "inference", ModelService):
        return
    if _has_method_of(service, "_inference", ModelService):
        raise _refusal(service, package, NO_DEFAULT)
    is_default = _has_method_of(service, "_inference", PTServingBaseService)
    if is_default and not may_be_loading and not _has_model(service) and not _loads_later(type(service)):
        raise _refusal(service, package, NO_MODEL)


def _refusal(service: Any, package: str, lack: str) -> StartError:
    file, line = definition(type(service), package)
    return StartError(StartFailure(no_inference(type(service).__name__, lack), file or SERVICE_FILE, line))


def _has_method_of(service: Any, name: str, base: type) -> bool:
    """Whether the method is the base class's own, overridden neither in a class nor on the object."""
    return getattr(getattr(service, name), "__func__", None) is vars(base)[name]


def _has_model(service: Any) -> bool:
    """Whether there is a `self.model` to call, or one that is computed when it is used."""
    model = inspect.getattr_static(service, "model", None)
    return callable(model) or hasattr(model, "__get__") or hasattr(type(service), "__getattr__")


def _loads_later(service_class: type) -> bool:
    """Whether a method other than the constructor mentions a `model`, which it may load at the first prediction."""
    own = [one for one in service_class.__mro__ if one.__module__ not in (ModelService.__module__, object.__module__)]
    methods = [value for one in own for name, value in vars(one).items() if name != "__init__"]
    codes = [getattr(inspect.unwrap(method), "__code__", None) for method in methods if callable(method)]
    return any("model" in (*each.co_names, *each.co_consts) for code in codes if code for each in _nested(code))


def _nested(code: CodeType) -> Iterator[CodeType]:
    """The code itself and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
