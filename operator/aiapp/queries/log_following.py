"""What the pods of an application write from now on, those that come later included, with the rights of the user."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports.kubernetes import ApiError, LogPart
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.logs import Line, LogSources, lines_of, name_of
from aiapp.queries.watching import snapshots

MOST: Final = 100
"""Logs that are read at the same time."""
WAITING_LINES: Final = 1000
"""Lines that wait to be printed; whoever has more waits."""

_Queue = asyncio.Queue[Line | ApiError | None]


async def followed(cluster: UserCluster, sources: LogSources, part: LogPart) -> AsyncGenerator[Line, None]:
    """Lines as they come, until no pod is left that may write any more.

    Of a container that begins later, or again, the whole log. Whoever may not watch pods is told so by a line, and gets
    the log of those that are there. Raises `ApiError`.
    """
    queue: _Queue = asyncio.Queue(WAITING_LINES)
    follower = _Follower(cluster, sources, part, queue)
    running = asyncio.create_task(follower.run())
    try:
        while (found := await queue.get()) is not None:
            if isinstance(found, ApiError):
                raise found
            yield found
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await follower.ended()


class _Follower:
    """A reader for each container that has begun."""

    def __init__(self, cluster: UserCluster, sources: LogSources, part: LogPart, queue: _Queue) -> None:
        self._cluster, self._sources, self._queue = cluster, sources, queue
        self._part = part
        """Of the containers that have begun at the first look."""
        self._read: set[str] = set()
        """Containers, by their ids."""
        self._told: set[str] = set()
        """Pods that cannot be read yet, and were told."""
        self._readers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ends the queue by None, or by an error."""
        try:
            await self._follow()
            await asyncio.gather(*self._readers)
            await self._queue.put(None)
        except ApiError as error:
            await self._queue.put(error)

    async def ended(self) -> None:
        """Ends the readers."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _follow(self) -> None:
        try:
            selectors = {PODS: self._sources.selector}
            pod_snapshots = snapshots(self._cluster, selectors, namespace=self._cluster.namespace, selectors=selectors)
            async with aclosing(pod_snapshots) as changes:
                async for found in changes:
                    await self._begin_readers(found[PODS])
                    if all(map(self._is_done, found[PODS])):
                        return
        except ApiError as error:
            if error.status != FORBIDDEN or not self._told | self._read:
                raise
            text = f"{error.message}; pods that come later are not followed"
            await self._queue.put(Line(PODS.plural, text, is_fault=True))

    async def _begin_readers(self, pods: list[Json]) -> None:
        for pod in sorted(pods, key=name_of):
            container = _begun(pod, self._container(pod))
            if container is None:
                await self._tell(name_of(pod), f"container {self._sources.container} has not begun yet")
            elif container not in self._read and len(self._readers) >= MOST:
                await self._tell(name_of(pod), f"not followed: {MOST} others are")
            elif container not in self._read:
                self._read.add(container)
                self._begin(name_of(pod))
        self._part = replace(self._part, tail=None, since_seconds=None)

    def _begin(self, pod: str) -> None:
        self._told.discard(pod)
        reader = asyncio.create_task(self._copied(pod, self._part))
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)

    async def _copied(self, pod: str, part: LogPart) -> None:
        try:
            async for line in lines_of(self._cluster, pod, self._sources.container, part):
                await self._queue.put(line)
        except ApiError as error:
            await self._queue.put(error)

    async def _tell(self, pod: str, why: str) -> None:
        if pod not in self._told:
            self._told.add(pod)
            await self._queue.put(Line(pod, why, is_fault=True))

    def _container(self, pod: Json) -> Json:
        """Its status; empty before the kubelet has written one."""
        status = pod.get("status") or {}
        known = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
        return next((one for one in known if one["name"] == self._sources.container), {})

    def _is_done(self, pod: Json) -> bool:
        """Whether its container writes nothing any more: the pod has ended, or an init container has succeeded."""
        status = pod.get("status") or {}
        if status.get("phase") in {"Succeeded", "Failed"}:
            return True
        first = {one["name"] for one in status.get("initContainerStatuses") or ()}
        ended: dict[str, Any] = (self._container(pod).get("state") or {}).get("terminated") or {}
        return self._sources.container in first and ended.get("exitCode") == 0


def _begun(pod: Json, container: Json) -> str | None:
    """The id of a container that runs or has ended; None: it waits.

    One that the kubelet lost, with its node or by an eviction, has ended without an id: the pod stands for it.
    """
    state = container.get("state") or {}
    has_begun = state.keys() & {"running", "terminated"}
    return str(container.get("containerID") or pod["metadata"]["uid"]) if has_begun else None
