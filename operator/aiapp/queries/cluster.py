"""A cluster as one of its users sees it, with the rights of that user. Writes nothing but what the user asked for."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiapp.domain.kubernetes.resources import SECRETS, Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.ports import NotFoundError, Page, Trim

FORBIDDEN: Final = 403


COMMAND_LINE: Final = "kubectl-aiapp"
"""Field manager of what a user writes with the command line. Flux takes over from managers whose names begin with
kubectl, once Git says the same; with any other name its server-side apply would keep what the user wrote for ever."""


class UserApi(Protocol):
    """What the command line asks of the API server. All raise `ApiError`."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        """Raises `NotFoundError`."""
        ...

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        """Every object of one namespace, or of all; `selector` is over labels, `fields` over fields."""
        ...

    def log(self, namespace: str, pod: str, *, container: str, follow: bool) -> AsyncIterator[str]:
        """Lines of a container's log, with `follow` until the container ends."""
        ...

    async def edit(
        self, resource: Resource, namespace: str, name: str, patch: Sequence[Json], *, manager: str, dry_run: bool
    ) -> Json:
        """A JSON patch, as that field manager; raises `ConflictError` if it names an outdated resourceVersion."""
        ...


@dataclass(frozen=True, slots=True)
class UserCluster:
    """One namespace of a cluster. All methods raise `ApiError`."""

    api: UserApi
    namespace: str

    async def get(self, resource: Resource, name: str) -> Json:
        """One object of the namespace, or of the cluster where the kind has none. Raises `NotFoundError`."""
        return await self.api.get(resource, self.namespace, name)

    async def find(self, resource: Resource, name: str) -> Json | None:
        """As `get`; None when absent."""
        try:
            return await self.get(resource, name)
        except NotFoundError:
            return None

    async def secret(self, name: str) -> Secret | None:
        """A Secret of the namespace; None when absent."""
        found = await self.find(SECRETS, name)
        return None if found is None else Secret.of(found)

    async def list(self, resource: Resource, *, selector: str = "") -> list[Json]:
        """The objects of the namespace, or of the cluster where the kind has none."""
        return (await self.api.list(resource, namespace=self.namespace, selector=selector)).items

    def log(self, pod: str, *, container: str, follow: bool) -> AsyncIterator[str]:
        """Lines of a container's log, with `follow` until the container ends."""
        return self.api.log(self.namespace, pod, container=container, follow=follow)

    async def edit(self, resource: Resource, name: str, patch: Sequence[Json], *, dry_run: bool) -> Json:
        """An object of the namespace after a JSON patch; with `dry_run` as it would be."""
        return await self.api.edit(resource, self.namespace, name, patch, manager=COMMAND_LINE, dry_run=dry_run)
