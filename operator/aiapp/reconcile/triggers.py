"""From what changed to what must be looked at again. Only adds keys; never looks at anything itself."""

from collections.abc import Iterable
from typing import Any, Final

from aiapp.controller.cache import Cache, Change, application_of
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.artifact.sharing import serves
from aiapp.domain.artifact.verification import has_reported
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL, pinned_versions
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    HTTP_ROUTES,
    LIMIT_RANGES,
    NODES,
    OWN,
    PODS,
    RUNTIMES,
    TEMPLATES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.domain.sources.raw import is_imported, template_of, waits_for_kind

FLEET: Final = Key("Fleet", "", "nodes")
"""Stands for everything that depends on the nodes."""
DEVICES: Final = Key(FLEET.kind, "", "devices")
"""Stands for everything that waits for a device."""
FLEET_WINDOW_SECONDS: Final = 1.0
"""Nodes come and go in groups: their changes within this time are looked at together."""


def key_of(resource: Resource, document: Json) -> Key:
    """The key of one of our own objects."""
    metadata = document["metadata"]
    return Key(resource.kind, metadata.get("namespace", ""), metadata["name"])


class Triggers:
    """Listens to the cache and adds keys. The operator's own writes do not trigger their writer again."""

    def __init__(self, queue: WorkQueue, store: Cache[Any]) -> None:
        self._queue = queue
        self._store = store

    def __call__(self, change: Change) -> None:
        if change.resource is NODES:
            self._queue.add_after(FLEET, FLEET_WINDOW_SECONDS)
            return
        for key in self._keys(change):
            self._queue.add(key)

    async def fleet(self, key: Key) -> Outcome:
        """The reconciler of `FLEET`: every version is judged again, and so is each application that is not ready or has
        node selectors or resources of its own; another one is triggered by its version. And of `DEVICES`.
        """
        if key == FLEET:
            for version in self._store.all(VERSIONS):
                self._queue.add(key_of(VERSIONS, version))
        for application in self._store.all(APPLICATIONS):
            if not _is_true(application, "Ready") or (key == FLEET and _selects_nodes(application)):
                self._queue.add(key_of(APPLICATIONS, application))
        return Outcome()

    def nodes_read_otherwise(self) -> None:
        """The facts by which nodes are judged changed; the conditions of runtimes show whether they could be read."""
        self._queue.add_after(FLEET, FLEET_WINDOW_SECONDS)
        for runtime in self._store.runtimes():
            self._queue.add(key_of(RUNTIMES, runtime))

    def kind_came_or_went(self, resource: Resource) -> None:
        """The cluster serves a kind from now on, or no longer: applications and versions that ask for it."""
        for application in self._store.all(APPLICATIONS) if resource == HTTP_ROUTES else ():
            if "gateway" in ((application.get("spec") or {}).get("serving") or {}):
                self._queue.add(key_of(APPLICATIONS, application))
        for version in self._store.all(VERSIONS):
            if waits_for_kind(version, resource.kind):
                self._queue.add(key_of(VERSIONS, version))

    def training_job_changed(self, version: Json) -> None:
        """There is news of the training job that a version waits for."""
        self._queue.add(key_of(VERSIONS, version))

    def device_freed(self) -> None:
        """A pod gave a device back."""
        self._queue.add_after(DEVICES, FLEET_WINDOW_SECONDS)

    def everything(self) -> None:
        """Every object of our kinds."""
        for resource in (RUNTIMES, TEMPLATES, VERSIONS, APPLICATIONS):
            for document in self._store.all(resource):
                self._queue.add(key_of(resource, document))

    def _keys(self, change: Change) -> Iterable[Key]:
        document = change.object
        if change.resource is LIMIT_RANGES:
            return self._held_back(document["metadata"]["namespace"])
        if change.resource not in OWN:
            return (
                ()
                if change.own or _is_no_news(change)
                else (*_owners(document), *self._by_report(change.resource, document))
            )
        itself = () if change.own else (key_of(change.resource, document),)
        if change.resource is VERSIONS:
            return (*itself, *self._application_of_changed(change))
        return (*itself, *self._dependents(change))

    def _dependents(self, change: Change) -> Iterable[Key]:
        """What has to be looked at because an object that others use is another now."""
        if change.resource is APPLICATIONS:
            return self._used_otherwise(change) if change.new is None or _is_reported(change.new) else ()
        if change.own:
            return ()
        if change.resource is RUNTIMES:
            return self._versions_of(change.object)
        return self._waiting_for(change.object["metadata"]["name"])

    def _waiting_for(self, template: str) -> Iterable[Key]:
        """Versions that are not pinned yet and name the template."""
        for version in self._store.all(VERSIONS):
            if template_of(version) == template and not is_imported(version):
                yield key_of(VERSIONS, version)

    def _application_of_changed(self, change: Change) -> Iterable[Key]:
        """A version's application, unless nothing has changed but what the application knows better."""
        application = application_of(VERSIONS, change.object)
        if application is not None and not _says_only_who_uses_it(change):
            yield _application(change.object, application)

    def _used_otherwise(self, change: Change) -> Iterable[Key]:
        """The application's versions whose status does not say yet that it serves them, or no longer does.

        Not before the application has reported on what it serves now: pods come first when hundreds change at once.
        """
        metadata = change.object["metadata"]
        for version in self._store.versions(metadata["namespace"], metadata["name"]):
            is_said = metadata["name"] in ((version.get("status") or {}).get("usedBy") or ())
            if is_said != (change.new is not None and serves(change.new, version["spec"].get("version", ""))):
                yield key_of(VERSIONS, version)

    def _held_back(self, namespace: str) -> Iterable[Key]:
        """Applications of the namespace that are not ready: what its pods may ask for has changed."""
        for application in self._store.all(APPLICATIONS):
            if application["metadata"]["namespace"] == namespace and not _is_true(application, "Ready"):
                yield key_of(APPLICATIONS, application)

    def _by_report(self, resource: Resource, document: Json) -> Iterable[Key]:
        """The version of a pod that has fetched, until its content is known; those of a manifest, with applications."""
        if resource == CONFIG_MAPS:
            for pinned in _pinned(document):
                yield pinned
                yield from self._application_of(pinned)
        if resource is not PODS or not has_reported(document):
            return
        metadata, labels = document["metadata"], document["metadata"].get("labels") or {}
        name = f"{labels.get(APPLICATION_LABEL)}-{labels.get(VERSION_LABEL)}"
        key = Key(VERSIONS.kind, metadata["namespace"], name)
        version = self._store.get(VERSIONS, key.namespace, name)
        if version is not None and "verifiedAt" not in ((version.get("status") or {}).get("artifact") or {}):
            yield key

    def _application_of(self, key: Key) -> Iterable[Key]:
        """The application of a version, which owns the version's manifest as well."""
        version = self._store.get(VERSIONS, key.namespace, key.name)
        if version is not None and (application := application_of(VERSIONS, version)) is not None:
            yield _application(version, application)

    def _versions_of(self, runtime: Json) -> Iterable[Key]:
        """Versions that use the runtime with their applications, and those that found none: it may be theirs."""
        name = (runtime.get("spec") or {}).get("name")
        for version in self._store.all(VERSIONS):
            used = ((version.get("status") or {}).get("runtime") or {}).get("name")
            if used == name or not _is_true(version, "RuntimeResolved"):
                yield key_of(VERSIONS, version)
            if used == name and (application := application_of(VERSIONS, version)) is not None:
                yield _application(version, application)


