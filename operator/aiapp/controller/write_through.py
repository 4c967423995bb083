"""The one way to the API server: what is written is in the cache at once. Never decides what to write."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from typing_extensions import override

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.child_kinds import is_kept, trim_of
from aiapp.domain.kubernetes.resources import OWN, Json, Resource, resource_of
from aiapp.domain.monitoring.current_reconcile import note_write
from aiapp.ports.kubernetes import FIELD_MANAGER, Api, NotFoundError, Page, Trim, WatchEvent


class WriteThrough(Api):
    """`ports.Api` over another one. Everything in the operator that writes goes through it.

    The watch brings each write a second time, as old news. What had to be read is news, as if the watch had brought it.
    """

    def __init__(self, api: Api, cache: Cache[Any]) -> None:
        self._api = api
        self._cache = cache

    # Read

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        found = await self._api.get(resource, namespace, name)
        self._put(resource, found, own=False)
        return found

    @override
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        return await self._api.list(resource, namespace=namespace, selector=selector, fields=fields, trim=trim)

    @override
    def watch(
        self, resource: Resource, *, selector: str = "", fields: str = "", resource_version: str
    ) -> AsyncIterator[WatchEvent]:
        return self._api.watch(resource, selector=selector, fields=fields, resource_version=resource_version)

    # Write

    @override
    async def create(self, document: Json) -> Json:
        # One of our own kinds is not reconciled by whoever creates it: it is news to its reconciler.
        return self._written("create", await self._api.create(document), own=resource_of(document) not in OWN)

    @override
    async def review(self, question: Json, resource: Resource) -> Json:
        return await self._api.review(question, resource)

    @override
    async def apply(self, document: Json, *, force: bool, manager: str = FIELD_MANAGER) -> Json:
        return self._written("apply", await self._api.apply(document, force=force, manager=manager))

    @override
    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        return self._written("patch", await self._api.patch(resource, namespace, name, patch))

    @override
    async def replace_status(self, document: Json) -> Json:
        return self._written("write status of", await self._api.replace_status(document))

    @override
    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, preconditions: Mapping[str, str]
    ) -> None:
        gone = {"metadata": {"name": name, "namespace": namespace or "", **preconditions}}
        try:
            await self._api.delete(resource, namespace, name, preconditions=preconditions)
        except NotFoundError:
            self._cache.remove(resource, gone, own=True)
            raise
        self._cache.remove(resource, gone, own=True)
        note_write("delete", resource.kind, name)

    def _written(self, verb: str, document: Json, *, own: bool = True) -> Json:
        note_write(verb, document["kind"], document["metadata"]["name"])
        self._put(resource_of(document), document, own=own)
        return document

    def _put(self, resource: Resource, document: Json, *, own: bool) -> None:
        if is_kept(resource, document):
            self._cache.put(resource, trim_of(resource)(document), own=own)
