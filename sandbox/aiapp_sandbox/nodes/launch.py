"""Prepares the folder of a node and starts its first process. Does not wait for anything."""

import os
import shutil
import sys
from pathlib import Path

import aiapp_sandbox
from aiapp_sandbox.context import Context
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.network import Network, bridge_name, remove_link
from aiapp_sandbox.nodes import cgroups, configuration, pause
from aiapp_sandbox.nodes.configuration import Settings
from aiapp_sandbox.nodes.plan import CONTAINERD_SOCKET, HOST_NETWORK_FD, NODE, REGISTRIES, Cable, Daemon, Plan
from aiapp_sandbox.processes import Process
from aiapp_sandbox.profiles import RealNode, host_architecture

INIT = "aiapp_sandbox.nodes.init"
"""The module a node's first process runs; its name in a command line tells a node's processes."""

PLAN_FILE = "plan.json"
"""In each node's folder."""

_LAUNCH = f'exec {HOST_NETWORK_FD}</proc/self/ns/net; exec "$@"'
"""Keeps the host's network namespace open for the node's first process, which lays the cable into it."""

NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")
"""What `unshare` gives a node; `--kill-child` ends it with `unshare` itself."""

_SOURCES = Path(aiapp_sandbox.__file__).parents[1]


def search_path() -> str:
    """PATH with the folders of system programs, which a plain user's shell may lack."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def program(name: str) -> str | None:
    """The absolute path of a program of the host."""
    return shutil.which(name, path=search_path())


def trust(sandbox: Path, address: str) -> None:
    """Let the nodes of a sandbox pull from a registry at `address` (host:port), which speaks plain http."""
    folder = sandbox / REGISTRIES.name / address
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hosts.toml").write_text(configuration.registry_hosts(address))


def home(sandbox: Path) -> Path:
    """The folder that holds the folders of a sandbox's nodes."""
    return sandbox / "nodes"


def process_name(node: str) -> str:
    """Under which the first process of `node` is recorded."""
    return f"node-{node}"


def cgroup(sandbox: Path) -> str:
    """The control group of all nodes of a sandbox: named like its bridge, so that it is found after a crash."""
    return f"/{bridge_name(sandbox)}"


def emulated(node: RealNode) -> bool:
    """Whether the pods of `node` are for another processor than this machine's."""
    return node.architecture != host_architecture()


def launch(node: RealNode, index: int, count: int, context: Context, net: Network) -> Process:
    """Start node number `index` of `count`; its kubelet waits until it is given credentials."""
    folder = home(context.folder.path) / node.name
    folder.mkdir(parents=True, exist_ok=True)
    group = f"{cgroup(context.folder.path)}/{node.name}"
    cgroups.create(group)
    settings = Settings(
        name=node.name,
        ip=net.node_ip(index),
        pod_cidr=net.pod_cidr(index),
        architecture=node.architecture,
        cgroup=group,
    )
    _write_files(folder, settings, context)
    plan = Plan(
        name=node.name,
        folder=str(folder),
        cable=_cable(index, count, net),
        architecture=node.architecture,
        emulated=emulated(node),
        path=os.pathsep.join([str(context.binaries["containerd-shim-runc-v2"].parent), search_path()]),
        daemons=_daemons(settings, context),
        import_image=image_import(context.binaries["ctr"], node.architecture),
        images=[str(pause.image(node.architecture, os.environ))],
    )
    plan.registries.mkdir(exist_ok=True)
    plan.write(folder / PLAN_FILE)
    return context.start(process_name(node.name), _command(folder / PLAN_FILE), {"PYTHONPATH": str(_SOURCES)})


def launch_again(node: RealNode, group: str, context: Context) -> Process:
    """Start a node that has ended by the plan that it had; what it held on disk is there."""
    ended = context.folder.present().process(process_name(node.name))
    if ended is None:
        raise SandboxError(f"the node '{node.name}' was never started")
    plan = Plan.read(home(context.folder.path) / node.name / PLAN_FILE)
    remove_link(plan.cable.host_interface)
    cgroups.create(group)
    return context.start_again(ended)


def _write_files(folder: Path, settings: Settings, context: Context) -> None:
    (folder / "cni").mkdir(exist_ok=True)
    (folder / "cni/10-sandbox.conflist").write_text(configuration.cni(settings))
    (folder / "containerd.toml").write_text(configuration.containerd(settings))
    (folder / "kubelet.json").write_text(configuration.kubelet(settings))
    (folder / "resolv.conf").write_text("# a sandbox has no name server\n")
    shutil.copyfile(context.authority.certificate, folder / "ca.crt")


def _cable(index: int, count: int, net: Network) -> Cable:
    return Cable(
        host_interface=net.host_interface(index),
        bridge=net.bridge,
        address=f"{net.node_ip(index)}/{net.prefix}",
        gateway=net.host_ip,
        pods=net.pod_cidr(index),
        peers={net.pod_cidr(other): net.node_ip(other) for other in range(count) if other != index},
    )


def _daemons(settings: Settings, context: Context) -> list[Daemon]:
    kubelet, proxy = f"{NODE}/kubelet.kubeconfig", f"{NODE}/kube-proxy.kubeconfig"
    return [
        Daemon("containerd", [str(context.binaries["containerd"]), f"--config={NODE}/containerd.toml"], []),
        Daemon(
            "kubelet",
            [str(context.binaries["kubelet"]), *configuration.kubelet_flags(settings)],
            [kubelet, CONTAINERD_SOCKET],
        ),
        Daemon("kube-proxy", [str(context.binaries["kube-proxy"]), *configuration.kube_proxy_flags(settings)], [proxy]),
    ]


def image_import(ctr: Path, architecture: str) -> list[str]:
    """The command that loads an image archive, whose path is appended, inside a node."""
    return [
        *(str(ctr), f"--address={CONTAINERD_SOCKET}", "--namespace=k8s.io"),
        *("images", "import", f"--platform=linux/{architecture}"),
    ]


def _command(plan: Path) -> list[str]:
    return [
        *("/bin/sh", "-c", _LAUNCH, "node", program("unshare") or "unshare", *NAMESPACES),
        *(sys.executable, "-P", "-m", INIT, str(plan)),
    ]
