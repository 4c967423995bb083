"""A model of an ExeML project on real nodes: trained by a real Job, registered, fetched by tickets, and kept."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from sklearn.datasets import load_digits
from tests.e2e.conftest import Installed
from tests.e2e.serving import NAME, Serving
from tests.e2e.test_training_job import TRAINED_SECONDS, answered
from tests.support import train_digits
from tests.support.exeml import KEYS, LABEL, SYSTEM, rights, stores
from tests.support.kube import Object
from tests.support.operator import ROOT
from tests.support.trainer import FILES, signed_address
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import host_architecture

pytestmark = pytest.mark.timeout(1200)
PROGRAM = Path(train_digits.__file__).read_text("utf-8")
DEPLOYMENT: Final = ("-n", SYSTEM, "deployment/aiapp-operator")
ROLLOUT_SECONDS: Final = 180
NO_EXEC: Final = ROOT / "manifests/samples/no-exec.yaml"


@pytest.fixture
def project(installed: Installed, make_serving: Callable[[], Serving]) -> Iterator[Serving]:
    """A namespace, and the operator with a store of ExeML in its bucket."""
    serving = make_serving()
    bucket, kube = serving.registry.bucket, installed.kube
    with rights(kube, bucket, service=True):
        service = eventually(lambda: kube.find("v1", "Service", "aiapp-operator-tickets", SYSTEM))
        assert service is not None
        env = {
            "AIAPP_EXEML_STORES": json.dumps(stores(bucket)),
            "AIAPP_EXEML_URL": f"https://{service['spec']['clusterIP']}:9443",  # there is no name server
        }
        container = {
            "name": "operator",
            "ports": [{"name": "tickets", "containerPort": 9443}],
            "env": [{"name": name, "value": value} for name, value in env.items()],
        }
        patch = json.dumps({"spec": {"template": {"spec": {"containers": [container]}}}})
        kubectl = installed.demo.kubectl.within(SYSTEM)
        kubectl.quietly("patch", *DEPLOYMENT, "--type=strategic", f"--patch={patch}")
        kubectl.quietly("rollout", "status", *DEPLOYMENT, f"--timeout={ROLLOUT_SECONDS}s")
        yield serving
        kubectl.quietly("rollout", "undo", *DEPLOYMENT)
        kubectl.quietly("rollout", "status", *DEPLOYMENT, f"--timeout={ROLLOUT_SECONDS}s")


def train(serving: Serving) -> Object:
    """The project's Job, which may write its model and read nothing: it has addresses instead of keys."""
    bucket, namespace = serving.registry.bucket, serving.registry.namespace
    folder = f"projects/{namespace}/run-7"
    signed = {name: signed_address(bucket, f"{folder}/model/{file}") for name, file in FILES.items()}
    env = {"OUTPUT_PATH": f"obs://{bucket.name}/{folder}/", "SEED": "7", **signed}
    container = {
        "name": "train",
        "image": serving.images.cpu,
        "command": ["python3", "-c", PROGRAM, serving.images.cpu_runtime],
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    where = {"kubernetes.io/arch": host_architecture()}
    template = {"spec": {"containers": [container], "restartPolicy": "Never", "nodeSelector": where}}
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train-digits", "labels": {LABEL: NAME}},
        "spec": {"backoffLimit": 0, "template": template},
    }
    return serving.registry.kube.create(made, namespace)


def aiapp(serving: Serving, *arguments: str) -> subprocess.CompletedProcess[str]:
    place = ("--kubeconfig", str(serving.kubectl.kubeconfig), "-n", serving.registry.namespace)
    command = [sys.executable, "-m", "aiapp", *arguments, *place]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_a_projects_model_registers_itself_is_served_and_does_not_leave(project: Serving) -> None:
    train(project)
    version = eventually(
        lambda: project.registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", f"{NAME}-0.0.1"),
        timeout=TRAINED_SECONDS,
    )
    assert version is not None
    project.registry.until(version, "Ready", "True", "Normal", timeout=TRAINED_SECONDS)
    project.registry.serving(NAME, versions=[{"version": "0.0.1"}])
    project.until_running("0.0.1")
    pictures, digits = load_digits(return_X_y=True)
    assert answered(project, pictures[:5].tolist()) == digits[:5].tolist()
    status = project.registry.now(version)["status"]
    assert status["source"]["origin"] == "ExeML"
    assert project.registry.bucket.name not in json.dumps(project.registry.now(version))
    (pod,) = project.pods()
    assert KEYS not in json.dumps(pod)
    promoted = aiapp(project, "promote", f"{NAME}-0.0.1")
    assert promoted.returncode == 1
    assert "is a model of ExeML" in promoted.stderr
    may_not_enter(project, pod)


def may_not_enter(project: Serving, pod: Object) -> None:
    """With the sample policy and its label nobody enters the pod; before, its container shows no token and no proof."""
    name, inside = pod["metadata"]["name"], ("-c", "model", "--", "ls")
    shown = project.kubectl("exec", name, *inside, "/home/mind/model")
    assert "config.json" in shown  # so it is without the policy, as the guide says
    for folder in ("/etc/aiapp/token", "/run/aiapp/proof"):
        with pytest.raises(Exception, match="No such file"):
            project.kubectl("exec", name, *inside, folder)
    namespace = project.registry.kube.get("v1", "Namespace", project.registry.namespace)
    project.kubectl.quietly("apply", "--server-side", "-f", str(NO_EXEC))
    try:
        project.registry.kube.patch(namespace, {"metadata": {"labels": {"aiapp.dev/exec": "refused"}}})

        def refused() -> bool:
            """A policy takes a moment to be in force."""
            try:
                project.kubectl("exec", name, *inside, "/")
            except Exception as error:  # noqa: BLE001 - of kubectl
                return "nobody enters its containers" in str(error)
            return False

        eventually(refused)
    finally:
        project.kubectl.quietly("delete", "-f", str(NO_EXEC))
