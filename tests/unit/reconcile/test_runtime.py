"""Operators for some namespaces each share the catalogue, and have node facts of their own."""

from tests.support import documents
from tests.support.fleet import TABLES
from tests.support.records import SKLEARN, stored
from tests.support.world import FakeCluster

from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, RUNTIMES, Json
from aiapp.reconcile.runtime import RuntimeReconciler
from aiapp.reconcile.views.node_facts import NodeFactsConfig


async def types_of_conditions(*, reports_facts: bool) -> list[str]:
    """Of a runtime that was reconciled while there is a ConfigMap of node facts."""
    cluster = FakeCluster()
    found = stored(documents.runtime(SKLEARN))
    raw = cluster.hold(RUNTIMES, {**found, "metadata": {**found["metadata"], "namespace": ""}}, "uid")
    node_facts = NodeFactsConfig(TABLES, cluster.events, lambda: None)
    metadata: Json = {"namespace": "aiapp-system", "name": "aiapp-node-facts", "resourceVersion": "1"}
    node_facts.put(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    name = raw["metadata"]["name"]
    reconciler = RuntimeReconciler(cluster.store, cluster.cluster, node_facts if reports_facts else None)
    await reconciler(Key("InferenceRuntime", "", name))
    return [condition["type"] for condition in cluster.api.objects[RUNTIMES, "", name]["status"]["conditions"]]


async def test_the_one_operator_of_a_cluster_reports_whether_its_node_facts_could_be_read() -> None:
    assert "NodeFactsValid" in await types_of_conditions(reports_facts=True)


async def test_one_of_several_operators_reports_only_what_all_of_them_find() -> None:
    assert "NodeFactsValid" not in await types_of_conditions(reports_facts=False)
