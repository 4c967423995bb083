"""Programs that users have beside the operator, built once from their Go modules."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from aiapp_sandbox import build
from aiapp_sandbox.pins import Module, Tool
from aiapp_sandbox.progress import Silent

_GO: Final = Path(__file__).parents[1] / "peers/go"
_PROMETHEUS: Final = Module("prometheus", tags="remove_all_sd,enable_kubernetes_sd", parent=_GO)
PROMETHEUS: Final = tuple(
    Tool(name, _PROMETHEUS, f"github.com/prometheus/prometheus/cmd/{name}", "0.316.0")
    for name in ("prometheus", "promtool")
)
ARGO_CD: Final = Tool("argocd", Module("argocd", parent=_GO), "github.com/argoproj/argo-cd/v3/cmd", "3.6.1")
KUSTOMIZE_CONTROLLER: Final = Tool(
    "kustomize-controller", Module("flux", parent=_GO), "github.com/fluxcd/kustomize-controller", "1.7.3"
)
KUBE_STATE_METRICS: Final = Tool(
    "kube-state-metrics", Module("kube-state-metrics", parent=_GO), "k8s.io/kube-state-metrics/v2", "2.20.0"
)
_ALERTMANAGER: Final = Module("alertmanager", parent=_GO)
ALERTMANAGER: Final = tuple(
    Tool(name, _ALERTMANAGER, f"github.com/prometheus/alertmanager/cmd/{name}", "0.31.0")
    for name in ("alertmanager", "amtool")
)
"""The last one whose module holds its web page, without which it does not build."""
METRICS_SERVER: Final = Tool(
    "metrics-server", Module("metrics-server", parent=_GO), "sigs.k8s.io/metrics-server/cmd/metrics-server", "0.9.0"
)
KEDA: Final = Tool("operator", Module("keda", parent=_GO), "github.com/kedacore/keda/v2/cmd/operator", "2.18.1")
TRAINING_OPERATOR: Final = Tool(
    "training-operator.v1",
    Module("training-operator", parent=_GO),
    "github.com/kubeflow/training-operator/cmd/training-operator.v1",
    "1.9.4",
)
CONTROLLER_GEN: Final = Tool(
    "controller-gen", Module("volcano", parent=_GO), "sigs.k8s.io/controller-tools/cmd/controller-gen", "0.20.0"
)
HELM_4: Final = Tool("helm", Module("helm4", parent=_GO), "helm.sh/helm/v4/cmd/helm", "v4.3.2")
NEWER_GO: Final = {"GOTOOLCHAIN": "go1.27.0"}
"""Argo CD wants a Go that the machine may not have; it is fetched as a module."""


def module_folder(name: str, module: str) -> Path:
    """Where Go keeps the module that the folder `name` pins; it is downloaded if it has to be."""
    command = ["go", "mod", "download", "-json", module]
    environment = {**os.environ, **NEWER_GO, "GOFLAGS": ""}
    done = subprocess.run(command, cwd=_GO / name, env=environment, capture_output=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


def volcano_jobs(folder: Path) -> Path:
    """The definition of Volcano's Jobs, which is served as types alone, made of these into that folder."""
    generator = build.built([CONTROLLER_GEN], os.environ, Silent())["controller-gen"]
    options = "crd:crdVersions=v1,generateEmbeddedObjectMeta=true,allowDangerousTypes=true,maxDescLen=0"
    command = [str(generator), options, "paths=volcano.sh/apis/pkg/apis/batch/v1alpha1", f"output:dir={folder}"]
    subprocess.run(command, cwd=_GO / "volcano", env={**os.environ, "GOFLAGS": ""}, check=True)
    return folder / "batch.volcano.sh_jobs.yaml"


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """The server; its web page is missing."""
    return build.built(PROMETHEUS, os.environ, Silent())["prometheus"]


@pytest.fixture(scope="session")
def promtool() -> Path:
    return build.built(PROMETHEUS, os.environ, Silent())["promtool"]


@pytest.fixture(scope="session")
def kube_state_metrics() -> Path:
    return build.built([KUBE_STATE_METRICS], os.environ, Silent())["kube-state-metrics"]


@pytest.fixture(scope="session")
def alertmanager() -> Path:
    return build.built(ALERTMANAGER, os.environ, Silent())["alertmanager"]


@pytest.fixture(scope="session")
def amtool() -> Path:
    return build.built(ALERTMANAGER, os.environ, Silent())["amtool"]


@pytest.fixture(scope="session")
def metrics_server() -> Path:
    return build.built([METRICS_SERVER], os.environ, Silent())["metrics-server"]


@pytest.fixture(scope="session")
def keda() -> Path:
    """Its operator, which makes autoscalers and starts and stops by itself."""
    return build.built([KEDA], os.environ, Silent())["operator"]


@pytest.fixture(scope="session")
def training_operator() -> Path:
    """Kubeflow's, which runs PyTorchJobs and TFJobs."""
    return build.built([TRAINING_OPERATOR], os.environ, Silent())["training-operator.v1"]


@pytest.fixture(scope="session")
def argocd() -> Path:
    """One program, whose name decides what it is."""
    return build.built([ARGO_CD], {**os.environ, **NEWER_GO}, Silent())["argocd"]


@pytest.fixture(scope="session")
def kustomize_controller() -> Path:
    return build.built([KUSTOMIZE_CONTROLLER], os.environ, Silent())["kustomize-controller"]


@pytest.fixture(scope="session")
def helm_4() -> Path:
    return build.built([HELM_4], os.environ, Silent())["helm"]
