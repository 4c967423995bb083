"""What people read of an application or a version, and how they change it: names, description, documents. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.domain.application.operation import CannotOperateError, Operation
from aiapp.domain.kubernetes.resources import Json

_FIELDS: Final = {"displayName": "display_name", "description": "description"}
DOCUMENTS: Final = "documents"
_NO_BREAKS: Final = str.maketrans("", "", "\r\n")
Seen = Mapping[str, str]
"""`marks` of the object as somebody saw it."""


@dataclass(frozen=True, slots=True)
class Description:
    """Changes; None: as it is, empty: removed."""

    display_name: str | None = None
    description: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    """URL by title: added, replaced, or removed where it is empty."""


def described(obj: Json, wanted: Description, seen: Seen | None = None) -> Operation:
    """The change of an AIApplication or AIApplicationVersion. Documents that are not named stay.

    It rests on what was seen: raises `CannotOperateError` where a field that it changes is another one by now. None:
    whoever asks has seen nothing.
    """
    spec = obj.get("spec") or {}
    changes = {key: getattr(wanted, name) for key, name in _FIELDS.items() if getattr(wanted, name) is not None}
    after: dict[str, object] = {key: text or None for key, text in changes.items()}
    if wanted.documents:
        after[DOCUMENTS] = _documents(spec.get(DOCUMENTS) or (), wanted.documents) or None
    patch = {key: step for key, value in after.items() if (step := _step(spec, key, value)) is not None}
    outcome = f"described: {', '.join(after)}"
    if not patch:
        return Operation(f"{outcome} as asked already")
    if seen is not None:
        _check(obj, patch, seen)
    bare = [] if "spec" in obj else [{"op": "add", "path": "/spec", "value": {}}]
    rests_on = [key for key in patch if seen is not None or key == DOCUMENTS]
    return Operation(outcome, [*bare, *_unchanged(obj, rests_on), *patch.values()], edits_spec=True)


def marks(spec: Json) -> dict[str, str]:
    """What tells each field from what it was, on one line: without the line breaks that the field of a form drops."""
    texts = {key: (spec.get(key) or "").translate(_NO_BREAKS).strip() for key in _FIELDS}
    documents = [[one["name"], one["url"]] for one in spec.get(DOCUMENTS) or ()]
    return {key: json.dumps(value) for key, value in {**texts, DOCUMENTS: documents}.items()}


def _check(obj: Json, changed: Iterable[str], seen: Seen) -> None:
    now = marks(obj.get("spec") or {})
    if lost := [key for key in changed if now[key] != seen.get(key)]:
        name, fields_ = obj["metadata"]["name"], " and ".join(lost)
        raise CannotOperateError(
            f"nothing is written: somebody changed {fields_} of {name} since you looked; look at what it is now"
        )


def fields(wanted: Description) -> Json:
    """The same as fields of a new object's spec."""
    texts = {key: text for key, name in _FIELDS.items() if (text := getattr(wanted, name))}
    documents = _documents((), wanted.documents)
    return texts | ({DOCUMENTS: documents} if documents else {})


def _documents(now: Sequence[Json], changes: Mapping[str, str]) -> list[Json]:
    after = {one["name"]: one["url"] for one in now} | dict(changes)
    return [{"name": name, "url": url} for name, url in after.items() if url]


def _unchanged(obj: Json, keys: Sequence[str]) -> list[Json]:
    """The fields that the others were made from, so that nothing which came meanwhile is lost."""
    spec, metadata = obj.get("spec") or {}, obj["metadata"]
    same = [{"op": "test", "path": f"/spec/{key}", "value": spec[key]} for key in keys if key in spec]
    if len(same) == len(keys):
        return same
    # No `test` says that a field is absent.
    return [*same, {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]}]


def _step(spec: Json, key: str, value: object) -> Json | None:
    if spec.get(key) == value:
        return None
    if value is None:
        return {"op": "remove", "path": f"/spec/{key}"}
    return {"op": "add", "path": f"/spec/{key}", "value": value}
