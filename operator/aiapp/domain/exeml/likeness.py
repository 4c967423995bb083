"""Whether a pod is what the operator made of a template, to the last field. Values only.

Whoever may create pods may give one the labels, owners and volumes of another: only its whole spec tells what runs in
it. What Kubernetes itself adds to every pod is allowed for, by name; anything else is a difference.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json

_ADDED: Final[Mapping[str, tuple[Any, ...]]] = {
    "dnsPolicy": ("ClusterFirst",),
    "restartPolicy": ("Always",),
    "serviceAccountName": ("default",),
    "serviceAccount": ("default",),
    "preemptionPolicy": ("PreemptLowerPriority", "Never"),
    "terminationGracePeriodSeconds": (30,),
    "securityContext": ({},),
}
"""Fields of a pod that a template need not have, and the values that the API server gives them."""
_ANY: Final = frozenset(
    {
        *("nodeName", "nodeSelector", "affinity", "topologySpreadConstraints", "schedulerName", "tolerations"),
        *("priority", "priorityClassName", "imagePullSecrets", "overhead"),
    }
)
"""Those whose value bears on where and when it runs, or on who may pull its images, and never on what runs in it."""
_ADDED_TO_CONTAINERS: Final[Mapping[str, tuple[Any, ...]]] = {
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
    "imagePullPolicy": ("IfNotPresent", "Always"),
    "securityContext": ({},),
}
_ANY_OF_CONTAINERS: Final = frozenset({"resources", "resizePolicy"})
_CONTAINERS: Final = ("initContainers", "containers")
_ADDED_DEEPER: Final[Mapping[str, tuple[Any, ...]]] = {
    "apiVersion": ("v1",),
    "defaultMode": (0o644,),
    "failureThreshold": (3,),
    "hostIP": ("",),
    "mode": (0o644,),
    "mountPropagation": ("None",),
    "optional": (False,),
    "periodSeconds": (10,),
    "protocol": ("TCP",),
    "recursiveReadOnly": ("Disabled",),
    "scheme": ("HTTP",),
    "successThreshold": (1,),
    "timeoutSeconds": (1,),
    "type": ("",),
    "nodeTaintsPolicy": ("Ignore",),
    "nodeAffinityPolicy": ("Honor",),
}
"""Fields of probes, ports, mounts and volumes."""


def unlike(pod: Json, template: Json) -> str | None:
    """The first field in which the pod is not as the template says, as `spec.containers[0].image`; None: in none."""
    live, expected = pod["spec"], template["spec"]
    return next(_of_pod(live, expected), None)


def _of_pod(live: Json, expected: Json) -> Iterator[str]:
    for name in _CONTAINERS:
        yield from _of_containers(live.get(name) or [], expected.get(name) or [], f"spec.{name}")
    if live.get("ephemeralContainers"):
        yield "spec.ephemeralContainers"
    rest = {*live, *expected} - {*_CONTAINERS, "ephemeralContainers", *_ANY}
    for name in sorted(rest):
        yield from _of_field(live, expected, name, f"spec.{name}", _ADDED)


def _of_containers(live: list[Json], expected: list[Json], place: str) -> Iterator[str]:
    if len(live) != len(expected):
        yield place
        return
    for number, (one, other) in enumerate(zip(live, expected, strict=True)):
        for name in sorted({*one, *other} - _ANY_OF_CONTAINERS):
            yield from _of_field(one, other, name, f"{place}[{number}].{name}", _ADDED_TO_CONTAINERS)


def _of_field(
    live: Mapping[str, Any], expected: Mapping[str, Any], name: str, place: str, added: Mapping[str, tuple[Any, ...]]
) -> Iterator[str]:
    if name not in expected:
        if not _is_added(live[name], added.get(name, ())):
            yield place
    elif name not in live:
        # The API server leaves out what is empty or false.
        if expected[name]:
            yield place
    else:
        yield from _of_value(live[name], expected[name], place)


def _of_value(live: Any, expected: Any, place: str) -> Iterator[str]:
    if isinstance(live, dict) and isinstance(expected, dict):
        for name in sorted({*live, *expected}):
            yield from _of_field(live, expected, name, f"{place}.{name}", _ADDED_DEEPER)
    elif isinstance(live, list) and isinstance(expected, list):
        if len(live) != len(expected):
            yield place
            return
        for number, (one, other) in enumerate(zip(live, expected, strict=True)):
            yield from _of_value(one, other, f"{place}[{number}]")
    elif live != expected or type(live) is not type(expected):
        yield place


def _is_added(value: Any, allowed: tuple[Any, ...]) -> bool:
    return any(value == one and type(value) is type(one) for one in allowed)
