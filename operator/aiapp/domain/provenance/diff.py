"""What changed from one version to another: content, config, runtime, metrics and where they come from. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from aiapp.domain.artifact.file_changes import FileChange, FileChanges, KnownFile, PackageFiles, file_changes
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.marks import own

SECTIONS: Final = ("config", "metrics", "runtime", "provenance")
"""What is compared beside the content, in the order in which it is shown."""
_OF_THE_MODEL: Final = ("config", "metrics", "runtime")
_REQUIREMENT: Final = re.compile(r"\s*([\w.-]+)\s*(.*)", re.DOTALL)
_NAMES: Final = (("name",), ("method", "url"), ("image",), ("uri",))
"""Fields by which the items of a list are told apart; of several the first that all of them have."""


class Change(NamedTuple):
    """One field; None where a version has none."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedVersion:
    """One of the two versions, as far as it is known."""

    name: str
    spec: Json
    status: Json
    files: PackageFiles | None = None
    """None for an image, and where the manifest cannot be read."""
    predicate: Json = field(default_factory=dict)
    """The record of its training, if there is one that can be read."""
    config: Any = None
    """Its config.json, where the manifest holds it."""

    @property
    def digest(self) -> str | None:
        """The digest of the content: of a package, or of an image."""
        artifact = self.status.get("artifact") or {}
        found = artifact.get("image", "").rpartition("@")[2] if "image" in artifact else artifact.get("digest")
        return found or None

    @property
    def pin(self) -> str | None:
        """What it is pinned to, also while the digest of the content is not known."""
        return self.digest or (self.status.get("artifact") or {}).get("pin")


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one version to another."""

    before: ComparedVersion
    after: ComparedVersion
    files: FileChanges | None
    """None where the files of one of them are not known."""
    sections: Mapping[str, tuple[Change, ...]]

    @property
    def same_content(self) -> bool | None:
        """Whether both hold the same content; None where that cannot be told."""
        if self.before.digest is not None and self.after.digest is not None:
            return self.before.digest == self.after.digest
        if self.before.pin is not None and self.before.pin == self.after.pin:
            return True
        return None if self.files is None else not self.files.changes

    @property
    def same_model(self) -> bool:
        """Whether both serve the same: content, config, metrics and runtime. Where they come from does not count."""
        return self.same_content is True and not any(self.sections[name] for name in _OF_THE_MODEL)

    def document(self) -> Json:
        """All of it, for programs."""
        return {
            "versions": [self.before.name, self.after.name],
            "sameContent": self.same_content,
            "sameModel": self.same_model,
            "content": {"before": self.before.pin, "after": self.after.pin},
            "files": None if self.files is None else _files(self.files),
            **{name: [change._asdict() for change in changes] for name, changes in self.sections.items()},
        }


def diff(before: ComparedVersion, after: ComparedVersion) -> Diff:
    """What changed from `before` to `after`."""
    files = file_changes(before.files, after.files) if before.files is not None and after.files is not None else None
    with_config = before.config is not None and after.config is not None
    old, new = _facts(before, with_config=with_config), _facts(after, with_config=with_config)
    return Diff(before, after, files, {name: tuple(_changes(old[name], new[name])) for name in SECTIONS})


def _facts(version: ComparedVersion, *, with_config: bool) -> Mapping[str, Json]:
    """By section. What is in the model's own file counts only where both have it."""
    model = version.status.get("model") or {}
    config = {key: value for key, value in model.items() if key not in {"metrics", "dependencies"}}
    config["dependencies"] = dict(map(_requirement, model.get("dependencies") or ()))
    runtime = {"runtime": version.status.get("runtime") or {}, "container": version.spec.get("container") or {}}
    image = version.status.get("image") or {}
    return {
        "config": config | ({"config.json": version.config} if with_config else {}),
        "metrics": model.get("metrics") or {},
        "runtime": runtime | {"image": {key: image[key] for key in ("image", "digest") if key in image}},
        "provenance": _provenance(version),
    }


def _requirement(text: str) -> tuple[str, str]:
    found = _REQUIREMENT.fullmatch(text)
    return (found[1], found[2] or "any") if found else (text, "any")


def _provenance(version: ComparedVersion) -> Json:
    source = version.status.get("source") or {}
    summary = {key: value for key, value in (version.status.get("provenance") or {}).items() if key != "record"}
    build = version.predicate.get("buildDefinition") or {}
    external, internal = build.get("externalParameters") or {}, build.get("internalParameters") or {}
    training = {key: external[key] for key in ("containers", "inputs") if key in external}
    job = {key: value for key, value in (external.get("job") or {}).items() if key in {"owner", "runtime"}}
    job["labels"] = own((external.get("job") or {}).get("labels") or {})
    code = {key: internal[key] for key in ("branch", "run") if key in internal}
    origin = {key: source[key] for key in ("type", "origin", "uri", "template", "trainingJob") if key in source}
    return {"source": origin} | summary | training | code | {"job": job}


def _changes(before: Json, after: Json) -> Iterator[Change]:
    old, new = dict(_flat(before, "")), dict(_flat(after, ""))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield Change(name, old.get(name), new.get(name))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every value by the names that lead to it; a list of plain values is one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for name, item in zip(_named(value), value, strict=True):
            yield from _flat(item, f"{path}[{name}]")
    elif value is not None and value != []:
        yield path, _text(value)


def _named(items: list[Any]) -> list[str]:
    for fields in _NAMES:
        names = [" ".join(str(item.get(key)) for key in fields) for item in items if _has(item, fields)]
        if len(set(names)) == len(items):
            return names
    return list(map(str, range(len(items))))


def _has(item: Any, fields: Iterable[str]) -> bool:
    return isinstance(item, dict) and all(key in item for key in fields)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _files(files: FileChanges) -> Json:
    counts = {how: files.count(how) for how in ("added", "removed", "changed")}
    return counts | {"same": files.same, "changes": list(map(_file, files.changes))}


def _file(change: FileChange) -> Json:
    sides = {"before": _file_document(change.before), "after": _file_document(change.after)}
    return {"path": change.path, "change": change.how, "by": change.by, **sides}


def _file_document(file: KnownFile | None) -> Json | None:
    return None if file is None else {"size": file.size, "sha256": file.sha256}
