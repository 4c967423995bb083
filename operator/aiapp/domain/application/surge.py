"""How many pods each version has now, on the way from those that run to those that are wanted. Pure arithmetic.

As in a Deployment's rolling update, but between Deployments: at most `surge` pods more than needed, at most
`unavailable` ready ones fewer. Everything follows from what is seen now: there is nothing to remember.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from aiapp.api.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Pods of one version."""

    wanted: int
    """In the end."""
    now: int
    """As many as its Deployment asks for; 0 without one."""
    ready: int
    """Of those that its Deployment asks for."""
    can_grow: bool = True
    """Whether pods can be made of it."""
    traffic: int = 0
    """As many as are needed for what it is still sent."""

    @property
    def goes(self) -> bool:
        """Whether it has more pods than are wanted."""
        return self.now > self.wanted


class Limits(NamedTuple):
    """How far a change may go beyond what is wanted, and below."""

    surge: int
    unavailable: int
    at_once: bool = False
    """All old pods stay until all new ones are ready."""


IN_PLACE = Limits(0, 1)
BESIDE = Limits(1, 0)


def limits(strategy: Strategy, wanted: int, *, has_room: bool) -> Limits:
    """The limits of a change to `wanted` pods; `has_room` is what Auto goes by."""
    match strategy.surge:
        case "Full":
            return Limits(wanted, 0, at_once=True)
        case "RollingIncrease":
            return Limits(_up(strategy.max_surge, wanted) if strategy.max_surge is not None else 1, 0)
        case "RollingDecrease":
            return Limits(0, max(_down(strategy.max_unavailable, wanted), 1))
        case None if strategy.max_surge is not None or strategy.max_unavailable is not None:
            surge, unavailable = _up(strategy.max_surge, wanted), _down(strategy.max_unavailable, wanted)
            return Limits(surge, unavailable if surge else max(unavailable, 1))
        case _:
            return BESIDE if has_room else IN_PLACE


def step(pods: Mapping[str, Pods], allowed: Limits, stuck: int = 0, *, traffic_moves: bool = False) -> dict[str, int]:
    """The numbers of pods to ask for now, by version: what goes shrinks by what is ready of the others.

    `stuck` pods that are to come find no node. Those that are more than wanted wait for nothing but an old pod to go;
    for each of the others one ready pod fewer may serve, but for the last. Pods that are kept for traffic give way
    where they take the place of those that are to have it, unless some of it moves of itself (`traffic_moves`).
    """
    numbers = _numbers(pods, allowed, stuck)
    is_standing = all(numbers[version] == one.now for version, one in pods.items())
    if is_standing and not traffic_moves and any(one.can_grow and one.wanted > one.now for one in pods.values()):
        one_each = {version: replace(one, traffic=min(one.traffic, 1)) for version, one in pods.items()}
        return _numbers(one_each, allowed, stuck)
    return numbers


def _numbers(pods: Mapping[str, Pods], allowed: Limits, stuck: int) -> dict[str, int]:
    left = {version: one.now for version, one in pods.items()}
    for version in _shrinking(pods, allowed, _spare(pods, allowed, stuck), _leave(pods, allowed, stuck)):
        left[version] -= 1
    return left | _grown(pods, allowed, stuck, sum(left[v] for v, one in pods.items() if one.goes))


def _spare(pods: Mapping[str, Pods], allowed: Limits, stuck: int) -> tuple[int, int]:
    """How many of the pods that are too many may go: of those that are not ready, and of others."""
    staying = [one for one in pods.values() if not one.goes]
    wanted, total = sum(one.wanted for one in pods.values()), sum(one.now for one in pods.values())
    missing = sum(max(one.wanted - one.now, 0) for one in staying if one.can_grow) + stuck
    below = min(allowed.unavailable, missing)
    if below:
        below += max(stuck - max(total - wanted, 0), 0)
    keep = max(wanted - below, min(1, max(wanted - allowed.unavailable, 0)))
    removable = total - keep - sum(one.now - one.ready for one in staying)
    useless = min(removable, sum(one.now - one.ready for one in pods.values() if one.goes))
    spare = min(removable - useless, sum(one.ready for one in pods.values()) - keep)
    return max(useless, 0), max(spare, 0)


