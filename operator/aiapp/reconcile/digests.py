"""Records content digests: the first that is known stays, whoever comes later. Never decides what a pod may run."""

from itertools import pairwise
from typing import Any

from aiapp.api.version import Artifact
from aiapp.controller.cache import Cache
from aiapp.domain.application.plan import version_of
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import Known, digest_object, recorded
from aiapp.domain.artifact.verification import Fetched, fetched, learnt, unconfirmed
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.naming import digest_config_map, manifest_config_map, pinned_versions, workload
from aiapp.domain.kubernetes.resources import APPLICATIONS, DEPLOYMENTS, PODS, REPLICA_SETS, VERSIONS, Json
from aiapp.domain.package.inspection import Valid
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.plan import Imported, with_artifact, with_doubt
from aiapp.ports import Api, HashingStore, NotFoundError
from aiapp.reconcile.shared_config_maps import SharedConfigMaps, TakenError, is_shared_with
from aiapp.reconcile.sources.access import Access
from aiapp.reconcile.version.checksums import known_content


class Digests:
    """All methods raise `ApiError`."""

    def __init__(
        self, api: Api, store: Cache[Any], shared: SharedConfigMaps, objects: HashingStore, limit: int
    ) -> None:
        """`limit`: the object store is asked for the hashes of at most so many objects of one package."""
        self._api = api
        self._store = store
        self._shared = shared
        self._objects = objects
        self._limit = limit

    async def known(self, package: Valid, namespace: str, way: Access) -> Known | None:
        """What is known of a package before it was fetched for this version."""
        vouched = self._vouched(namespace, package.manifest.pin)
        return vouched or await known_content(package, way, self._objects, self._limit)

    async def record(self, pin: str, known: Known, user: Json) -> Known:
        """Put it on record with `user` (an AIApplicationVersion) as owner. What was on record before stays; that.

        Raises `TakenError` for a record of another digest, unless a version of the namespace says the same.
        """
        config_map = digest_object(pin, known)
        existing = await self._shared.create(config_map, user)
        if existing is None:
            return known
        name, namespace = config_map["metadata"]["name"], user["metadata"]["namespace"]
        believed = (known, self._vouched(namespace, pin))
        found = recorded(existing)
        same = next((one for one in believed if one and found and one.content.digest == found.content.digest), None)
        if same is None:
            raise TakenError(name, f"the digest {known.content.digest}")
        await self._shared.share([name], user)
        return same

    async def kept(self, record: VersionRecord, known: Imported) -> Imported:
        """A pinned version, with what its pods have told meanwhile; what is known stays on record."""
        artifact = known.artifact
        if artifact is None:
            return known
        told = await self._told(record, artifact) if artifact.verified_at is None else None
        try:
            on_record = await self._on_record(record, artifact, told)
        except TakenError as error:
            return with_doubt(known, error.message)
        if on_record is not None:
            return with_artifact(known, learnt(artifact, on_record, told))
        name = digest_config_map(artifact.pin)
        is_doubtful = not _is_known(artifact) and self._shared.known(record.namespace, name) is not None
        return with_doubt(known, unconfirmed(name)) if is_doubtful else known

    async def _told(self, record: VersionRecord, artifact: Artifact) -> Fetched | None:
        """The first that a pod has told, of those that are to be believed."""
        pods = self._store.children(PODS, record.namespace, record.spec.application)
        for told in fetched((pod for pod in pods if version_of(pod) == record.spec.version), artifact.objects):
            if artifact.digest in {None, told.content.digest} and await self._is_ours(told.pod, record, artifact.pin):
                return told
        return None

    async def _on_record(self, record: VersionRecord, artifact: Artifact, told: Fetched | None) -> Known | None:
        """What is to be learnt from the record; None: nothing that is not known. Made (anew) from what is known."""
        if _is_known(artifact):
            known = Known(Content(artifact.digest or ""), artifact.digest_from or "Fetch")
        else:
            said = Known(told.content, "Fetch") if told else None
            found = self._vouched(record.namespace, artifact.pin) or said
            if found is None:
                await self._shared.share_known(digest_config_map(artifact.pin), record.raw)
                return None
            known = found
        existing = self._shared.known(record.namespace, digest_config_map(artifact.pin))
        if existing is not None and is_shared_with(existing, record.raw) and _is_known(artifact):
            return known if told else None
        return await self.record(artifact.pin, known, record.raw)

    def _vouched(self, namespace: str, pin: str) -> Known | None:
        """The digest that a version pinned to the same has in its status, which users cannot write, unlike a record."""
        manifest = self._shared.known(namespace, manifest_config_map(pin))
        labels = (manifest or {"metadata": {}})["metadata"].get("labels") or {}
        raws = (self._store.get(VERSIONS, namespace, name) for name in pinned_versions(labels))
        return next(filter(None, (_known(raw, pin) for raw in raws if raw)), None)

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


def _controller(obj: Json, kind: str) -> Json | None:
    """The owner reference to what controls the object, if that is of the kind."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in owners if one.get("controller") and one["kind"] == kind), None)


def _pin(replica_set: Json) -> str | None:
    """What the pods of a ReplicaSet are told to fetch."""
    containers = replica_set["spec"]["template"]["spec"].get("initContainers") or ()
    arguments = next((c.get("args") or [] for c in containers if c["name"] == FETCHER), [])
    return next((value for name, value in pairwise(arguments) if name == "--pin"), None)


def _is_known(artifact: Artifact) -> bool:
    """Whether somebody but the source's own statement vouches for the digest."""
    return artifact.digest is not None and artifact.digest_from not in {None, "Spec"}


def _known(version: Json, pin: str) -> Known | None:
    """The digest that a version's status tells of that pin."""
    told = (version.get("status") or {}).get("artifact") or {}
    if told.get("pin") != pin:
        return None
    artifact = Artifact.model_validate(told)
    return Known(Content(artifact.digest or ""), artifact.digest_from or "Fetch") if _is_known(artifact) else None
