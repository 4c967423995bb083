"""Changing what people read of an application or a version, with the rights of the user."""

import functools

from aiapp.domain.description import Description, described
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Resource
from aiapp.queries.cluster import UserCluster
from aiapp.queries.operation import DryRun, OperationResult, operate


def kind_of(name: str) -> Resource:
    """Whether that is the name of a version, such as `mnist-1.0.0`; those of applications have no dots."""
    return VERSIONS if "." in name else APPLICATIONS


async def describe(cluster: UserCluster, name: str, wanted: Description, *, dry_run: DryRun) -> OperationResult:
    """Edits the application or version of that name. Raises `ApiError`, `QueryError`."""
    change = functools.partial(described, wanted=wanted)
    return await operate(cluster, name, change, dry_run=dry_run, resource=kind_of(name))
