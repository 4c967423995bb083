"""Deploying versions of an application with the rights of the user, the application with them where there is none."""

from collections.abc import Sequence

from aiapp.domain.application.deployment import Share, absent, advice, deploy
from aiapp.domain.application.operation import Operation, note
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.queries.cluster import UserCluster
from aiapp.queries.operation import DryRun, OperationResult, created, edited, operation_on
from aiapp.queries.stored import versions_of


async def deployed(
    cluster: UserCluster, name: str, shares: Sequence[Share], *, replicas: int | None, dry_run: DryRun
) -> OperationResult:
    """Serves exactly these versions with these shares; all have to be Normal.

    Raises `ApiError` (`ConflictError` if the application changed meanwhile), `QueryError`.
    """
    found, phases = await cluster.find(APPLICATIONS, name), await phases_of(cluster, name)
    application = absent(name, cluster.namespace) if found is None else found

    def wanted(raw: Json) -> Operation:
        return deploy(raw, shares, phases, replicas)

    operation = operation_on(wanted, application)
    if found is None:
        after = await created(cluster, APPLICATIONS, patched(application, operation.patch), dry_run)
    else:
        after = await edited(cluster, APPLICATIONS, application, operation, dry_run)
    notes = [*filter(None, [note(application, operation)]), *advice(application, shares)]
    return OperationResult(operation, tuple(notes), application, after)


async def phases_of(cluster: UserCluster, application: str) -> dict[str, str]:
    """The phases of an application's versions by their numbers; empty for one that nobody has looked at."""
    versions = await versions_of(cluster, application)
    return {number: (one.get("status") or {}).get("phase") or "" for number, one in versions.items()}
