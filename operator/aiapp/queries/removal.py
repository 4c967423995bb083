"""Deleting applications and versions with the rights of the user, and never what a service uses."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiapp.domain.application.removal import InUseError, require_no_service, require_unused
from aiapp.domain.kubernetes import keepers
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json, resource_of
from aiapp.ports.kubernetes import ApiError, NotFoundError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.description import kind_of
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import DryRun, existing


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be deleted, applications first; nothing of it is used by a service that stays."""

    objects: tuple[Json, ...]
    notes: tuple[str, ...]


async def removal(
    cluster: UserCluster,
    names: Sequence[str],
    *,
    selector: str = "",
    with_service: bool = False,
    with_versions: bool = False,
) -> Removal:
    """Looks at everything before anything is deleted: what is named, and the versions whose labels `selector` selects.

    `with_service`: also an application that serves; `with_versions`: an application's versions as well. Raises
    `ApiError`, `QueryError`.
    """
    named = [await existing(cluster, kind_of(name), name) for name in dict.fromkeys(names)]
    applications = [one for one in named if resource_of(one) == APPLICATIONS]
    leaving = {one["metadata"]["name"] for one in applications}
    versions = {one["metadata"]["name"]: one for one in named if resource_of(one) == VERSIONS}
    if selector:
        versions |= {one["metadata"]["name"]: one for one in await cluster.list(VERSIONS, selector=selector)}
    if with_versions:
        versions |= await _versions_of(cluster, leaving)
    if not named and not versions:
        raise QueryError(f"namespace {cluster.namespace} has no versions with the labels {selector}")
    owning = {one["spec"]["application"] for one in versions.values()} - leaving
    owners = {name: await cluster.find(APPLICATIONS, name) for name in sorted(owning)}
    try:
        for one in () if with_service else applications:
            require_no_service(one)
        for one in versions.values():
            require_unused(one, owners.get(one["spec"]["application"]), leaving)
    except InUseError as error:
        raise QueryError(str(error)) from error
    objects = (*applications, *versions.values())
    return Removal(objects, tuple(filter(None, map(keepers.note, objects))))


async def remove(cluster: UserCluster, found: Removal, *, dry_run: DryRun) -> None:
    """Deletes exactly these objects; what is gone by then is as it should be.

    Raises `ApiError`, which says what was deleted before it.
    """
    if dry_run == "client":
        return
    is_dry = dry_run == "server"
    deleted: list[str] = []
    for one in found.objects:
        metadata = one["metadata"]
        try:
            with suppress(NotFoundError):
                await cluster.delete(resource_of(one), metadata["name"], uid=metadata["uid"], dry_run=is_dry)
        except ApiError as error:
            raise _after(error, deleted) from error
        deleted += [] if is_dry else [metadata["name"]]


def _after(error: ApiError, deleted: Sequence[str]) -> ApiError:
    told = f"{error.message}; deleted before that: {', '.join(deleted)}" if deleted else error.message
    return ApiError(error.status, error.reason, told)


async def _versions_of(cluster: UserCluster, applications: set[str]) -> dict[str, Json]:
    found = await cluster.list(VERSIONS)
    return {one["metadata"]["name"]: one for one in found if one["spec"]["application"] in applications}
