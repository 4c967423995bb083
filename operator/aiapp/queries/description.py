"""Changing what people read of an application or a version, with the rights of the user."""

import functools
from typing import Final

from aiapp.domain.description import Description, Seen, described
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.operation import DryRun, OperationResult, operate

CHANGED: Final = frozenset({409, 422})
"""Answers to a patch of an object that is another one than the patch was made from; 422 to a `test` that fails."""


def kind_of(name: str) -> Resource:
    """Whether that is the name of a version, such as `mnist-1.0.0`; those of applications have no dots."""
    return VERSIONS if "." in name else APPLICATIONS


async def describe(
    cluster: UserCluster, name: str, wanted: Description, *, dry_run: DryRun, seen: Seen | None = None
) -> OperationResult:
    """Edits the application or version of that name, which is as it was seen. Raises `ApiError`, `QueryError`."""
    change = functools.partial(described, wanted=wanted, seen=seen)
    try:
        return await operate(cluster, name, change, dry_run=dry_run, resource=kind_of(name))
    except ApiError as error:
        if error.status not in CHANGED:
            raise
    # Somebody was faster: it is made of what there is now, or refused in words that name the field.
    return await operate(cluster, name, change, dry_run=dry_run, resource=kind_of(name))
