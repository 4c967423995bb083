"""What is counted when the cache changes, and what a scrape finds in it."""

from typing import Any

from tests.support import documents
from tests.support.fleet import TABLES, mindcluster
from tests.support.records import NORMAL, deployed, pod, stored
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    DEPLOYMENTS,
    NODES,
    PODS,
    RUNTIMES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.domain.monitoring import definitions as of
from aiapp.domain.nodes.facts import NodeFacts, facts
from aiapp.reconcile.monitor import Monitor, RolloutObserver
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView

CANN = "mindspore_2.2.10-cann_7.0.0-py_3.9-euler_2.10.7-aarch64-snt9b"


class Counts(RolloutObserver):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    @override
    def fetched(self, reason: Reason, seconds: float, size: int) -> None:
        self.seen.append((reason, seconds, size))

    @override
    def rollout_ended(self, result: str, seconds: float | None) -> None:
        self.seen.append((result, seconds))


class Rig:
    def __init__(self) -> None:
        self.now = 0.0
        self.counts = Counts()
        self.store: Cache[NodeFacts] = Cache(facts=lambda node: facts(node, TABLES))
        config = NodeFactsConfig(TABLES, None, lambda: None)  # type: ignore[arg-type]
        self.view = NodeInventoryView(self.store, config, None)
        self.monitor = Monitor(self.store, self.view, self.counts, lambda: self.now)
        self.store.listen(self.monitor)
        self._version = 0

    def put(self, resource: Resource, document: Json, *, own: bool = False) -> None:
        self._version += 1
        metadata = {"uid": "u", **document["metadata"], "resourceVersion": str(self._version)}
        self.store.put(resource, document | {"metadata": metadata}, own=own)

    def progress(self, reason: str, *, own: bool = False) -> None:
        conditions = [{"type": "Progressing", "status": "True", "reason": reason}]
        self.put(DEPLOYMENTS, deployed(conditions=conditions), own=own)

    def fetch(self, **state: Any) -> None:
        self.put(PODS, pod(initContainerStatuses=[{"name": "fetch", "state": state}]))

    def values(self, definition: of.Definition) -> dict[tuple[str, ...], float]:
        return {labels: value for one, labels, value in self.monitor.samples() if one is definition}


def test_a_fetch_counts_the_size_that_was_pinned() -> None:
    rig = Rig()
    rig.put(VERSIONS, stored(documents.version(), status=NORMAL))
    rig.fetch(running={})
    times = {"startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:04:15Z"}
    rig.fetch(terminated={"exitCode": 0, "message": '{"bytes": 999999999999}', **times})
    assert rig.counts.seen == [(Reason.SUCCEEDED, 10, 3 << 20)]


def test_a_rollout_takes_from_its_first_sign_until_all_pods_are_available() -> None:
    rig = Rig()
    rig.progress("", own=True)
    rig.now = 30.0
    rig.progress("ReplicaSetUpdated")
    rig.now = 70.0
    rig.progress("NewReplicaSetAvailable")
    rig.progress("NewReplicaSetAvailable")
    assert rig.counts.seen == [("available", 70.0)]


def test_a_rollout_that_was_under_way_at_the_start_has_an_end_but_no_duration() -> None:
    rig = Rig()
    rig.progress("ReplicaSetUpdated")
    rig.progress("ProgressDeadlineExceeded")
    assert rig.counts.seen == [("timed_out", None)]


def test_a_rollout_that_was_under_way_when_the_lead_was_won_has_no_duration_either() -> None:
    rig = Rig()
    rig.store._listeners.clear()  # another replica leads
    rig.progress("ReplicaSetUpdated")
    rig.store.listen(rig.monitor)
    rig.now = 60.0
    rig.progress("ReplicaSetUpdated")
    rig.now = 70.0
    rig.progress("NewReplicaSetAvailable")
    assert rig.counts.seen == [("available", None)]


def test_a_rollout_of_which_the_end_was_missed_does_not_make_the_next_one_longer() -> None:
    rig = Rig()
    rig.progress("", own=True)
    rig.store._listeners.clear()  # another replica leads
    rig.progress("NewReplicaSetAvailable")
    rig.store.listen(rig.monitor)
    rig.now = 1000.0
    rig.progress("ReplicaSetUpdated")
    rig.now = 1020.0
    rig.progress("NewReplicaSetAvailable")
    assert rig.counts.seen == [("available", 20.0)]


def test_what_was_there_at_the_start_counts_for_nothing() -> None:
    rig = Rig()
    rig.progress("NewReplicaSetAvailable")
    assert rig.counts.seen == []


def test_a_deleted_deployment_is_forgotten() -> None:
    rig = Rig()
    rig.progress("ReplicaSetUpdated")
    [deployment] = rig.store.all(DEPLOYMENTS)
    rig.store.remove(DEPLOYMENTS, deployment)
    assert rig.monitor._rollouts == {}


def test_a_scrape_tells_of_applications_versions_nodes_and_runtimes() -> None:
    rig = Rig()
    rig.put(APPLICATIONS, stored(documents.application()))
    rig.put(VERSIONS, stored(documents.version(), status=NORMAL))
    rig.put(RUNTIMES, stored(documents.runtime(CANN)))
    rig.put(NODES, mindcluster("n1", "910B3", driver="24.1.rc3"))
    assert rig.values(of.APPLICATION_READY) == {("team", "mnist", "Unknown"): 1}
    assert rig.values(of.VERSION_READY) == {("team", "mnist-1.0.0", "True"): 1}
    assert sum(rig.values(of.NPUS).values()) == 8
    assert rig.values(of.RUNTIME_NODES)[CANN, "Compatible"] == 1


def test_runtimes_are_judged_again_only_when_something_that_counts_changed() -> None:
    rig = Rig()
    rig.put(RUNTIMES, stored(documents.runtime(CANN)))
    rig.put(NODES, mindcluster("n1", "910B3", driver="24.1.rc3"))
    first = rig.monitor._runtime_fits()
    assert rig.monitor._runtime_fits() is first
    rig.put(NODES, mindcluster("n2", "910B3", driver="24.1.rc3"))
    assert rig.values(of.RUNTIME_NODES)[CANN, "Compatible"] == 2
