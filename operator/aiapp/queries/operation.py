"""Stopping, starting, restarting and scaling an application with the rights of the user."""

from collections.abc import Callable
from dataclasses import dataclass

from aiapp.domain.application.operation import CannotOperateError, Operation, note
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.ports import NotFoundError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for."""

    operation: Operation
    note: str | None


async def operate(cluster: UserCluster, name: str, wanted: Callable[[Json], Operation], *, dry_run: bool) -> Done:
    """Edits the application; with `dry_run` the API server only says whether it would take that.

    Raises `ApiError` (`ConflictError` if the application changed meanwhile), `QueryError`.
    """
    try:
        application = await cluster.get(APPLICATIONS, name)
        operation = wanted(application)
    except NotFoundError as error:
        raise QueryError(f"namespace {cluster.namespace} has no application {name}") from error
    except CannotOperateError as error:
        raise QueryError(str(error)) from error
    if operation.patch:
        await cluster.edit(APPLICATIONS, name, operation.patch, dry_run=dry_run)
    return Done(operation, note(application, operation))
