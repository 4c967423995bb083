"""What users add to the pods reaches the process that serves."""

import json

import pytest
from tests.e2e.serving import NAME, SERVICE, Serving
from tests.support.kube import ApiError, Object
from tests.support.packages import CONFIG, package, upload
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)

CODE = """\
import os

from model_service.model_service import SingleNodeService


class Told(SingleNodeService):
    def _inference(self, data):
        with open("/data/table.txt") as file:
            return {"content": " ".join([file.read(), os.environ["FLAG_MODE"], os.environ["TOKEN"]])}
"""
FILL = """\
import os
os.makedirs("/claim/v1", exist_ok=True)
open("/claim/v1/table.txt", "w").write("features")
"""


def test_a_package_reads_its_volume_and_its_environment(serving: Serving) -> None:
    serving.upload("1.0.0", "one", CODE)
    serving.register()
    serving.serve()
    serving.until_running()
    _claim(serving, node=serving.pods()[0]["spec"]["nodeName"])
    _create(serving, "ConfigMap", "flags", data={"MODE": "fast"})
    _create(serving, "Secret", "keys", stringData={"TOKEN": "t"})
    serving.registry.serving(
        NAME,
        versions=[{"version": "1.0.0", "replicas": 1}],
        pod={
            "labels": {"team": "vision"},
            "claims": [{"claimName": "features", "mountPath": "/data", "subPath": "v1", "readOnly": True}],
            "envFrom": [{"prefix": "FLAG_", "configMapRef": {"name": "flags"}}, {"secretRef": {"name": "keys"}}],
            "terminationGracePeriodSeconds": 5,
        },
        scheduling={"nodeAffinity": {"required": [{"key": "kubernetes.io/hostname", "operator": "Exists"}]}},
        limits={"bodyBytes": 4096},
    )
    serving.until_running()
    assert serving.ask() == "features fast t"
    pod = max(serving.pods(), key=lambda one: str(one["metadata"]["creationTimestamp"]))
    assert pod["metadata"]["labels"]["team"] == "vision"
    with pytest.raises(ApiError, match="413"):
        serving.ask(text="x" * 5000)


def test_a_package_names_no_variable_of_its_pod(serving: Serving) -> None:
    """The kubelet leaves the path of a probe as it is: the server has to have been told the same."""
    config = json.dumps({**CONFIG, "health": {"url": "/$(TOKEN)/$$(TOKEN)"}})
    files = package(**{"model/customize_service.py": SERVICE, "model/model.pkl": "one", "model/config.json": config})
    upload(serving.registry.bucket, f"{NAME}/1.0.0", files)
    uri = f"obs://{serving.registry.bucket.name}/{NAME}/1.0.0/"
    container = {"env": [{"name": "TOKEN", "value": "secret"}]}
    serving.registry.version(NAME, obs={"uri": uri}, runtime=serving.images.cpu_runtime, container=container)
    serving.serve()
    serving.until_running()
    assert serving.ask() == "one"


def _create(serving: Serving, kind: str, name: str, **content: object) -> Object:
    document: Object = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **content}
    return serving.registry.kube.create(document, serving.registry.namespace)


def _claim(serving: Serving, node: str) -> None:
    """A volume of that node with one file in it, and the claim for it."""
    kube, namespace = serving.registry.kube, serving.registry.namespace
    bounds: Object = {"storageClassName": "", "accessModes": ["ReadWriteMany"]}
    folder = {"path": f"/tmp/{namespace}", "type": "DirectoryOrCreate"}
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": namespace},
        "spec": bounds | {"capacity": {"storage": "1Mi"}, "hostPath": folder},
    }
    claim = bounds | {"volumeName": namespace, "resources": {"requests": {"storage": "1Mi"}}}
    kube.create(volume)
    _create(serving, "PersistentVolumeClaim", "features", spec=claim)
    container: Object = {
        "name": "fill",
        "image": serving.images.cpu,
        "command": ["python3", "-c", FILL],
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}],
        "securityContext": {"runAsUser": 0},
    }
    volumes = [{"name": "claim", "persistentVolumeClaim": {"claimName": "features"}}]
    spec = {"nodeName": node, "restartPolicy": "Never", "containers": [container], "volumes": volumes}
    pod = _create(serving, "Pod", "fill", spec=spec)

    def is_filled() -> bool:
        return bool(serving.registry.now(pod)["status"].get("phase") == "Succeeded")

    eventually(is_filled)
