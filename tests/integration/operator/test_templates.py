"""Versions that a template makes of model files, on a real API server and a real store."""

import io
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import joblib
import pytest
from demo import local_pod
from demo.kubectl import Kubectl
from demo.terminal import Terminal
from rich.console import Console
from sklearn.linear_model import LinearRegression
from tests.support.aiapp import Aiapp
from tests.support.kube import Kube, Object
from tests.support.onnx import multiplication
from tests.support.operator import Operator
from tests.support.packages import IMAGE, Registry, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox import processes
from aiapp_sandbox.context import Context
from aiapp_sandbox.images import libraries
from aiapp_sandbox.profiles import host_architecture

DEPLOYMENT = "mnist-1-0-0"
CODE = b"""\
from model_service.model_service import SingleNodeService


class Own(SingleNodeService):
    def _inference(self, data):
        return {"mine": True}
"""

MakeTemplate = Callable[..., Object]


@pytest.fixture
def context(sandbox: Sandbox) -> Iterator[Context]:
    record = sandbox.record
    yield Context(folder=sandbox.folder, host=record.host, server=record.server, binaries=record.binaries)
    left = sandbox.record.process(DEPLOYMENT)
    if left is not None:
        processes.stop([left.identity], grace_seconds=1)


@pytest.fixture
def make_template(kube: Kube) -> Iterator[MakeTemplate]:
    """`make_template(**spec)`: an InferenceTemplate like the shipped one for scikit-learn, with these fields."""
    made = []

    def make(**spec: Any) -> Object:
        shipped = kube.get("aiapp.dev/v1alpha1", "InferenceTemplate", "sklearn")
        fields = {key: value for key, value in (shipped["spec"] | spec).items() if value is not None}
        name = f"sklearn-{secrets.token_hex(4)}"
        body = {k: shipped[k] for k in ("apiVersion", "kind")} | {"metadata": {"name": name}, "spec": fields}
        made.append(body)
        return kube.create(body)

    yield make
    for body in made:
        if kube.find(body["apiVersion"], body["kind"], body["metadata"]["name"]) is not None:
            kube.delete(body)


def estimator() -> bytes:
    """Doubles its only feature."""
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    file = io.BytesIO()
    joblib.dump(model, file)
    return file.getvalue()


def served(registry: Registry, sandbox: Sandbox, context: Context) -> str:
    """The address of the served version, whose containers run as processes of this machine."""
    registry.application()
    eventually(lambda: registry.find("apps/v1", "Deployment", DEPLOYMENT))
    kubectl = Kubectl(sandbox.record.binaries["kubectl"], sandbox.kubeconfig, registry.namespace)
    return local_pod.serve(DEPLOYMENT, kubectl, context, Terminal(Console(file=io.StringIO())))


def asked(url: str, *rows: Object) -> Any:
    """The predictions for these rows."""
    body = json.dumps({"data": {"req_data": rows}}).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=30) as answer:
        return json.load(answer)


def test_a_model_file_alone_is_served_by_the_shipped_template(
    registry: Registry, sandbox: Sandbox, context: Context, aiapp: Aiapp
) -> None:
    upload(registry.bucket, "iris/run-7", {"best.joblib": estimator(), "log.txt": b"epoch 1"})
    version = registry.of_template("sklearn", {"model": "iris/run-7/"})
    registry.until(version, "Ready", "True", "Normal")
    status = registry.now(version)["status"]
    assert status["source"]["type"] == "Template"
    assert status["source"]["template"] == {
        "name": "sklearn",
        "mode": "PredictiveAnalytics",
        "deploymentTypes": ["RealTime", "Batch"],
    }
    assert (status["model"]["type"], status["model"]["algorithm"]) == ("Scikit_Learn", "predict_analysis")
    assert status["artifact"]["objects"] == 3
    url = served(registry, sandbox, context)
    assert asked(url, {"x": 1.5}, {"x": -2}) == {
        "data": {"resp_data": [{"prediction": pytest.approx(3.0)}, {"prediction": pytest.approx(-4.0)}]}
    }
    described = aiapp("openapi", "mnist-1.0.0")
    assert described.exit_code == 0, described.output
    assert "req_data" in described.output


def test_what_is_pinned_outlives_its_template(registry: Registry, make_template: MakeTemplate, kube: Kube) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    template = make_template()
    version = registry.of_template(template["metadata"]["name"], {"model": "iris/"})
    registry.until(version, "Ready", "True", "Normal")
    before = registry.now(version)["status"]["artifact"]
    kube.delete(template)
    eventually(lambda: kube.find("aiapp.dev/v1alpha1", "InferenceTemplate", template["metadata"]["name"]) is None)
    registry.look_again(version, "now")
    registry.until(version, "SourceUnchanged", "True")
    eventually(lambda: registry.now(version)["status"].get("lastHandledReconcileAt") == "now")
    assert registry.now(version)["status"]["artifact"] == before
    assert registry.condition(version, "Ready")["status"] == "True"


def test_a_version_waits_for_its_template_and_goes_on_when_it_comes(
    registry: Registry, make_template: MakeTemplate, kube: Kube
) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    version = registry.of_template("not-yet", {"model": "iris/"})
    found = registry.until(version, "Ready", "False", "TemplateNotFound")
    assert "InferenceTemplate not-yet does not exist" in found["message"]
    like = make_template()
    body = like | {"metadata": {"name": "not-yet"}}
    kube.create({key: body[key] for key in ("apiVersion", "kind", "metadata", "spec")})
    try:
        registry.until(version, "Ready", "True", "Normal")
    finally:
        kube.delete(body)


