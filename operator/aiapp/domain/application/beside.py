"""What a served version has beside its Deployment and Service where it is wished. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.observed import Children, version_of, wanted_pods
from aiapp.domain.application.pod_diagnosis import conditions
from aiapp.domain.application.scale import remembered
from aiapp.domain.kubernetes.resources import HORIZONTAL_POD_AUTOSCALERS, POD_DISRUPTION_BUDGETS, Json
from aiapp.domain.rendering.autoscaler import autoscaler
from aiapp.domain.rendering.disruption_budget import disruption_budget

KINDS: Final = frozenset({POD_DISRUPTION_BUDGETS.kind, HORIZONTAL_POD_AUTOSCALERS.kind})
"""Kinds of which a version may have none."""
RESTS: Final = "ScalingDisabled"
"""Reason of an autoscaler whose Deployment is to have no pods."""


def beside(application: str, served: ServedVersion, serving: Serving, children: Children) -> list[Json]:
    """The objects that the version should have."""
    several = serving.disruption_budget == "Auto" and _may_be_several(served, children)
    budget = [disruption_budget(application, served.version)] if several else []
    scaling = served.autoscaling
    return [*budget, *([autoscaler(application, served.version, scaling)] if scaling else [])]


def needless(children: Children, versions: Iterable[str], wanted: Iterable[Json]) -> list[Json]:
    """What these versions have of such kinds, and should not have."""
    kept = {(obj["kind"], obj["metadata"]["name"]) for obj in wanted}
    known = set(versions)
    return [
        child
        for child in children.others
        if child["kind"] in KINDS
        and version_of(child) in known
        and (child["kind"], child["metadata"]["name"]) not in kept
    ]


def at_a_loss(children: Children) -> Iterator[str]:
    """What to say of each autoscaler that finds no number of pods."""
    for child in children.others:
        if child["kind"] == HORIZONTAL_POD_AUTOSCALERS.kind:
            active = conditions(child).get("ScalingActive", {})
            if active.get("status") == "False" and active.get("reason") != RESTS:
                name = child["metadata"]["name"]
                yield f"its autoscaler finds no number ({active.get('reason')}): see `kubectl describe hpa {name}`"


def has_autoscaler(children: Children, version: str) -> bool:
    """Whether there is an autoscaler for the version."""
    return any(one["kind"] == HORIZONTAL_POD_AUTOSCALERS.kind and version_of(one) == version for one in children.others)


def _may_be_several(served: ServedVersion, children: Children) -> bool:
    """Whether it has more than one pod; where others say how many, it stays so once it had."""
    if served.replicas is not None:
        return served.replicas > 1
    if served.autoscaling is not None:
        return served.autoscaling.max_replicas > 1
    child = children.deployment(served.version)
    several = child is not None and (remembered(child) or wanted_pods(child)) > 1
    budgets = (one for one in children.others if one["kind"] == POD_DISRUPTION_BUDGETS.kind)
    return several or any(version_of(one) == served.version for one in budgets)
