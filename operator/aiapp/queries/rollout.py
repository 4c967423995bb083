"""A rollout in steps as its user sees it, and what the user says to it, with the user's own rights."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from aiapp.api.steps import RolloutProgress
from aiapp.domain.application.rollback import edit, manifest
from aiapp.domain.application.traffic.goal import split
from aiapp.domain.application.traffic.interpolation import interpolate
from aiapp.domain.application.traffic.intervention import (
    Approval,
    NotAwaitedError,
    approval,
    rollout_of,
    taken_back,
)
from aiapp.domain.application.traffic.progress import token
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.ports.kubernetes import ConflictError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import existing
from aiapp.queries.served import require_versions
from aiapp.queries.watching import snapshots

ATTEMPTS: Final = 5
"""An application that is rolled out has a new status all the time."""
OVER: Final = frozenset({"Completed", "Failed", "RolledBack"})
"""States in which a rollout stays until somebody asks for something else."""


@dataclass(frozen=True, slots=True)
class ShareOnTheWay:
    """One version of a rollout, in percent of the traffic."""

    version: str
    before: int
    now: int
    wanted: int


async def rollout(cluster: UserCluster, name: str) -> RolloutProgress:
    """The last rollout in steps. Raises `ApiError`, `QueryError`."""
    return _recorded(await existing(cluster, APPLICATIONS, name))


async def rollouts(cluster: UserCluster, name: str) -> AsyncIterator[RolloutProgress]:
    """The same, and again after each change of it, until it is over. Raises `ApiError`, `QueryError`."""
    shown = None
    async for snapshot in snapshots(cluster, (APPLICATIONS,), namespace=cluster.namespace):
        found = next((one for one in snapshot[APPLICATIONS] if one["metadata"]["name"] == name), None)
        record = await rollout(cluster, name) if found is None else _recorded(found)
        if record != shown:
            yield record
        if record.state in OVER:
            return
        shown = record


def _recorded(application: Json) -> RolloutProgress:
    record = rollout_of(application)
    if record is None:
        name = application["metadata"]["name"]
        raise QueryError(f"application {name} has no rollout in steps: spec.serving.strategy.steps is not set")
    return record


def shares(record: RolloutProgress) -> list[ShareOnTheWay]:
    """The versions of a rollout, those that it leads to first."""
    before, wanted = split(record.from_), split(record.to)
    now = interpolate(before, wanted, 0 if record.state == "RolledBack" else record.percent)
    return [ShareOnTheWay(v, before.get(v, 0), share, wanted.get(v, 0)) for v, share in now.items()]


async def approve(cluster: UserCluster, name: str, seen: str | None = None) -> Approval:
    """Approves the step that the rollout stands at; with `seen`, the `token` of a step, no other one.

    Raises `ApiError`, `QueryError`.
    """
    pending = _approval(await existing(cluster, APPLICATIONS, name))
    if seen is not None and token(pending.record) != seen:
        raise _moved_on(name, pending)
    for _ in range(ATTEMPTS):
        try:
            await cluster.edit(APPLICATIONS, name, pending.patch, dry_run=False)
        except ConflictError:
            pending = _renewed(pending, _approval(await existing(cluster, APPLICATIONS, name)), name)
        else:
            return pending
    raise _changed(name)


async def planned_abort(cluster: UserCluster, name: str) -> Json:
    """The application's manifest with the split of before the rollout. Raises `ApiError`, `QueryError`."""
    application = await existing(cluster, APPLICATIONS, name)
    return manifest(application, await _taken_back(cluster, application))


async def abort(cluster: UserCluster, name: str, *, dry_run: bool) -> Json:
    """Asks for the split of before the rollout; the wanted `spec.serving`. Raises `ApiError`, `QueryError`."""
    application = await existing(cluster, APPLICATIONS, name)
    serving = await _taken_back(cluster, application)
    try:
        await cluster.edit(APPLICATIONS, name, edit(application, serving), dry_run=dry_run)
    except ConflictError as error:
        raise _changed(name) from error
    return serving


def _approval(application: Json) -> Approval:
    try:
        return approval(application)
    except NotAwaitedError as error:
        raise QueryError(str(error)) from error


def _renewed(pending: Approval, latest: Approval, name: str) -> Approval:
    """The approval of the application as it is by now, if it is of the same step: nobody has looked at a later one."""
    if token(latest.record) != token(pending.record):
        raise _moved_on(name, latest)
    return latest


def _moved_on(name: str, latest: Approval) -> QueryError:
    return QueryError(f"the rollout of application {name} has moved on, to {latest.record.summary}: look at it again")


def _changed(name: str) -> QueryError:
    return QueryError(f"application {name} changed at the same moment: look at it again")


async def _taken_back(cluster: UserCluster, application: Json) -> Json:
    try:
        serving = taken_back(application)
    except NotAwaitedError as error:
        raise QueryError(str(error)) from error
    await require_versions(cluster, application, (one["version"] for one in serving["versions"]))
    return serving
