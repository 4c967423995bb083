"""Which wheels of a package cannot be installed in its runtime, by the tags in their names."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from aiapp.domain.runtimes.name import RuntimeName, RuntimeNameError, parse
from aiapp.modelarts.dependencies import package_file

_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
_INTERPRETER: Final = re.compile(r"(?P<kind>py|cp)(?P<major>\d)(?P<minor>\d*)")


def misfits(dependencies: Iterable[str], runtime: str) -> Iterator[str]:
    """A sentence for each wheel that is for another Python or another architecture than the runtime of this name."""
    try:
        parts = parse(runtime)
    except RuntimeNameError:
        return
    for path in filter(None, map(package_file, dependencies)):
        name = path.rpartition("/")[2]
        try:
            tags = parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            continue
        if not any(_fits(tag, parts) for tag in tags):
            made_for = name.removesuffix(".whl").split("-", 2)[2]
            has = f"Python {parts.python} on {_MACHINES[parts.architecture]}"
            yield f"{path} cannot be installed: it is for {made_for}, the runtime {runtime} has {has}"


def _fits(tag: Tag, runtime: RuntimeName) -> bool:
    machine = _MACHINES[runtime.architecture]
    return _runs(tag, runtime.python) and (
        tag.platform == "any" or (tag.platform.startswith(("linux", "manylinux")) and tag.platform.endswith(machine))
    )


def _runs(tag: Tag, python: str) -> bool:
    wanted = _INTERPRETER.fullmatch(tag.interpreter)
    major, _, minor = python.partition(".")
    if wanted is None or wanted["major"] != major:
        return False
    if not wanted["minor"] or not minor:
        return True
    is_for_later_ones_too = wanted["kind"] == "py" or tag.abi == "abi3"
    return int(wanted["minor"]) <= int(minor) if is_for_later_ones_too else wanted["minor"] == minor
