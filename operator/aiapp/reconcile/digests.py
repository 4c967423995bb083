"""Records content digests: the first that is known stays, whoever comes later. Never decides what a pod may run."""

from contextlib import suppress
from itertools import pairwise
from typing import Any

from aiapp.api.version import Artifact
from aiapp.domain.desired.digest import Known, digest_object, recorded
from aiapp.domain.digest import Content
from aiapp.domain.naming import digest_config_map, owner, workload
from aiapp.domain.package.inspection import Valid
from aiapp.domain.planning.application import version_of
from aiapp.domain.planning.digest import FETCH_CONTAINER, Fetched, fetched, learnt
from aiapp.domain.planning.records import VersionRecord
from aiapp.domain.planning.version import Imported, with_artifact
from aiapp.domain.resources import APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICA_SETS, Json
from aiapp.domain.trimming import trimmed_config_map
from aiapp.ports import Api, ApiError, ConflictError, HashingStore, NotFoundError
from aiapp.reconcile.access import Access
from aiapp.reconcile.checksums import known_content
from aiapp.reconcile.manifests import is_shared_with
from aiapp.reconcile.store import Store


class RecordTakenError(ApiError):
    """A ConfigMap of the record's name holds something else."""

    def __init__(self, name: str) -> None:
        super().__init__(409, "NameTaken", f"ConfigMap {name} exists and does not record a digest: delete it")


class Digests:
    """All methods raise `ApiError`."""

    def __init__(self, api: Api, store: Store[Any], objects: HashingStore, limit: int) -> None:
        """`limit`: the object store is asked for the hashes of at most so many objects of one package."""
        self._api = api
        self._store = store
        self._objects = objects
        self._limit = limit

    async def known(self, package: Valid, namespace: str, way: Access) -> Known | None:
        """What is known of a package that no version of the namespace has fetched yet, or one has."""
        name = digest_config_map(package.manifest.pin)
        if self._store.get(CONFIG_MAPS, namespace, name) is not None:
            return await self._read(namespace, name)
        return await known_content(package, way, self._objects, self._limit)

    async def record(self, pin: str, known: Known, user: Json) -> Known:
        """Put it on record with `user` (an AIApplicationVersion) as owner. What is on record already stays; that."""
        config_map, namespace = digest_object(pin, known), user["metadata"]["namespace"]
        owned = {"namespace": namespace, "ownerReferences": [owner(user, controller=False)]}
        try:
            made = await self._api.create(config_map | {"metadata": config_map["metadata"] | owned})
        except ConflictError:
            found = await self._read(namespace, config_map["metadata"]["name"])
            if found is None:
                raise RecordTakenError(config_map["metadata"]["name"]) from None
            await self._share(config_map["metadata"]["name"], user)
            return found
        self._store.put(CONFIG_MAPS, trimmed_config_map(made), own=True)
        return known

    async def share(self, pin: str, user: Json) -> None:
        """Make `user` (an AIApplication, too) one of the record's owners, if there is a record."""
        found = self._store.get(CONFIG_MAPS, user["metadata"]["namespace"], digest_config_map(pin))
        if found is not None and not is_shared_with(found, user):
            with suppress(NotFoundError):  # deleted meanwhile: it is made anew, and shared then
                await self._share(found["metadata"]["name"], user)

    async def kept(self, record: VersionRecord, known: Imported) -> Imported:
        """A pinned version, with what its pods have told meanwhile; what is known stays on record."""
        artifact = known.artifact
        if artifact is None:
            return known
        told = await self._told(record, artifact) if artifact.verified_at is None else None
        on_record = await self._on_record(record, artifact, told)
        return known if on_record is None else with_artifact(known, learnt(artifact, on_record, told))

    async def _told(self, record: VersionRecord, artifact: Artifact) -> Fetched | None:
        """The first that a pod has told, of those that are to be believed."""
        pods = self._store.children(PODS, record.namespace, record.spec.application)
        for told in fetched((pod for pod in pods if version_of(pod) == record.spec.version), artifact.objects):
            if artifact.digest in {None, told.content.digest} and await self._is_ours(told.pod, record, artifact.pin):
                return told
        return None

    async def _on_record(self, record: VersionRecord, artifact: Artifact, told: Fetched | None) -> Known | None:
        """None when there is no record, or none that says more than is known. Made (anew) from what is known."""
        name = digest_config_map(artifact.pin)
        found = self._store.get(CONFIG_MAPS, record.namespace, name)
        if found is not None:
            await self.share(artifact.pin, record.raw)
            unknown = told is not None or artifact.digest_from in {None, "Spec"}
            return await self._read(record.namespace, name) if unknown else None
        if told is not None:
            return await self.record(artifact.pin, Known(told.content, "Fetch"), record.raw)
        if artifact.digest is not None and artifact.digest_from not in {None, "Spec"}:
            await self.record(artifact.pin, Known(Content(artifact.digest), artifact.digest_from), record.raw)
        return None

    async def _is_ours(self, pod: Json, record: VersionRecord, pin: str) -> bool:
        """Whether a Deployment of ours made the pod, from a template that fetches what is pinned."""
        maker = _controller(pod, "ReplicaSet")
        deployment = self._store.get(
            DEPLOYMENTS, record.namespace, workload(record.spec.application, record.spec.version)
        )
        if maker is None or deployment is None or _controller(deployment, APPLICATIONS.kind) is None:
            return False
        try:
            replica_set = await self._api.get(REPLICA_SETS, record.namespace, maker["name"])
        except NotFoundError:
            return False
        above = _controller(replica_set, DEPLOYMENTS.kind)
        same = replica_set["metadata"]["uid"] == maker["uid"]
        return bool(same and above and above["uid"] == deployment["metadata"]["uid"] and _pin(replica_set) == pin)

    async def _read(self, namespace: str, name: str) -> Known | None:
        return recorded(await self._api.get(CONFIG_MAPS, namespace, name))

    async def _share(self, name: str, user: Json) -> None:
        patch = {"metadata": {"ownerReferences": [owner(user, controller=False)]}}
        await self._api.patch(CONFIG_MAPS, user["metadata"]["namespace"], name, patch)


def _controller(obj: Json, kind: str) -> Json | None:
    """The owner reference to what controls the object, if that is of the kind."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in owners if one.get("controller") and one["kind"] == kind), None)


def _pin(replica_set: Json) -> str | None:
    """What the pods of a ReplicaSet are told to fetch."""
    containers = replica_set["spec"]["template"]["spec"].get("initContainers") or ()
    arguments = next((c.get("args") or [] for c in containers if c["name"] == FETCH_CONTAINER), [])
    return next((value for name, value in pairwise(arguments) if name == "--pin"), None)