def _leave(pods: Mapping[str, Pods], allowed: Limits, stuck: int) -> int | None:
    """How many pods may go of versions that go altogether, as long as no pod of a new one is ready; None: any."""
    staying = [one for one in pods.values() if one.wanted]
    coming = [one for one in staying if one.ready < one.wanted]
    if not coming or (any(one.ready for one in staying) and not allowed.at_once):
        return None
    started = sum(one.now - one.ready for one in coming) - stuck
    possible = any(one.can_grow for one in coming)
    return max(allowed.unavailable - max(started, 0), 0) if possible else 0


def _shrinking(pods: Mapping[str, Pods], allowed: Limits, spare: tuple[int, int], leave: int | None) -> Iterable[str]:
    """The versions that lose a pod, one for each: those that go on first, then those with pods that are not ready."""
    going = {version: one for version, one in pods.items() if one.goes}
    now = {version: one.now for version, one in going.items()}
    least = {version: _least(version, pods, allowed) for version in going}
    useless = spare[0]
    for place in range(sum(spare)):
        able = [v for v, one in going.items() if now[v] > least[v] and (one.wanted or leave is None or leave > 0)]
        if place < useless:
            able = [v for v in able if now[v] > going[v].ready]
        if not able:
            continue
        chosen = max(able, key=lambda v: (going[v].wanted > 0, now[v] > going[v].ready, now[v]))
        now[chosen] -= 1
        if not going[chosen].wanted and leave is not None:
            leave -= 1
        yield chosen


def yielding(pods: Mapping[str, Pods], allowed: Limits, numbers: Mapping[str, int], stuck: int = 0) -> str | None:
    """A version that has to give up its last pod, and may as soon as it is sent nothing more: others can take that."""
    leave, spare = _leave(pods, allowed, stuck), sum(_spare(pods, allowed, stuck))
    lost = sum(one.now - numbers[version] for version, one in pods.items() if one.goes)
    if lost >= (spare if leave is None else min(spare, leave)):
        return None
    last = (v for v, one in pods.items() if one.goes and not one.wanted and numbers[v] == 1 and one.traffic)
    return min(last, key=lambda v: pods[v].traffic, default=None)


def _least(version: str, pods: Mapping[str, Pods], allowed: Limits) -> int:
    """Pods that a version keeps: those for its traffic, or in place its last one if another could take that."""
    one = pods[version]
    serving = min(one.traffic, one.ready)
    if not allowed.unavailable:
        return max(one.wanted, serving)
    others = any(other.ready for name, other in pods.items() if name != version)
    return max(one.wanted, 1 if serving and others else 0)


def _grown(pods: Mapping[str, Pods], allowed: Limits, stuck: int, left: int) -> dict[str, int]:
    """The numbers of those that are to grow: into the place that `left` old pods leave, the emptiest version first."""
    growing = {version: one for version, one in pods.items() if one.wanted > one.now and one.can_grow}
    now = {version: one.now for version, one in growing.items()}
    while True:
        able = [version for version, one in growing.items() if now[version] < one.wanted]
        if not able or sum(now.values()) + _others(pods, growing, left) >= _ceiling(pods, allowed, stuck):
            return now
        now[min(able, key=lambda v: now[v] / growing[v].wanted)] += 1


def _others(pods: Mapping[str, Pods], growing: Mapping[str, Pods], left: int) -> int:
    return left + sum(one.now for version, one in pods.items() if version not in growing and not one.goes)


def _ceiling(pods: Mapping[str, Pods], allowed: Limits, stuck: int) -> int:
    """Pods in all: as many as are wanted or were there before the change, and the surge."""
    wanted = sum(one.wanted for one in pods.values())
    if allowed.surge:
        old = sum(one.now for one in pods.values() if one.goes or one.wanted == one.now == one.ready)
        return max(wanted, old) + allowed.surge
    return max(wanted, sum(one.now for one in pods.values()) - stuck)


def _up(amount: int | str | None, of: int) -> int:
    return -(-_hundredths(amount, of) // 100)


def _down(amount: int | str | None, of: int) -> int:
    return _hundredths(amount, of) // 100


def _hundredths(amount: int | str | None, of: int) -> int:
    match amount:
        case None:
            return 0
        case int():
            return amount * 100
        case str():
            return int(amount.removesuffix("%")) * of
