"""How often a served model was called, asked of its pods with the rights of the user."""

import asyncio
from typing import Final

from aiapp.domain.application.observed import is_ready, version_of
from aiapp.domain.details.calls import Calls, counted, counter_port, summed
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL
from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports.kubernetes import ApiError, ProxiedRequest
from aiapp.queries.cluster import FORBIDDEN, UserCluster

MOST_PODS: Final = 20
"""That are asked, all at once."""
SECONDS: Final = 2.0
"""Longest wait for them."""
MOST_BYTES: Final = 128 * 1024
"""Of the metrics of one pod: a route of the model server has about 2 KiB."""


async def calls(cluster: UserCluster, application: str) -> Calls:
    """The sums over its ready pods since they started, with what is missing in them. Raises `ApiError`."""
    try:
        pods = await cluster.list(PODS, selector=f"{APPLICATION_LABEL}={application}")
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return Calls(absence="NoRight")
    ready = [(pod, port) for pod in pods if (port := counter_port(pod)) is not None]
    if not ready:
        return Calls(absence="NoMetrics" if any(map(is_ready, pods)) else "NoPods")
    if not await cluster.allowed("get", PODS, subresource="proxy"):
        return Calls(pods=len(ready), absence="NoRight")
    answers = await asyncio.gather(*(_of(cluster, pod, port) for pod, port in ready[:MOST_PODS]))
    return summed(len(ready), [one for one in answers if one is not None])


async def _of(cluster: UserCluster, pod: Json, port: int) -> tuple[str, tuple[int, int]] | None:
    request = ProxiedRequest("GET", "/metrics", seconds=SECONDS, most_bytes=MOST_BYTES)
    try:
        answer = await cluster.proxied(f"{pod['metadata']['name']}:{port}", request, resource=PODS)
    except ApiError:
        return None
    found = counted(answer.body.decode(errors="replace")) if answer.status == 200 else None
    return None if found is None else (version_of(pod) or "-", found)
