"""Where a registered version comes from, as the cluster keeps it."""

import json
from dataclasses import dataclass

from aiapp.api.version import AIApplicationVersion, VersionStatus
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.provenance.config_map import KEY, is_unaltered
from aiapp.domain.provenance.statement import registration, statement
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.stored import read


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of where a version comes from."""

    document: Json
    """Version, content, source, training job, provenance and metrics, as its status has them."""


async def trace(cluster: UserCluster, name: str) -> Trace:
    """Of a version. Raises `ApiError`."""
    version = await cluster.get(VERSIONS, name)
    spec, status = version["spec"], version.get("status") or {}
    known = {part: status[part] for part in ("artifact", "source", "provenance") if part in status}
    if metrics := (status.get("model") or {}).get("metrics"):
        known["metrics"] = metrics
    return Trace({"version": name, "application": spec["application"], "number": spec["version"], **known})


async def slsa(cluster: UserCluster, name: str) -> Json:
    """The in-toto Statement about a version. Raises `ApiError`, `QueryError`."""
    raw = await cluster.get(VERSIONS, name)
    status = read(AIApplicationVersion, raw).status
    if (known := status.provenance) is None:
        raise QueryError(f"nothing is known yet of where {name} comes from: see kubectl describe aiappv {name}")
    digest = getattr(status.artifact, "digest", None) or (status.image.digest if status.image else None)
    if digest is None:
        raise QueryError(f"the digest of {name} is not known yet: it is learnt when a pod first fetches the package")
    trained = await predicate_of(cluster, status)
    predicate = registration(raw["spec"]["source"], known, raw["metadata"]["uid"]) if trained is None else trained
    return statement(f"{cluster.namespace}/{name}", digest, predicate)


async def predicate_of(cluster: UserCluster, status: VersionStatus) -> Json | None:
    """What is kept of the training of a version; None of one that was not trained. Raises `ApiError`, `QueryError`."""
    record = status.provenance.record if status.provenance else None
    if record is None:
        return None
    found = await cluster.get(CONFIG_MAPS, record.name)
    if not is_unaltered(found, record):
        raise QueryError(f"ConfigMap {record.name} does not hold what the operator wrote: {record.digest}")
    predicate: Json = json.loads(found["data"][KEY])
    return predicate
