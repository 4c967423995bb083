"""Sandboxes with a real node of their own: apart from each other, back after a crash, gone without a trace."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.sandbox.conftest import IMAGE, small_image
from tests.support.kube import Kube, Object
from tests.support.waiting import eventually

from aiapp_sandbox import cluster, processes, state
from aiapp_sandbox.images import loading
from aiapp_sandbox.network import bridge_name
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.nodes.cgroups import MOUNT_POINT
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent
from aiapp_sandbox.state import Folder

pytestmark = pytest.mark.root

ONE_NODE = "nodes: [{kind: real, name: only, capacity: {example.com/device: 2}}]\n"
POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "sleeper", "namespace": "default"},
    "spec": {
        "containers": [{"name": "main", "image": IMAGE, "imagePullPolicy": "Never", "command": ["sleep", "3600"]}],
    },
}


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with a home for sandboxes of its own, empty again at the end."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    found = {**os.environ, "AIAPP_SANDBOX_HOME": str(tmp_path / "home")}
    _profile(found).write_text(ONE_NODE)
    yield found
    for folder in state.folders(found):
        cluster.down(folder)


def up(environ: dict[str, str], name: str) -> Folder:
    """A sandbox with one real node, on which a pod runs."""
    profile = _profile(environ)
    cluster.up(request(environ, name), environ, Silent())
    folder = state.folder(environ, name)
    image = profile.parent / name
    image.mkdir()
    loading.load(folder, small_image(image, host_architecture()))
    kube = Kube(folder.kubeconfig)
    eventually(lambda: kube.find("v1", "ServiceAccount", "default", "default"))
    kube.create(POD)
    eventually(lambda: runs(kube), timeout=120)
    return folder


def request(environ: dict[str, str], name: str) -> cluster.Request:
    return cluster.Request(name=name, nodes=str(_profile(environ)), owner_pid=os.getpid())


def _profile(environ: dict[str, str]) -> Path:
    return Path(environ["AIAPP_SANDBOX_HOME"]).parent / "one.yaml"


def runs(kube: Kube) -> bool:
    phase: str = kube.get("v1", "Pod", "sleeper", "default")["status"]["phase"]
    return phase == "Running"


def traces(folder: Path) -> list[str]:
    """Everything on the machine, outside the sandbox's own folder, that is of this sandbox."""
    name = bridge_name(folder)
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout.split()
    return [
        *(f"process {found.pid}" for found in processes.marked(folder)),
        *(f"link {link}" for link in links if link.startswith(name)),
        *(f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line),
        *(f"cgroup {found}" for found in (*MOUNT_POINT.glob(name), *MOUNT_POINT.glob(f"*/{name}"))),
    ]


def firewall() -> str:
    """The host's own iptables rules, without counters and dates."""
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in saved.splitlines() if not line.startswith(("#", ":")))


def test_two_sandboxes_run_pods_at_once_and_go_without_a_trace(environ: dict[str, str]) -> None:
    rules = firewall()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: up(environ, name), ("one", "two"))
    assert traces(first.path)
    cluster.down(first)
    assert traces(first.path) == []
    assert runs(Kube(second.kubeconfig))
    cluster.down(second)
    assert traces(second.path) == []
    assert firewall() == rules


def test_a_killed_node_takes_its_pods_along_and_clean_removes_the_rest(environ: dict[str, str]) -> None:
    folder = up(environ, "killed")
    node = folder.present().process("node-only")
    assert node
    processes.kill([node.identity])
    eventually(lambda: not _node_processes(folder.path))
    lifecycle.clean(folder.path)
    of_the_node = [trace for trace in traces(folder.path) if not trace.startswith("process")]
    assert of_the_node == []


def _node_processes(folder: Path) -> list[int]:
    names = ("containerd", "kubelet", "kube-proxy")
    found = {running.pid: (processes.PROC / f"{running.pid}/comm") for running in processes.marked(folder)}
    return [pid for pid, comm in found.items() if comm.exists() and comm.read_text().startswith(names)]


def test_a_sandbox_whose_processes_were_all_killed_is_cleaned_by_down(environ: dict[str, str]) -> None:
    folder = up(environ, "crashed")
    processes.kill(processes.marked(folder.path))
    assert traces(folder.path)
    cluster.down(folder)
    assert traces(folder.path) == []
    assert not folder.path.exists()


def test_a_pod_runs_again_after_all_that_a_restart_of_the_machine_ends(environ: dict[str, str]) -> None:
    folder = up(environ, "restarted")
    kube = Kube(folder.kubeconfig)
    (before,) = kube.get("v1", "Pod", "sleeper", "default")["status"]["containerStatuses"]
    processes.kill(processes.marked(folder.path))
    subprocess.run(["ip", "link", "delete", bridge_name(folder.path)], check=True)
    cluster.up(request(environ, "restarted"), environ, Silent())

    def runs_again() -> bool:
        (now,) = kube.get("v1", "Pod", "sleeper", "default")["status"]["containerStatuses"]
        return "running" in now["state"] and now["containerID"] != before["containerID"]

    eventually(runs_again, timeout=120)
    assert kube.get("v1", "Node", "only")["status"]["allocatable"]["example.com/device"] == "2"
    said = subprocess.run(
        [
            folder.present().binaries["kubectl"],
            f"--kubeconfig={folder.kubeconfig}",
            "exec",
            "sleeper",
            "--",
            "echo",
            "here",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "here\n"
    cluster.down(folder)
    assert traces(folder.path) == []
