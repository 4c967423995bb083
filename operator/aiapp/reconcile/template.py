"""Reconciles an InferenceTemplate: says in its status whether versions can use it."""

from pydantic import ValidationError

from aiapp.api.template import InferenceTemplate
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.conditions import Finding
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import TEMPLATES, Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.templates.plan import ready, stalled, unusable
from aiapp.ports.kubernetes import Cluster
from aiapp.reconcile.conditions import conditions


class TemplateReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, store: Cache[NodeFacts], cluster: Cluster) -> None:
        self._store = store
        self._cluster = cluster

    async def __call__(self, key: Key) -> Outcome:
        raw = self._store.get(TEMPLATES, None, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return Outcome()
        generation, found = raw["metadata"]["generation"], _ready(raw)
        findings = conditions([found, *stalled(found)], generation)
        await self._cluster.write_status(TEMPLATES, raw, {"observedGeneration": generation, "conditions": findings})
        return Outcome()


def _ready(raw: Json) -> Finding:
    try:
        return ready(InferenceTemplate.model_validate(raw).spec)
    except ValidationError as error:
        return unusable(faults(error))
