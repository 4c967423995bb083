"""What an application was asked to serve, and going back to it with the rights of the user."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from aiapp.api.history import Configuration
from aiapp.domain.application.history_changes import changes
from aiapp.domain.application.rollback import (
    CannotRollBackError,
    Rollback,
    edit,
    manifest,
    past,
    rollback,
    worded,
)
from aiapp.domain.kubernetes.json_patch import patched
from aiapp.domain.kubernetes.keepers import GITOPS
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import existing
from aiapp.queries.served import require_versions


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """A rollback, carried out or, where only the manifest was asked for, planned."""

    revision: int
    served: str
    """What the revision serves, for people."""
    manifest: Json
    notes: tuple[str, ...]
    before: Json
    """The application as it was."""
    object: Json
    """The same with that configuration."""


async def history(cluster: UserCluster, name: str) -> list[Json]:
    """The configurations of an application as documents, newest first, each with what it changed.

    Raises `ApiError`, `QueryError`.
    """
    return configurations(await existing(cluster, APPLICATIONS, name))


def configurations(application: Json) -> list[Json]:
    """The same of an application as the API server keeps it."""
    known = past(application)
    return [_document(one) | {"changed": changed} for one, changed in zip(known, changes(known), strict=True)]


async def planned_rollback(cluster: UserCluster, name: str, to: int | None) -> RollbackResult:
    """What a rollback would ask for. Raises `ApiError`, `QueryError`."""
    return await _planned(cluster, await existing(cluster, APPLICATIONS, name), to)


async def roll_back(cluster: UserCluster, name: str, to: int | None, *, dry_run: bool) -> RollbackResult:
    """Edits `spec.serving`; with `dry_run` the API server only says whether it would take that.

    Raises `ApiError` (`ConflictError` if the application changed meanwhile), `QueryError`.
    """
    application = await existing(cluster, APPLICATIONS, name)
    planned = await _planned(cluster, application, to)
    patch = edit(application, planned.manifest["spec"]["serving"])
    return replace(planned, object=await cluster.edit(APPLICATIONS, name, patch, dry_run=dry_run))


async def _planned(cluster: UserCluster, application: Json, to: int | None) -> RollbackResult:
    try:
        back = rollback(application, to)
    except CannotRollBackError as error:
        raise QueryError(str(error)) from error
    versions = await require_versions(cluster, application, (one.version for one in back.target.versions))
    notes = tuple(_notes(back, versions))
    after = patched(application, edit(application, back.serving))
    return RollbackResult(
        back.target.revision, worded(back.target), manifest(application, back.serving), notes, application, after
    )


def _notes(back: Rollback, versions: dict[str, Json]) -> Iterator[str]:
    if back.target.outcome != "Succeeded":
        yield f"revision {back.target.revision} has not succeeded: {back.target.outcome}"
    for name, version in versions.items():
        phase = (version.get("status") or {}).get("phase")
        if phase != "Normal":
            yield f"version {name} is {phase or 'not looked at yet'}, not Normal"
    if back.manager in GITOPS:
        yield f"{back.manager} wrote what it asks for now: commit the same to Git, from --dry-run=client -o yaml"


def _document(configuration: Configuration) -> Json:
    document = configuration.model_dump(by_alias=True, mode="json", exclude_none=True)
    return document | ({"serving": orjson.loads(configuration.serving)} if configuration.serving else {})
