"""All objects of an application with their states."""

import asyncio
from collections.abc import AsyncIterator
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
from aiapp.queries.watching import Snapshot, snapshots

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
    """The objects of an application, and as sentences what the user may not see of them."""

    root: TreeNode
    notes: tuple[str, ...]


async def object_tree(cluster: UserCluster, name: str) -> Tree:
    """Of an application. Kinds that the user may not list are left out. Raises `ApiError`, `QueryError`."""
    return _tree(cluster, name, *await _gathered(cluster, name))


async def object_trees(cluster: UserCluster, name: str) -> AsyncIterator[Tree]:
    """The same, and again after each change, until nothing is left of it. Raises `ApiError`, `QueryError`."""
    readable, notes = await _gathered(cluster, name)
    async for snapshot in snapshots(cluster, readable, namespace=cluster.namespace, selectors=_selectors(name)):
        yield _tree(cluster, name, snapshot, notes)


async def _gathered(cluster: UserCluster, name: str) -> tuple[Snapshot, tuple[str, ...]]:
    """The objects of each kind that the user may list, and why others are left out."""
    application, versions = await asyncio.gather(cluster.find(APPLICATIONS, name), cluster.list(VERSIONS))
    snapshot: Snapshot = {APPLICATIONS: [] if application is None else [application], VERSIONS: versions}
    _require(cluster, name, snapshot)
    selectors = _selectors(name)
    found = await asyncio.gather(*(_listed(cluster, resource, selector) for resource, selector in selectors.items()))
    listed = {resource: items for resource, (items, _) in zip(selectors, found, strict=True) if items is not None}
    return snapshot | listed, tuple(note for _, note in found if note)


def _selectors(name: str) -> dict[Resource, str]:
    labelled = dict.fromkeys(LABELLED, f"{APPLICATION_LABEL}={name}")
    return {**labelled, MANIFESTS: f"{MANAGED_BY_LABEL}={MANAGED_BY}"}


def _tree(cluster: UserCluster, name: str, snapshot: Snapshot, notes: tuple[str, ...]) -> Tree:
    application, own = _require(cluster, name, snapshot)
    owners = {one["metadata"]["uid"] for one in (application, *own) if one is not None}
    manifests = (one for one in snapshot.get(MANIFESTS, ()) if _is_owned(one, owners))
    objects = [*(one for resource in LABELLED for one in snapshot.get(resource, ())), *manifests]
    return Tree(tree(name, application, own, objects), notes)


def _require(cluster: UserCluster, name: str, snapshot: Snapshot) -> tuple[Json | None, list[Json]]:
    """The application, and the versions of it. Raises `QueryError` if there is neither."""
    application = next((one for one in snapshot[APPLICATIONS] if one["metadata"]["name"] == name), None)
    own = [one for one in snapshot[VERSIONS] if one["spec"]["application"] == name]
    if application is None and not own:
        raise QueryError(f"namespace {cluster.namespace} has no application {name} and no versions of it")
    return application, own


def _is_owned(obj: Json, owners: set[str]) -> bool:
    return any(owner["uid"] in owners for owner in obj["metadata"].get("ownerReferences") or ())


async def _listed(cluster: UserCluster, resource: Resource, selector: str) -> tuple[list[Json] | None, str]:
    """Objects, or None and why there are none to see, where that is worth a word."""
    try:
        return await cluster.list(resource, selector=selector), ""
    except ApiError as error:
        if error.reason == NOT_SERVED:
            return None, ""
        if error.status != FORBIDDEN:
            raise
        return None, error.message
