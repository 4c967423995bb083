"""How far the pods of an application are with fetching their model."""

import asyncio

from aiapp.domain.fetching.pod_status import FETCHER, Fetching, FetchState, fetching
from aiapp.domain.fetching.progress import Progress, progress_in
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL
from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import FORBIDDEN, UserCluster


async def fetch_progress(cluster: UserCluster, application: str) -> list[Fetching]:
    """The fetch of each pod, by the pods' names. Raises `ApiError`."""
    pods = await cluster.list(PODS, selector=f"{APPLICATION_LABEL}={application}")
    found = await asyncio.gather(*(_of(cluster, pod) for pod in pods))
    return sorted((one for one in found if one is not None), key=lambda one: one.pod)


async def _of(cluster: UserCluster, pod: Json) -> Fetching | None:
    found = fetching(pod)
    if found is None or found.state is not FetchState.FETCHING:
        return found
    return found.with_progress(await _last_progress(cluster, found.pod))


async def _last_progress(cluster: UserCluster, pod: str) -> Progress | None:
    """The last one of the log; None as long as there is none."""
    last = None
    try:
        async for line in cluster.log(pod, container=FETCHER):
            last = progress_in(line) or last
    except ApiError as error:
        if error.status == FORBIDDEN:  # the user may see pods and not logs: worth an error
            raise
    return last
