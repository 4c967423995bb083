"""What happened to versions, applications and their pods, for the command line and the console."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiapp.domain.details.events import Subject, TimelineEvent, labelled_subjects, subject, timeline
from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.kubernetes.resources import APPLICATIONS, EVENTS, VERSIONS, Json, Resource
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.watching import Snapshot, snapshots

KINDS: Final = (APPLICATIONS, VERSIONS)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is looked for; what is empty or None takes all."""

    type: str = ""
    """Normal or Warning."""
    text: str = ""
    """What reason or message has in it, in any case."""
    since: datetime | None = None
    phases: frozenset[str] = frozenset()
    labels: Selector | None = None
    """Of the application, or of a version, which has those of its application too."""

    def takes(self, event: TimelineEvent) -> bool:
        """Whether it is looked for."""
        return (
            (not self.type or event.type == self.type)
            and (self.text.casefold() in f"{event.reason} {event.message}".casefold())
            and (self.since is None or event.time >= self.since)
            and (not self.phases or event.phase in self.phases)
        )


ALL: Final = EventFilter()


@dataclass(frozen=True, slots=True)
class EventList:
    """What happened, the newest last, and what could not be read."""

    items: tuple[TimelineEvent, ...]
    notes: tuple[str, ...] = ()


async def events(
    cluster: UserCluster, name: str | None = None, wanted: EventFilter = ALL, *, all_namespaces: bool = False
) -> EventList:
    """Of an application with its versions and pods, of a version with its pods, or of all.

    Without the right to list Events only what statuses remember is told. Raises `ApiError`, `QueryError`.
    """
    namespace = None if all_namespaces else cluster.namespace
    applications, versions, (sent, notes) = await asyncio.gather(
        cluster.api.list(APPLICATIONS, namespace=namespace),
        cluster.api.list(VERSIONS, namespace=namespace),
        _sent(cluster, namespace),
    )
    snapshot = {APPLICATIONS: applications.items, VERSIONS: versions.items, EVENTS: sent}
    return EventList(tuple(_selected(snapshot, name, wanted, cluster.namespace)), notes)


async def follow(
    cluster: UserCluster, name: str | None = None, wanted: EventFilter = ALL, *, all_namespaces: bool = False
) -> AsyncIterator[list[TimelineEvent]]:
    """What has happened so far, and then each time what is new. Raises `ApiError`, `QueryError`."""
    namespace = None if all_namespaces else cluster.namespace
    kinds: tuple[Resource, ...] = (*KINDS, EVENTS) if await cluster.allowed("watch", EVENTS) else KINDS
    shown: set[TimelineEvent] = set()
    async for snapshot in snapshots(cluster, kinds, namespace=namespace):
        found = _selected(snapshot, name, wanted, cluster.namespace)
        yield [one for one in found if one not in shown]
        shown = set(found)


def _selected(snapshot: Snapshot, name: str | None, wanted: EventFilter, namespace: str) -> list[TimelineEvent]:
    about = None if name is None else _subject(name, snapshot, namespace)
    objects = (*snapshot[APPLICATIONS], *snapshot[VERSIONS])
    labelled = (
        None if wanted.labels is None else labelled_subjects(snapshot[APPLICATIONS], snapshot[VERSIONS], wanted.labels)
    )
    return [
        one
        for one in timeline(objects, snapshot.get(EVENTS, ()), about)
        if wanted.takes(one)
        and (labelled is None or any(each.has(one.kind, one.name) for each in labelled[one.namespace]))
    ]


def _subject(name: str, snapshot: Snapshot, namespace: str) -> Subject:
    """Raises `QueryError` when there is neither an application nor a version of that name."""
    for raw in snapshot[VERSIONS]:
        if raw["metadata"]["name"] == name:
            return subject(raw["spec"]["application"], [raw["spec"]["version"]], whole=False)
    numbers = [raw["spec"]["version"] for raw in snapshot[VERSIONS] if raw["spec"]["application"] == name]
    if not numbers and not _has(snapshot[APPLICATIONS], name):
        raise QueryError(f"namespace {namespace} has no application and no version {name}")
    return subject(name, numbers, whole=True)


def _has(objects: Iterable[Json], name: str) -> bool:
    return any(one["metadata"]["name"] == name for one in objects)


async def _sent(cluster: UserCluster, namespace: str | None) -> tuple[list[Json], tuple[str, ...]]:
    try:
        return (await cluster.api.list(EVENTS, namespace=namespace)).items, ()
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return [], (f"{error.message}: what follows is what statuses remember",)
