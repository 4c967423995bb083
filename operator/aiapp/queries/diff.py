"""What changed between two registered versions, as the cluster keeps them."""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from aiapp.api.artifact import PackageArtifact
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.domain.provenance.diff import ComparedVersion, Diff, diff
from aiapp.modelarts.model_files import CONFIG_FILE
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.kept_package import KeptPackage, kept_package
from aiapp.queries.stored import read
from aiapp.queries.trace import predicate_of

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed, and what could not be compared."""

    diff: Diff
    notes: tuple[str, ...]


async def compare(cluster: UserCluster, before: str, after: str) -> Compared:
    """Of two versions, `NAME` or `NAMESPACE/NAME`. Raises `ApiError`, `QueryError` if there is no such version."""
    notes: list[str] = []
    old, new = await asyncio.gather(*(_compared_version(cluster, one, notes) for one in (before, after)))
    return Compared(diff(old, new), tuple(notes))


async def _compared_version(cluster: UserCluster, place: str, notes: list[str]) -> ComparedVersion:
    namespace, _, name = place.rpartition("/")
    there = replace(cluster, namespace=namespace) if namespace else cluster
    raw = await there.get(VERSIONS, name)
    status = read(AIApplicationVersion, raw).status
    if status.artifact is None:
        notes.append(f"{place} is not pinned yet: see kubectl describe aiappv {name}")
    version = ComparedVersion(name=place, spec=raw["spec"], status=raw.get("status") or {})
    predicate = await _if_readable(predicate_of(there, status), f"the training of {place}", notes)
    package = None
    if isinstance(status.artifact, PackageArtifact):
        package = await _if_readable(kept_package(there, name, status.artifact), f"the files of {place}", notes)
    if package is not None:
        version = replace(version, files=package.files, config=_config(package))
    return replace(version, predicate=predicate or {})


async def _if_readable(answer: Awaitable[Found], subject: str, notes: list[str]) -> Found | None:
    """What cannot be read is not compared: the rest may still be told."""
    try:
        return await answer
    except (ApiError, QueryError) as error:
        notes.append(f"{subject} cannot be compared: {error.message}")
        return None


def _config(package: KeptPackage) -> Any:
    """The config.json that a template supplied, which lies in the manifest; None where the store has it."""
    held = (entry.content for entry in package.manifest.entries if entry.path.rpartition("/")[2] == CONFIG_FILE)
    found = next((content for content in held if content is not None), None)
    if found is None:
        return None
    try:
        return json.loads(found)
    except (ValueError, RecursionError):
        return None
