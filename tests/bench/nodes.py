"""What a large fleet costs the operator: the verdict over it, the first look at it, and its heartbeats.

API server, etcd and operator are real, with the rights of `manifests/install`. Nothing runs pods: they are bound as
they are created, and scheduler and controller manager are halted, which would take the nodes for lost. CPU is what
counts: wall time on a shared machine is an upper bound only.
"""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.bench.controlplane import control_plane
from tests.bench.report import Figure, report
from tests.bench.usage import peak_mib, reset_peak, resident_mib, usage
from tests.support.bulk import Call, create, send
from tests.support.fleet import TABLES, mindcluster, node
from tests.support.kube import Kube, Object
from tests.support.operator import SERVICE_ACCOUNT, Operator, install
from tests.support.sandbox import Sandbox
from tests.support.verdicts import requirement, verdict
from tests.support.waiting import eventually

from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.requirement import Requirement

NODES = 5_000
PODS_PER_NODE = 10
HEARTBEAT_SECONDS = 300
"""How often a kubelet writes the status of a node that does not change (`nodeStatusReportFrequency`)."""
MEASURED_SECONDS = 60
ROUNDS = 20
NAMESPACE = "bench"
RUNTIME = "pytorch_1.11.0-cann_7.0.1-py_3.9-euler_2.10.7-aarch64-snt9b"
NPU = "huawei.com/Ascend910"
HALTED = ("kube-controller-manager", "kube-scheduler")
CHIPS = ("910B1", "910B3", "910B4", "910ProB", "310P3")
DRIVERS = (*(f"24.1.rc3.b{number:03}" for number in range(40)), "23.0.rc1", "25.0.rc1.1", "25.5.0", "")


def run(nodes: int = NODES) -> None:
    """Measure with so many nodes and ten times as many pods; prints and writes the figures."""
    report("nodes", [*_judging(nodes), *_watching(nodes)])


def _judging(n: int) -> list[Figure]:
    """In this process: the fleet is grouped anew after each change of a node, and judged once for each version."""
    fleet_of = [facts(one, TABLES) for one in _nodes(n)]
    plain, picky = (requirement(RuntimeSpec(name=RUNTIME), None, TABLES), _with_selector())
    fleet = NodeInventory(fleet_of)
    return [
        Figure(f"kinds among {n} nodes", "", len(fleet.groups())),
        Figure(f"group {n} nodes", "ms CPU", _milliseconds(lambda: NodeInventory(fleet_of))),
        Figure(f"verdict over {n} nodes", "ms CPU", _milliseconds(lambda: verdict(plain, fleet, TABLES))),
        Figure(
            f"the same with a nodeSelector, {n} nodes", "ms CPU", _milliseconds(lambda: verdict(picky, fleet, TABLES))
        ),
    ]


def _with_selector() -> Requirement:
    return requirement(RuntimeSpec(name=RUNTIME), None, TABLES, Scheduling(node_selector={"pool": "a"}))


def _milliseconds(work: Callable[[], object]) -> float:
    """Of CPU, on average."""
    began = time.process_time()
    for _ in range(ROUNDS):
        work()
    return (time.process_time() - began) / ROUNDS * 1000


def _watching(n: int) -> Iterator[Figure]:
    with control_plane(f"{n} nodes") as sandbox, tempfile.TemporaryDirectory() as folder:
        kube = Kube(sandbox.kubeconfig)
        install(kube)
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        eventually(lambda: kube.find("v1", "ServiceAccount", "default", NAMESPACE))
        with _halted(sandbox):
            began = time.monotonic()
            send(kube, create("/api/v1/nodes", _nodes(n)))
            send(kube, create(f"/api/v1/namespaces/{NAMESPACE}/pods", _pods(n)))
            yield Figure(f"create {n} nodes and {n * PODS_PER_NODE} pods", "s", time.monotonic() - began)
            operator = Operator(sandbox.service_account(*SERVICE_ACCOUNT), Path(folder) / "operator.log")
            try:
                yield from _first_look(operator, n)
                yield from _at_rest(operator, n)
                yield from _heartbeats(operator, kube, n)
            finally:
                operator.stop()


