"""What the pods of an application write, read with the rights of the user."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports import WHOLE_LOG, ApiError, LogPart
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """Whose log is wanted."""

    application: str
    version: str | None = None
    """Its number; None: of every version."""
    pod: str | None = None
    """Of one pod alone."""
    container: str = "model"


class Line(NamedTuple):
    """One line, or why there is none."""

    pod: str
    text: str
    is_fault: bool = False
    """The API server's word: the log cannot be read, now or any further."""


async def pods_of(cluster: UserCluster, writers: Writers) -> list[str]:
    """Names of the pods, in order. Raises `ApiError`, `QueryError` if there are none."""
    labels = {APPLICATION_LABEL: writers.application}
    if writers.version is not None:
        labels[VERSION_LABEL] = writers.version
    selector = ",".join(f"{key}={one}" for key, one in labels.items())
    found = [_name(pod) for pod in await cluster.list(PODS, selector=selector)]
    wanted = [name for name in found if writers.pod in {None, name}]
    if not wanted:
        of = f"{writers.application} {writers.version or ''}".strip()
        there = f"; there is {', '.join(sorted(found))}" if found else ""
        named = "no pods" if writers.pod is None else f"no pod {writers.pod}"
        raise QueryError(f"namespace {cluster.namespace} has {named} of {of}{there}")
    return sorted(wanted)


async def lines(
    cluster: UserCluster, pods: Sequence[str], container: str, part: LogPart = WHOLE_LOG
) -> AsyncIterator[Line]:
    """Pod by pod, or as they come where they are followed.

    A pod that cannot be read is told by a line and holds up no other. Raises `ApiError` without the right.
    """
    if not part.follow:
        for pod in pods:
            async for line in _of(cluster, pod, container, part):
                yield line
        return
    queue: asyncio.Queue[Line | ApiError | None] = asyncio.Queue(maxsize=1000)
    readers = [asyncio.create_task(_copy(cluster, pod, container, part, queue)) for pod in pods]
    try:
        async for line in _merged(queue, len(readers)):
            yield line
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _merged(queue: asyncio.Queue[Line | ApiError | None], writers: int) -> AsyncIterator[Line]:
    while writers:
        found = await queue.get()
        if found is None:
            writers -= 1
        elif isinstance(found, ApiError):
            raise found
        else:
            yield found


async def _copy(
    cluster: UserCluster, pod: str, container: str, part: LogPart, queue: asyncio.Queue[Line | ApiError | None]
) -> None:
    try:
        async for line in _of(cluster, pod, container, part):
            await queue.put(line)
        await queue.put(None)
    except ApiError as error:
        await queue.put(error)


async def _of(cluster: UserCluster, pod: str, container: str, part: LogPart) -> AsyncIterator[Line]:
    try:
        async for line in cluster.log(pod, container=container, part=part):
            yield Line(pod, line)
    except ApiError as error:
        if error.status == FORBIDDEN:
            raise
        yield Line(pod, error.message, is_fault=True)


def _name(pod: Json) -> str:
    return str(pod["metadata"]["name"])
