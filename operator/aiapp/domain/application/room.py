"""Whether the nodes have room now for pods of a version, and which of its pods wait for room in vain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiapp.domain.application.candidate import RenderContext
from aiapp.domain.application.observed import ObservedApplication, version_of, wanted_pods
from aiapp.domain.application.pod_diagnosis import is_unschedulable
from aiapp.domain.application.rollout import Running
from aiapp.domain.application.serving_compatibility import asked_devices, no_room
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.placement import admits, free_devices
from aiapp.domain.nodes.usage import free

PATIENCE: Final = timedelta(seconds=5)
"""How long a pod may find no node before that counts: watches bring what made room for it one after the other."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the nodes have for one version."""

    template: Json
    """Of its pods."""
    places: int | None
    """How many of them the devices would do for that are free, or held by pods which are being deleted.

    None where devices do not decide: its pods ask for none, they are not counted, or no node is known to offer them.
    """
    waiting: int
    """How many of its pods the scheduler found no node for."""
    stuck: int
    """How many of these wait although nothing is on its way out that they could follow."""
    why: str
    """Why there is no room, in a few words."""

    @property
    def is_there(self) -> bool:
        """Whether one pod more would find a node."""
        return self.stuck == 0 and (self.places is None or self.places > self.waiting)


def room(observed: ObservedApplication, running: Running) -> Room:
    """What there is for a version that `spec` serves."""
    version, seen, in_use = running.served.version, running.candidate.compatibility, observed.context.in_use
    asked = asked_devices(running.template)
    nodes = free_devices(seen.kinds, asked[0], in_use) if asked and in_use is not None else ()
    why = no_room(version, seen, running.template, in_use)
    return _room(observed, version, running.template, nodes, why)


def room_of_leaving(observed: ObservedApplication, version: str, template: Json) -> Room:
    """What there is for a version that `spec` no longer serves, by what its pods themselves ask of nodes."""
    context, asked = observed.context, asked_devices(template)
    if asked is None or context.in_use is None:
        return _room(observed, version, template, (), None)
    affinity = template["spec"].get("affinity", {}).get("nodeAffinity")
    nodes = [
        (name, free(group.kind, asked[0], context.in_use.get(name, {})))
        for group in context.inventory.groups()
        if admits(affinity, group.kind)
        for name in group.names
    ]
    return _room(observed, version, template, nodes, None)


def _room(
    observed: ObservedApplication, version: str, template: Json, nodes: Sequence[tuple[str, int]], why: str | None
) -> Room:
    unplaced = [pod for pod in observed.children.pods if version_of(pod) == version and _is_unplaced(pod)]
    places = _places(observed.context, template, nodes)
    patient = sum(_age(pod, observed.now) >= PATIENCE for pod in unplaced)
    followed = 0 if places is None else places + _ending(observed)
    words = why or f"version {version}: the scheduler finds no node for its new pods"
    return Room(template, places, len(unplaced), max(patient - followed, 0), words)


def _places(context: RenderContext, template: Json, nodes: Sequence[tuple[str, int]]) -> int | None:
    asked = asked_devices(template)
    if asked is None or not nodes:
        return None
    resource, number = asked
    soon = (left + context.leaving.get(node, {}).get(resource, 0) for node, left in nodes)
    return sum(one // number for one in soon)


def _ending(observed: ObservedApplication) -> int:
    """Pods that their Deployments do not ask for any more and that are not being deleted yet; not those of a surge."""
    return sum(
        max(int(child["status"].get("replicas", 0)) - wanted_pods(child), 0)
        for child in observed.children.deployments
        if "status" in child and child["status"].get("updatedReplicas", 0) == child["status"].get("replicas", 0)
    )


def _is_unplaced(pod: Json) -> bool:
    return is_unschedulable(pod) and "deletionTimestamp" not in pod["metadata"]


def _age(pod: Json, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
