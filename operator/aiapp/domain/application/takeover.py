"""Pods that a version without a number of its own takes over from the versions that it replaces."""

from aiapp.domain.application.observed import Children, taken_over_pods, version_of, wanted_pods
from aiapp.domain.application.traffic.goal import Goal
from aiapp.domain.kubernetes.resources import Json


def taken_over(children: Children, wanted: Goal) -> dict[str, int]:
    """How many each version is to have for it, as long as one goes that has pods: the load stays the same.

    What goes has fewer and fewer; so the number stays on the Deployments of those that take over, until all are gone.
    In steps they take over a part at each of them.
    """
    whole = _of_those_that_go(children, wanted)
    return {v: max(whole.get(v, 0), wanted.inherited.get(v, 0)) for v in {**whole, **wanted.inherited}}


def _of_those_that_go(children: Children, wanted: Goal) -> dict[str, int]:
    going = [child for child in children.deployments if _goes(child, wanted)]
    free = [version for version, number in wanted.replicas.items() if number is None]
    if not free or not any(wanted_pods(child) for child in going):
        return {}
    there = max(sum(wanted_pods(child) for child in going), *(taken_over_pods(child) for child in going))
    parts = _split(there, [wanted.shares.get(version, 0) for version in free])
    return {
        version: max(part, 1, taken_over_pods(children.deployment(version)))
        for version, part in zip(free, parts, strict=True)
    }


def _goes(child: Json, wanted: Goal) -> bool:
    return wanted.replicas.get(version_of(child) or "", 0) == 0


def _split(number: int, shares: list[int]) -> list[int]:
    """Whole numbers in the ratio of the shares that add up to `number`."""
    total, before, parts = sum(shares) or len(shares), 0, []
    for place in range(len(shares)):
        until = number * (sum(shares[: place + 1]) if sum(shares) else place + 1) // total
        parts.append(until - before)
        before = until
    return parts
