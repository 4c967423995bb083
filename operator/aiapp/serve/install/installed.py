"""Which pip requirements an environment satisfies already; it never installs or imports any of them.

It reads names of folders instead of starting pip, which alone takes longer than everything else here, and lets the
`packaging` that pip brings along judge them. What it cannot judge it calls unmet, so that pip decides.
"""

from __future__ import annotations

import importlib
import os
import re
import warnings
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ...modelarts.libraries import canonical

REQUIREMENTS_FILE = re.compile(r"-r (?P<path>\S+)")
_RECORD = re.compile(r"(?P<name>[A-Za-z0-9._]+)(?:-(?P<version>[^-]+))?(?:-py\d.*)?\.(?:dist|egg)-info")
_WHEEL = re.compile(r"(?:.*/)?(?P<name>[A-Za-z0-9._]+)-(?P<version>[^-/]+)-[^/]*\.whl")
_PACKAGING = ("pip._vendor.packaging.requirements", "packaging.requirements")


class _Environment(NamedTuple):
    """What is installed, where the package lies, and the reader of requirements (None: there is none)."""

    versions: Mapping[str, str]
    package: str
    requirements: Optional[Any]


def installed(paths: Sequence[str]) -> Dict[str, str]:
    """Versions of the distributions in these folders by canonical name; as in an import, the first one counts."""
    found: Dict[str, str] = {}
    for path in paths:
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            record = _RECORD.fullmatch(name)
            if record is not None:
                version = record.group("version") or _recorded_version(os.path.join(path, name))
                found.setdefault(canonical(record.group("name")), version)
    return found


def unmet(requirements: Sequence[str], package: str, versions: Mapping[str, str]) -> List[str]:
    """Of the requirements, as pip reads them in the folder `package`, those that are not surely satisfied."""
    environment = _Environment(versions, package, _reader())
    return [text for text in requirements if not _is_met(text, environment)]


def _is_met(text: str, environment: _Environment) -> bool:
    listed = REQUIREMENTS_FILE.fullmatch(text)
    if listed is not None:
        lines = _lines(os.path.join(environment.package, listed.group("path")))
        return all(_is_met(line, environment) for line in lines)
    wheel = _WHEEL.fullmatch(text)
    if wheel is not None:
        return environment.versions.get(canonical(wheel.group("name"))) == wheel.group("version")
    return environment.requirements is not None and _holds(text, environment.versions, environment.requirements)


def _holds(text: str, versions: Mapping[str, str], requirements: Any) -> bool:
    """Whether a plain requirement does; extras and addresses are left to pip."""
    try:
        requirement = requirements.Requirement(text)
        if requirement.extras or requirement.url:
            return False
        if requirement.marker is not None and not requirement.marker.evaluate():
            return True
        version = versions.get(canonical(requirement.name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old releases of packaging warn of odd versions
            return version is not None and bool(requirement.specifier.contains(version, prereleases=True))
    except ValueError:  # all that packaging raises for what it cannot read
        return False


def _reader() -> Optional[Any]:
    """The module of `packaging` that reads requirements: pip's own, which every image with pip has, or the image's."""
    for name in _PACKAGING:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _lines(path: str) -> List[str]:
    """The entries of a requirements file. What is no plain requirement is met by nothing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [re.sub(r"(?:^|\s)#.*", "", line).strip() for line in file]
    except OSError:
        return ["(unreadable)"]
    return [line for line in lines if line]


def _recorded_version(path: str) -> str:
    """The version in a record whose folder's name has none, as an editable installation leaves it."""
    for name in ("METADATA", "PKG-INFO", ""):
        try:
            with open(os.path.join(path, name) if name else path, encoding="utf-8", errors="replace") as file:
                return next((line[8:].strip() for line in file if line.startswith("Version:")), "")
        except OSError:
            continue
    return ""
