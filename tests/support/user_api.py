"""What a user asks of an API server, answered from memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from typing_extensions import override

from aiapp.cli.options.cluster import failing_with_messages
from aiapp.domain.kubernetes.resources import ACCESS_REVIEWS, PODS, SERVICES, Json, Resource, resource_of
from aiapp.ports.kubernetes import ApiError, LogPart, NotFoundError, Page, ProxiedRequest, ProxiedResponse, WatchEvent
from aiapp.queries.cluster import UserApi, UserCluster


def answering(monkeypatch: pytest.MonkeyPatch, module: str, cluster: UserCluster) -> None:
    """A command of that module asks this cluster."""

    def answered(_: Any, question: Any) -> Any:
        with failing_with_messages():
            return asyncio.run(question(cluster))

    monkeypatch.setattr(f"{module}.answered", answered)


class UserObjects(UserApi):
    """Answers from `held`; kinds in `forbidden` may not be listed, nothing in `denied` may be done.

    What would be written is kept in `written`, as (verb, document), and changes nothing that is held.
    """

    def __init__(
        self,
        held: dict[Resource, list[Json]],
        forbidden: frozenset[Resource] = frozenset(),
        denied: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.held, self.forbidden = held, forbidden
        self.denied = denied
        """Verb and plural."""
        self.written: list[tuple[str, Any]] = []
        self.responses: dict[str, ProxiedResponse] = {}
        """What Services answer, by path."""
        self.pods: dict[str, ProxiedResponse] = {}
        """What pods answer, by name and port."""
        self.logs: dict[tuple[str, str], list[str | ApiError]] = {}
        """By pod and container: lines, and how they end."""

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        found = next((one for one in self.held.get(resource, ()) if one["metadata"]["name"] == name), None)
        if found is None:
            raise NotFoundError(404, "NotFound", f"{resource.plural} {name!r} not found")
        return found

    @override
    async def list(self, resource: Resource, **_: Any) -> Page:
        if resource in self.forbidden:
            raise ApiError(403, "Forbidden", f"{resource.plural} is forbidden")
        return Page(self.held.get(resource, []), "1")

    @override
    async def watch(self, resource: Resource, **_: Any) -> AsyncIterator[WatchEvent]:
        for one in self.held.get(resource, ()):
            yield WatchEvent("MODIFIED", one)

    @override
    async def log(self, namespace: str, pod: str, *, container: str, part: LogPart) -> AsyncIterator[str]:
        for line in self.logs.get((pod, container), ()):
            if isinstance(line, ApiError):
                raise line
            yield line

    @override
    async def proxied(
        self, namespace: str, target: str, request: ProxiedRequest, *, resource: Resource = SERVICES
    ) -> ProxiedResponse:
        if resource == PODS:
            return self.pods[target]
        self.written.append((request.method, request))
        return self.responses[request.path]

    @override
    async def create(self, document: Json, *, manager: str, dry_run: bool) -> Json:
        if document["kind"] == ACCESS_REVIEWS.kind:
            asked = document["spec"]["resourceAttributes"]
            return {**document, "status": {"allowed": (asked["verb"], asked["resource"]) not in self.denied}}
        return self._written("create", resource_of(document), document)

    @override
    async def delete(self, resource: Resource, namespace: str | None, name: str, **_: Any) -> None:
        self._written("delete", resource, await self.get(resource, namespace, name))

    @override
    async def edit(self, resource: Resource, namespace: str, name: str, patch: Sequence[Json], **_: Any) -> Json:
        found = await self.get(resource, namespace, name)
        self._written("patch", resource, {"name": name, "patch": list(patch)})
        return found

    def _written(self, verb: str, resource: Resource, document: Json) -> Json:
        if (verb, resource.plural) in self.denied:
            raise ApiError(403, "Forbidden", f"{resource.plural} is forbidden: cannot {verb}")
        self.written.append((verb, document))
        return document
