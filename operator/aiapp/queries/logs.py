"""What the pods of an application write, read with the rights of the user."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports.kubernetes import WHOLE_LOG, ApiError, LogPart
from aiapp.queries.absence import why_no_pods
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSources:
    """The pods and the container whose logs are wanted."""

    application: str
    version: str | None = None
    """Its number; None: of every version."""
    pod: str | None = None
    """Of one pod alone."""
    container: str = "model"

    @property
    def selector(self) -> str:
        """Of the pods, by their labels."""
        labels = {APPLICATION_LABEL: self.application}
        if self.version is not None:
            labels[VERSION_LABEL] = self.version
        return ",".join(f"{key}={one}" for key, one in labels.items())


class Line(NamedTuple):
    """One line, or why there is none."""

    pod: str
    text: str
    is_fault: bool = False
    """The API server's word: the log cannot be read, now or any further."""


async def pods_of(cluster: UserCluster, sources: LogSources) -> list[str]:
    """Names of the pods, in order. Raises `ApiError`, `QueryError` if there are none, which says why."""
    found = [name_of(pod) for pod in await cluster.list(PODS, selector=sources.selector)]
    wanted = [name for name in found if sources.pod in {None, name}]
    if not wanted:
        of = f"{sources.application} {sources.version or ''}".strip()
        there = (
            f"; there is {', '.join(sorted(found))}"
            if found
            else await why_no_pods(cluster, sources.application, sources.version)
        )
        named = "no pods" if sources.pod is None else f"no pod {sources.pod}"
        raise QueryError(f"namespace {cluster.namespace} has {named} of {of}{there}")
    return sorted(wanted)


async def lines(
    cluster: UserCluster, pods: Sequence[str], container: str, part: LogPart = WHOLE_LOG
) -> AsyncIterator[Line]:
    """Pod by pod; `log_following` has them as they come.

    A pod that cannot be read is told by a line and holds up no other. Raises `ApiError` without the right.
    """
    for pod in pods:
        async for line in lines_of(cluster, pod, container, part):
            yield line


async def lines_of(cluster: UserCluster, pod: str, container: str, part: LogPart) -> AsyncIterator[Line]:
    """Of one pod; why it cannot be read is a line. Raises `ApiError` without the right."""
    try:
        async for line in cluster.log(pod, container=container, part=part):
            yield Line(pod, line)
    except ApiError as error:
        if error.status == FORBIDDEN:
            raise
        yield Line(pod, error.message, is_fault=True)


def name_of(pod: Json) -> str:
    """Its name."""
    return str(pod["metadata"]["name"])
