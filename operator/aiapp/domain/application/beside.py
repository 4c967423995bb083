"""What a served version has beside its Deployment and Service where it is wished: a disruption budget. Pure."""

from collections.abc import Iterable
from typing import Final

from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.observed import Children, version_of, wanted_pods
from aiapp.domain.application.scale import remembered
from aiapp.domain.kubernetes.resources import POD_DISRUPTION_BUDGETS, Json
from aiapp.domain.rendering.disruption_budget import disruption_budget

KINDS: Final = frozenset({POD_DISRUPTION_BUDGETS.kind})
"""Kinds of which a version may have none."""


def beside(application: str, served: ServedVersion, serving: Serving, children: Children) -> list[Json]:
    """The objects that the version should have."""
    if serving.disruption_budget == "None" or not _may_be_several(served, children):
        return []
    return [disruption_budget(application, served.version)]


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


def _may_be_several(served: ServedVersion, children: Children) -> bool:
    """Whether it has more than one pod; where others say how many, it stays so once it had."""
    if served.replicas is not None:
        return served.replicas > 1
    child = children.deployment(served.version)
    several = child is not None and (remembered(child) or wanted_pods(child)) > 1
    return several or any(child["kind"] in KINDS and version_of(child) == served.version for child in children.others)
