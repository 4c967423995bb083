"""What was seen of the cluster, with the operator's own writes already in it. Never asks the API server."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, pinned_versions
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, NODES, RUNTIMES, VERSIONS, Json, Resource
from aiapp.domain.sources.raw import training_job_of

REMEMBERED_DELETIONS: Final = 10_000
"""How many deleted objects' uids are remembered, so that a late event cannot bring one back."""

EVERY: Final = ""
"""The group of every ConfigMap of a namespace."""

Facts = TypeVar("Facts")
Place = tuple[str, str]
"""Namespace (empty for cluster-scoped objects) and name."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object came, changed or went."""

    resource: Resource
    old: Json | None
    new: Json | None
    """None: it was deleted."""
    own: bool = False
    """The operator wrote it itself."""

    @property
    def object(self) -> Json:
        """The object, as it is or was."""
        current = self.new if self.new is not None else self.old
        assert current is not None
        return current


Listener = Callable[[Change], None]


class Cache(Generic[Facts]):
    """Objects by resource, namespace and name. Shared, never copied: readers must not change what they get.

    Older news never replaces newer: resourceVersions of one resource are comparable integers (KEP-5504).
    `facts` turns a node into what decisions need of it.
    """

    def __init__(self, facts: Callable[[Json], Facts]) -> None:
        self._facts_of = facts
        self._listeners: list[Listener] = []
        self._objects: dict[Resource, dict[Place, Json]] = defaultdict(dict)
        self._groups: dict[tuple[Resource, str, str], dict[str, Json]] = defaultdict(dict)
        self._facts: dict[str, Facts] = {}
        self._fleet: tuple[Facts, ...] | None = None
        self._not_served: set[tuple[Resource, str]] = set()
        self._deleted: OrderedDict[str, int] = OrderedDict()

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every change after it is stored; for nodes only with changes of facts."""
        self._listeners.append(listener)

    # What happened

    def put(self, resource: Resource, document: Json, *, own: bool = False) -> None:
        """Store an object as it is, or was a moment ago. What is no newer than the stored object is dropped."""
        metadata = document["metadata"]
        if _version(document) <= self._deleted.get(metadata.get("uid", ""), -1):
            return
        place = _place(metadata)
        old = self._objects[resource].get(place)
        if old is not None and _version(old) >= _version(document):
            return
        self._objects[resource][place] = document
        self._settle(Change(resource, old, document, own))

    def remove(self, resource: Resource, document: Json, *, own: bool = False) -> None:
        """Remove the object with that uid; one of the same name but another uid stays."""
        metadata = document["metadata"]
        self._bury(document)
        old = self._objects[resource].get(_place(metadata))
        if old is None or old["metadata"].get("uid") != metadata.get("uid"):
            return
        del self._objects[resource][_place(metadata)]
        self._settle(Change(resource, old, None, own))

    def replace(
        self, resource: Resource, documents: Iterable[Json], resource_version: str, *, namespace: str = ""
    ) -> None:
        """A whole listing at `resource_version`: what it lacks is gone, unless it was written later.

        With a namespace a whole listing of that, which says nothing of others.
        """
        listed = set()
        for document in documents:
            listed.add(_place(document["metadata"]))
            self.put(resource, document)
        at = int(resource_version)
        for place, document in list(self._objects[resource].items()):
            if place not in listed and _version(document) <= at and namespace in ("", place[0]):
                self.remove(resource, document)

    def note_served(self, resource: Resource, namespace: str, *, is_served: bool) -> bool:
        """Note whether the kind is served and may be read, in one namespace or (empty) in all; whether that is news."""
        if is_served != ((resource, namespace) in self._not_served):
            return False
        (self._not_served.discard if is_served else self._not_served.add)((resource, namespace))
        return True

    def within(self, namespace: str) -> "NamespacedSink":
        """A sink for what is listed and watched of one namespace."""
        return NamespacedSink(self, namespace)

    # What is known

    def is_served(self, resource: Resource, namespace: str) -> bool:
        """Whether the cluster serves the kind, as far as it was asked, and lets the operator read it there."""
        return self._not_served.isdisjoint({(resource, ""), (resource, namespace)})

    def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        """The object as far as it is kept (pods, nodes and ConfigMaps are trimmed), or None."""
        return self._objects[resource].get((namespace or "", name))

    def all(self, resource: Resource) -> list[Json]:
        """Every object of the resource."""
        return list(self._objects[resource].values())

    def children(self, resource: Resource, namespace: str, application: str) -> list[Json]:
        """Objects labelled as belonging to the application, by name."""
        return self._sorted(resource, namespace, application)

    def versions(self, namespace: str, application: str) -> list[Json]:
        """Versions whose `spec.application` it is, by name."""
        return self._sorted(VERSIONS, namespace, application)

    def versions_of_job(self, namespace: str, kind: str, name: str) -> list[Json]:
        """Versions whose source names a training job of that kind and name, whatever its group, by name."""
        return self._sorted(VERSIONS, namespace, _job_group(kind, name))

    def config_maps_of(self, namespace: str, user: str) -> list[Json]:
        """ConfigMaps of ours by user: the uid of one of their owners, or the name of a version pinned to them."""
        return self._sorted(CONFIG_MAPS, namespace, user)

    def config_maps(self, namespace: str) -> list[Json]:
        """All ConfigMaps of ours in the namespace."""
        return self._sorted(CONFIG_MAPS, namespace, EVERY)

    def runtimes(self) -> list[Json]:
        """The catalogue."""
        return self.all(RUNTIMES)

    def nodes(self) -> Sequence[Facts]:
        """Facts of every node, by node name; the same tuple as long as no fact changes."""
        if self._fleet is None:
            self._fleet = tuple(self._facts[name] for name in sorted(self._facts))
        return self._fleet

    def read_nodes_again(self) -> None:
        """Compute the facts of all nodes again: `facts` now returns others for the same node."""
        self._facts = {place[1]: self._facts_of(node) for place, node in self._objects[NODES].items()}
        self._fleet = None

    # Inside

    def _settle(self, change: Change) -> None:
        if change.resource is NODES:
            if not self._note(change):
                return
        else:
            self._index(change)
        for listener in self._listeners:
            listener(change)

    def _note(self, node: Change) -> bool:
        """Whether a fact changed: nodes report every few minutes that they are alive, which is none."""
        name = node.object["metadata"]["name"]
        old = self._facts.pop(name, None)
        new = None if node.new is None else self._facts_of(node.new)
        if new is not None:
            self._facts[name] = new
        if old == new:
            return False
        self._fleet = None
        return True

    def _index(self, change: Change) -> None:
        for document, is_new in ((change.old, False), (change.new, True)):
            if document is not None:
                for group in groups_of(change.resource, document):
                    self._put_in_group(change.resource, document, group, is_new=is_new)

    def _put_in_group(self, resource: Resource, document: Json, group: str, *, is_new: bool) -> None:
        key = resource, document["metadata"].get("namespace", ""), group
        members = self._groups[key]
        members.pop(document["metadata"]["name"], None)
        if is_new:
            members[document["metadata"]["name"]] = document
        elif not members:
            del self._groups[key]

    def _sorted(self, resource: Resource, namespace: str, group: str) -> list[Json]:
        found = self._groups.get((resource, namespace, group), {})
        return [found[name] for name in sorted(found)]

    def _bury(self, document: Json) -> None:
        """An object that merely lost its label may come back with the same uid, but not with older news."""
        self._deleted[document["metadata"].get("uid", "")] = _version(document)
        if len(self._deleted) > REMEMBERED_DELETIONS:
            self._deleted.popitem(last=False)


class NamespacedSink:
    """The cache for what is listed of one namespace: the listing removes nothing of other namespaces."""

    def __init__(self, cache: Cache[Any], namespace: str) -> None:
        self.put = cache.put
        self.remove = cache.remove
        self.replace = partial(cache.replace, namespace=namespace)


def application_of(resource: Resource, document: Json) -> str | None:
    """The application an object belongs to: a version by its spec, everything else by its label."""
    if resource is VERSIONS:
        name: str | None = (document.get("spec") or {}).get("application")
        return name
    label: str | None = (document["metadata"].get("labels") or {}).get(APPLICATION_LABEL)
    return label


def groups_of(resource: Resource, document: Json) -> Sequence[str]:
    """The index keys of an object in its namespace beside its name: a ConfigMap is found by everything that uses it."""
    if resource != CONFIG_MAPS:
        application = application_of(resource, document)
        job = training_job_of(document) if resource == VERSIONS else None
        return (*((application,) if application else ()), *((_job_group(*job),) if job else ()))
    metadata = document["metadata"]
    owners = (one["uid"] for one in metadata.get("ownerReferences") or ())
    return (EVERY, *owners, *pinned_versions(metadata.get("labels") or {}))


def _job_group(kind: str, name: str) -> str:
    """No application is called so."""
    return f"{kind}/{name}"


def _place(metadata: Json) -> Place:
    return metadata.get("namespace", ""), metadata["name"]


def _version(document: Json) -> int:
    return int(document["metadata"]["resourceVersion"])
