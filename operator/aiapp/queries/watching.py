"""Objects of a cluster as they change, with the rights of the user."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster

GONE: Final = 410
"""The API server no longer knows what has happened since: everything is listed again."""
LOST: Final = 0
"""The connection broke: the same."""
PAUSE_SECONDS: Final = 1.0

ALL: Final[Mapping[Resource, str]] = MappingProxyType({})

Snapshot = dict[Resource, list[Json]]
_Queue = asyncio.Queue[ApiError | None]


class _Kind:
    """All objects of one kind, by their uids."""

    def __init__(
        self, cluster: UserCluster, resource: Resource, namespace: str | None, selector: str, fields: str
    ) -> None:
        self._api, self._resource = cluster.api, resource
        self._namespace, self._selector, self._fields = namespace, selector, fields
        self.objects: dict[str, Json] = {}

    async def listed(self) -> str:
        """Reads all; the resourceVersion that they are of."""
        page = await self._api.list(
            self._resource, namespace=self._namespace, selector=self._selector, fields=self._fields
        )
        self.objects = {one["metadata"]["uid"]: one for one in page.items}
        return page.resource_version

    async def follow(self, version: str, news: _Queue) -> None:
        """Puts None for each change, or the error that ended it."""
        try:
            while True:
                before, version = version, await self._watched(version, news)
                if version == before:  # a server or a proxy that ends streams at once is not asked without a pause
                    await asyncio.sleep(PAUSE_SECONDS)
        except ApiError as error:
            news.put_nowait(error)

    async def _watched(self, version: str, news: _Queue) -> str:
        watched = self._api.watch(
            self._resource,
            namespace=self._namespace,
            selector=self._selector,
            fields=self._fields,
            resource_version=version,
        )
        try:
            async for event in watched:
                version = event.object["metadata"]["resourceVersion"]
                if event.type != "BOOKMARK":
                    self._take(event.type, event.object)
                    news.put_nowait(None)
        except ApiError as error:
            if error.status not in {GONE, LOST}:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
            version = await self.listed()
            news.put_nowait(None)
        return version

    def _take(self, kind: str, obj: Json) -> None:
        if kind == "DELETED":
            self.objects.pop(obj["metadata"]["uid"], None)
        else:
            self.objects[obj["metadata"]["uid"]] = obj


async def snapshots(
    cluster: UserCluster,
    resources: Iterable[Resource],
    *,
    namespace: str | None,
    selectors: Mapping[Resource, str] = ALL,
    fields: Mapping[Resource, str] = ALL,
) -> AsyncGenerator[Snapshot, None]:
    """All objects of these kinds, once at first and then after each change. Raises `ApiError`.

    `namespace` None: of all; `selectors` are over labels, `fields` over fields. Changes that come together
    make one snapshot.
    """
    kinds = {
        resource: _Kind(cluster, resource, namespace, selectors.get(resource, ""), fields.get(resource, ""))
        for resource in resources
    }
    versions = await asyncio.gather(*(kind.listed() for kind in kinds.values()))
    news: _Queue = asyncio.Queue()
    following = [
        asyncio.create_task(kind.follow(version, news)) for kind, version in zip(kinds.values(), versions, strict=True)
    ]
    try:
        while True:
            yield {resource: list(kind.objects.values()) for resource, kind in kinds.items()}
            await _next(news)
    finally:
        for task in following:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*following)


async def _next(news: _Queue) -> None:
    """Waits for a change, and takes along those that are there by then; an error that comes after them waits."""
    found = await news.get()
    while found is None and not news.empty():
        following = news.get_nowait()
        if following is not None:
            news.put_nowait(following)
            return
    if found is not None:
        raise found
