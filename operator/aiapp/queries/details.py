"""The details pages of a version and of an application, for the command line and the console."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from aiapp.api.application import AIApplication
from aiapp.domain.artifact.digest_config_map import recorded
from aiapp.domain.details.application import ApplicationDetails, application_details
from aiapp.domain.details.files import PinnedFile, pinned_files
from aiapp.domain.details.version import VersionDetails, version_details
from aiapp.domain.kubernetes.naming import digest_config_map
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS, Json, Resource
from aiapp.domain.records import ApplicationRecord, VersionRecord
from aiapp.queries.api_description import pinned_manifest
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import existing
from aiapp.queries.stored import parsed, read
from aiapp.queries.watching import Snapshot, snapshots


async def of_version(cluster: UserCluster, name: str) -> VersionDetails:
    """Of a version, by its name such as mnist-1.0.0. Raises `ApiError`, `QueryError`."""
    record = parsed(VersionRecord.parse, await existing(cluster, VERSIONS, name))
    return _of_version(record, await cluster.find(APPLICATIONS, record.spec.application))


async def follow_version(cluster: UserCluster, name: str) -> AsyncIterator[VersionDetails]:
    """The same, and again after each change, until it is deleted. Raises `ApiError`, `QueryError`."""
    async for snapshot in snapshots(cluster, (APPLICATIONS, VERSIONS), namespace=cluster.namespace):
        found = _named(snapshot, VERSIONS, name) or await existing(cluster, VERSIONS, name)
        record = parsed(VersionRecord.parse, found)
        yield _of_version(record, _named(snapshot, APPLICATIONS, record.spec.application))


def _of_version(record: VersionRecord, application: Json | None) -> VersionDetails:
    return version_details(record, None if application is None else read(AIApplication, application))


async def of_application(cluster: UserCluster, name: str) -> ApplicationDetails:
    """Of an application. Raises `ApiError`, `QueryError`."""
    raw, versions = await asyncio.gather(existing(cluster, APPLICATIONS, name), cluster.list(VERSIONS))
    return details(raw, versions)


async def follow_application(cluster: UserCluster, name: str) -> AsyncIterator[ApplicationDetails]:
    """The same, and again after each change, until it is deleted. Raises `ApiError`, `QueryError`."""
    async for snapshot in snapshots(cluster, (APPLICATIONS, VERSIONS), namespace=cluster.namespace):
        found = _named(snapshot, APPLICATIONS, name) or await existing(cluster, APPLICATIONS, name)
        yield details(found, snapshot[VERSIONS])


def _named(snapshot: Snapshot, resource: Resource, name: str) -> Json | None:
    return next((one for one in snapshot[resource] if one["metadata"]["name"] == name), None)


def details(application: Json, versions: Iterable[Json]) -> ApplicationDetails:
    """Of an application and the versions of its namespace as the API server keeps them. Raises `QueryError`."""
    return application_details(parsed(ApplicationRecord.parse, application), versions)


async def files(cluster: UserCluster, name: str) -> tuple[PinnedFile, ...]:
    """The files that a version is pinned to; its manifest is read for it. Raises `ApiError`, `QueryError`."""
    record = parsed(VersionRecord.parse, await existing(cluster, VERSIONS, name))
    package = record.package
    if package is None:
        problem = "is not pinned yet" if record.status.artifact is None else "is a container image: it has no files"
        raise QueryError(f"{name} {problem}")
    manifest, known = await asyncio.gather(
        pinned_manifest(package, cluster), cluster.find(CONFIG_MAPS, digest_config_map(package.pin))
    )
    found = recorded(known) if known is not None else None
    return pinned_files(manifest, found.content if found else None)
