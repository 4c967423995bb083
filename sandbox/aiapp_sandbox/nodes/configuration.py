"""The configuration files of a node's programs, as text. Pure: writes and starts nothing."""

import json
from dataclasses import dataclass
from typing import Any

from aiapp_sandbox.nodes.plan import CONTAINERD_SOCKET, NODE, REGISTRIES

PAUSE_IMAGE = "localhost/pause:1"
"""Holds the namespaces of each pod; ours, since no registry is reachable."""

CNI_PROGRAMS = "/usr/lib/cni"
"""Where Debian's package containernetworking-plugins puts them."""


@dataclass(frozen=True)
class Settings:
    """What differs between the nodes of a machine."""

    name: str
    ip: str
    pod_cidr: str
    architecture: str
    """As Kubernetes writes it: amd64, arm64."""
    cgroup: str
    """Its root in every hierarchy of control groups."""


def containerd(settings: Settings) -> str:
    """config.toml of containerd."""
    return f"""\
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images"]
snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "{REGISTRIES}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.images".runtime_platforms.runc]
platform = "linux/{settings.architecture}"

[plugins."io.containerd.cri.v1.runtime"]
# In a container or a virtual machine without privileges over them both would fail every pod.
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{CNI_PROGRAMS}"]
conf_dir = "{NODE}/cni"
"""


def registry_hosts(address: str) -> str:
    """hosts.toml for a registry at `address` (host:port) that speaks plain http."""
    return f"""\
server = "http://{address}"

[host."http://{address}"]
capabilities = ["pull", "resolve"]
"""


def cni(settings: Settings) -> str:
    """The pod network: a cable of its own for every pod, routed by the node.

    Routed rather than bridged, so that every packet passes the node's connection tracking and a pod reaches a
    service behind which it stands itself, whether the kernel has br_netfilter or not.
    """
    ipam = {"type": "host-local", "ranges": [[{"subnet": settings.pod_cidr}]], "routes": [{"dst": "0.0.0.0/0"}]}
    plugins = [
        {"type": "ptp", "ipMasq": True, "ipam": {**ipam, "dataDir": "/run/cni/networks"}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    return json.dumps({"cniVersion": "1.0.0", "name": "sandbox", "plugins": plugins}, indent=1)


def kubelet(settings: Settings) -> str:
    """KubeletConfiguration (JSON is YAML)."""
    config: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": settings.ip,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{NODE}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        # There is no name server: a look-up fails at once, and no pod gets a warning that DNS is missing.
        "clusterDNS": ["127.0.0.1"],
        "resolvConf": f"{NODE}/resolv.conf",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": settings.cgroup,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        # The machine's disk and memory are not the node's: never evict for what others use.
        "evictionHard": {},
        "imageGCHighThresholdPercent": 100,
        # The default of 10 s would make Ready, and what an admission policy mends, come late.
        "nodeStatusUpdateFrequency": "3s",
    }
    return json.dumps(config, indent=1)


def kubelet_flags(settings: Settings) -> list[str]:
    """Arguments that have no place in the file."""
    return [
        f"--config={NODE}/kubelet.json",
        f"--kubeconfig={NODE}/kubelet.kubeconfig",
        "--root-dir=/var/lib/kubelet",
        "--cert-dir=/var/lib/kubelet/pki",
        f"--hostname-override={settings.name}",
        f"--node-ip={settings.ip}",
    ]


def kube_proxy_flags(settings: Settings) -> list[str]:
    """Arguments of kube-proxy; the conntrack limits of the machine stay as they are."""
    return [
        f"--kubeconfig={NODE}/kube-proxy.kubeconfig",
        f"--hostname-override={settings.name}",
        "--proxy-mode=iptables",
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
    ]
