"""Names what is at fault when a package's code raises an exception; it never imports anything.

The owner of a missing module's parent decides: the package, the platform, Python or a library.
"""

from __future__ import annotations

import enum
import importlib.util
import os
import re
import sys
import traceback
from typing import List, Sequence

from ...modelarts import former_python
from ...modelarts.libraries import COMMON, brought_by
from ...modelarts.modules import PACKAGE, absent, absent_from_package
from ..config import Pin
from . import shims
from .failures import StartError, StartFailure
from .tracebacks import is_within, position, relative

_NO_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_SHARED_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object")
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_PYTHON = "{}.{}".format(*sys.version_info)


class _Owner(enum.Enum):
    PACKAGE = "the package"
    PLATFORM = "stands in for a module of the platform's image"
    PYTHON = "the standard library"
    LIBRARY = "a library of the image or of the dependencies"
    ABSENT = "not there"


def explain(error: BaseException, package: str, pins: Sequence[Pin]) -> StartFailure:
    """Why importing or constructing a package raised `error`."""
    if isinstance(error, StartError):
        return error.failure
    if isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        file = relative(error.filename, package) or error.filename
        return StartFailure(
            f"{type(error).__name__}: {error.msg} (column {error.offset or 0})", file, error.lineno or 0
        )
    try:
        what = _what(error, package, pins)
    except Exception:  # from the package's own modules and finders, which are consulted here
        what = _headline(error)
    return StartFailure(what, *position(error, package))


def _what(error: BaseException, package: str, pins: Sequence[Pin]) -> str:
    if isinstance(error, SystemExit):
        return f"the code called sys.exit({error.code!r})"
    text = str(error)
    shared = _SHARED_LIBRARY.search(text)
    if shared:
        return f"missing shared library {shared.group(1)!r} in the image ({_headline(error)})"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error, error.name, package, pins)
    if isinstance(error, ImportError) and error.name:
        return _missing_name(error, error.name, package, pins)
    attribute = _NO_ATTRIBUTE.search(text)
    if isinstance(error, AttributeError) and attribute:
        return _missing_attribute(error, *attribute.groups(), package=package, pins=pins)
    return _headline(error)


def _missing_module(error: ImportError, module: str, package: str, pins: Sequence[Pin]) -> str:
    owner = _owner(module, package)
    if owner is _Owner.PACKAGE:
        return absent(_within_package(module))
    if owner is _Owner.PLATFORM:
        return _not_provided(module)
    if owner is _Owner.PYTHON:
        return former_python.lacking(module, _PYTHON)
    if owner is _Owner.LIBRARY:
        return _of_library(error, module, pins)
    if module.partition(".")[0] in COMMON or _pin(module, pins):
        return f"missing library {module!r} {_pinned(module, pins)}"
    return f"no module {module!r} in the package or the image"


def _missing_name(error: ImportError, module: str, package: str, pins: Sequence[Pin]) -> str:
    """Of `from MODULE import NAME`, where the module is there."""
    owner, found = _owner(module, package), _NO_NAME.search(str(error))
    if owner is _Owner.LIBRARY or not found:
        return _of_library(error, module, pins) if owner is _Owner.LIBRARY else _headline(error)
    if owner is _Owner.PLATFORM:
        return _not_provided(f"{module}.{found.group(1)}")
    if owner is _Owner.PYTHON:
        return former_python.lacking(f"{module}.{found.group(1)}", _PYTHON)
    if getattr(sys.modules.get(module), "__file__", None):  # it has code of its own, which Python names
        return _headline(error)
    parts = [*_within_package(module), found.group(1)]
    return absent(parts) if parts[1:] else absent_from_package(found.group(1))


def _missing_attribute(error: Exception, module: str, name: str, *, package: str, pins: Sequence[Pin]) -> str:
    owner = _owner(module, package)
    if owner is _Owner.PLATFORM:
        return _not_provided(f"{module}.{name}")
    if owner is _Owner.PYTHON:
        return former_python.lacking(f"{module}.{name}", _PYTHON)
    if owner is _Owner.LIBRARY:
        return f"library {_installed(module)} has no {name!r} {_pinned(module, pins)}"
    return _headline(error)


def _of_library(error: Exception, module: str, pins: Sequence[Pin]) -> str:
    return f"library {_installed(module)}: {error} {_pinned(module, pins)}"


def _not_provided(name: str) -> str:
    return f"this server does not provide {name!r}"


def _within_package(module: str) -> List[str]:
    """The parts of a module's name within the package, whose folder is found as `model` too."""
    parts = module.split(".")
    return parts[1:] if parts[0] == PACKAGE and not getattr(sys.modules.get(PACKAGE), "__file__", None) else parts


def _headline(error: BaseException) -> str:
    lines = "".join(traceback.format_exception_only(type(error), error)).strip()
    is_of_code = isinstance(error, SyntaxError)  # the lines before the last show the code
    return (lines.splitlines()[-1] if is_of_code else lines) or type(error).__name__


def _owner(module: str, package: str) -> _Owner:
    """The owner of the top-level module of a dotted name."""
    top = module.partition(".")[0]
    places = _places(top)
    if any(is_within(place, package) for place in places):
        return _Owner.PACKAGE
    if shims.is_stand_in(top):
        return _Owner.PLATFORM
    if _is_standard(top, places):
        return _Owner.PYTHON
    return _Owner.LIBRARY if places or top in sys.modules else _Owner.ABSENT


def _places(top: str) -> List[str]:
    """Its file and folders, or what importlib has in their place for modules without; empty where it is not found."""
    loaded = sys.modules.get(top)
    if loaded is not None:
        return [*filter(None, [getattr(loaded, "__file__", None)]), *getattr(loaded, "__path__", ())]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return []
    return [*filter(None, [spec.origin]), *(spec.submodule_search_locations or ())] if spec else []


def _is_standard(top: str, places: Sequence[str]) -> bool:
    """Whether it is, or was, of the standard library."""
    if top in getattr(sys, "stdlib_module_names", sys.builtin_module_names):
        return True
    if not places:
        return top in former_python.MODULES
    return all(place.startswith(_STANDARD_LIBRARY) and "-packages" not in place for place in places)


def _installed(module: str) -> str:
    library = module.partition(".")[0]
    version = getattr(sys.modules.get(library), "__version__", "")
    return f"{library!r} {version}".strip() if isinstance(version, str) else repr(library)


def _pin(module: str, pins: Sequence[Pin]) -> str:
    """What config.json asks for to bring the module; empty if it does not."""
    name = brought_by(module, [pin.name for pin in pins])
    return next((pin.text for pin in pins if pin.name == name), "")


def _pinned(module: str, pins: Sequence[Pin]) -> str:
    pin = _pin(module, pins)
    return f"(config.json asks for {pin})" if pin else "(config.json does not ask for it)"
