"""Which share of the traffic each version gets now: on the way from the last split to the goal, as pods are ready."""

from collections.abc import Mapping
from typing import NamedTuple

from aiapp.domain.application.traffic.shares import Shares, parts


class Pods(NamedTuple):
    """Pods of one version."""

    ready: int
    wanted: int


def split(goal: Shares, pods: Mapping[str, Pods], last: Shares) -> Shares:
    """The shares of the versions in `pods`, which may be fewer or more than those of the goal.

    Empty where each would be 0. While any version of the goal, or else of the last split, has a ready pod, no version
    without one gets anything. A version whose share grows has as much of it as of its pods are ready; those that have
    to give that much keep it meanwhile. Carried out and computed again it is the same.
    """
    aim = {version: goal.get(version, 0) for version in pods}
    had = {version: last.get(version, 0) for version in pods}
    ready = {version for version, one in pods.items() if one.ready}
    if any(aim[version] for version in ready):
        return _whole(_towards(aim, had, {version: pods[version] for version in ready}))
    kept = {version: share if version in ready else 0 for version, share in had.items()}
    found = next((shares for shares in (kept, had, aim) if any(shares.values())), None)
    return _whole(found) if found else {}


def _towards(aim: Shares, had: Shares, ready: Mapping[str, Pods]) -> dict[str, int]:
    """Shares that add up to 100 at most, 0 for what is not ready."""
    reached = {version: _reached(aim[version], had[version], ready.get(version)) for version in aim}
    surplus = {version: max(had[version] - aim[version], 0) if version in ready else 0 for version in aim}
    missing = min(100 - sum(reached.values()), sum(surplus.values()))
    kept = parts(missing, surplus)
    return {version: reached[version] + kept[version] for version in aim}


def _reached(aim: int, had: int, pods: Pods | None) -> int:
    """How much of its share a version may have: none without ready pods, and it grows with them."""
    if pods is None or aim == 0:
        return 0
    if had >= aim or pods.ready >= pods.wanted:
        return aim
    return max(had, aim * pods.ready // pods.wanted, 1)


def _whole(shares: Shares) -> Shares:
    return shares if sum(shares.values()) == 100 else parts(100, shares)
