"""Shares of the traffic: what `spec` asks for, and what each version gets by its share of the ready pods."""

from collections.abc import Sequence

from aiapp.api.application_status import Traffic
from aiapp.api.serving import ServedVersion, Serving
from aiapp.domain.application.observed import Children, ready_pods, version_of, wanted_pods


def weight_of(served: ServedVersion, serving: Serving) -> int:
    """Percent of the traffic that is asked for; a single version may leave it out."""
    return served.weight if served.weight is not None else 100 // len(serving.versions)


def by_ready_pods(children: Children, serving: Serving | None) -> list[Traffic]:
    """Served versions in the order of the spec, then those that still have pods."""
    weights = {served.version: weight_of(served, serving) for served in serving.versions} if serving else {}
    deployed = {version: d for d in children.deployments if (version := version_of(d)) is not None}
    numbers = [*weights, *sorted(set(deployed) - set(weights))]
    shares = percentages([ready_pods(deployed[n]) if n in deployed else 0 for n in numbers])
    return [
        Traffic(
            version=number,
            weight=weights.get(number, 0),
            actual_weight=share,
            replicas=wanted_pods(deployed[number]) if number in deployed else 0,
            ready=ready_pods(deployed[number]) if number in deployed else 0,
        )
        for number, share in zip(numbers, shares, strict=True)
    ]


def percentages(counts: Sequence[int]) -> list[int]:
    """Whole percents that add up to 100: the largest remainders get what rounding down leaves."""
    total = sum(counts)
    if total == 0:
        return [0] * len(counts)
    exact = [100 * count / total for count in counts]
    floors = [int(share) for share in exact]
    places = sorted(range(len(counts)), key=lambda i: exact[i] - floors[i], reverse=True)
    for place in places[: 100 - sum(floors)]:
        floors[place] += 1
    return floors
