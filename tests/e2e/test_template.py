"""A pod gets what a template has made of files in a store, and goes on when the template is gone."""

import secrets

import pytest
from tests.e2e.serving import NAME, RUNNING_SECONDS, SERVICE, Serving
from tests.support.packages import upload
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)


def test_a_pod_serves_a_model_file_alone_even_when_the_template_is_gone(serving: Serving) -> None:
    registry, name = serving.registry, f"echo-{secrets.token_hex(4)}"
    template = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "InferenceTemplate",
        "metadata": {"name": name},
        "spec": {
            "engine": "Scikit_Learn",
            "runtime": serving.images.cpu_runtime,
            "mode": "Undefined",
            "files": {"customize_service.py": SERVICE},
            "inputs": [{"name": "model", "target": "model.pkl", "patterns": ["*.txt"]}],
        },
    }
    registry.kube.create(template)
    upload(registry.bucket, NAME, {"run-7/said.txt": b"one", "run-7/log": b"epoch 1"})
    version = registry.of_template(name, {"model": f"{NAME}/run-7/"}, application=NAME)
    registry.until(version, "Ready", "True", "Normal")
    registry.kube.delete(template)
    serving.serve()
    serving.until_running()
    assert serving.ask() == "one"
    (pod,) = serving.pods()
    serving.kill(pod)
    eventually(lambda: serving.reached() - {pod["metadata"]["uid"]}, timeout=RUNNING_SECONDS)
    assert serving.ask() == "one"
    registry.until(version, "ArtifactPinned", "True")
    assert registry.now(version)["status"]["artifact"]["digestFrom"] == "Fetch"
