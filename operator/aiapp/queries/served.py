"""The versions that an application is to go back to, which may have been deleted since."""

import asyncio
from collections.abc import Iterable

from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError


async def require_versions(cluster: UserCluster, application: Json, numbers: Iterable[str]) -> dict[str, Json]:
    """The objects of these versions by name. Raises `ApiError`, `QueryError` if one is gone."""
    names = [f"{application['metadata']['name']}-{number}" for number in numbers]
    found = dict(zip(names, await asyncio.gather(*(cluster.find(VERSIONS, name) for name in names)), strict=True))
    if gone := [name for name, version in found.items() if version is None]:
        raise QueryError(f"AIApplicationVersion {', '.join(gone)} does not exist any more: register it again first")
    return {name: version for name, version in found.items() if version is not None}
