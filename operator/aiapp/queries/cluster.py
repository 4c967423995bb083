"""A cluster as one of its users sees it, with the rights of that user. Writes nothing but what the user asked for."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiapp.domain.kubernetes.resources import ACCESS_REVIEWS, SECRETS, SERVICES, Json, Resource
from aiapp.domain.kubernetes.secrets import Secret
from aiapp.ports.kubernetes import (
    WHOLE_LOG,
    LogPart,
    NotFoundError,
    Page,
    ProxiedRequest,
    ProxiedResponse,
    Trim,
    WatchEvent,
)

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

    def watch(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        resource_version: str,
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version` until the server ends the stream. `ApiError` 410 when it is too old."""
        ...

    def log(self, namespace: str, pod: str, *, container: str, part: LogPart) -> AsyncIterator[str]:
        """Lines of a container's log."""
        ...

    async def proxied(
        self, namespace: str, target: str, request: ProxiedRequest, *, resource: Resource = SERVICES
    ) -> ProxiedResponse:
        """A request to a Service or a pod, `[SCHEME:]NAME[:PORT]`, through the API server; not tried again."""
        ...

    async def create(self, document: Json, *, manager: str, dry_run: bool) -> Json:
        """Raises `ConflictError` when it exists."""
        ...

    async def delete(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        *,
        preconditions: Mapping[str, str],
        dry_run: bool,
    ) -> None:
        """Delete in the background; `preconditions` holds uid, resourceVersion or neither."""
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

    def log(self, pod: str, *, container: str, part: LogPart = WHOLE_LOG) -> AsyncIterator[str]:
        """Lines of a container's log."""
        return self.api.log(self.namespace, pod, container=container, part=part)

    async def proxied(self, target: str, request: ProxiedRequest, *, resource: Resource = SERVICES) -> ProxiedResponse:
        """A request to a Service or a pod of the namespace, `[SCHEME:]NAME[:PORT]`, through the API server."""
        return await self.api.proxied(self.namespace, target, request, resource=resource)

    async def create(self, document: Json, *, dry_run: bool) -> Json:
        """A new object; with `dry_run` as it would be. Raises `ConflictError` when it exists."""
        return await self.api.create(document, manager=COMMAND_LINE, dry_run=dry_run)

    async def delete(self, resource: Resource, name: str, *, uid: str, dry_run: bool) -> None:
        """Delete exactly that object of the namespace."""
        await self.api.delete(resource, self.namespace, name, preconditions={"uid": uid}, dry_run=dry_run)

    async def allowed(self, verb: str, resource: Resource, name: str = "", subresource: str = "") -> bool:
        """Whether the user may do that in the namespace, to one object or, without a name, to any."""
        attributes = {"verb": verb, "group": resource.group, "resource": resource.plural, "namespace": self.namespace}
        wanted = attributes | {key: one for key, one in (("name", name), ("subresource", subresource)) if one}
        review = {
            "apiVersion": ACCESS_REVIEWS.api_version,
            "kind": ACCESS_REVIEWS.kind,
            "metadata": {},
            "spec": {"resourceAttributes": wanted},
        }
        answer = await self.api.create(review, manager=COMMAND_LINE, dry_run=False)
        return answer["status"].get("allowed") is True

    async def edit(self, resource: Resource, name: str, patch: Sequence[Json], *, dry_run: bool) -> Json:
        """An object of the namespace after a JSON patch; with `dry_run` as it would be."""
        return await self.api.edit(resource, self.namespace, name, patch, manager=COMMAND_LINE, dry_run=dry_run)
