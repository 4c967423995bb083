"""The cluster as reconcilers see it. Never decides what to write."""

from contextlib import suppress
from typing import Final

from typing_extensions import override

from aiapp.controller.apply import Applier
from aiapp.controller.status_writer import StatusWriter
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.kubernetes.resources import LOCAL_ACCESS_REVIEWS, PODS, SECRETS, Json, Resource, resource_of
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.domain.kubernetes.trimming import trimmed_training_pod
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Applied, Cluster, ConflictError, NotFoundError

EXISTS: Final = "AlreadyExists"
"""Reason of a `ConflictError`: the name is taken."""


class StoredCluster(Cluster):
    """`ports.Cluster` over the API server's verbs."""

    def __init__(self, api: WriteThrough, clock: Clock) -> None:
        self._api = api
        self._applier = Applier(api)
        self._reporter = StatusWriter(api, clock)

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        try:
            return await self._api.get(resource, namespace, name)
        except NotFoundError:
            return None

    @override
    async def apply(self, desired: Json, *, observed: Json | None, owner_uid: str) -> Applied:
        return await self._applier.apply(desired, observed, owner_uid)

    @override
    async def take_back(self, observed: Json, owners: list[Json]) -> None:
        metadata, resource = observed["metadata"], resource_of(observed)
        state = {key: metadata[key] for key in ("uid", "resourceVersion")}
        patch = {"metadata": {**state, "ownerReferences": owners}}
        with suppress(NotFoundError):
            await self._api.patch(resource, metadata["namespace"], metadata["name"], patch)

    @override
    async def scale(self, observed: Json, replicas: int) -> Json:
        metadata, resource = observed["metadata"], resource_of(observed)
        state = {key: metadata[key] for key in ("uid", "resourceVersion")}
        patch = {"metadata": state, "spec": {"replicas": replicas}}
        return await self._api.patch(resource, metadata["namespace"], metadata["name"], patch)

    @override
    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str, resource_version: str
    ) -> None:
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        with suppress(NotFoundError):
            await self._api.delete(resource, namespace, name, preconditions=preconditions)

    @override
    async def write_status(self, resource: Resource, observed: Json, status: Json) -> Json:
        written = await self._reporter.write(resource, observed, status)
        return observed if written is None else written

    @override
    async def secret(self, namespace: str, name: str) -> Secret | None:
        found = await self.get(SECRETS, namespace, name)
        return None if found is None else Secret.of(found)

    @override
    async def create(self, document: Json) -> bool:
        try:
            await self._api.create(document)
        except ConflictError as error:
            if error.reason != EXISTS:
                raise
            return False
        return True

    @override
    async def review(self, question: Json) -> Json:
        return await self._api.review(question, LOCAL_ACCESS_REVIEWS)

    @override
    async def pods(self, namespace: str, selector: str) -> list[Json]:
        return (await self._api.list(PODS, namespace=namespace, selector=selector, trim=trimmed_training_pod)).items
