"""The registered versions with all that is known of each: model, content, runtime, verdict, traffic."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.application_status import Traffic
from aiapp.api.conditions import ConditionType
from aiapp.api.meta import Condition
from aiapp.domain.conditions import SUMMARIES
from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.records import VersionRecord, read_versions
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.plain import plain
from aiapp.queries.watching import Snapshot, snapshots

Shares = Mapping[tuple[str, str, str], Traffic]
"""By namespace, application and version."""


@dataclass(frozen=True, slots=True)
class VersionList:
    """A document for each version, by namespace and application, newest first, and what could not be read."""

    documents: list[Json]
    notes: tuple[str, ...]


async def versions(
    cluster: UserCluster,
    application: str | None = None,
    *,
    all_namespaces: bool = False,
    labels: Selector | None = None,
) -> VersionList:
    """Of one application, or of all; a version has the labels of its application too.

    Raises `ApiError`, `QueryError` if the application that is asked for has none.
    """
    namespace = None if all_namespaces else cluster.namespace
    listed, applications = await asyncio.gather(
        cluster.api.list(VERSIONS, namespace=namespace), cluster.api.list(APPLICATIONS, namespace=namespace)
    )
    return _version_list({VERSIONS: listed.items, APPLICATIONS: applications.items}, namespace, application, labels)


async def version_lists(
    cluster: UserCluster,
    application: str | None = None,
    *,
    all_namespaces: bool = False,
    labels: Selector | None = None,
) -> AsyncIterator[VersionList]:
    """The same, and again after each change, without end. Raises as `versions`, also once the last one is deleted."""
    namespace = None if all_namespaces else cluster.namespace
    async for snapshot in snapshots(cluster, (APPLICATIONS, VERSIONS), namespace=namespace):
        yield _version_list(snapshot, namespace, application, labels)


def _version_list(
    snapshot: Snapshot, namespace: str | None, application: str | None, labels: Selector | None
) -> VersionList:
    records, unreadable = read_versions(snapshot[VERSIONS])
    wanted = [record for record in records if application in {None, record.spec.application}]
    if application is not None and not wanted:
        raise QueryError(f"{f'namespace {namespace}' if namespace else 'the cluster'} has no versions of {application}")
    if labels is not None:
        wanted = _labelled(wanted, snapshot[APPLICATIONS], labels)
    wanted.sort(key=lambda record: record.number, reverse=True)
    wanted.sort(key=lambda record: (record.namespace, record.spec.application))
    notes = (f"{name} breaks a rule of the API and is left out" for name in sorted(unreadable))
    shares = _shares(snapshot[APPLICATIONS])
    return VersionList([_document(record, shares) for record in wanted], tuple(notes))


def _labelled(records: Iterable[VersionRecord], applications: Iterable[Json], labels: Selector) -> list[VersionRecord]:
    known = {(one["metadata"]["namespace"], one["metadata"]["name"]): _labels(one) for one in applications}
    return [one for one in records if labels({**known.get(_place(one), {}), **_labels(one.raw)})]


def _place(record: VersionRecord) -> tuple[str, str]:
    return record.namespace, record.spec.application


def _labels(raw: Json) -> Mapping[str, str]:
    return raw["metadata"].get("labels") or {}


def _shares(applications: Iterable[Json]) -> Shares:
    found: dict[tuple[str, str, str], Traffic] = {}
    for raw in applications:
        try:
            status = AIApplication.model_validate(raw).status
        except ValidationError:
            continue
        place = raw["metadata"]["namespace"], raw["metadata"]["name"]
        found |= {(*place, traffic.version): traffic for traffic in status.traffic}
    return found


def _document(record: VersionRecord, shares: Shares) -> Json:
    spec, status = record.spec, record.status
    ready = record.condition(ConditionType.READY)
    return {
        "namespace": record.namespace,
        "name": record.name,
        "application": spec.application,
        "version": spec.version,
        "created": record.created.isoformat(),
        "phase": status.phase,
        "ready": ready and _condition(ready),
        "faults": [_condition(one) for one in status.conditions if one.status != "True" and one.type not in SUMMARIES],
        "model": plain(status.model),
        "artifact": plain(status.artifact),
        "image": plain(status.image),
        "runtime": plain(status.runtime),
        "compatibility": plain(status.compatibility),
        "traffic": plain(shares.get((record.namespace, spec.application, spec.version))),
    }


def _condition(condition: Condition) -> Json:
    return {key: getattr(condition, key) for key in ("type", "status", "reason", "message")}
