"""A registered version as a manifest for another place, held to the same content."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.version.promotion import Destination, NotPromotableError, is_unconfirmed, needs, promoted
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError


class InvalidDestinationError(QueryError):
    """The API server would refuse the manifest there."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """The manifest, and what its reader should know about it."""

    manifest: Json
    notes: tuple[str, ...]


async def promotion(cluster: UserCluster, name: str, destination: Destination) -> Promotion:
    """Raises `ApiError`, `QueryError`."""
    version = await cluster.get(VERSIONS, name)
    try:
        manifest = promoted(version, destination)
    except NotPromotableError as error:
        raise QueryError(str(error)) from error
    _require_valid(manifest)
    return Promotion(manifest, tuple(_notes(version, manifest)))


def _require_valid(manifest: Json) -> None:
    try:
        AIApplicationVersion.model_validate(manifest)
    except ValidationError as error:
        messages = (str(one["msg"]) for one in error.errors(include_url=False))
        raise InvalidDestinationError("; ".join(messages)) from None


def _notes(version: Json, manifest: Json) -> Iterator[str]:
    if is_unconfirmed(version):
        yield "no pod has fetched this content yet; the digest is what the version's own source states"
    if wanted := needs(manifest):
        where = manifest["metadata"].get("namespace", "the namespace it is applied to")
        yield f"must exist in {where}: {', '.join(wanted)}"
