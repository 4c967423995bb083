"""Records content digests: the first that is known stays. Never decides what a pod may run."""

from itertools import pairwise
from typing import Any

from aiapp.controller.cache import Cache
from aiapp.domain.application.observed import version_of
from aiapp.domain.artifact.digest_config_map import digest_object, recorded
from aiapp.domain.artifact.verification import FetchReport, fetched
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.naming import workload
from aiapp.domain.kubernetes.resources import APPLICATIONS, DEPLOYMENTS, PODS, REPLICA_SETS, Json
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.plan import Recording
from aiapp.ports.kubernetes import Api, NotFoundError
from aiapp.reconcile.shared_config_maps import SharedConfigMaps


class Digests:
    """The ConfigMaps with the digests that pods report. All methods raise `ApiError`."""

    def __init__(self, api: Api, store: Cache[Any], shared: SharedConfigMaps) -> None:
        self._api = api
        self._store = store
        self._shared = shared

    async def record(self, recording: Recording, user: Json) -> None:
        """Record a digest with `user` (an AIApplicationVersion) as owner. Raises `TakenError` for another record."""
        digest = recording.known.content.digest

        def is_same(config_map: Json) -> bool:
            found = recorded(config_map)
            return found is not None and found.content.digest == digest

        config_map = digest_object(*recording)
        await self._shared.keep(config_map, user, what=f"the digest {digest}", is_same=is_same)

    async def fetched(self, record: VersionRecord) -> FetchReport | None:
        """The earliest complete fetch of a pinned version's content that a pod of ours reports.

        None when a fetch has confirmed the digest before.
        """
        artifact = record.package
        if artifact is None or artifact.verified_at is not None:
            return None
        pods = self._store.children(PODS, record.namespace, record.spec.application)
        for found in fetched((pod for pod in pods if version_of(pod) == record.spec.version), artifact.objects):
            if artifact.digest in {None, found.content.digest} and await self._is_ours(found.pod, record, artifact.pin):
                return found
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


def _controller(obj: Json, kind: str) -> Json | None:
    """The owner reference to what controls the object, if that is of the kind."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in owners if one.get("controller") and one["kind"] == kind), None)


def _pin(replica_set: Json) -> str | None:
    """The pin that the pods of a ReplicaSet fetch by."""
    containers = replica_set["spec"]["template"]["spec"].get("initContainers") or ()
    arguments = next((c.get("args") or [] for c in containers if c["name"] == FETCHER), [])
    return next((value for name, value in pairwise(arguments) if name == "--pin"), None)
