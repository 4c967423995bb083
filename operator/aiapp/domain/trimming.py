"""What is kept of objects that are merely looked at: the rest only costs memory. Pure; trims its argument in place."""

from collections.abc import Callable, Mapping
from typing import Final

from aiapp.domain.resources import CONFIG_MAPS, PODS, Json, Resource

_POD_METADATA: Final = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "labels",
    "ownerReferences",
    "creationTimestamp",
    "deletionTimestamp",
)
_POD_STATUS: Final = (
    "phase",
    "reason",
    "message",
    "startTime",
    "conditions",
    "initContainerStatuses",
    "containerStatuses",
)


def without_managed_fields(document: Json) -> Json:
    """Who owns which field takes half of an object's room and interests nobody here."""
    document["metadata"].pop("managedFields", None)
    return document


def trimmed_pod(pod: Json) -> Json:
    """Who it is, where it runs and how it fares."""
    status = pod.get("status", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _only(pod["metadata"], _POD_METADATA),
        "spec": _only(pod.get("spec", {}), ("nodeName",)),
        "status": _only(status, _POD_STATUS),
    }


def trimmed_config_map(config_map: Json) -> Json:
    """An immutable ConfigMap without its content, which cannot differ from what was written."""
    without_managed_fields(config_map)
    if config_map.get("immutable"):
        config_map.pop("data", None)
        config_map.pop("binaryData", None)
    return config_map


_TRIMS: Final[Mapping[Resource, Callable[[Json], Json]]] = {PODS: trimmed_pod, CONFIG_MAPS: trimmed_config_map}


def trim_of(resource: Resource) -> Callable[[Json], Json]:
    """How objects of the resource are trimmed before they are stored."""
    return _TRIMS.get(resource, without_managed_fields)


def _only(part: Json, fields: tuple[str, ...]) -> Json:
    return {field: part[field] for field in fields if field in part}
