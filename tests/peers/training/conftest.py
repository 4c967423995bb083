"""A cluster whose pods train, and Kubeflow's real training-operator, which makes them of PyTorchJobs."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.e2e.training.conftest import image_digest, installed, kube, registry, runtime_image, s3, sandbox, trainer
from tests.support.job_kinds import reading
from tests.support.kube import ApiError, Kube, Object
from tests.support.operator import Operator
from tests.support.peers import module_folder, training_operator
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.domain.training.kinds import BUILT_IN
from aiapp_sandbox.ports import reserved

__all__ = [
    "image_digest", "installed", "kube", "registry", "runtime_image", "s3", "sandbox", "trainer", "training_operator",
]  # fmt: skip

NAMESPACE: Final = "kubeflow"
NAME: Final = "training-operator"
SECRET: Final = f"{NAME}-webhook-cert"
HOOK: Final = "validator.training-operator.kubeflow.org"
READY_SECONDS: Final = 120
RUN: Final = tuple(kind for kind in BUILT_IN if kind.kind in {"PyTorchJob", "TFJob"})
"""The kinds that it runs here."""
# It looks for its certificates below /tmp alone; in a mount namespace of its own that is a folder of the test.
IN_FOLDER: Final = 'mount --bind "$0" /tmp && exec "$@"'


@pytest.fixture(scope="session")
def pytorch_jobs(
    sandbox: Sandbox, kube: Kube, training_operator: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kube]:
    """PyTorchJobs and TFJobs are run. Its certificates are put where the kubelet would mount its Secret; workers do not
    wait for their master's name, which nothing in a sandbox resolves.
    """
    folder = tmp_path_factory.mktemp(NAME)
    manifests = module_folder(NAME, "github.com/kubeflow/training-operator") / "manifests/base"
    for kind in RUN:
        kube.apply(yaml.safe_load((manifests / f"crds/{kind.group}_{kind.plural}.yaml").read_text()), force="true")
    host = sandbox.record.host
    with reserved(host, ("metrics", "probe", "webhook")) as ports:
        pass
    hook = yaml.safe_load((manifests / "webhook/manifests.yaml").read_text())
    for one in objects(hook, host, ports["webhook"]):
        kube.create(one)
    shutil.copy(sandbox.kubeconfig, folder / "kubeconfig")
    (folder / "no-init-containers.yaml").write_text("[]")
    command = [
        *("unshare", "--mount", "sh", "-c", IN_FOLDER, str(folder)),
        str(training_operator),
        *(f"--enable-scheme={kind.kind.lower()}" for kind in RUN),
        f"--metrics-bind-address={host}:{ports['metrics']}",
        f"--health-probe-bind-address={host}:{ports['probe']}",
        f"--webhook-server-port={ports['webhook']}",
        "--pytorch-init-container-template-file=/tmp/no-init-containers.yaml",
    ]
    environment = {**os.environ, "KUBECONFIG": "/tmp/kubeconfig", "MY_POD_NAMESPACE": NAMESPACE, "TMPDIR": "/tmp"}
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as run:
        try:
            eventually(lambda: mounted(kube, folder / "k8s-webhook-server/serving-certs"), timeout=READY_SECONDS)
            eventually(lambda: refuses(kube, run, folder / "log"), timeout=READY_SECONDS)
            yield kube
        finally:
            run.terminate()


def objects(hook: Object, host: str, port: int) -> list[Object]:
    """Of its manifests: its namespace, an empty Secret for certificates, and its webhook behind a Service."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": NAMESPACE}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": host, "ports": [{"port": port}]},
    }
    asked = {kind.plural for kind in RUN}
    hooks = [one for one in hook["webhooks"] if set(one["rules"][0]["resources"]) <= asked]
    for one in hooks:
        one["clientConfig"]["service"] |= {"name": NAME, "namespace": NAMESPACE, "port": port}
    return [namespace, secret, service, {**hook, "metadata": {"name": HOOK}, "webhooks": hooks}]


def mounted(kube: Kube, folder: Path) -> bool:
    """The files of its Secret, once it has made them."""
    data = kube.get("v1", "Secret", SECRET, NAMESPACE).get("data") or {}
    if "tls.crt" not in data:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(data):  # what it waits for comes last
        (folder / name).write_bytes(base64.b64decode(data[name]))
    return True


def refuses(kube: Kube, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Whether its webhook refuses what it has to, with which it is ready."""
    assert process.poll() is None, log.read_text()[-3000:]
    template: Object = {"spec": {"containers": []}}
    wrong = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "wrong"},
        "spec": {"pytorchReplicaSpecs": {"Master": {"template": template}}},
    }
    try:
        kube.create(wrong, "default", dryRun="All")
    except (ApiError, KeyError) as error:  # the latter while its definition is not served
        return "denied the request" in str(error)
    return False


@pytest.fixture(scope="module")
def reader(kube: Kube, operator: Operator) -> Iterator[Operator]:
    """The operator, which reads every kind of job, and may."""
    environment = {"AIAPP_TRAINING_JOB_KINDS": ",".join(kind.name for kind in BUILT_IN)}
    with reading(kube, operator, BUILT_IN, environment) as found:
        yield found