@pytest.mark.parametrize(
    ("spec", "inputs", "reason", "words"),
    [
        pytest.param({}, {"code": "own/"}, "InputMissing", "model (The saved estimator", id="an input is missing"),
        pytest.param(
            {}, {"model": "iris/", "labels": "iris/"}, "InputUnknown", "has no input labels", id="an input too many"
        ),
        pytest.param({}, {"model": "own/"}, "ModelFilesMissing", "nothing there matches *.pkl", id="no such file"),
        pytest.param({}, {"model": "two/"}, "ModelFilesAmbiguous", "'two/a.pkl', 'two/b.pkl'", id="several files"),
        pytest.param({}, {"model": "nothing/"}, "PrefixEmpty", "input model", id="an empty folder"),
        pytest.param(
            {"files": {"customize_service.py": CODE.decode()}},
            {"model": "iris/", "code": "own/"},
            "TargetConflict",
            "and input code (obs://",
            id="a file of the template's",
        ),
        pytest.param(
            {"handlers": None}, {"model": "iris/"}, "ServiceCodeMissing", "customize_service.py", id="without any code"
        ),
        pytest.param(
            {"mode": None, "overridable": None, "files": {"config.json": '{"model_type": "PyTorch"}'}},
            {"model": "iris/"},
            "TemplateInvalid",
            "/model_algorithm",
            id="a config that breaks a rule",
        ),
    ],
)
def test_what_does_not_go_together_is_named(
    registry: Registry, make_template: MakeTemplate, spec: Object, inputs: Object, reason: str, words: str
) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    upload(registry.bucket, "two", {"a.pkl": b"1", "b.pkl": b"2"})
    upload(registry.bucket, "own", {"customize_service.py": CODE})
    version = registry.of_template(make_template(**spec)["metadata"]["name"], inputs)
    found = registry.until(version, "Ready", "False", reason)
    assert words in found["message"]


@pytest.fixture(scope="module")
def onnxruntime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with onnxruntime, as an image would have it."""
    site = tmp_path_factory.mktemp("onnxruntime")
    python = ".".join(map(str, sys.version_info[:2]))
    libraries.install(("onnxruntime==1.20.1", "numpy<3"), site, host_architecture(), python)
    return site


@pytest.fixture(scope="module")
def onnx_runtime(kube: Kube, operator: Operator) -> Iterator[None]:
    """The catalogue's ONNX runtime has an image."""
    runtime = kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", "onnxruntime-1.20.1-cpu-py-3.11-ubuntu-22.04-x86-64")
    kube.patch(runtime, {"spec": {"image": IMAGE}})
    yield
    kube.patch(runtime, {"spec": {"image": None}})


@pytest.mark.usefixtures("onnx_runtime")
def test_an_onnx_model_is_served_by_the_shipped_template(
    registry: Registry, sandbox: Sandbox, context: Context, onnxruntime: Path
) -> None:
    upload(registry.bucket, "triple", {"model.onnx": multiplication(3)})
    env = [{"name": "PYTHONPATH", "value": str(onnxruntime)}]
    version = registry.of_template("onnx", {"model": "triple/"}, container={"env": env})
    registry.until(version, "Ready", "True", "Normal")
    assert asked(served(registry, sandbox, context), {"x": 2}, {"x": -1}) == {
        "data": {"resp_data": [{"prediction": [6.0]}, {"prediction": [-3.0]}]}
    }


def test_own_code_takes_the_place_of_the_templates(registry: Registry, sandbox: Sandbox, context: Context) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    upload(registry.bucket, "own", {"customize_service.py": CODE, "helper.py": b"x = 1\n"})
    registry.until(registry.of_template("sklearn", {"model": "iris/", "code": "own/"}), "Ready", "True")
    assert asked(served(registry, sandbox, context), {"x": 1}) == {"mine": True}


def test_an_input_that_is_replaced_is_drift(registry: Registry) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    version = registry.of_template("sklearn", {"model": "iris/"})
    registry.until(version, "Ready", "True")
    upload(registry.bucket, "iris", {"model.pkl": b"another"})
    registry.look_again(version, "now")
    found = registry.until(version, "SourceUnchanged", "False", "SourceLost")
    assert "replaced 'model.pkl'" in found["message"]


def test_a_manifest_that_is_deleted_is_made_again(registry: Registry, kube: Kube) -> None:
    upload(registry.bucket, "iris", {"model.pkl": estimator()})
    version = registry.of_template("sklearn", {"model": "iris/"})
    registry.until(version, "Ready", "True")
    name = registry.now(version)["status"]["artifact"]["manifestRef"]["name"]
    config_map = registry.find("v1", "ConfigMap", name)
    assert config_map is not None
    kube.delete(config_map)

    def made_again() -> bool:
        found = registry.find("v1", "ConfigMap", name)
        return found is not None and found["metadata"]["uid"] != config_map["metadata"]["uid"]

    assert eventually(made_again)
    found = registry.find("v1", "ConfigMap", name)
    assert found is not None
    assert found["binaryData"] == config_map["binaryData"]
