"""Several replicas, real processes before a real API server: one works, another goes on, and never two at a time."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.kube import Kube, Object
from tests.support.live_jobs import end_pod, job, permit
from tests.support.operator import SERVICE_ACCOUNT, Operator
from tests.support.packages import Registry
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually
from tests.support.write_proxy import write_proxy

GROUP = "aiapp.dev/v1alpha1"
MANY = 40


class Replicas:
    """Operators that elect a leader; started one after the other, so that the first one leads."""

    def __init__(self, sandbox: Sandbox, folder: Path, lease_seconds: int) -> None:
        self._kubeconfig = sandbox.service_account(*SERVICE_ACCOUNT)
        self._folder = folder
        self._environment = {"AIAPP_LEADER_ELECTION": "true", "AIAPP_LEASE_SECONDS": str(lease_seconds)}
        self.started: list[Operator] = []

    def start(self, kubeconfig: Path | None = None) -> Operator:
        log = self._folder / f"operator-{len(self.started)}.log"
        operator = Operator(kubeconfig or self._kubeconfig, log, self._environment)
        self.started.append(operator)
        return operator.start()

    def first(self, kubeconfig: Path | None = None) -> Operator:
        """One that leads."""
        operator = self.start(kubeconfig)
        eventually(lambda: leads(operator))
        return operator


@contextmanager
def replicas(sandbox: Sandbox, kube: Kube, folder: Path, lease_seconds: int) -> Iterator[Replicas]:
    made = Replicas(sandbox, folder, lease_seconds)
    try:
        yield made
    finally:
        for operator in made.started:
            if operator.process is not None:
                os.kill(operator.process.pid, signal.SIGCONT)  # a test that failed may have left it frozen
                operator.stop()
    for operator in made.started:
        assert "Traceback" not in operator.log(), operator.log()
    if lease := kube.find("coordination.k8s.io/v1", "Lease", "aiapp-operator", "aiapp-system"):
        kube.delete(lease)


def leads(operator: Operator) -> bool:
    return operator.metric("leader_election_master_status") == 1


def application(name: str, namespace: str) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": GROUP, "kind": "AIApplication", "metadata": metadata, "spec": {}}


def observed(kube: Kube, one: Object) -> int:
    found = kube.get(GROUP, "AIApplication", one["metadata"]["name"], one["metadata"]["namespace"])
    return int((found.get("status") or {}).get("observedGeneration") or 0)


def take_up(kube: Kube, name: str, namespace: str) -> None:
    one = kube.create(application(name, namespace))
    eventually(lambda: observed(kube, one) == 1)


@pytest.mark.usefixtures("installed")
def test_one_works_and_the_other_is_ready_and_writes_nothing(
    sandbox: Sandbox, kube: Kube, namespace: str, tmp_path: Path
) -> None:
    with replicas(sandbox, kube, tmp_path, 15) as made:
        leader, standby = made.first(), made.start()
        take_up(kube, "one", namespace)
        assert leads(leader)
        assert not leads(standby)
        assert standby.health("/readyz") == (200, "ok\n")
        assert standby.metric("aiapp_watch_silence_seconds", resource="aiapplications") < 60
        assert standby.writes() == 0
        assert standby.metric("workqueue_depth") == 0
        eventually(lambda: leader.metric("aiapp_application_status", namespace=namespace) >= 1)
        assert standby.metric("aiapp_application_status") == 0


@pytest.mark.usefixtures("installed")
def test_a_mistake_that_is_there_before_anybody_leads_is_told(sandbox: Sandbox, kube: Kube, tmp_path: Path) -> None:
    metadata = {"name": "aiapp-node-facts", "namespace": "aiapp-system"}
    wrong = {"nodes.yaml": "labels: {chips: [site/chip]}"}
    config_map = kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": wrong})
    try:
        with replicas(sandbox, kube, tmp_path, 15) as made:
            made.first()
            about = f"reason=NodeFactsInvalid,involvedObject.uid={config_map['metadata']['uid']}"
            eventually(lambda: kube.list("v1", "Event", "aiapp-system", fieldSelector=about))
    finally:
        kube.delete(config_map)


@pytest.mark.usefixtures("installed")
def test_a_leader_that_dies_is_followed_when_its_lease_has_run_out(
    sandbox: Sandbox, kube: Kube, namespace: str, tmp_path: Path
) -> None:
    with replicas(sandbox, kube, tmp_path, 15) as made:
        leader, standby = made.first(), made.start()
        leader.kill()
        eventually(lambda: leads(standby))
        take_up(kube, "after", namespace)
        made.start()
        assert not leads(made.started[-1])


@pytest.mark.usefixtures("installed")
def test_a_leader_that_is_asked_to_stop_gives_the_lease_back(
    sandbox: Sandbox, kube: Kube, namespace: str, tmp_path: Path
) -> None:
    with replicas(sandbox, kube, tmp_path, 150) as made:
        leader, standby = made.first(), made.start()
        assert leader.stop() == 0
        eventually(lambda: leads(standby))
        take_up(kube, "after", namespace)


@pytest.mark.usefixtures("installed")
def test_a_leader_that_was_frozen_in_the_middle_of_its_work_changes_nothing_when_it_wakes(
    sandbox: Sandbox, kube: Kube, namespace: str, tmp_path: Path
) -> None:
    """What it was about to send is refused, as it knows an older object. Events may still go: they change nothing."""
    with (
        replicas(sandbox, kube, tmp_path, 15) as made,
        write_proxy(sandbox.service_account(*SERVICE_ACCOUNT), tmp_path) as (proxy, kubeconfig),
    ):
        frozen = made.first(kubeconfig)
        standby = made.start()
        proxy.watch(namespace)
        many = [kube.create(application(f"app-{number}", namespace)) for number in range(MANY)]
        eventually(lambda: observed(kube, many[0]) == 1)
        assert frozen.process is not None
        os.kill(frozen.process.pid, signal.SIGSTOP)
        eventually(lambda: leads(standby))
        for one in many:
            kube.patch(one, {"spec": {"displayName": "changed"}})
        eventually(lambda: all(observed(kube, one) == 2 for one in many))
        proxy.watch(namespace)
        os.kill(frozen.process.pid, signal.SIGCONT)
        eventually(lambda: "does not lead any more" in frozen.log())
        frozen.until_ready()
        for one in many:
            kube.patch(one, {"spec": {"displayName": "changed-again"}})
        eventually(lambda: all(observed(kube, one) == 3 for one in many))
        assert [one for one in proxy.taken if not one.endswith("/events")] == []
        assert not leads(frozen)
        frozen.stop()


@pytest.mark.usefixtures("installed")
def test_a_job_that_goes_while_nobody_leads_is_registered_by_the_one_that_follows_and_no_other_again(
    sandbox: Sandbox, kube: Kube, namespace: str, bucket: Bucket, tmp_path: Path
) -> None:
    registry = Registry(kube, namespace, bucket)
    permit(registry)
    with replicas(sandbox, kube, tmp_path, 15) as made:
        leader, _ = made.first(), made.start()
        before = registering(registry, "before", "1.0.0")
        end_pod(registry, before, "Succeeded")
        version = eventually(lambda: registry.find(GROUP, "AIApplicationVersion", "mnist-1.0.0"))
        eventually(lambda: registry.find("batch/v1", "Job", "before") is None)
        assert version is not None
        kube.delete(version)
        during = registering(registry, "during", "2.0.0")
        leader.kill()
        end_pod(registry, during, "Succeeded")
        eventually(lambda: registry.find("batch/v1", "Job", "during") is None)
        eventually(lambda: registry.find(GROUP, "AIApplicationVersion", "mnist-2.0.0"))
        assert [one["metadata"]["name"] for one in kube.list(GROUP, "AIApplicationVersion", namespace)] == [
            "mnist-2.0.0"
        ]


def registering(registry: Registry, name: str, number: str) -> Object:
    """A job that runs, asks to be registered, and is cleaned up at once."""
    said = {"aiapp.dev/application": "mnist", "aiapp.dev/version": number}
    made = job(registry, name, annotations=said, ttlSecondsAfterFinished=0)
    eventually(lambda: registry.now(made)["status"].get("active"))
    return made
