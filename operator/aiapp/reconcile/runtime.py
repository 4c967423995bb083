"""Reconciles an InferenceRuntime: says what its name tells."""

from aiapp.api.runtime import InferenceRuntime
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.planning.runtime import describe, node_facts
from aiapp.domain.resources import RUNTIMES
from aiapp.ports import Cluster
from aiapp.reconcile.knowledge import Knowledge
from aiapp.reconcile.loop import Outcome
from aiapp.reconcile.queue import Key
from aiapp.reconcile.reporting import conditions
from aiapp.reconcile.store import Store


class RuntimeReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, store: Store[NodeFacts], cluster: Cluster, knowledge: Knowledge) -> None:
        self._store = store
        self._cluster = cluster
        self._knowledge = knowledge

    async def __call__(self, key: Key) -> Outcome:
        raw = self._store.get(RUNTIMES, None, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return Outcome()
        metadata = raw["metadata"]
        parts, ready = describe(InferenceRuntime.model_validate(raw).spec, metadata["generation"])
        findings = [ready, *node_facts(self._knowledge.source, self._knowledge.fault)]
        status = parts | {"conditions": conditions(findings, metadata["generation"])}
        await self._cluster.write_status(RUNTIMES, raw, status)
        return Outcome()
