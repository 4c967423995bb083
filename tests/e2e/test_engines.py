"""Servers that are not ours, as their projects publish them, on real nodes: configured by the runtime, asked by v2.

`make e2e` takes one of them, `make e2e-engines` all: each has an image of some hundred megabytes.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import chain
from typing import Any, Final

import joblib
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from tests.e2e.conftest import Installed
from tests.e2e.cpu_runtimes import in_catalogue, runtime_image, runtime_name
from tests.e2e.serving import Serving
from tests.support.kube import Object
from tests.support.packages import upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.adapters.shipped import shipped_runtimes
from aiapp_sandbox.images import loading, runtimes
from aiapp_sandbox.images.runtimes import Runtime
from aiapp_sandbox.progress import Silent

pytestmark = pytest.mark.timeout(1500)

EVERY: Final = os.environ.get("E2E_ENGINES") == "every"
ROLLOUT_SECONDS: Final = 400
SKLEARN: Final = f"scikit-learn=={metadata.version('scikit-learn')}"
"""What has pickled the model here reads it there."""
KSERVE_SERVER: Final = """\
import sys

import joblib
from kserve import InferOutput, InferResponse, Model, ModelServer


class Fitted(Model):
    def load(self):
        self.fitted = joblib.load(sys.argv[2])
        self.ready = True

    def predict(self, payload, headers=None):
        found = self.fitted.predict(payload.inputs[0].as_numpy())
        output = InferOutput("predict", list(found.shape), "INT64", found.tolist())
        return InferResponse(payload.id, self.name, [output])


model = Fitted(sys.argv[1])
model.load()
ModelServer(http_port=int(sys.argv[3]), workers=1, enable_grpc=False).start([model])
"""


def _mlserver() -> Object:
    """The shipped entry; the image here has the library alone and no program in its PATH."""
    shipped = shipped_runtimes()["mlserver_1.7.1-cpu-py_3.10-ubi_9-x86_64"].server
    assert shipped is not None
    starts = ["python3", "-c", "from mlserver.cli import main; main()", "start", "/etc/mlserver"]
    return shipped.model_dump(by_alias=True, exclude_none=True) | {"command": starts}


def _kserve() -> Object:
    """Its server for models of one's own: the one for scikit-learn is in no registry of Python packages."""
    return {
        "protocol": "OpenInferenceV2",
        "command": ["python3", "/etc/kserve/serve.py"],
        "args": ["{servedName}", "{modelPath}/model.joblib", "{port}"],
        "files": [{"path": "/etc/kserve/serve.py", "text": KSERVE_SERVER}],
        "readiness": {"path": "/v2/models/{servedName}/ready"},
        "liveness": {"path": "/v2/health/live", "periodSeconds": 10, "failureThreshold": 6},
    }


@dataclass(frozen=True)
class Engine:
    """A server, and what its image is made of."""

    name: str
    version: str
    requirements: tuple[str, ...]
    server: Object

    @property
    def full_name(self) -> str:
        """The runtime's name."""
        return runtime_name(f"{self.name}_{self.version}")

    @property
    def image(self) -> Runtime:
        """The image of that runtime."""
        return runtime_image(self.full_name, self.requirements)


MLSERVER: Final = Engine("mlserver", "1.7.1", ("mlserver==1.7.1", "mlserver-sklearn==1.7.1", SKLEARN), _mlserver())
KSERVE: Final = Engine("kserve", "0.21.0", ("kserve==0.21.0", SKLEARN), _kserve())
ENGINES: Final = (MLSERVER, KSERVE) if EVERY else (MLSERVER,)


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    found = request.param
    assert isinstance(found, Engine)
    return found


@pytest.fixture
def runtime(engine: Engine, installed: Installed, real_cluster: Sandbox) -> Iterator[Object]:
    """The engine's image in the nodes, and its runtime in the catalogue."""
    loading.load(real_cluster.folder, runtimes.built(engine.image, os.environ, Silent()))
    with in_catalogue(installed.kube, engine.full_name, engine.image, server=engine.server) as entry:
        yield entry


@pytest.fixture
def restricted(installed: Installed, serving: Serving) -> Serving:
    """The namespace refuses pods that the strictest of the Pod Security Standards does not admit."""
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": serving.registry.namespace, "labels": label}}
    installed.kube.apply(space)
    return serving


def test_an_engine_serves_the_pinned_model_by_its_own_protocol(
    engine: Engine, runtime: Object, restricted: Serving, installed: Installed
) -> None:
    pictures, digits = load_digits(return_X_y=True)
    asked = pictures[:5].tolist()
    for number, labels in (("1.0.0", digits), ("1.1.0", 9 - digits)):
        fitted = KNeighborsClassifier().fit(pictures[:400], labels[:400])
        _register(restricted, engine, number, fitted)
        application = restricted.registry.application(engine.name, number, replicas=1)
        restricted.registry.until(application, "Ready", "True", timeout=ROLLOUT_SECONDS)
        restricted.until_served(application, number, ROLLOUT_SECONDS)
        assert _asked(restricted, engine, number, asked) == fitted.predict(asked).tolist()
    entry = installed.kube.get("aiapp.dev/v1alpha1", "InferenceRuntime", runtime["metadata"]["name"])
    assert entry["status"]["podSecurity"] == "restricted"


def _register(serving: Serving, engine: Engine, number: str, fitted: Any) -> None:
    """A folder as the engine wants it, without anything of the platform's."""
    body = io.BytesIO()
    joblib.dump(fitted, body)
    upload(serving.registry.bucket, f"{engine.name}/{number}", {"model.joblib": body.getvalue()})
    uri = f"obs://{serving.registry.bucket.name}/{engine.name}/{number}/"
    asked = {"parameters": {"servedName": "digits"}, "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}}}
    serving.registry.version(engine.name, number, obs={"uri": uri}, runtime=engine.full_name, container=asked)


def _asked(serving: Serving, engine: Engine, number: str, rows: list[list[float]]) -> list[int]:
    """The digits that this version sees in these pictures, by its own Service: pods of the last one may still end."""
    tensor = {"name": "pictures", "shape": [len(rows), len(rows[0])], "datatype": "FP64", "data": [*chain(*rows)]}
    name = f"{engine.name}-{number.replace('.', '-')}"
    service = f"/api/v1/namespaces/{serving.registry.namespace}/services/{name}:http/proxy"
    body = {"id": "1", "inputs": [tensor]}
    answer = eventually(lambda: serving.registry.kube.request("POST", f"{service}/v2/models/digits/infer", body))
    return [int(value) for value in answer["outputs"][0]["data"]]
