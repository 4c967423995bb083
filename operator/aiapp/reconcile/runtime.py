"""Reconciles an InferenceRuntime: says what its name tells."""

from aiapp.api.runtime import InferenceRuntime
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.planning.runtime import describe
from aiapp.domain.resources import RUNTIMES
from aiapp.ports import Cluster
from aiapp.reconcile.loop import Outcome
from aiapp.reconcile.queue import Key
from aiapp.reconcile.reporting import conditions
from aiapp.reconcile.store import Store


class RuntimeReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, store: Store[NodeFacts], cluster: Cluster) -> None:
        self._store = store
        self._cluster = cluster

    async def __call__(self, key: Key) -> Outcome:
        raw = self._store.get(RUNTIMES, None, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return Outcome()
        metadata = raw["metadata"]
        parts, ready = describe(InferenceRuntime.model_validate(raw).spec, metadata["generation"])
        status = parts | {"conditions": conditions([ready], metadata["generation"])}
        await self._cluster.write_status(RUNTIMES, None, key.name, uid=metadata["uid"], status=status)
        return Outcome()
