"""Devices in use on nodes, from the pods that hold them, counted as the scheduler counts. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.facts import NodeKind, count, is_extended
from aiapp.domain.nodes.tables import Tables

UNFINISHED: Final = "status.phase!=Succeeded,status.phase!=Failed"
"""Field selector of the pods that hold what they asked for."""
_FINISHED: Final = frozenset({"Succeeded", "Failed"})

Form = Literal["whole", "slice", "share", "other"]
Used = Mapping[str, Mapping[str, int]]
"""By node and resource."""


def devices_of(pod: Json) -> dict[str, int]:
    """What a v1 Pod holds of extended resources: the most that its containers need at one time.

    Containers and restartable init containers run together; the other init containers one by one before them.
    """
    spec = pod.get("spec", {})
    together = _sum(map(_asked, spec.get("containers") or ()))
    most: dict[str, int] = {}
    beside: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        asked = _sum([beside, _asked(container)])
        most = _most(most, asked)
        if container.get("restartPolicy") == "Always":
            beside = asked
    return _most(most, _sum([beside, together]))


def trim(pod: Json) -> Json | None:
    """Node and devices of a pod; None for one that holds no device. The rest is never kept in memory."""
    node, status = pod.get("spec", {}).get("nodeName"), pod.get("status", {})
    devices = devices_of(pod) if node and status.get("phase") not in _FINISHED else {}
    if not devices:
        return None
    return {
        "metadata": {key: pod["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")},
        "node": node,
        "devices": devices,
        "leaving": "deletionTimestamp" in pod["metadata"],
    }


def used(pods: Iterable[Json]) -> dict[str, dict[str, int]]:
    """From trimmed pods."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for pod in pods:
        found[pod["node"]] = _sum([found[pod["node"]], pod["devices"]])
    return dict(found)


def free(kind: NodeKind, resource: str, in_use: Mapping[str, int]) -> int:
    """Never below zero, as after devices broke that pods still hold."""
    return max(kind.allocatable(resource) - in_use.get(resource, 0), 0)


def form(resource: str, tables: Tables) -> Form:
    """What one of it is: a whole NPU, a static slice, memory or cores beside an NPU, or something else."""
    if tables.families(resource) is None:
        return "other"
    if tables.is_part(resource):
        return "slice"
    return "share" if tables.is_share(resource) else "whole"


def _asked(container: Json) -> dict[str, int]:
    """Requests of devices equal their limits; either may be written."""
    resources = container.get("resources") or {}
    both = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: number for name, text in both.items() if is_extended(name) and (number := count(text))}


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return total


def _most(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {*first, *second}}
