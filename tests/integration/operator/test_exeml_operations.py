"""Models of ExeML in daily use: an operator for one namespace in two replicas, versions from elsewhere, automatic stop.

The test takes the parts of kubelet and scheduler until there is a node; all else is real.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.exeml import (
    PROJECT,
    VERSION,
    Project,
    counter,
    new_proof,
    rights,
    run_on,
    stores,
    token,
)
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import IMAGE, RUNTIME, keys, package, upload
from tests.support.sandbox import Sandbox, fresh_bucket, fresh_namespace
from tests.support.waiting import eventually

from aiapp.domain.exeml.tickets import Ticket, TicketRequest
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.profiles import SimulatedNode
from aiapp_sandbox.state import Service

NAME = "aiapp-narrow"
GROUP = "aiapp.dev/v1alpha1"


@pytest.fixture(scope="module")
def project(kube: Kube, s3: Service) -> Iterator[Project]:
    """A project whose job has not run yet."""
    with fresh_bucket(s3) as bucket, fresh_namespace(kube) as namespace:
        yield Project(kube, namespace, bucket)


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, ...]]:
    """Where each replica gives tickets, whenever it is started."""
    with reserved("127.0.0.1", ("first", "second")) as found:
        yield tuple(found.values())


@pytest.fixture(scope="module")
def replicas(
    sandbox: Sandbox,
    installed: None,
    kube: Kube,
    project: Project,
    ports: tuple[int, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Operator, Operator]]:
    """Two replicas that begin at the same time, with the rights that the chart gives for that one namespace."""
    runtime = kube.get(GROUP, "InferenceRuntime", RUNTIME)
    kube.patch(runtime, {"spec": {"image": IMAGE}})
    environment = {
        "AIAPP_EXEML_STORES": json.dumps(stores(project.bucket)),
        "AIAPP_WATCH_NAMESPACES": project.namespace,
        "AIAPP_LEADER_ELECTION": "true",
        "AIAPP_LEASE_SECONDS": "30",
    }
    folder = tmp_path_factory.mktemp("operators")
    with rights(kube, project.bucket, name=NAME, namespaces=(project.namespace,)):
        account = sandbox.service_account("aiapp-system", NAME)
        addresses = [environment | {"AIAPP_EXEML_ADDRESS": f"127.0.0.1:{port}"} for port in ports]
        first, second = (Operator(account, folder / f"{n}.log", one) for n, one in enumerate(addresses))
        try:
            for one in (first, second):
                one.start(wait=False)
            for one in (first, second):
                one.until_ready()
            yield first, second
        finally:
            for one in (first, second):
                if one.process is not None:
                    one.stop()
        for one in (first, second):
            assert "Traceback" not in one.log(), one.log()
    if lease := kube.find("coordination.k8s.io/v1", "Lease", "aiapp-operator", "aiapp-system"):
        kube.delete(lease)
    kube.patch(runtime, {"spec": {"image": None}})


def leads(operator: Operator) -> bool:
    """TicketRequest in time, which a busy machine may not be."""
    status, body = operator.health("/metrics")
    lines = [line for line in body.splitlines() if line.startswith("leader_election_master_status")]
    return status == 200 and [line.rpartition(" ")[2] for line in lines] == ["1.0"]


@pytest.fixture(scope="module")
def registered(project: Project, replicas: tuple[Operator, Operator]) -> Project:
    """The project, whose model is a version."""
    project.train()
    project.registered()
    return project


def test_every_replica_gives_tickets_also_when_the_leader_is_gone(
    kube: Kube, registered: Project, replicas: tuple[Operator, Operator], ports: tuple[int, ...]
) -> None:
    registered.serve()
    pin = registered.version()["status"]["artifact"]["pin"]

    def begun() -> tuple[Object, TicketRequest]:
        pod = registered.pod()
        run_on(kube, pod, "node-1", proof := new_proof())
        return pod, TicketRequest(pin, 0, proof)

    def given(port: int, pod: Object, asked: TicketRequest) -> bool:
        answer = counter(kube, port).ask(token(kube, pod, registered.namespace), asked)
        assert isinstance(answer, Ticket), answer
        return len(answer.targets) == len(registered.files)

    pod, asked = begun()
    for port in ports:
        assert given(port, pod, asked)
    (leader,) = eventually(lambda: [place for place, one in enumerate(replicas) if leads(one)])
    replicas[leader].kill()
    standby = 1 - leader
    assert given(ports[standby], pod, asked)
    kube.delete(pod, gracePeriodSeconds=0)  # else its node, which is none, has it collected meanwhile
    eventually(lambda: leads(replicas[standby]))
    pod, asked = begun()
    assert given(ports[standby], pod, asked)
    kube.delete(pod, gracePeriodSeconds=0)


def test_a_later_version_from_object_storage_takes_the_models_place_and_gives_it_back(registered: Project) -> None:
    upload(registered.bucket, "later", package())
    registered.kube.create(keys(registered.bucket, registered.namespace))
    uri = {"uri": f"obs://{registered.bucket.name}/later/"}
    later = registered.registry.version(PROJECT, "1.0.0", obs=uri)
    registered.registry.until(later, "Ready", "True", "Normal")

    def containers(version: str) -> list[str]:
        selector = f"aiapp.dev/application={PROJECT},aiapp.dev/version={version}"
        found = registered.kube.list("apps/v1", "Deployment", registered.namespace, labelSelector=selector)
        assert found, version
        return [one["name"] for one in found[0]["spec"]["template"]["spec"]["initContainers"]]

    registered.serve(versions=[{"version": "0.0.1", "weight": 50}, {"version": "1.0.0", "weight": 50}])
    assert "identify" not in eventually(lambda: containers("1.0.0"))
    assert "identify" in containers("0.0.1")
    registered.serve()


def test_how_it_was_trained_is_on_record_without_its_place(registered: Project) -> None:
    status = registered.version()["status"]
    assert status["source"]["trainingJob"]["name"] == "train"
    assert status["provenance"]["record"]
    told: list[Object] = []
    for api_version, kind in ((GROUP, "AIApplicationVersion"), ("v1", "ConfigMap"), ("v1", "Event")):
        told += registered.kube.list(api_version, kind, registered.namespace)
    models = [one for one in told if not one["metadata"]["name"].startswith(f"{PROJECT}-1.0.0")]
    bucket = registered.bucket
    for word in (registered.prefix, f"{bucket.name}/projects", bucket.secret_key, bucket.access_key, "X-Amz"):
        assert word not in json.dumps(models), word


def test_an_application_that_serves_the_model_stops_by_itself_and_comes_back(
    registered: Project, sandbox: Sandbox
) -> None:
    registry = registered.registry
    application = registered.serve(autoStopAfterSeconds=3600)
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        registry.until(application, "Ready", "True", "Running")
        eventually(lambda: "autoStopAt" in registry.now(application)["status"])
        ago = (datetime.now(UTC) - timedelta(seconds=4000)).strftime("%Y-%m-%dT%H:%M:%SZ")
        registered.kube.patch_status(application, {"startedAt": ago})
        registry.until(application, "Ready", "True", "AutoStopped")
        registered.kube.patch(application, {"metadata": {"annotations": {"aiapp.dev/start-at": "again"}}})
        registry.until(application, "Ready", "True", "Running")
    assert registered.version()["metadata"]["name"] == VERSION
