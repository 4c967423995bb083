"""Where the pods of a version may go and how they spread: the operator's own demands and those of users together."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiapp.api.scheduling import NodeAffinity, NodeDemand, Scheduling
from aiapp.domain.kubernetes.naming import version_selector
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.placement import Placement

HOST_LABEL: Final = "kubernetes.io/hostname"
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"


def scheduling_fields(placed: Placement, wishes: Scheduling | None, application: str, version: str) -> Json:
    """The fields of a pod's spec; absent ones are left out."""
    asked = wishes or Scheduling()
    tolerations = [
        *placed.tolerations,
        *(one.model_dump(by_alias=True, exclude_none=True) for one in asked.tolerations or ()),
    ]
    affinity = _affinity(placed.node_affinity or {}, asked.node_affinity or NodeAffinity())
    found: Mapping[str, object] = {
        "affinity": {"nodeAffinity": affinity} if affinity else None,
        "tolerations": tolerations or None,
        "nodeSelector": asked.node_selector,
        "topologySpreadConstraints": _spread(asked, application, version),
        "priorityClassName": asked.priority_class_name,
        "schedulerName": asked.scheduler_name,
    }
    return {key: value for key, value in found.items() if value}


def _affinity(own: Json, asked: NodeAffinity) -> Json:
    """What is required holds together with our own, in each alternative of it."""
    required = _expressions(asked.required or ())
    terms: list[Json] = own.get(_REQUIRED, {}).get("nodeSelectorTerms") or ([{}] if required else [])
    demanded = [{"matchExpressions": [*term.get("matchExpressions", ()), *required]} for term in terms]
    preferred = [
        *own.get(_PREFERRED, ()),
        *(
            {"weight": one.weight, "preference": {"matchExpressions": _expressions(one.demands)}}
            for one in asked.preferred or ()
        ),
    ]
    merged: dict[str, Any] = {_REQUIRED: {"nodeSelectorTerms": demanded}} if demanded else {}
    return merged | ({_PREFERRED: preferred} if preferred else {})


def _expressions(demands: Iterable[NodeDemand]) -> list[Json]:
    return [one.model_dump(by_alias=True, exclude_none=True, mode="json") for one in demands]


def _spread(asked: Scheduling, application: str, version: str) -> list[Json]:
    """Over nodes, each set of pods of one template for itself: else the pods that a rollout replaces would count."""
    if asked.spread == "None":
        return []
    return [
        {
            "maxSkew": 1,
            "topologyKey": HOST_LABEL,
            "whenUnsatisfiable": "DoNotSchedule" if asked.spread == "Required" else "ScheduleAnyway",
            "labelSelector": {"matchLabels": version_selector(application, version)},
            "matchLabelKeys": ["pod-template-hash"],
        }
    ]
