"""The manifest that runs the training of a registered version again."""

from dataclasses import dataclass, replace

from aiapp.api.version import AIApplicationVersion
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.domain.provenance.reproduction import NotReproducibleError, Reproduction, Rerun, reproduction
from aiapp.domain.training.annotations import asking
from aiapp.domain.version.origin import may_leave, stays
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.stored import read
from aiapp.queries.trace import predicate_of


@dataclass(frozen=True, slots=True)
class Registering:
    """As what the new job is to register itself when it has succeeded."""

    application: str | None
    """None: that of the version."""
    version: str
    """Its number, or `auto`."""


async def reproduce(cluster: UserCluster, name: str, rerun: Rerun, registering: Registering | None) -> Reproduction:
    """Of a version, in its namespace. Raises `ApiError`, `QueryError`."""
    raw = await cluster.get(VERSIONS, name)
    if not may_leave(raw):
        raise QueryError(stays(raw))
    predicate = await predicate_of(cluster, read(AIApplicationVersion, raw).status)
    if registering is not None:
        application = registering.application or raw["spec"]["application"]
        rerun = replace(rerun, annotations=asking(raw, application, registering.version))
    try:
        return reproduction(raw, predicate or {}, rerun)
    except NotReproducibleError as error:
        raise QueryError(str(error)) from error
