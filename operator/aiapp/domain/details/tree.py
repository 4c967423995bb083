"""All objects of an application with their states, below what they belong to. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.domain.kubernetes.naming import VERSION_LABEL
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition
from aiapp.domain.listing.items import number_of

_ORDER: Final = (
    "AIApplicationVersion",
    "Service",
    "HTTPRoute",
    "ConfigMap",
    "ControllerRevision",
    "Deployment",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "ReplicaSet",
    "Pod",
)
"""Of what belongs to one object."""
_DEEPEST: Final = 8
"""Owners above one another that are followed; Kubernetes makes three. Owner references are anybody's."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One object, and what belongs to it."""

    kind: str
    name: str
    state: str
    """A phase, numbers of pods, or the like; empty for what has none."""
    is_well: bool | None
    """Whether that is as it should be; None where nothing says so."""
    detail: str
    """What else is worth a look: a reason, a node, an address."""
    children: tuple["TreeNode", ...] = ()


State = tuple[str, bool | None, str]


def tree(name: str, application: Json | None, versions: Iterable[Json], objects: Iterable[Json]) -> TreeNode:
    """Of an application, its versions and all objects that have its label or one of these as their owner.

    What has a controller among them is below that; what names a version is below it, the rest below the application.
    """
    known = sorted(versions, key=lambda one: number_of(one["spec"]["version"]), reverse=True)
    below = _by_parent(application, known, list(objects))
    top = "" if application is None else application["metadata"]["uid"]
    children = [_node(version, below) for version in known] + [_node(one, below) for one in below.get(top, ())]
    state, is_well, detail = ("does not exist", None, "") if application is None else _state(application)
    return TreeNode("AIApplication", name, state, is_well, detail, tuple(children))


def _by_parent(application: Json | None, versions: Iterable[Json], objects: list[Json]) -> Mapping[str, list[Json]]:
    """Objects by the uid of what they are below, in order."""
    numbers = {version["spec"]["version"]: version["metadata"]["uid"] for version in versions}
    top = "" if application is None else application["metadata"]["uid"]
    inner = _inner_owners(objects)
    below: dict[str, list[Json]] = {}
    for one in sorted(objects, key=lambda one: (_ORDER.index(one["kind"]), one["metadata"]["name"])):
        for parent in _parents(one, inner, numbers, top):
            below.setdefault(parent, []).append(one)
    return below


def _inner_owners(objects: Iterable[Json]) -> Mapping[str, str | None]:
    """Each object's owner among them: the first, so that none is in the tree twice below these."""
    owners = {obj["metadata"]["uid"]: _owners(obj) for obj in objects}
    return {uid: next((owner for owner in own if owner in owners), None) for uid, own in owners.items()}


def _owners(obj: Json) -> list[str]:
    return [owner["uid"] for owner in obj["metadata"].get("ownerReferences") or ()]


def _is_near(uid: str, inner: Mapping[str, str | None]) -> bool:
    """Whether its owners end somewhere: those that own each other in a circle have no place below anything."""
    for _ in range(_DEEPEST):
        if (above := inner[uid]) is None:
            return True
        uid = above
    return False


def _parents(obj: Json, inner: Mapping[str, str | None], numbers: Mapping[str, str], top: str) -> list[str]:
    """What is pinned by several versions is below each of them."""
    owners, uid = _owners(obj), obj["metadata"]["uid"]
    if (controller := inner[uid]) is not None:
        return [controller if _is_near(uid, inner) else top]
    number = (obj["metadata"].get("labels") or {}).get(VERSION_LABEL, "")
    if number in numbers:
        return [numbers[number]]
    return [uid for uid in owners if uid in numbers.values()] or [top]


def _node(obj: Json, below: Mapping[str, list[Json]]) -> TreeNode:
    metadata = obj["metadata"]
    children = tuple(_node(child, below) for child in below.get(metadata["uid"], ()))
    state, is_well, detail = _state(obj)
    return TreeNode(obj["kind"], metadata["name"], state, is_well, detail, children)


def _state(obj: Json) -> State:
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating", False, ", ".join(obj["metadata"].get("finalizers") or ())
    known = _STATES.get(obj["kind"])
    return ("", None, "") if known is None else known(obj)


def _of_ours(obj: Json) -> State:
    status = obj.get("status") or {}
    ready = condition(status, "Ready")
    phase = status.get("phase") or "not looked at yet"
    is_well = {"True": True, "False": False}.get(ready.get("status", ""))
    detail = ready.get("reason", "") if is_well is False else status.get("served") or ""
    return phase, is_well, detail


def _of_pods(obj: Json) -> State:
    status, wanted = obj.get("status") or {}, int((obj.get("spec") or {}).get("replicas", 1))
    ready = int(status.get("readyReplicas") or 0)
    failed = condition(status, "ReplicaFailure")
    return f"{ready}/{wanted}", ready >= wanted, failed.get("message", "")


def _of_a_pod(obj: Json) -> State:
    status, node = obj.get("status") or {}, (obj.get("spec") or {}).get("nodeName", "")
    is_ready = condition(status, "Ready").get("status") == "True"
    waiting = next(_waiting(status), "") or status.get("reason") or ""
    restarts = sum(int(each.get("restartCount") or 0) for each in status.get("containerStatuses") or ())
    details = (f"on {node}" if node else "", f"{restarts} restarts" if restarts else "")
    return waiting or status.get("phase") or "", is_ready, ", ".join(filter(None, details))


def _waiting(status: Json) -> Iterator[str]:
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        if reason := ((container.get("state") or {}).get("waiting") or {}).get("reason"):
            yield reason


def _of_a_service(obj: Json) -> State:
    spec = obj.get("spec") or {}
    ports = ", ".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in spec.get("ports") or ())
    return spec.get("type") or "", None, f"{spec.get('clusterIP', '')} {ports}".strip()


def _of_a_route(obj: Json) -> State:
    parents = (obj.get("status") or {}).get("parents") or ()
    words = [each for parent in parents for each in parent.get("conditions") or () if each.get("type") == "Accepted"]
    if not words:
        return "not accepted yet", False, ""
    is_well = all(each.get("status") == "True" for each in words)
    refused: Json = next((each for each in words if each.get("status") != "True"), {})
    hosts = ", ".join((obj.get("spec") or {}).get("hostnames") or ())
    return "Accepted" if is_well else refused.get("reason") or "", is_well, refused.get("message") or hosts


def _of_an_autoscaler(obj: Json) -> State:
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    active = condition(status, "ScalingActive")
    bounds = f"{status.get('currentReplicas', 0)} of {spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
    is_well = {"True": True, "False": False}.get(active.get("status", ""))
    return bounds, is_well, active.get("message", "") if is_well is False else ""


def _of_a_budget(obj: Json) -> State:
    status = obj.get("status") or {}
    return f"{status.get('disruptionsAllowed', 0)} may go", None, ""


def _of_a_revision(obj: Json) -> State:
    return f"revision {obj.get('revision')}", None, ""


_STATES: Final[Mapping[str, Callable[[Json], State]]] = {
    "AIApplication": _of_ours,
    "AIApplicationVersion": _of_ours,
    "Deployment": _of_pods,
    "ReplicaSet": _of_pods,
    "Pod": _of_a_pod,
    "Service": _of_a_service,
    "HTTPRoute": _of_a_route,
    "HorizontalPodAutoscaler": _of_an_autoscaler,
    "PodDisruptionBudget": _of_a_budget,
    "ControllerRevision": _of_a_revision,
}
