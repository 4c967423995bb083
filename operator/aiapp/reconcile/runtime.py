"""Reconciles an InferenceRuntime: puts the parts of its name into its status."""

from pydantic import ValidationError

from aiapp.api.runtime import InferenceRuntime
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.conditions import Finding
from aiapp.domain.kubernetes.resources import RUNTIMES, Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.runtimes.plan import describe, invalid, node_facts, stalled
from aiapp.ports.kubernetes import Cluster
from aiapp.reconcile.conditions import conditions
from aiapp.reconcile.views.node_facts import NodeFactsConfig


class RuntimeReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries.

    `node_facts` None: they are not reported. Operators that share a catalogue, each with a ConfigMap of its own, would
    replace each other's condition without end.
    """

    def __init__(self, store: Cache[NodeFacts], cluster: Cluster, node_facts: NodeFactsConfig | None) -> None:
        self._store = store
        self._cluster = cluster
        self._node_facts = node_facts

    async def __call__(self, key: Key) -> Outcome:
        raw = self._store.get(RUNTIMES, None, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return Outcome()
        metadata = raw["metadata"]
        parts, ready = _described(raw)
        findings = [ready, *stalled(ready), *self._facts_read()]
        status = parts | {"conditions": conditions(findings, metadata["generation"])}
        await self._cluster.write_status(RUNTIMES, raw, status)
        return Outcome()

    def _facts_read(self) -> tuple[Finding, ...]:
        return () if self._node_facts is None else node_facts(self._node_facts.source, self._node_facts.fault)


def _described(raw: Json) -> tuple[Json, Finding]:
    generation = raw["metadata"]["generation"]
    try:
        return describe(InferenceRuntime.model_validate(raw).spec, generation)
    except ValidationError as error:
        return invalid(error, generation)
