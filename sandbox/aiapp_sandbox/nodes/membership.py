"""Makes started nodes members of the cluster. Starts no process."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiapp_sandbox.admin_client import AdminClient
from aiapp_sandbox.context import Context
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.nodes.architecture import policy
from aiapp_sandbox.nodes.launch import emulated, home
from aiapp_sandbox.processes import Process, alive
from aiapp_sandbox.profiles import RealNode
from aiapp_sandbox.waiting import until

NODES = "/api/v1/nodes"

READY_SECONDS = 90
"""Bound for a node on a busy machine; a quiet one needs 5 to 10 seconds."""

_TAIL_LINES = 8


@dataclass(frozen=True)
class Started:
    """A node whose first process runs."""

    node: RealNode
    process: Process


def join(started: Sequence[Started], context: Context) -> None:
    """Register the nodes and return when all are Ready, labelled, and offer their devices."""
    admin = AdminClient(context)
    until(admin.api_ready, seconds=READY_SECONDS, what=f"the API server at {context.server}")
    for one in started:
        _announce(one.node, admin)
        _give_credentials(one.node, context)
    for one in started:
        _wait(one, admin, context)


def rejoin(started: Sequence[Started], context: Context) -> None:
    """Return when nodes that were started again are Ready once more, and offer their devices."""
    admin = AdminClient(context)
    for one in started:
        # What the former kubelet has reported must not count for the new one.
        admin.merge(f"{NODES}/{one.node.name}/status", {"status": {"conditions": []}})
    for one in started:
        _wait(one, admin, context)


def _announce(node: RealNode, admin: AdminClient) -> None:
    """Create what has to exist before the kubelet registers: its policy, and the node object with its labels."""
    if emulated(node):
        for collection, manifest in policy(node.name, node.architecture).items():
            admin.create(collection, manifest)
    labels = {"kubernetes.io/hostname": node.name, "kubernetes.io/arch": node.architecture, **node.labels}
    taints = [taint.model_dump(exclude_defaults=True) for taint in node.taints]
    metadata = {"name": node.name, "labels": labels}
    admin.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": taints}})


def _give_credentials(node: RealNode, context: Context) -> None:
    folder = home(context.folder.path) / node.name
    given = {
        "kube-proxy": context.credentials("system:kube-proxy"),
        "kubelet": context.credentials(f"system:node:{node.name}", ("system:nodes",)),
    }
    for daemon, kubeconfig in given.items():
        part = folder / f".{daemon}.part"
        shutil.copyfile(kubeconfig, part)
        part.replace(folder / f"{daemon}.kubeconfig")


def _wait(one: Started, admin: AdminClient, context: Context) -> None:
    folder = home(context.folder.path) / one.node.name

    def ready() -> bool:
        if not alive(one.process.identity):
            raise SandboxError(f"the node '{one.node.name}' ended at its start; {_said(one.process.log)}")
        return is_ready(admin.get(f"{NODES}/{one.node.name}"))

    until(ready, seconds=READY_SECONDS, what=f"the node '{one.node.name}' to become Ready (logs: {folder}/*.log)")
    if one.node.capacity:
        _offer(one.node, admin)


def is_ready(node: dict[str, Any]) -> bool:
    """Whether the kubelet of a v1.Node has reported that pods may come."""
    conditions = node["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _offer(node: RealNode, admin: AdminClient) -> None:
    """Add the devices. A kubelet leaves resources alone that no device plugin of its own has announced."""
    status = {"capacity": node.capacity, "allocatable": node.capacity}
    admin.merge(f"{NODES}/{node.name}/status", {"status": status})


def _said(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return f"{log} says:\n" + "\n".join(lines)
