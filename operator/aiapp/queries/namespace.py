"""A user's namespace as the way to a source's store is asked for in it."""

from dataclasses import dataclass

from typing_extensions import override

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.queries.cluster import UserCluster
from aiapp.reconcile.sources.access import Namespace


@dataclass(frozen=True, slots=True)
class UserNamespace(Namespace):
    """The objects that a source names, read with the rights of the user."""

    cluster: UserCluster

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        return await self.cluster.find(resource, name)

    @override
    async def secret(self, namespace: str, name: str) -> Secret | None:
        return await self.cluster.secret(name)
