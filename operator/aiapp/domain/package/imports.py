"""Which modules that a package's code imports are nowhere to be seen. Names only: nothing is ever imported."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aiapp.domain.package.service_code import Import
from aiapp.modelarts import former_python
from aiapp.modelarts.dependencies import distribution, package_file
from aiapp.modelarts.libraries import COMMON, brought_by
from aiapp.modelarts.modules import PACKAGE, absent, absent_from_package

_PLATFORM: Final = frozenset({"model_service", "log", "metric", "mms"})


class Missing(NamedTuple):
    """A module that is not there."""

    message: str
    line: int


Modules = Mapping[str, bool]
"""Dotted names of the package's modules and of the folders that hold some; whether each has code of its own."""


def missing_modules(imports: Iterable[Import], modules: Modules, dependencies: Sequence[str]) -> Iterator[Missing]:
    """Each once, with the line of its first import."""
    reported: set[str] = set()
    for one in imports:
        found = _in_package(one, modules) or (not one.level and _in_no_library(one.module, modules, dependencies))
        if found and found not in reported:
            reported.add(found)
            yield Missing(found, one.line)


def is_of_package(one: Import, modules: Modules) -> bool:
    """Whether what is imported is code of the package itself."""
    return _name_in_package(one, modules) is not None


def modules_of(files: Iterable[str]) -> Modules:
    """The modules among the paths of a package; the empty name is the package as a module."""
    found: dict[str, bool] = {}
    for path in files:
        name, _, ending = path.rpartition("/")[2].partition(".")
        if not ending.endswith(("py", "so", "pyc", "pyd")):
            continue
        folder = path.rpartition("/")[0].replace("/", ".")
        if name != "__init__":
            found[f"{folder}.{name}".lstrip(".")] = True
        found[folder] = found.get(folder, False) or name == "__init__"
        while folder := folder.rpartition(".")[0]:
            found.setdefault(folder, False)
    return found


def _in_package(one: Import, modules: Modules) -> str | None:
    """What is missing of a module that the package has to have."""
    wanted = _name_in_package(one, modules)
    if wanted is None:
        return None
    parts = [part for part in wanted.split(".") if part]
    for end in range(1, len(parts) + 1):
        if ".".join(parts[:end]) not in modules:
            return absent(parts[:end])
    if modules.get(wanted, False):
        return None
    lacks = next((name for name in one.names if name != "*" and f"{wanted}.{name}".lstrip(".") not in modules), None)
    if lacks is None:
        return None
    return absent([*parts, lacks]) if parts or one.level else absent_from_package(lacks)


def _name_in_package(one: Import, modules: Modules) -> str | None:
    """The module's name within the package, empty for the package itself; None if it is looked for elsewhere."""
    top, _, rest = one.module.partition(".")
    if one.level:
        return one.module if one.level == 1 else None
    if top in modules:
        return one.module
    return rest if top == PACKAGE else None


def _in_no_library(module: str, modules: Modules, dependencies: Sequence[str]) -> str | None:
    top = module.partition(".")[0]
    if top in modules or top == PACKAGE or top in sys.stdlib_module_names or _is_common(top):
        return None
    if top in former_python.PYTHON_2_MODULES:
        return former_python.lacking(module, "3")
    if any(package_file(requirement) for requirement in dependencies):
        return None  # what files of the package bring is not known
    if brought_by(module, filter(None, map(distribution, dependencies))):
        return None
    return f"no module {top!r} in the package, nor asked for by its dependencies: the image has to have it"


def _is_common(top: str) -> bool:
    return top in _PLATFORM or top in former_python.REMOVED_FROM_PYTHON_3 or top in COMMON
