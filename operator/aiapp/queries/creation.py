"""Registering the next version of an application, and applications, with the rights of the user."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.description import Description, fields
from aiapp.domain.kubernetes import keepers
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.version.succession import (
    CannotSucceedError,
    Changes,
    first,
    following,
    is_held,
    latest,
    successor,
)
from aiapp.ports.kubernetes import ConflictError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import DryRun, created, existing
from aiapp.queries.stored import versions_of

LATEST = "LAST"
"""Stands for the version with the highest number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version to be registered: of what it is made, and what is other with it."""

    application: str
    base: str = LATEST
    """`LAST`, the number or the name of a version."""
    number: str | None = None
    """None: the one after the highest."""
    changes: Changes = field(default_factory=Changes)
    description: Description = field(default_factory=Description)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Creation:
    """The new object, and what the person should know."""

    object: Json
    notes: tuple[str, ...]


async def create_version(cluster: UserCluster, wanted: NewVersion, *, dry_run: DryRun) -> Creation:
    """Registers the version. Raises `ApiError`, `QueryError`."""
    try:
        base, document = await _next(cluster, wanted)
    except CannotSucceedError as error:
        raise QueryError(str(error)) from error
    document["spec"] |= fields(wanted.description)
    _label(document, wanted.labels)
    notes = tuple(_notes(base, document, wanted))
    return Creation(await _created(cluster, document, dry_run), notes)


async def create_application(
    cluster: UserCluster, name: str, description: Description, labels: Mapping[str, str], *, dry_run: DryRun
) -> Creation:
    """One that is managed and serves nothing yet. Raises `ApiError`, `QueryError`."""
    document: Json = {
        "apiVersion": GROUP_VERSION,
        "kind": APPLICATIONS.kind,
        "metadata": {"name": name, "namespace": cluster.namespace},
        "spec": fields(description),
    }
    _label(document, labels)
    return Creation(await _created(cluster, document, dry_run), ())


async def _next(cluster: UserCluster, wanted: NewVersion) -> tuple[Json | None, Json]:
    """The version it follows, and its manifest."""
    known = await versions_of(cluster, wanted.application)
    last = latest(known)
    number = wanted.number or following(last)
    if wanted.base == LATEST:
        base = None if last is None else known[last]
    else:
        name = wanted.base if "-" in wanted.base else f"{wanted.application}-{wanted.base}"
        base = await existing(cluster, VERSIONS, name)
    if base is None:
        return None, first(wanted.application, cluster.namespace, number, wanted.changes)
    return base, successor(base, wanted.application, number, wanted.changes)


def _label(document: Json, labels: Mapping[str, str]) -> None:
    if labels:
        document["metadata"].setdefault("labels", {}).update(labels)


def _notes(base: Json | None, document: Json, wanted: NewVersion) -> Iterator[str]:
    if base is None:
        return
    name = base["metadata"]["name"]
    if not wanted.changes.moves and not is_held(document):
        yield f"the digest of {name} is not known yet: what lies at its source now may be other content"
    if kept := keepers.keeper(base):
        yield f"{kept.label} made {name}: put the new one into Git as well, as -o yaml prints it"


async def _created(cluster: UserCluster, document: Json, dry_run: DryRun) -> Json:
    resource = VERSIONS if document["kind"] == VERSIONS.kind else APPLICATIONS
    try:
        return await created(cluster, resource, document, dry_run)
    except ConflictError as error:
        name = document["metadata"]["name"]
        raise QueryError(f"namespace {cluster.namespace} already has {resource.kind} {name}") from error
