"""Which pip requirements an environment satisfies already; it never installs or imports anything.

It reads names of folders instead of asking pip, whose start alone takes longer than everything else here. What it
cannot judge it calls unmet, so that pip decides.
"""

from __future__ import annotations

import operator
import os
import re
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

Version = Tuple[int, Tuple[int, ...], Tuple[int, int]]
"""Epoch, release without trailing zeros, and what comes before or after it: comparable as PEP 440 orders versions."""

REQUIREMENTS_FILE = re.compile(r"-r (?P<path>\S+)")
_RECORD = re.compile(r"(?P<name>[A-Za-z0-9._]+)(?:-(?P<version>[^-]+))?(?:-py\d.*)?\.(?:dist|egg)-info")
_WHEEL = re.compile(r"(?:.*/)?(?P<name>[A-Za-z0-9._]+)-(?P<version>[^-/]+)-[^/]*\.whl")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<limits>(?:(?:==|!=|>=|<=|<|>)\s*[A-Za-z0-9.+!_-]+[,\s]*)*)"
)
_LIMIT = re.compile(r"(==|!=|>=|<=|<|>)\s*([A-Za-z0-9.+!_-]+)")
_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[._-]?(?P<stage>dev|alpha|a|beta|b|preview|pre|c|rc|post|rev|r)[._-]?(?P<number>\d*))?(?:\+[a-z0-9._-]+)?"
)
_FINAL = 4
_STAGES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, "preview": 3}
"""All others come after the release."""
_OPERATORS: Mapping[str, Callable[[Version, Version], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
}


def installed(paths: Sequence[str]) -> Dict[str, str]:
    """Versions of the distributions in these folders by canonical name; as in an import, the first one counts."""
    found: Dict[str, str] = {}
    for path in paths:
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else ():
            record = _RECORD.fullmatch(name)
            if record is not None:
                version = record.group("version") or _told(os.path.join(path, name))
                found.setdefault(canonical(record.group("name")), version)
    return found


def unmet(requirements: Sequence[str], package: str, versions: Mapping[str, str]) -> List[str]:
    """Of the requirements, as pip reads them in the folder `package`, those that are not surely satisfied."""
    return [text for text in requirements if not _is_met(text, package, versions)]


def canonical(name: str) -> str:
    """The one spelling that all spellings of a distribution's name share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed(text: str) -> Optional[Version]:
    """A version without its local part; None for one that this cannot order."""
    match = _VERSION.fullmatch(text.strip().lower())
    if match is None:
        return None
    release = [int(part) for part in match.group("release").split(".")]
    while release and release[-1] == 0:
        release.pop()
    stage = match.group("stage")
    rank = _FINAL if stage is None else _STAGES.get(stage, _FINAL + 1)
    return int(match.group("epoch") or 0), tuple(release), (rank, int(match.group("number") or 0))


def _is_met(text: str, package: str, versions: Mapping[str, str]) -> bool:
    listed = REQUIREMENTS_FILE.fullmatch(text)
    if listed is not None:
        return all(_is_met(line, package, versions) for line in _lines(os.path.join(package, listed.group("path"))))
    wheel = _WHEEL.fullmatch(text)
    if wheel is not None:
        return versions.get(canonical(wheel.group("name"))) == wheel.group("version")
    requirement = _REQUIREMENT.fullmatch(text.strip())
    if requirement is None:
        return False
    version = versions.get(canonical(requirement.group("name")))
    return version is not None and all(_holds(version, *limit) for limit in _LIMIT.findall(requirement.group("limits")))


def _holds(version: str, sign: str, limit: str) -> bool:
    if "+" in limit:
        return sign == "==" and version == limit
    ours, theirs = parsed(version), parsed(limit)
    return ours is not None and theirs is not None and _OPERATORS[sign](ours, theirs)


def _lines(path: str) -> List[str]:
    """The entries of a requirements file. What is no plain requirement is met by nothing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [re.sub(r"(?:^|\s)#.*", "", line).strip() for line in file]
    except OSError:
        return ["(unreadable)"]
    return [line for line in lines if line]


def _told(path: str) -> str:
    """The version in a record whose folder's name has none, as an editable installation leaves it."""
    for name in ("METADATA", "PKG-INFO", ""):
        try:
            with open(os.path.join(path, name) if name else path, encoding="utf-8", errors="replace") as file:
                return next((line[8:].strip() for line in file if line.startswith("Version:")), "")
        except OSError:
            continue
    return ""
