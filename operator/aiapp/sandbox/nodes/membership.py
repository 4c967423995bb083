"""Makes started nodes members of the cluster. Starts no process."""

import json
import shutil
import ssl
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from aiapp.sandbox.errors import SandboxError
from aiapp.sandbox.kubectl import kubectl
from aiapp.sandbox.nodes.architecture import policy
from aiapp.sandbox.nodes.launch import emulated, home
from aiapp.sandbox.processes import Process, alive
from aiapp.sandbox.profiles import RealNode
from aiapp.sandbox.site import Site
from aiapp.sandbox.waiting import until

READY_SECONDS = 90
"""Bound for a node on a busy machine; a quiet one needs 5 to 10 seconds."""

_TAIL_LINES = 8


@dataclass(frozen=True)
class Started:
    """A node whose first process runs."""

    node: RealNode
    process: Process

    @property
    def name(self) -> str:
        """Name of the node object."""
        return self.node.name


def join(started: Sequence[Started], site: Site) -> None:
    """Register the nodes and return when all are Ready, labelled, and offer their devices."""
    until(lambda: _answers(site), seconds=READY_SECONDS, what=f"the API server at {site.server}")
    admin = Admin(site)
    admin.create([manifest for one in started for manifest in _announced(one.node)])
    for one in started:
        _give_credentials(one.node, site)
    with ThreadPoolExecutor(len(started)) as pool:
        for finished in [pool.submit(_wait, one, admin, site) for one in started]:
            finished.result()


class Admin:
    """kubectl with an administrator's rights, valid as soon as the API server is."""

    def __init__(self, site: Site) -> None:
        self._program = site.binaries["kubectl"]
        self._kubeconfig = site.credentials("aiapp-sandbox-nodes", ("system:masters",))

    def create(self, manifests: list[dict[str, object]]) -> None:
        """Create objects that do not exist."""
        self("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        return kubectl(self._program, self._kubeconfig, *arguments, stdin=stdin)


def _announced(node: RealNode) -> list[dict[str, object]]:
    """What has to exist before the kubelet registers: the node object with its labels, and its policy."""
    labels = {"kubernetes.io/hostname": node.name, "kubernetes.io/arch": node.architecture, **node.labels}
    taints = [taint.model_dump(exclude_defaults=True) for taint in node.taints]
    manifest: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels},
        "spec": {"taints": taints},
    }
    return [*(policy(node.name, node.architecture) if emulated(node) else ()), manifest]


def _give_credentials(node: RealNode, site: Site) -> None:
    folder = home(site.folder.path) / node.name
    given = {
        "kube-proxy": site.credentials("system:kube-proxy"),
        "kubelet": site.credentials(f"system:node:{node.name}", ("system:nodes",)),
    }
    for daemon, kubeconfig in given.items():
        part = folder / f".{daemon}.part"
        shutil.copyfile(kubeconfig, part)
        part.replace(folder / f"{daemon}.kubeconfig")


def _wait(one: Started, admin: Admin, site: Site) -> None:
    folder = home(site.folder.path) / one.name

    def ready() -> bool:
        if not alive(one.process.identity):
            raise SandboxError(f"the node '{one.name}' ended at its start; {_said(one.process.log)}")
        return _is_ready(one.name, admin)

    until(ready, seconds=READY_SECONDS, what=f"the node '{one.name}' to become Ready (logs: {folder}/*.log)")
    if one.node.capacity:
        _offer(one.node, admin)


def _is_ready(name: str, admin: Admin) -> bool:
    try:
        admin("wait", f"node/{name}", "--for=condition=Ready", "--timeout=5s")
    except SandboxError:
        return False
    return True


def _offer(node: RealNode, admin: Admin) -> None:
    """Add the devices. A kubelet leaves resources alone that no device plugin of its own has announced."""
    status = json.dumps({"status": {"capacity": node.capacity, "allocatable": node.capacity}})
    admin("patch", "node", node.name, "--subresource=status", "--type=merge", f"--patch={status}")


def _answers(site: Site) -> bool:
    context = ssl.create_default_context(cafile=str(site.authority.certificate))
    try:
        with urllib.request.urlopen(f"{site.server}/readyz", context=context, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _said(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return f"{log} says:\n" + "\n".join(lines)