@contextmanager
def _halted(sandbox: Sandbox) -> Iterator[None]:
    found = [process for name in HALTED if (process := sandbox.record.process(name)) is not None]
    pids = [process.identity.pid for process in found]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _first_look(operator: Operator, n: int) -> Iterator[Figure]:
    """Until the operator is ready, which is after its first listings."""
    began = time.monotonic()
    operator.start()
    yield Figure(f"first look at {n} nodes and {n * PODS_PER_NODE} pods", "s", time.monotonic() - began)
    yield Figure("CPU of that", "s", usage(_pid(operator)).operator)
    yield Figure("most memory so far", "MiB", peak_mib(_pid(operator)))


def _at_rest(operator: Operator, n: int) -> Iterator[Figure]:
    reset_peak(_pid(operator))
    before = usage(_pid(operator))
    time.sleep(MEASURED_SECONDS)
    spent = (usage(_pid(operator)) - before).operator
    yield Figure(f"operator CPU at rest, {n} nodes", "% of a core", spent / MEASURED_SECONDS * 100)


def _heartbeats(operator: Operator, kube: Kube, n: int) -> Iterator[Figure]:
    """Each node's status is written once in five minutes, with nothing new but the time."""
    names = cycle(one["metadata"]["name"] for one in _nodes(n))
    looked, before, began = _looked(operator), usage(_pid(operator)), time.monotonic()
    sent = 0
    while (passed := time.monotonic() - began) < MEASURED_SECONDS:
        due = int(passed * n / HEARTBEAT_SECONDS) - sent
        send(kube, [_heartbeat(next(names), sent) for _ in range(due)], at_once=1)
        sent += due
        time.sleep(0.5)
    spent = (usage(_pid(operator)) - before).operator
    yield Figure(f"heartbeats of {n} nodes", "a second", sent / passed)
    yield Figure("operator CPU meanwhile", "% of a core", spent / passed * 100)
    yield Figure("looks that they caused", "", _looked(operator) - looked)
    yield Figure("memory", "MiB", resident_mib(_pid(operator)))
    yield Figure("most memory since it was ready", "MiB", peak_mib(_pid(operator)))


def _heartbeat(name: str, number: int) -> Call:
    time_ = f"2026-01-02T03:{number // 60 % 60:02}:{number % 60:02}Z"
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": time_}
    return Call("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [ready]}})


def _looked(operator: Operator) -> float:
    return operator.metric("controller_runtime_reconcile_total")


def _nodes(n: int) -> Iterator[Object]:
    """Three in four with NPUs of several chips and drivers, with what a kubelet says beside."""
    images = [{"names": [f"registry.example.com/team/image-{k}:1.{k}"], "sizeBytes": 1 << 30} for k in range(50)]
    for k in range(n):
        more: dict[str, Any] = {"pool": "ab"[k % 2], "kubernetes.io/hostname": f"node-{k:05}"}
        if k % 4:
            driver = DRIVERS[k % len(DRIVERS)] or None
            one = mindcluster(f"node-{k:05}", CHIPS[k % len(CHIPS)], driver=driver, **more)
        else:
            one = node(f"node-{k:05}", labels=more)
        one["status"] |= {"images": images, "capacity": one["status"]["allocatable"]}
        yield one


def _pods(n: int) -> Iterator[Object]:
    """Bound as they are; one in ten holds NPUs."""
    for k in range(n * PODS_PER_NODE):
        limits = {NPU: "1"} if k % PODS_PER_NODE == 1 else {"memory": "64Mi"}
        variables = [{"name": f"VARIABLE_{number}", "value": "x" * 64} for number in range(10)]
        container = {"name": "c", "image": "r/i:1", "env": variables, "resources": {"limits": limits}}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"pod-{k:06}", "labels": {"app": f"app-{k % 100}"}},
            "spec": {
                "nodeName": f"node-{k // PODS_PER_NODE:05}",
                "automountServiceAccountToken": False,
                "containers": [container],
            },
        }


def _pid(operator: Operator) -> int:
    assert operator.process is not None
    return operator.process.pid
