"""Installs the operator from manifests/install with this machine's images. Changes nothing in those manifests."""

from pathlib import Path

from demo.images import Images
from demo.kubectl import Kubectl
from demo.rendering import ROOT, relative, render, shown

CRDS = tuple(f"crd/{kind}.aiapp.dev" for kind in ("aiapplications", "aiapplicationversions", "inferenceruntimes"))
ESTABLISHED_SECONDS = 30
ROLLOUT_SECONDS = 180


def install(kubectl: Kubectl, target: Path, images: Images, architecture: str, *, in_cluster: bool) -> None:
    """Apply CRDs, rights, runtimes and the Deployment, of which there is a pod only when `in_cluster`."""
    overlay = target / "operator"
    render("operator", target, values(overlay, images, architecture, in_cluster=in_cluster))
    # Before the rest, because kubectl knows no kind that was not served when it started.
    kubectl("apply", "--server-side", "-k", shown(ROOT / "crds"))
    kubectl("wait", "--for=condition=Established", *CRDS, f"--timeout={ESTABLISHED_SECONDS}s")
    kubectl("apply", "--server-side", "-k", shown(overlay))
    if in_cluster:
        operator = ("--namespace=aiapp-system", "deployment/aiapp-operator")
        kubectl("rollout", "status", *operator, f"--timeout={ROLLOUT_SECONDS}s")


def values(overlay: Path, images: Images, architecture: str, *, in_cluster: bool) -> dict[str, str]:
    """What is filled in in `manifests/operator`."""
    return {
        "INSTALL": relative(ROOT / "manifests/install", overlay),
        "REPLICAS": str(int(in_cluster)),
        "ARCHITECTURE": architecture,
        "OPERATOR_IMAGE": images.operator,
        "IMAGE_DIGEST": images.digest,
        "CPU_RUNTIME": images.cpu_runtime,
        "CPU_RUNTIME_OBJECT": images.cpu_runtime.lower().replace("_", "-"),
        "CPU_IMAGE": images.cpu,
        "MINDSPORE_IMAGE": images.mindspore,
    }
