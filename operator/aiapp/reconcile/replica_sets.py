"""Which pods a Deployment really made: any user may put its labels on a pod. Reads ReplicaSets one by one.

Never watches them: which Deployment controls a ReplicaSet does not change, so each is read once.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from aiapp.domain.application.pod_diagnosis import maker
from aiapp.domain.kubernetes.resources import DEPLOYMENTS, REPLICA_SETS, Json
from aiapp.ports.kubernetes import Cluster

REMEMBERED: Final = 10_000
"""ReplicaSets; of those that were not used for longest, the Deployment is asked for again."""


class ReplicaSets:
    """Which Deployment made which pod, by way of its ReplicaSet. All methods raise `ApiError`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._deployments: OrderedDict[str, str | None] = OrderedDict()
        """Uid of the Deployment by that of its ReplicaSet; None for one without a Deployment, or that is gone."""

    async def pods_of(self, deployments: Iterable[Json], pods: Iterable[Json]) -> tuple[Json, ...]:
        """The pods that one of the Deployments made."""
        uids = {deployment["metadata"]["uid"] for deployment in deployments}
        return tuple([pod for pod in pods if await self._deployment_of(pod) in uids])

    async def _deployment_of(self, pod: Json) -> str | None:
        made_by = maker(pod)
        if made_by is None:
            return None
        name, uid = made_by
        if uid not in self._deployments:
            found = await self._cluster.get(REPLICA_SETS, pod["metadata"]["namespace"], name)
            # One that is gone, or of which only the name is left, never comes back with this uid.
            self._deployments[uid] = _deployment(found) if found and found["metadata"]["uid"] == uid else None
            if len(self._deployments) > REMEMBERED:
                self._deployments.popitem(last=False)
        self._deployments.move_to_end(uid)
        return self._deployments[uid]


def _deployment(replica_set: Json) -> str | None:
    owners = replica_set["metadata"].get("ownerReferences") or ()
    controller = next((one for one in owners if one.get("controller") and one["kind"] == DEPLOYMENTS.kind), None)
    return controller and str(controller["uid"])