def _is_reported(document: Json) -> bool:
    """Whether the status of an object is of its latest spec."""
    seen = (document.get("status") or {}).get("observedGeneration", 0)
    return bool(seen >= document["metadata"].get("generation", 0))


def _is_no_news(change: Change) -> bool:
    """Whether the object is as it was, as far as it is kept."""
    if change.old is None or change.new is None:
        return False
    before, after = (_lasting(one) for one in (change.old, change.new))
    return before == after


def _says_only_who_uses_it(change: Change) -> bool:
    """Whether nothing of a version has changed that its application does not know better."""
    if change.old is None or change.new is None:
        return False
    before, after = (
        {**_lasting(one), "status": {**(one.get("status") or {}), "usedBy": None}} for one in (change.old, change.new)
    )
    return before == after


def _lasting(document: Json) -> Json:
    """Without what changes with every write."""
    return {**document, "metadata": {**document["metadata"], "resourceVersion": ""}}


def _selects_nodes(application: Json) -> bool:
    serving = (application.get("spec") or {}).get("serving") or {}
    return "scheduling" in serving or any("npu" in served for served in serving.get("versions") or ())


def _application(document: Json, name: str) -> Key:
    return Key(APPLICATIONS.kind, document["metadata"].get("namespace", ""), name)


def _owners(child: Json) -> Iterable[Key]:
    """The application by label (a pod's owner is its ReplicaSet), and our own kinds among the owners."""
    metadata = child["metadata"]
    namespace = metadata.get("namespace", "")
    if name := (metadata.get("labels") or {}).get(APPLICATION_LABEL):
        yield _application(child, name)
    for owner in metadata.get("ownerReferences") or ():
        if owner["apiVersion"] == APPLICATIONS.api_version:
            yield Key(owner["kind"], namespace, owner["name"])


def _pinned(child: Json) -> Iterable[Key]:
    """Versions that a ConfigMap names as pinned to it, now or before they were deleted."""
    metadata = child["metadata"]
    for version in pinned_versions(metadata.get("labels") or {}):
        yield Key(VERSIONS.kind, metadata.get("namespace", ""), version)


def _is_true(document: Json, condition_type: str) -> bool:
    conditions = (document.get("status") or {}).get("conditions") or ()
    return any(c["type"] == condition_type and c["status"] == "True" for c in conditions)
