"""Applications with their versions: the list of the command line and of the console."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.listing import selection
from aiapp.domain.listing.items import ListedApplication, ListedVersion, listed
from aiapp.domain.listing.selection import ALL, Criteria, Page, page
from aiapp.queries.cluster import UserCluster
from aiapp.queries.watching import snapshots


@dataclass(frozen=True, slots=True)
class Listing:
    """All applications of a namespace, or of all, with all of their versions."""

    everything: tuple[ListedApplication, ...]

    def applications(
        self, wanted: Criteria = ALL, offset: int = 0, limit: int | None = None
    ) -> Page[ListedApplication]:
        """A page of the applications that fit, each with the versions that fit."""
        return page(selection.applications(self.everything, wanted), offset, limit)

    def versions(self, wanted: Criteria = ALL, offset: int = 0, limit: int | None = None) -> Page[ListedVersion]:
        """A page of the versions that fit, whatever their application."""
        return page(selection.versions(self.everything, wanted), offset, limit)


async def listing(cluster: UserCluster, *, all_namespaces: bool = False) -> Listing:
    """Reads all applications and versions. Raises `ApiError`."""
    namespace = None if all_namespaces else cluster.namespace
    applications, versions = await asyncio.gather(
        cluster.api.list(APPLICATIONS, namespace=namespace, trim=_trim),
        cluster.api.list(VERSIONS, namespace=namespace, trim=_trim),
    )
    return Listing(listed(applications.items, versions.items))


async def listings(cluster: UserCluster, *, all_namespaces: bool = False) -> AsyncIterator[Listing]:
    """The list, and again after each change, without end. Raises `ApiError`."""
    namespace = None if all_namespaces else cluster.namespace
    async for snapshot in snapshots(cluster, (APPLICATIONS, VERSIONS), namespace=namespace):
        yield Listing(listed(snapshot[APPLICATIONS], snapshot[VERSIONS]))


def _trim(raw: Json) -> Json:
    """Without what no list shows and is large."""
    raw["metadata"].pop("managedFields", None)
    return raw
