"""All objects of an application with their states."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from aiapp.domain.details.tree import TreeNode, tree
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, MANAGED_BY, MANAGED_BY_LABEL
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    HTTP_ROUTES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.ports.kubernetes import NOT_SERVED, ApiError
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError

LABELLED: Final = (
    DEPLOYMENTS,
    REPLICA_SETS,
    PODS,
    SERVICES,
    HTTP_ROUTES,
    HORIZONTAL_POD_AUTOSCALERS,
    POD_DISRUPTION_BUDGETS,
    CONTROLLER_REVISIONS,
)
"""Kinds whose objects have the label of their application."""
MANIFESTS: Final = replace(CONFIG_MAPS, metadata_only=True)
"""Their content may be large, and nobody looks at it here."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What there is, and what may not be seen, as sentences."""

    root: TreeNode
    notes: tuple[str, ...]


async def object_tree(cluster: UserCluster, name: str) -> Tree:
    """Of an application. Kinds that the user may not list are left out. Raises `ApiError`, `QueryError`."""
    application, versions = await asyncio.gather(cluster.find(APPLICATIONS, name), cluster.list(VERSIONS))
    own = [one for one in versions if one["spec"]["application"] == name]
    if application is None and not own:
        raise QueryError(f"namespace {cluster.namespace} has no application {name} and no versions of it")
    ours = {MANAGED_BY_LABEL: MANAGED_BY}
    found = await asyncio.gather(
        *(_listed(cluster, resource, {APPLICATION_LABEL: name}) for resource in LABELLED),
        _listed(cluster, MANIFESTS, ours),
    )
    owners = {one["metadata"]["uid"] for one in (application, *own) if one is not None}
    objects = [
        one
        for (items, _), resource in zip(found, (*LABELLED, MANIFESTS), strict=True)
        for one in items
        if resource != MANIFESTS or _is_owned(one, owners)
    ]
    return Tree(tree(name, application, own, objects), tuple(note for _, note in found if note))


def _is_owned(one: Json, owners: set[str]) -> bool:
    return any(owner["uid"] in owners for owner in one["metadata"].get("ownerReferences") or ())


async def _listed(cluster: UserCluster, resource: Resource, labels: dict[str, str]) -> tuple[list[Json], str]:
    """Objects, or why there are none to see."""
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    try:
        return await cluster.list(resource, selector=selector), ""
    except ApiError as error:
        if error.reason == NOT_SERVED:
            return [], ""
        if error.status != FORBIDDEN:
            raise
        return [], error.message
