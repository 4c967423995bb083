"""How many pods each version has now and how they are replaced: with a pod more where there is room, else in place."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.beside import has_autoscaler
from aiapp.domain.application.observed import (
    ObservedApplication,
    is_current,
    ready_pods,
    taken_over_pods,
    version_of,
    wanted_pods,
)
from aiapp.domain.application.restart import restart
from aiapp.domain.application.rollout import Rollout, Running
from aiapp.domain.application.room import PATIENCE, Room, room, room_of_leaving
from aiapp.domain.application.scale import FIRST, asked_before, scale
from aiapp.domain.application.surge import Pods, limits, step, yielding
from aiapp.domain.application.takeover import taken_over
from aiapp.domain.application.template_change import is_rolling, rolling_update
from aiapp.domain.application.traffic.goal import Goal, goal
from aiapp.domain.application.traffic.routing import is_moving, pods_for_traffic
from aiapp.domain.conditions import Finding, fails, holds
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import find
from aiapp.domain.rendering.deployment import Scale, restarted

LOOK_AGAIN_SECONDS: Final = PATIENCE.total_seconds()
"""While pods find no node: nobody tells who takes the room that they wait for."""


class Resize(NamedTuple):
    """Another number of pods for a Deployment that is not applied."""

    deployment: Json
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Numbers of pods and ways to replace them, by version."""

    pods: Mapping[str, Pods] = field(default_factory=dict)
    """What is wanted, and what there is."""
    scales: Mapping[str, Scale] = field(default_factory=dict)
    """Of versions that get a Deployment."""
    resize: tuple[Resize, ...] = ()
    """The smaller ones first, to make room."""
    gone: frozenset[str] = frozenset()
    """Versions that are not wanted any more, once others are ready in their place."""
    yielding: str | None = None
    """A version that makes room as soon as its gateway sends it nothing more."""
    surging: Finding | None = None
    """The condition, while Auto decides how pods are replaced."""
    look_again: float | None = None
    """Seconds until it is worth looking again."""


def scaling(observed: ObservedApplication, serving: Serving, rollouts: Sequence[Rollout]) -> Scaling:
    """The numbers of this pass, for served versions and for those on their way out."""
    wanted = goal(observed)
    running = {one.served.version: one for one in rollouts if isinstance(one, Running)}
    rooms = _rooms(observed, running, {one.version for one in serving.versions})
    inherited = taken_over(observed.children, wanted)
    pods = _pods(observed, wanted, inherited, rooms)
    needed = sum(one.wanted for one in pods.values())
    pods = {
        v: replace(one, traffic=pods_for_traffic(observed, v, wanted.shares.get(v, 0), needed))
        for v, one in pods.items()
    }
    has_room, stuck = _has_room(observed, pods, rooms)
    allowed = limits(serving.strategy, needed, has_room=has_room)
    numbers = step(pods, allowed, stuck, traffic_moves=is_moving(observed, serving))
    updates = {
        v: rolling_update(*_before_and_after(observed, v, rooms[v]), serving.strategy, rooms[v]) for v in running
    }
    gone = _gone(pods, wanted, serving, numbers)
    taking = {v: n for v, n in inherited.items() if numbers[v] > pods[v].now or _goes_on(pods, numbers)}
    in_vain = any(one.waiting for one in rooms.values())
    return Scaling(
        pods=pods,
        scales={v: _scale(observed, one, wanted, numbers, taking.get(v), updates[v]) for v, one in running.items()},
        resize=_resized(observed, running, numbers),
        gone=gone,
        yielding=yielding(pods, allowed, numbers, stuck),
        surging=_surging(observed, serving, pods, rooms, updates, has_room=has_room),
        look_again=LOOK_AGAIN_SECONDS if in_vain else None,
    )


def _goes_on(pods: Mapping[str, Pods], numbers: Mapping[str, int]) -> bool:
    """Whether a version that goes still has pods after this pass."""
    return any(numbers[version] for version, one in pods.items() if one.goes and not one.wanted)


def _scale(
    observed: ObservedApplication,
    running: Running,
    wanted: Goal,
    numbers: Mapping[str, int],
    taking: int | None,
    update: Json,
) -> Scale:
    version, child = running.served.version, observed.children.deployment(running.served.version)
    number = wanted.replicas[version]
    if number is None and taking is not None and not _has_them(child, taking, numbers[version]):
        return Scale(numbers[version], taken_over=taking, rolling_update=update)
    now = None if number is None else numbers[version]
    before = _least(observed, running.served) or asked_before(observed.application, version)
    return scale(running.served.replicas, now, child, before)._replace(rolling_update=update)


def _has_them(child: Json | None, taking: int, number: int) -> bool:
    """Whether it takes over one pod, which a Deployment has by itself.

    A number that is set has to be given up again when the others are gone: three requests, and another generation.
    """
    now = FIRST if child is None else wanted_pods(child)
    return taking == FIRST and number == now and not taken_over_pods(child)


def _least(observed: ObservedApplication, served: ServedVersion) -> int | None:
    """The pods to begin with where an autoscaler is made for a Deployment that has none: it would rest at 0."""
    if served.autoscaling is None or has_autoscaler(observed.children, served.version):
        return None
    return served.autoscaling.min_replicas or FIRST


