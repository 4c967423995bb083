"""The programs a sandbox is made of: which module, which version, how built. Builds and runs nothing."""

from dataclasses import dataclass
from pathlib import Path

KUBERNETES_VERSION = "1.36.3"
KUBERNETES_MINOR = KUBERNETES_VERSION.rpartition(".")[0]

MODULES = Path(__file__).parent / "go"
"""One folder per Go module, each with the go.mod and go.sum that pin everything below it."""

_STRIP = "-s -w"

# Without the stamp kube-apiserver reports an empty version, and clients that gate on it misbehave.
_STAMP = (
    f"{_STRIP} -X k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}"
    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
)

# Without the stamp Helm renders for Kubernetes 1.20 where it asks no cluster.
_HELM_VERSION = "v3.22.0"
_HELM_PACKAGE = "helm.sh/helm/v3"
_HELM_STAMP = f"{_STRIP} -X {_HELM_PACKAGE}/internal/version.version={_HELM_VERSION}" + "".join(
    f" -X {_HELM_PACKAGE}/pkg/{package}.k8sVersionMajor=1 -X {_HELM_PACKAGE}/pkg/{package}.k8sVersionMinor=36"
    for package in ("chartutil", "lint/rules")
)


@dataclass(frozen=True)
class Module:
    """A folder of `go/` and the flags its programs are built with."""

    name: str
    ldflags: str = _STRIP
    tags: str = ""
    parent: Path = MODULES

    @property
    def folder(self) -> Path:
        """Where go.mod and go.sum lie."""
        return self.parent / self.name


@dataclass(frozen=True)
class Tool:
    """One program: the package that builds it and how a ready-made one proves its version."""

    name: str
    module: Module
    package: str
    version: str
    """What the output of `version_arguments` must contain for a program found in PATH to be taken."""
    version_arguments: tuple[str, ...] = ("--version",)

    @property
    def built_name(self) -> str:
        """The file name `go build -o FOLDER/` gives it: the last part of the package without a major version."""
        parts = [part for part in self.package.split("/") if not (part[0] == "v" and part[1:].isdigit())]
        return parts[-1]


@dataclass(frozen=True)
class Files:
    """Files of a module that are taken as they are."""

    name: str
    module: Module
    """Pins the version."""
    path: str
    """The module that has them."""
    pattern: str
    """Where in it."""


KUBERNETES = Module("kubernetes", ldflags=_STAMP)
CONTAINERD = Module("containerd", tags="no_btrfs no_devmapper no_zfs")
KWOK = Module("kwok")
VERSITYGW = Module("versitygw")
REGISTRY = Module("registry")
HELM = Module("helm", ldflags=_HELM_STAMP)
TRAEFIK_VERSION = "v3.7.13"
TRAEFIK = Module("traefik", ldflags=f"{_STRIP} -X github.com/traefik/traefik/v3/pkg/version.Version={TRAEFIK_VERSION}")


def _kubernetes(name: str) -> Tool:
    return Tool(name, KUBERNETES, f"k8s.io/kubernetes/cmd/{name}", f"Kubernetes v{KUBERNETES_MINOR}.")


def _containerd(name: str, arguments: tuple[str, ...] = ("--version",)) -> Tool:
    return Tool(name, CONTAINERD, f"github.com/containerd/containerd/v2/cmd/{name}", "2.4.2", arguments)


_ALL = (
    # kube-apiserver first: it compiles most of what the others share.
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    Tool(
        "kubectl",
        KUBERNETES,
        "k8s.io/kubernetes/cmd/kubectl",
        f'"gitVersion": "v{KUBERNETES_MINOR}.',
        ("version", "--client", "-o", "json"),
    ),
    Tool("etcd", KUBERNETES, "go.etcd.io/etcd/server/v3", "etcd Version: 3.6.8"),
    _kubernetes("kubelet"),
    _kubernetes("kube-proxy"),
    _containerd("containerd"),
    _containerd("containerd-shim-runc-v2", ("-v",)),
    _containerd("ctr"),
    Tool("kwok", KWOK, "sigs.k8s.io/kwok/cmd/kwok", "v0.8.0"),
    Tool("versitygw", VERSITYGW, "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"),
    Tool("registry", REGISTRY, "github.com/distribution/distribution/v3/cmd/registry", "v3.1.1"),
    Tool("helm", HELM, f"{_HELM_PACKAGE}/cmd/helm", "v3.", ("version", "--template", "{{.Version}}")),
    Tool("traefik", TRAEFIK, "github.com/traefik/traefik/v3/cmd/traefik", TRAEFIK_VERSION, ("version",)),
)

TOOLS = {tool.name: tool for tool in _ALL}

GATEWAY_API = Files("gateway-api", TRAEFIK, "sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml")
TRAEFIK_KINDS = Files(
    "traefik-kinds",
    TRAEFIK,
    "github.com/traefik/traefik/v3",
    "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
)
FILES = {files.name: files for files in (GATEWAY_API, TRAEFIK_KINDS)}
"""By the name under which they are asked for as a tool is."""

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
REAL_NODES = ("kubelet", "kube-proxy", "containerd", "containerd-shim-runc-v2", "ctr")
SIMULATED_NODES = ("kwok",)
CLIENTS = ("helm",)
"""No part of a cluster: what its people use beside kubectl."""
