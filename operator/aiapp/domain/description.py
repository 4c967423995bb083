"""What people read of an application or a version, and how they change it: names, description, documents. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.domain.application.operation import Operation
from aiapp.domain.kubernetes.resources import Json

_FIELDS: Final = {"displayName": "display_name", "description": "description"}


@dataclass(frozen=True, slots=True)
class Description:
    """Changes; None: as it is, empty: removed."""

    display_name: str | None = None
    description: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    """URL by title: added, replaced, or removed where it is empty."""


def described(obj: Json, wanted: Description) -> Operation:
    """The change of an AIApplication or AIApplicationVersion. Documents that are not named stay."""
    spec = obj.get("spec") or {}
    changes = {key: getattr(wanted, name) for key, name in _FIELDS.items() if getattr(wanted, name) is not None}
    after: dict[str, object] = {key: text or None for key, text in changes.items()}
    if wanted.documents:
        after["documents"] = _documents(spec.get("documents") or (), wanted.documents) or None
    patch = [step for key, value in after.items() if (step := _step(spec, key, value)) is not None]
    outcome = f"described: {', '.join(after)}"
    if not patch:
        return Operation(f"{outcome} as asked already")
    bare = [] if "spec" in obj else [{"op": "add", "path": "/spec", "value": {}}]
    return Operation(outcome, [*bare, *_unchanged(spec, after), *patch], edits_spec=True)


def fields(wanted: Description) -> Json:
    """The same as fields of a new object's spec."""
    texts = {key: text for key, name in _FIELDS.items() if (text := getattr(wanted, name))}
    documents = _documents((), wanted.documents)
    return texts | ({"documents": documents} if documents else {})


def _documents(now: Sequence[Json], changes: Mapping[str, str]) -> list[Json]:
    after = {one["name"]: one["url"] for one in now} | dict(changes)
    return [{"name": name, "url": url} for name, url in after.items() if url]


def _unchanged(spec: Json, after: Mapping[str, object]) -> list[Json]:
    """The list that the other one was made from, so that none which came meanwhile is lost."""
    if "documents" not in after or "documents" not in spec:
        return []
    return [{"op": "test", "path": "/spec/documents", "value": spec["documents"]}]


def _step(spec: Json, key: str, value: object) -> Json | None:
    if spec.get(key) == value:
        return None
    if value is None:
        return {"op": "remove", "path": f"/spec/{key}"}
    return {"op": "add", "path": f"/spec/{key}", "value": value}
