"""Shares of the traffic: what `spec` asks for, and what each version gets by its share of the ready pods."""

from collections.abc import Mapping

from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.observed import Children, ready_pods, version_of

Shares = Mapping[str, int]
"""Percents by version; they add up to 100 wherever anything has traffic."""


def weight_of(served: ServedVersion, serving: Serving) -> int:
    """Percent of the traffic that is asked for; a single version may leave it out."""
    return served.weight if served.weight is not None else 100 // len(serving.versions)


def weights(serving: Serving | None) -> Shares:
    """The shares that `spec` asks for, in its order."""
    return {served.version: weight_of(served, serving) for served in serving.versions} if serving else {}


def by_ready_pods(children: Children) -> Shares:
    """The shares of all versions that have a Deployment, where a Service alone splits the traffic."""
    deployed = ((version_of(one), one) for one in children.deployments)
    return parts(100, {version: ready_pods(one) for version, one in deployed if version is not None})


def parts(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """`total` in whole parts that are as the sizes; the largest remainders get what rounding down leaves.

    Nothing where all sizes are 0.
    """
    whole = sum(sizes.values())
    if whole == 0:
        return dict.fromkeys(sizes, 0)
    floors = {name: total * size // whole for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: total * sizes[name] % whole, reverse=True)
    for name in by_remainder[: total - sum(floors.values())]:
        floors[name] += 1
    return floors
