"""A cluster that runs pods, with the operator in it, and a real metrics-server and a real KEDA beside it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.e2e.conftest import installed, make_serving, serving, space
from tests.support.kube import ApiError, Kube, Object
from tests.support.peers import keda, metrics_server, module_folder
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.certificates import Authority
from aiapp_sandbox.ports import reserved

__all__ = ["installed", "keda", "make_serving", "metrics_server", "serving", "space"]

METRICS_SERVER: Final = "metrics-server"
NAMESPACE: Final = "kube-system"
GROUP: Final = "metrics.k8s.io"
MEASURED_SECONDS: Final = 120
"""It looks every 15 s, and a rate needs two looks."""


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """A program that runs meanwhile."""
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, env=environment) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def measured(real_cluster: Sandbox, metrics_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pods and nodes are measured: the API server answers for `metrics.k8s.io`."""
    kube, host = Kube(real_cluster.kubeconfig), real_cluster.record.host
    folder = tmp_path_factory.mktemp(METRICS_SERVER)
    with reserved(host, ("metrics",)) as ports:
        port = ports["metrics"]
    made = [kube.create(one) for one in objects(host, port)]
    command = [
        str(metrics_server),
        *(f"--{name}kubeconfig={real_cluster.kubeconfig}" for name in ("", "authentication-", "authorization-")),
        "--authentication-skip-lookup",  # the API server of a sandbox comes without a name
        "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP",
        f"--bind-address={host}",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        "--metric-resolution=15s",
    ]
    with running(command, folder / "log"):
        try:
            eventually(lambda: measures(kube), timeout=MEASURED_SECONDS)
            yield
        finally:
            for one in made:
                kube.delete(one)


def objects(host: str, port: int) -> list[Object]:
    """What leads the API server to metrics-server, and lets it in."""
    metadata = {"name": METRICS_SERVER, "namespace": NAMESPACE}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"type": "ExternalName", "externalName": host, "ports": [{"port": port}]},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": METRICS_SERVER},
            "rules": [
                {"apiGroups": [GROUP], "resources": ["pods", "nodes"], "verbs": ["get", "list"]},
                {"nonResourceURLs": [f"/apis/{GROUP}/*"], "verbs": ["get"]},
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": METRICS_SERVER},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": METRICS_SERVER},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:anonymous"}],
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"v1beta1.{GROUP}"},
            "spec": {
                "group": GROUP,
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {"name": METRICS_SERVER, "namespace": NAMESPACE, "port": port},
            },
        },
    ]


def measures(kube: Kube) -> bool:
    try:
        return bool(kube.request("GET", f"/apis/{GROUP}/v1beta1/nodes")["items"])
    except ApiError:
        return False


@pytest.fixture(scope="session")
def scaled_objects(real_cluster: Sandbox, keda: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """KEDA's operator looks after ScaledObjects. Its metrics API is absent: of figures it has CPU and memory."""
    kube, host, folder = Kube(real_cluster.kubeconfig), real_cluster.record.host, tmp_path_factory.mktemp("keda")
    for file in sorted((module_folder("keda", "github.com/kedacore/keda/v2") / "config/crd/bases").iterdir()):
        kube.apply(yaml.safe_load(file.read_text()), force="true")
    pair = Authority(real_cluster.folder.pki).server("keda", (host,))
    for source, name in ((pair.certificate, "tls.crt"), (pair.key, "tls.key")):
        shutil.copy(source, folder / name)
    shutil.copy(Authority(real_cluster.folder.pki).certificate, folder / "ca.crt")
    with reserved(host, ("metrics", "probe", "service")) as ports:
        pass
    command = [
        str(keda),
        f"--metrics-bind-address={host}:{ports['metrics']}",
        f"--health-probe-bind-address={host}:{ports['probe']}",
        f"--metrics-service-bind-address={host}:{ports['service']}",
        f"--cert-dir={folder}",
        "--enable-webhook-patching=false",
    ]
    environment = {
        **os.environ,
        "KUBECONFIG": str(real_cluster.kubeconfig),
        "WATCH_NAMESPACE": "",
        "POD_NAMESPACE": NAMESPACE,
        "POD_NAME": "keda",
        "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
    }
    with running(command, folder / "log", environment):
        yield
