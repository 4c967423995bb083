"""A field that the operator stops setting and leaves to others. Pure; never writes.

Server-side apply resets a field to its default once its last owner leaves it out: a Deployment would fall back to one
pod, before any autoscaler could say otherwise. So the value is first applied under another name, which owns it until
somebody else sets the field.
"""

from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.ports.kubernetes import FIELD_MANAGER

Path = tuple[str, ...]
"""Names of the fields from the root of an object."""
LEFT_TO_OTHERS: Final = "aiapp-operator-left-to-others"
"""The field manager that owns what the operator no longer sets."""


def is_set(document: Json, path: Path) -> bool:
    """Whether the document has the field."""
    return _value(document, path) is not None


def is_ours(live: Json, path: Path) -> bool:
    """Whether the operator applied the field, and nobody has set it to another value since."""
    fields = tuple(f"f:{name}" for name in path)
    return any(
        one.get("manager") == FIELD_MANAGER and one.get("operation") == "Apply" and is_set(one["fieldsV1"], fields)
        for one in live["metadata"].get("managedFields") or ()
    )


def handover(live: Json, path: Path) -> Json:
    """What is to be applied as `LEFT_TO_OTHERS`: the field as it is, if the object is still the same."""
    metadata = {key: live["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
    *above, last = path
    content: Json = {last: _value(live, path)}
    for name in reversed(above):
        content = {name: content}
    return {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata, **content}


def _value(document: Json, path: Path) -> Any:
    part: Any = document
    for name in path:
        part = part.get(name) if isinstance(part, dict) else None
    return part
