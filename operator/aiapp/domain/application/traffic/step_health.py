"""What is wrong with the pods of a version since a step began, read from the pods alone. Pure; remembers nothing.

The kubelet says when a container ended and since when a pod is ready: what happened while no operator looked counts
all the same, and what happened before the step does not.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from aiapp.domain.application.pod_diagnosis import conditions
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import later, moment_of

SKEW: Final = timedelta(seconds=60)
"""How far a node's clock may be ahead of the operator's."""


def fault(pods: Iterable[Json], *, since: datetime, was_ready: bool, timeout: timedelta, now: datetime) -> str | None:
    """The first fault. `was_ready`: all pods were ready at `since`, so that one that is not, or is again, was lost.

    A pod that takes longer than `timeout` to become ready from when it has a node is at fault, and so is none that
    waits for one.
    """
    for pod in sorted(_living(pods), key=lambda one: str(one["metadata"]["name"])):
        found = _restarted(pod, since) or (_lost(pod, since) if was_ready else _overdue(pod, since, timeout, now))
        if found is not None:
            return f"pod {pod['metadata']['name']} {found}"
    return None


def due(pods: Iterable[Json], *, since: datetime, timeout: timedelta) -> datetime | None:
    """When the first of the pods that are not ready yet will have taken too long."""
    return min((ends for pod in _living(pods) if (ends := _deadline(pod, since, timeout))), default=None)


def begin(pods: Iterable[Json], now: datetime) -> datetime:
    """When something begins that begins now, in whole seconds: not before what the nodes' clocks have seen so far."""
    times = [time for pod in pods for time in _times(pod) if time <= now + SKEW]
    latest = max((now, *times))
    return latest if latest.microsecond == 0 else latest.replace(microsecond=0) + timedelta(seconds=1)


def _living(pods: Iterable[Json]) -> list[Json]:
    """Without those that were told to end: they are being deleted, or their node is drained, shut down or lost."""
    return [
        pod
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        and conditions(pod).get("DisruptionTarget", {}).get("status") != "True"
    ]


def _containers(pod: Json) -> list[Json]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _restarted(pod: Json, since: datetime) -> str | None:
    for container in _containers(pod):
        for end in _ends(container):
            if (at := moment_of(end.get("finishedAt"))) is not None and at > since:
                return (
                    f"crashed at {end['finishedAt']}: container {container['name']} ended with "
                    f"{end.get('reason', 'Error')}, exit code {end.get('exitCode')}"
                )
    return None


def _ends(container: Json) -> list[Json]:
    states = (container.get("state") or {}, container.get("lastState") or {})
    return [end for state in states if (end := state.get("terminated"))]


def _lost(pod: Json, since: datetime) -> str | None:
    created = moment_of(pod["metadata"].get("creationTimestamp"))
    if created is None or created > since:
        return None
    ready = conditions(pod).get("Ready", {})
    if not all(container.get("ready") for container in _containers(pod)):
        return f"is no longer ready, since {ready.get('lastTransitionTime')}"
    at = moment_of(ready.get("lastTransitionTime"))
    if ready.get("status") == "True" and at is not None and at > since:
        return f"was not ready until {ready['lastTransitionTime']}"
    return None


def _overdue(pod: Json, since: datetime, timeout: timedelta, now: datetime) -> str | None:
    ends = _deadline(pod, since, timeout)
    return None if ends is None or now < ends else f"was not ready within {timeout.total_seconds():.0f} s"


def _deadline(pod: Json, since: datetime, timeout: timedelta) -> datetime | None:
    """None for a pod that is ready or has no node yet."""
    known = conditions(pod)
    scheduled = known.get("PodScheduled", {})
    placed = moment_of(scheduled.get("lastTransitionTime")) if scheduled.get("status") == "True" else None
    if placed is None or known.get("Ready", {}).get("status") == "True":
        return None
    return later(max(placed, since), timeout)


def _times(pod: Json) -> Iterator[datetime]:
    texts = [condition.get("lastTransitionTime") for condition in conditions(pod).values()]
    texts += [end.get("finishedAt") for container in _containers(pod) for end in _ends(container)]
    yield from (time for text in texts if (time := moment_of(text)) is not None)
