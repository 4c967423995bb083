"""Waiting for what becomes of a change, with the rights of the user."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from aiapp.api.meta import RESTART_AT
from aiapp.domain.application.outcome import Outcome, current_state, restarted, settled, under_way
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, Json, Resource, resource_of
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.watching import Snapshot, snapshots


async def outcome(cluster: UserCluster, changed: Json, seconds: float, tell: Callable[[str], None]) -> str:
    """What became of an application or a version after it was changed to `changed`, for people.

    `tell` gets how it stands until then, whenever that has changed.
    Raises `ApiError`, `QueryError` if it failed, is deleted, or is not done after so many seconds.
    """
    name, resource = changed["metadata"]["name"], resource_of(changed)
    heard = _Changes(tell)

    def judge(objects: Sequence[Json]) -> Outcome | None:
        if not objects or objects[0]["metadata"]["uid"] != changed["metadata"]["uid"]:
            return Outcome(succeeded=False, message="it is deleted")
        if (found := settled(changed, objects[0])) is None:
            heard.add(under_way(changed, objects[0]))
        return found

    fields = {resource: f"metadata.name={name}"}
    looks = snapshots(cluster, fields, namespace=cluster.namespace, fields=fields)
    try:
        async with asyncio.timeout(seconds):
            found = await _judged(looks, resource, judge)
    except TimeoutError:
        now = await cluster.find(resource, name)
        raise QueryError(f"{name} is not done after {seconds:g} s: {current_state(now or {})}") from None
    return _succeeded(name, found)


async def new_pods(cluster: UserCluster, changed: Json, seconds: float) -> str:
    """The same of an application's restart, whose Deployments tell it."""
    name = changed["metadata"]["name"]
    selectors = {DEPLOYMENTS: f"{APPLICATION_LABEL}={name}"}
    looks = snapshots(cluster, selectors, namespace=cluster.namespace, selectors=selectors)
    try:
        async with asyncio.timeout(seconds):
            found = await _judged(looks, DEPLOYMENTS, lambda deployments: restarted(changed, deployments))
    except TimeoutError:
        raise QueryError(f"{name} has not all its new pods after {seconds:g} s: aiapp get {name}") from None
    return _succeeded(name, found)


def is_restart(before: Json, after: Json) -> bool:
    """Whether a change asks for new pods and nothing else."""
    requests = [(one["metadata"].get("annotations") or {}).get(RESTART_AT) for one in (before, after)]
    return requests[0] != requests[1]


@dataclass(slots=True)
class _Changes:
    """Tells what is not what was told last."""

    tell: Callable[[str], None]
    last: str | None = None

    def add(self, text: str | None) -> None:
        if text is not None and text != self.last:
            self.last = text
            self.tell(text)


def _succeeded(name: str, outcome: Outcome) -> str:
    if not outcome.succeeded:
        raise QueryError(f"{name}: {outcome.message}")
    return outcome.message


async def _judged(
    looks: AsyncGenerator[Snapshot, None], resource: Resource, judge: Callable[[Sequence[Json]], Outcome | None]
) -> Outcome:
    """The first verdict; the objects are looked at again after each change."""
    async with aclosing(looks):
        while True:
            look = await anext(looks)
            if (found := judge(look[resource])) is not None:
                return found
