"""`dependencies` of config.json as pip requirements, in order. Never installs or looks up any of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from .diagnostics import Findings, excerpt
from .json_positions import pointer

PACKAGE_FOLDERS = ("/home/mind/model/", "/home/ma-user/infer/model/1/")
"""Where a package lies in the pod; paths below these are written relative to the package."""

_WHERE = "/dependencies"
_GROUP_KEYS = ("installer", "packages")
_PACKAGE_KEYS = ("package_name", "package_version", "restraint")
_MAX_REQUIREMENTS = 64
_MAX_CHARACTERS = 256
_OPERATORS = {"EXACT": "==", "ATLEAST": ">=", "ATMOST": "<="}
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._, -]*\])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.*+!_-]*")
_REQUIREMENT = re.compile(
    rf"(?P<name>{_NAME.pattern})\s*(?P<limits>(?:===?|[<>~!]=|[<>])\s*[A-Za-z0-9.*+!_-]+"
    r"(?:\s*,\s*(?:===?|[<>~!]=|[<>])\s*[A-Za-z0-9.*+!_-]+)*)"
)
_LIST = re.compile(r"(?:-r\s*)?(?P<file>(?:(?!\.\.?/)[A-Za-z0-9_+.-]+/)*requirements[A-Za-z0-9_.-]*\.txt)")
_IN_PACKAGE = re.compile(rf"^(-r\s*)?(?:{'|'.join(map(re.escape, PACKAGE_FOLDERS))}|\./)")
_FILE = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9_+.@/-]+\.(?:whl|tar\.gz|zip)")


def read_dependencies(written: Any, findings: Findings, files: Collection[str] | None = None) -> tuple[str, ...] | None:
    """Requirements of all groups in order, as pip reads them; files of the package as `./path`; None without any.

    With `files`, the paths of the package, a file that is not among them is refused.
    """
    groups = [written] if isinstance(written, dict) else written
    if not groups:
        return None
    if not isinstance(groups, list):
        findings.refuse(_WHERE, written, "must be a list of objects")
        return None
    count = sum(map(_size, groups))
    if count > _MAX_REQUIREMENTS:
        findings.refuse(_WHERE, f"{count} packages", f"are more than {_MAX_REQUIREMENTS}")
        return None
    requirements: list[tuple[str, str]] = []
    for number, group in enumerate(groups):
        requirements += _group(pointer(_WHERE, number), group, findings)
    if files is not None:
        _refuse_missing(requirements, findings, files)
    return tuple(requirement for _, requirement in requirements) or None


def package_file(requirement: str) -> str | None:
    """The path of the file that a requirement names in the package; None for a requirement of another kind."""
    _, is_file, path = requirement.partition("./")
    return path if is_file and requirement.startswith(("./", "-r ./")) else None


def distribution(requirement: str) -> str:
    """The name of what a requirement installs; empty for a list of requirements."""
    name = (package_file(requirement) or requirement).rpartition("/")[2]
    if package_file(requirement) is not None:
        return name.partition("-")[0] if not requirement.startswith("-r ") else ""
    return re.split(r"[\[<>=!~ ]", name)[0]


def _refuse_missing(requirements: Iterable[tuple[str, str]], findings: Findings, files: Collection[str]) -> None:
    for where, requirement in requirements:
        path = package_file(requirement)
        if path is not None and path not in files:
            findings.refuse(pointer(where, "package_name"), path, "is no file of the package")


def _size(group: Any) -> int:
    """How many packages a group names; what is no group counts as one, so that there are never too many to read."""
    packages = group.get("packages") if isinstance(group, dict) else None
    return max(len(packages), 1) if isinstance(packages, list) else 1


def _group(where: str, group: Any, findings: Findings) -> list[tuple[str, str]]:
    """Each requirement behind the JSON pointer to its entry."""
    if not isinstance(group, dict):
        findings.refuse(where, group, "must be an object with installer and packages")
        return []
    findings.strange_keys(where, group, _GROUP_KEYS)
    installer = group.get("installer") or "pip"
    if not isinstance(installer, str) or installer.strip().lower() not in {"pip", "pip3"}:
        findings.refuse(pointer(where, "installer"), installer, "is not pip")
        return []
    packages = group.get("packages") or []
    if not isinstance(packages, list):
        findings.refuse(pointer(where, "packages"), packages, "must be a list of objects")
        return []
    places = [pointer(pointer(where, "packages"), number) for number in range(len(packages))]
    found = [(at, _requirement(at, package, findings)) for at, package in zip(places, packages)]  # noqa: B905
    return [(at, requirement) for at, requirement in found if requirement is not None]


def _requirement(where: str, package: Any, findings: Findings) -> str | None:
    if isinstance(package, str):
        findings.repair(where, f"the text {excerpt(package)} read as package_name")
        package = {"package_name": package}
    if not isinstance(package, dict):
        findings.refuse(where, package, "must be an object with package_name")
        return None
    name = package.get("package_name")
    if name is None:
        findings.missing(pointer(where, "package_name"), "the name of a package", package)
        return None
    findings.strange_keys(where, package, _PACKAGE_KEYS)
    if name == "" and not package.get("package_version"):
        findings.repair(where, "empty: left out")
        return None
    if not isinstance(name, str) or not name.strip():
        findings.refuse(pointer(where, "package_name"), name, "must be the name of a package")
        return None
    return _named(where, name.strip(), package, findings)


def _named(where: str, name: str, package: dict[str, Any], findings: Findings) -> str | None:
    file = _IN_PACKAGE.sub(lambda match: match.group(1) or "", name)
    if len(name) > _MAX_CHARACTERS // 2:
        findings.refuse(pointer(where, "package_name"), name, "is too long")
        return None
    if _FILE.fullmatch(file) and not file.startswith("/"):
        return f"./{file}"
    listed = _LIST.fullmatch(file)
    if listed is not None:
        return f"-r ./{listed['file']}"
    requirement = _REQUIREMENT.fullmatch(name)
    if requirement is not None:
        findings.repair(pointer(where, "package_name"), f"{excerpt(name)} read as a name with a version")
        return f"{requirement['name']}{re.sub(r'[ ]', '', requirement['limits'])}"
    if not _NAME.fullmatch(name):
        findings.refuse(pointer(where, "package_name"), name, "is neither a package's name nor a file of the package")
        return None
    limit = _limit(where, package, findings)
    return None if limit is None else f"{name}{limit}"


def _limit(where: str, package: dict[str, Any], findings: Findings) -> str | None:
    """`==1.0` and the like, empty for any version; None when refused."""
    version = package.get("package_version")
    if version is None or version == "":
        return ""
    if isinstance(version, (int, float)) and not isinstance(version, bool):
        findings.repair(pointer(where, "package_version"), f"the number {excerpt(version)} read as text")
    text = version.strip() if isinstance(version, str) else f"{version}"
    if not _VERSION.fullmatch(text) or len(text) > _MAX_CHARACTERS // 4 or isinstance(version, (bool, dict, list)):
        findings.refuse(pointer(where, "package_version"), version, "is not a version")
        return None
    operator = _operator(where, package.get("restraint"), findings)
    return None if operator is None else f"{operator}{text}"


def _operator(where: str, restraint: Any, findings: Findings) -> str | None:
    if restraint is None or restraint == "":
        findings.repair(where, "package_version without restraint: read as EXACT")
        return _OPERATORS["EXACT"]
    plain = restraint.strip().upper() if isinstance(restraint, str) else ""
    word = next((word for word, operator in _OPERATORS.items() if plain == operator), plain)
    if word not in _OPERATORS:
        findings.refuse(pointer(where, "restraint"), restraint, f"is not one of {', '.join(_OPERATORS)}")
        return None
    if word != restraint:
        findings.repair(pointer(where, "restraint"), f"{excerpt(restraint)} read as {word}")
    return _OPERATORS[word]
