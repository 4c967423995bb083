"""Simulated nodes: node objects of ours, kept Ready by kwok, which also makes their pods Ready. Runs no pod."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiapp_sandbox.admin_client import AdminClient
from aiapp_sandbox.context import Context
from aiapp_sandbox.profiles import SimulatedNode
from aiapp_sandbox.waiting import until

SELECTOR = {"kwok.x-k8s.io/node": "fake"}
"""The annotation by which kwok takes a node as its own; nodes without it are left alone."""

STAGES = Path(__file__).parent / "stages.yaml"

READY_SECONDS = 30
READY_SECONDS_PER_NODE = 0.1
_CAPACITY = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "200Gi"}
NOT_READY = "node.kubernetes.io/not-ready"
_CALLS_AT_A_TIME = 8


def manifests(node: SimulatedNode) -> list[dict[str, Any]]:
    """The v1.Node objects that `node` stands for."""
    return [_manifest(node, name) for name in node.names]


def _manifest(node: SimulatedNode, name: str) -> dict[str, Any]:
    known = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": node.architecture,
        "kubernetes.io/os": "linux",
        "type": "kwok",
    }
    taints = [taint.model_dump(exclude_defaults=True) for taint in node.taints]
    capacity = {**_CAPACITY, **node.capacity}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**known, **node.labels}, "annotations": SELECTOR},
        "spec": {"taints": taints, "unschedulable": node.unschedulable},
        "status": {
            "addresses": [{"type": "Hostname", "address": name}],
            "capacity": capacity,
            "allocatable": capacity,
            # At once, without waiting for kwok, which then only renews the lease.
            "conditions": [{"type": "Ready", "status": "True", "reason": "Simulated"}],
            "nodeInfo": {"architecture": node.architecture, "operatingSystem": "linux", **_UNKNOWN},
        },
    }


_UNKNOWN = dict.fromkeys(
    (
        *("bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "kubeletVersion"),
        *("machineID", "osImage", "systemUUID"),
    ),
    "",
)


def start_kwok(context: Context) -> None:
    """Start kwok for the annotated nodes of this sandbox."""
    (key, value), *_ = SELECTOR.items()
    context.start(
        "kwok",
        [
            str(context.binaries["kwok"]),
            f"--kubeconfig={context.credentials('aiapp-sandbox-kwok', ('system:masters',))}",
            f"--manage-nodes-with-annotation-selector={key}={value}",
            f"--config={STAGES}",
            f"--node-ip={context.host}",
            "--node-lease-duration-seconds=40",
        ],
    )


def create(context: Context, nodes: Iterable[SimulatedNode]) -> None:
    """Create the node objects and wait until all of them are Ready and take pods."""
    admin = AdminClient(context)
    objects = [manifest for node in nodes for manifest in manifests(node)]
    with ThreadPoolExecutor(_CALLS_AT_A_TIME) as pool:
        for _ in pool.map(lambda manifest: admin.create("/api/v1/nodes", manifest), objects):
            pass
    wanted = {manifest["metadata"]["name"] for manifest in objects}
    seconds = READY_SECONDS + READY_SECONDS_PER_NODE * len(wanted)
    until(lambda: wanted <= _ready(admin), seconds=seconds, what="the simulated nodes to become Ready")


def _ready(admin: AdminClient) -> set[str]:
    """Names of the simulated nodes that are Ready and take pods."""
    nodes = admin.get("/api/v1/nodes?labelSelector=type%3Dkwok&resourceVersion=0")["items"]
    return {node["metadata"]["name"] for node in nodes if _is_ready(node)}


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node["status"].get("conditions", ())
    ready = any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
    # Every node is created with this taint; the controller manager takes it away.
    return ready and all(taint["key"] != NOT_READY for taint in node["spec"].get("taints", ()))