def _rooms(observed: ObservedApplication, running: Mapping[str, Running], served: Collection[str]) -> dict[str, Room]:
    """Of versions that can get pods: those that run, and those on their way out, which may have to come back."""
    leaving = {
        version: room_of_leaving(observed, version, child["spec"]["template"])
        for child in observed.children.deployments
        if (version := version_of(child)) is not None and version not in served and "template" in child["spec"]
    }
    return {version: room(observed, one) for version, one in running.items()} | leaving


def _before_and_after(observed: ObservedApplication, version: str, found: Room) -> tuple[Json | None, Json]:
    """The Deployment as it is, and the template that it is to have."""
    child = observed.children.deployment(version)
    return child, restarted(found.template, restart(observed.application, child))


def _pods(
    observed: ObservedApplication, wanted: Goal, inherited: Mapping[str, int], rooms: Mapping[str, Room]
) -> dict[str, Pods]:
    found = {}
    children = {version: d for d in observed.children.deployments if (version := version_of(d)) is not None}
    left = (v for child in observed.children.others if (v := version_of(child)) is not None)
    for version in dict.fromkeys((*wanted.replicas, *children, *left)):
        child = children.get(version)
        now = wanted_pods(child) if child else 0
        number = wanted.replicas.get(version, 0)
        found[version] = Pods(
            wanted=max(now, inherited.get(version, 0 if child else 1)) if number is None else number,
            now=now,
            ready=min(ready_pods(child), now) if child else 0,
            can_grow=version in rooms,
        )
    return found


def _has_room(observed: ObservedApplication, pods: Mapping[str, Pods], rooms: Mapping[str, Room]) -> tuple[bool, int]:
    """Whether Auto may ask for a pod more than wanted, and how many pods that are to come find no node."""
    beyond = sum(one.now for one in pods.values()) - sum(one.wanted for one in pods.values())
    coming = [rooms[v] for v, one in pods.items() if v in rooms and one.wanted > one.ready and not one.goes]
    counted = sum(one.stuck for one in coming if one.places is not None)
    stuck = counted + min(sum(one.stuck for one in coming if one.places is None), max(beyond, 0))
    if stuck:
        return False, stuck
    before = find(observed.application.parsed.status.conditions, ConditionType.SURGING)
    goes_on = beyond > 0 and (before is None or before.status == "True")
    return goes_on or not coming or any(one.is_there for one in coming), 0


def _resized(
    observed: ObservedApplication, running: Mapping[str, Running], numbers: Mapping[str, int]
) -> tuple[Resize, ...]:
    children = {version: d for d in observed.children.deployments if (version := version_of(d)) is not None}
    found = [
        Resize(child, numbers[version])
        for version, child in children.items()
        if version not in running and numbers[version] != wanted_pods(child)
    ]
    return tuple(sorted(found, key=lambda one: one.replicas > wanted_pods(one.deployment)))


def _gone(pods: Mapping[str, Pods], wanted: Goal, serving: Serving, numbers: Mapping[str, int]) -> frozenset[str]:
    """What has no pod any more goes once another serves; what loses its last one now, once all others are ready."""
    staying = [one for one in pods.values() if one.wanted]
    complete, another = all(one.ready >= one.wanted for one in staying), any(one.ready for one in staying)
    kept = {one.version for one in serving.versions} | {v for v, share in wanted.shares.items() if share}
    return frozenset(
        version
        for version, number in numbers.items()
        if number == 0 and version not in kept and (complete or (another and pods[version].now == 0))
    )


def _surging(
    observed: ObservedApplication,
    serving: Serving,
    pods: Mapping[str, Pods],
    rooms: Mapping[str, Room],
    updates: Mapping[str, Json],
    *,
    has_room: bool,
) -> Finding | None:
    if not serving.strategy.is_auto:
        return None
    coming = [v for v, one in pods.items() if v in rooms and one.wanted > one.ready and not one.goes]
    in_place = coming[:1] if not has_room and any(one.goes for one in pods.values()) else []
    rolling = [v for v in updates if _rolls(observed, v, rooms[v])]
    in_place += [version for version in rolling if not updates[version]["maxSurge"]]
    if in_place:
        why = "; ".join(rooms[version].why for version in dict.fromkeys(in_place))
        return fails(ConditionType.SURGING, Reason.IN_PLACE, f"{IN_PLACE_WORDS}: {why}")
    if rolling or (coming and any(one.goes for one in pods.values())):
        return holds(
            ConditionType.SURGING, "a new pod comes up beside the old ones before one of them goes", Reason.BESIDE
        )
    return None


def _rolls(observed: ObservedApplication, version: str, found: Room) -> bool:
    """Whether a version's pods are being replaced; until its Deployment's controller has looked, as was said before."""
    child, template = _before_and_after(observed, version, found)
    before = find(observed.application.parsed.status.conditions, ConditionType.SURGING)
    is_new = child is not None and not is_current(child)
    return is_rolling(child, template) or (is_new and before is not None)


IN_PLACE_WORDS: Final = "an old pod goes before a new one comes"
