"""Names of objects, for shells that complete them: metadata alone, as it is fast."""

from dataclasses import replace

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL
from aiapp.domain.kubernetes.resources import APPLICATIONS, NAMESPACES, PODS, RUNTIMES, VERSIONS, Json, Resource
from aiapp.queries.cluster import UserCluster


async def applications(cluster: UserCluster) -> list[str]:
    """Those of the namespace. Raises `ApiError`, as all here."""
    return await _names(cluster, APPLICATIONS)


async def versions(cluster: UserCluster) -> list[str]:
    """Names of the versions of the namespace, such as `mnist-1.0.0`."""
    return await _names(cluster, VERSIONS)


async def numbers(cluster: UserCluster, application: str) -> list[str]:
    """Numbers of an application's versions; those of `mnist-a` do not begin with `mnist-` and a digit."""
    start = f"{application}-"
    found = (name.removeprefix(start) for name in await versions(cluster) if name.startswith(start))
    return [number for number in found if number[:1].isdigit() and "-" not in number]


async def namespaces(cluster: UserCluster) -> list[str]:
    return await _names(cluster, NAMESPACES)


async def runtimes(cluster: UserCluster) -> list[str]:
    """Runtimes by the names that versions give them."""
    return sorted(str(one["spec"]["name"]) for one in await cluster.list(RUNTIMES))


async def pods(cluster: UserCluster, application: str) -> list[str]:
    """The pods of an application."""
    return await _names(cluster, PODS, f"{APPLICATION_LABEL}={application}")


async def _names(cluster: UserCluster, resource: Resource, selector: str = "") -> list[str]:
    return sorted(map(_name, await cluster.list(replace(resource, metadata_only=True), selector=selector)))


def _name(obj: Json) -> str:
    return str(obj["metadata"]["name"])
