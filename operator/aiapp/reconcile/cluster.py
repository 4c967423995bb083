"""The cluster as reconcilers see it: their writes are in the store at once. Never decides what to write."""

from contextlib import suppress
from typing import Any

from typing_extensions import override

from aiapp.controller.apply import Applier
from aiapp.controller.cache import Cache
from aiapp.controller.status_writer import StatusWriter
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import SECRETS, Json, Resource, resource_of
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.ports import Api, Applied, ApplyResult, Clock, Cluster, NotFoundError


class StoredCluster(Cluster):
    """`ports.Cluster` over the API server's verbs and the store."""

    def __init__(self, api: Api, store: Cache[Any], clock: Clock) -> None:
        self._api = api
        self._store = store
        self._applier = Applier(api)
        self._reporter = StatusWriter(api, clock, self._learn)

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        try:
            return await self._api.get(resource, namespace, name)
        except NotFoundError:
            return None

    @override
    async def apply(self, desired: Json, *, observed: Json | None, owner_uid: str) -> Applied:
        return self._remember(await self._applier.apply(desired, observed, owner_uid))

    @override
    async def take_back(self, observed: Json, owners: list[Json]) -> None:
        metadata, resource = observed["metadata"], resource_of(observed)
        state = {key: metadata[key] for key in ("uid", "resourceVersion")}
        patch = {"metadata": {**state, "ownerReferences": owners}}
        with suppress(NotFoundError):
            written = await self._api.patch(resource, metadata["namespace"], metadata["name"], patch)
            self._store.put(resource, trim_of(resource)(written), own=True)

    @override
    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str, resource_version: str
    ) -> None:
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        with suppress(NotFoundError):
            await self._api.delete(resource, namespace, name, preconditions=preconditions)
        gone = {"metadata": {"name": name, "namespace": namespace or "", **preconditions}}
        self._store.remove(resource, gone, own=True)

    @override
    async def write_status(self, resource: Resource, observed: Json, status: Json) -> Json:
        written = await self._reporter.write(resource, observed, status)
        if written is None:
            return observed
        self._store.put(resource, trim_of(resource)(written), own=True)
        return written

    @override
    async def secret(self, namespace: str, name: str) -> Secret | None:
        found = await self.get(SECRETS, namespace, name)
        return None if found is None else Secret.of(found)

    def _learn(self, resource: Resource, read: Json) -> None:
        """Somebody else's change, for the store as if the watch had told of it."""
        self._store.put(resource, trim_of(resource)(read))

    def _remember(self, applied: Applied) -> Applied:
        if applied.result is ApplyResult.WRITTEN:
            resource = resource_of(applied.object)
            self._store.put(resource, trim_of(resource)(applied.object), own=True)
        return applied
