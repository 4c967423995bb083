"""Model packages in a bucket, and the objects that register and serve them."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from tests.support.kube import Kube, Object
from tests.support.sandbox import Bucket
from tests.support.waiting import EVENTUALLY_SECONDS, eventually

from aiapp.api.meta import GROUP_VERSION

CONFIG: Final = {
    "model_algorithm": "image_classification",
    "model_type": "Scikit_Learn",
    "runtime": "python3.7",
    "apis": [{"url": "/", "method": "POST", "request": {"Content-type": "application/json"}}],
}
SERVICE: Final = """\
from model_service.python_model_service import XgSklServingBaseService


class Digits(XgSklServingBaseService):
    def _inference(self, data):
        return {"seen": data}
"""
RUNTIME: Final = "sklearn-1.6.1-cpu-py-3.11-ubuntu-22.04-x86-64"
"""The object of the runtime that `python3.7` means."""
IMAGE: Final = "localhost/aiapp-runtime-cpu:1"


def package(**files: str | bytes | None) -> dict[str, bytes]:
    """The files of a sound scikit-learn package; `model__x_py="..."` is model/x.py, None leaves a file out."""
    sound: dict[str, str | bytes | None] = {
        "model/config.json": json.dumps(CONFIG),
        "model/customize_service.py": SERVICE,
        "model/model.pkl": b"weights",
    }
    named = {
        name.replace("__", "/").replace("_py", ".py").replace("_json", ".json"): body for name, body in files.items()
    }
    whole = sound | named
    return {name: body.encode() if isinstance(body, str) else body for name, body in whole.items() if body is not None}


def for_engine(engine: str, weights: str) -> dict[str, bytes]:
    """The same for another engine, with a model file of this name."""
    config = json.dumps({**CONFIG, "model_type": engine})
    return package(**{"model/config.json": config, f"model/{weights}": b"weights", "model/model.pkl": None})


def upload(bucket: Bucket, prefix: str, files: dict[str, bytes]) -> None:
    """Put every file below `prefix/`."""
    for name, body in files.items():
        bucket.client.put_object(Bucket=bucket.name, Key=f"{prefix}/{name}", Body=body)


def secret(name: str, namespace: str, **data: str) -> Object:
    """A Secret."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}


def keys(bucket: Bucket, namespace: str, name: str = "store") -> Object:
    """The Secret with the bucket's own keys."""
    return secret(name, namespace, accessKeyId=bucket.access_key, secretAccessKey=bucket.secret_key)


@dataclass(frozen=True)
class Registry:
    """Registers versions and applications in one namespace, and reads how they fare."""

    kube: Kube
    namespace: str
    bucket: Bucket

    def version(self, application: str = "mnist", number: str = "1.0.0", **spec: Any) -> Object:
        """Register a version whose package lies at `<application>/` of the bucket."""
        obs = {
            "uri": f"obs://{self.bucket.name}/{application}/",
            "endpoint": self.bucket.endpoint,
            "credentialsSecretRef": {"name": "store"},
        } | spec.pop("obs", {})
        body = {"application": application, "version": number, "source": {"obs": obs}} | spec
        return self._create("AIApplicationVersion", f"{application}-{number}", body)

    def of_template(
        self, template: str, inputs: Object, application: str = "mnist", number: str = "1.0.0", **spec: Any
    ) -> Object:
        """Register a version that a template makes of folders of the bucket, by the names of its inputs."""
        folders = [{"name": name, "uri": f"obs://{self.bucket.name}/{path}"} for name, path in inputs.items()]
        source = {
            "name": template,
            "inputs": folders,
            "endpoint": self.bucket.endpoint,
            "credentialsSecretRef": {"name": "store"},
        } | spec.pop("template", {})
        body = {"application": application, "version": number, "source": {"template": source}} | spec
        return self._create("AIApplicationVersion", f"{application}-{number}", body)

    def application(self, name: str = "mnist", *versions: str, replicas: int | None = None, **serving: Any) -> Object:
        """Create or change an application that serves these versions (1.0.0 when none is named)."""
        scale = {} if replicas is None else {"replicas": replicas}
        wanted = [{"version": number} | scale for number in versions or ("1.0.0",)]
        return self.serving(name, versions=wanted, **serving)

    def serving(self, name: str = "mnist", **serving: Any) -> Object:
        """Create or change an application that is to be served so."""
        return self._create("AIApplication", name, {"serving": serving})

    def condition(self, obj: Object, type_: str) -> Object:
        """A condition as it is now; a status of absent stands for none."""
        conditions = self.now(obj).get("status", {}).get("conditions", ())
        return next((c for c in conditions if c["type"] == type_), {"status": "absent", "reason": "", "message": ""})

    def now(self, obj: Object) -> Object:
        return self.kube.get(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])

    def until(
        self, obj: Object, type_: str, status: str, reason: str | None = None, *, timeout: float = EVENTUALLY_SECONDS
    ) -> Object:
        """Wait for a condition; the condition."""

        def holds() -> Object:
            found = self.condition(obj, type_)
            assert (found["status"], found["reason"]) == (status, reason or found["reason"]), found
            return found

        return eventually(holds, timeout=timeout)

    def look_again(self, obj: Object, token: str) -> None:
        """Ask the operator to look at once."""
        self.kube.patch(obj, {"metadata": {"annotations": {"aiapp.dev/reconcile-at": token}}})

    def find(self, api_version: str, kind: str, name: str) -> Object | None:
        return self.kube.find(api_version, kind, name, self.namespace)

    def _create(self, kind: str, name: str, spec: Object) -> Object:
        metadata = {"name": name, "namespace": self.namespace}
        return self.kube.apply({"apiVersion": GROUP_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
