"""Changing an application or a version with the rights of the user: the request, and what becomes of the object."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.meta import ApiModel
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.application.operation import CannotOperateError, Operation, note
from aiapp.domain.kubernetes import keepers
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json, Resource, resource_of
from aiapp.ports.kubernetes import NOT_SERVED, NotFoundError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError

DryRun = Literal["none", "server", "client"]
"""none: it is done; server: the API server only says whether it would take it; client: it is not asked."""
WORDS: Final[Mapping[Resource, str]] = {APPLICATIONS: "application", VERSIONS: "version"}
"""What people call the kinds that they change."""
_MODELS: Final[Mapping[Resource, type[ApiModel]]] = {APPLICATIONS: AIApplication, VERSIONS: AIApplicationVersion}


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What was asked for, and the object as it is then, or would be."""

    operation: Operation
    notes: tuple[str, ...]
    """What the person should know."""
    before: Json
    object: Json

    @property
    def manifest(self) -> Json:
        """The object as a file in Git."""
        return keepers.manifest(self.object)


async def operate(
    cluster: UserCluster,
    name: str,
    wanted: Callable[[Json], Operation],
    *,
    dry_run: DryRun,
    resource: Resource = APPLICATIONS,
) -> OperationResult:
    """Edits the object. Raises `ApiError` (`ConflictError` if it changed meanwhile), `QueryError`."""
    obj = await existing(cluster, resource, name)
    return await carried_out(cluster, obj, operation_on(wanted, obj), dry_run)


async def planned(
    cluster: UserCluster, names: Sequence[str], labels: Selector | None, wanted: Callable[[Json], Operation]
) -> list[tuple[Json, Operation]]:
    """What is asked of the applications that are named, and of those whose labels are selected; each once.

    All are looked at before anything is changed. Raises `ApiError`, `QueryError`.
    """
    found = {name: await existing(cluster, APPLICATIONS, name) for name in dict.fromkeys(names)}
    if labels is not None:
        everything = await cluster.list(APPLICATIONS)
        selected = (one for one in everything if labels(one["metadata"].get("labels") or {}))
        found |= {one["metadata"]["name"]: one for one in selected}
    if not found:
        raise QueryError(f"namespace {cluster.namespace} has no applications with these labels")
    return [(one, operation_on(wanted, one, name if len(found) > 1 else None)) for name, one in found.items()]


async def carried_out(cluster: UserCluster, before: Json, operation: Operation, dry_run: DryRun) -> OperationResult:
    """Edits an object as it was found. Raises as `operate`."""
    advice = note(before, operation)
    after = await edited(cluster, resource_of(before), before, operation, dry_run)
    return OperationResult(operation, () if advice is None else (advice,), before, after)


async def existing(cluster: UserCluster, resource: Resource, name: str) -> Json:
    """An object of the namespace. Raises `ApiError`, `QueryError` if it is absent."""
    try:
        return await cluster.get(resource, name)
    except NotFoundError as error:
        if error.reason == NOT_SERVED:
            raise
        raise QueryError(f"namespace {cluster.namespace} has no {WORDS[resource]} {name}") from error


def operation_on(wanted: Callable[[Json], Operation], obj: Json, name: str | None = None) -> Operation:
    """What is asked of the object. Raises `QueryError`, which begins with the name where one is given."""
    try:
        return wanted(obj)
    except CannotOperateError as error:
        raise QueryError(str(error) if name is None else f"{name}: {error}") from error


async def edited(cluster: UserCluster, resource: Resource, before: Json, operation: Operation, dry_run: DryRun) -> Json:
    """The object after the operation. Raises `ApiError`, `QueryError`."""
    if not operation.patch:
        return before
    if dry_run == "client":
        return valid(resource, patched(before, operation.patch))
    name = before["metadata"]["name"]
    return await cluster.edit(resource, name, operation.patch, dry_run=dry_run == "server")


async def created(cluster: UserCluster, resource: Resource, document: Json, dry_run: DryRun) -> Json:
    """A new object. Raises `ApiError`, `ConflictError` when it exists, `QueryError`."""
    if dry_run == "client":
        return valid(resource, document)
    return await cluster.create(document, dry_run=dry_run == "server")


def valid(resource: Resource, document: Json) -> Json:
    """The same document. Raises `QueryError` for one that the API server would refuse."""
    try:
        _MODELS[resource].model_validate(document)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
        raise QueryError("; ".join(faults)) from None
    return document
