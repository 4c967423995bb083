"""KServe's controller as the peer of the control-plane bench, built from its Go module. Measures nothing.

It runs as it is shipped, webhooks included, with raw Deployments instead of Knative and without an ingress.
"""

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import yaml
from tests.bench.load import NAMESPACES, patch, places, post
from tests.support.kube import ApiError, Kube, Object
from tests.support.operator import documents
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox import build
from aiapp_sandbox.certificates import Authority
from aiapp_sandbox.context import LOOPBACK
from aiapp_sandbox.pins import Module, Tool
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.progress import Silent

VERSION: Final = "v0.20.0"
MODULE: Final = "github.com/kserve/kserve"
NAMESPACE: Final = "kserve"
SERVICE_ACCOUNT: Final = (NAMESPACE, "kserve-controller-manager")
GROUP_VERSION: Final = "serving.kserve.io/v1beta1"
PORTS: Final = ("metrics", "health", "webhook")
PATIENCE: Final = 60.0


@dataclass
class KServe:
    """The controller on one control plane: a process that may be killed and started again."""

    sandbox: Sandbox
    folder: Path
    """For its certificate and its log."""
    program: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        arguments = [f"--{name}={LOOPBACK}:{self.ports[port]}" for name, port in ADDRESSES.items()]
        command = [str(self.program), *arguments, f"--webhook-port={self.ports['webhook']}"]
        known = {
            "KUBECONFIG": str(self.sandbox.service_account(*SERVICE_ACCOUNT)),
            "POD_NAMESPACE": NAMESPACE,
            "SECRET_NAME": "kserve-webhook-server-cert",
            "TMPDIR": str(self.folder),
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=os.environ | known, stdout=log, stderr=log)
        eventually(lambda: self._answer("health", "/readyz") is not None, timeout=PATIENCE)

    def kill(self) -> None:
        """End it at once."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def metrics(self) -> str:
        """What it exports."""
        return self._answer("metrics", "/metrics") or ""

    def submit(self, kube: Kube, n: int) -> None:
        """Create `n` InferenceServices as fast as the API server takes them."""
        post(kube, (_inference_service(name, namespace) for name, namespace in places(n)))

    def bump(self, kube: Kube, n: int) -> None:
        """Let each of them serve another folder of the bucket."""
        patch(kube, (_inference_service(name, namespace, "next") for name, namespace in places(n)))

    def _answer(self, port: str, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.ports[port]}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except (OSError, urllib.error.HTTPError):
            return None


ADDRESSES: Final = {"metrics-addr": "metrics", "health-probe-addr": "health"}


def installed(sandbox: Sandbox, folder: Path) -> KServe:
    """Running, with its kinds, rights, settings, webhooks and the runtime that the models need."""
    source, kube = _source(), Kube(sandbox.kubeconfig)
    config = source / "config"
    with reserved(LOOPBACK, PORTS) as ports:
        controller = KServe(sandbox, folder, _program(source), dict(ports))
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    sandbox.kubectl("apply", "--server-side", "-k", str(config / "crd"))
    eventually(partial(_are_served, kube), timeout=PATIENCE)
    rights = yaml.safe_load_all(sandbox.kubectl("kustomize", str(config / "rbac")).stdout)
    for document in (*map(_in_its_namespace, filter(None, rights)), _settings(config / "configmap")):
        kube.apply(document, fieldValidation="Ignore")
    for namespace in NAMESPACES:
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for namespace in NAMESPACES:
        eventually(partial(kube.find, "v1", "ServiceAccount", "default", namespace))
    authority = Authority(sandbox.folder.pki)
    _certificate(authority, folder)
    controller.start()
    for document in documents(config / "webhook/manifests.yaml"):
        kube.apply(_reached_at(document, authority, controller.ports["webhook"]), fieldValidation="Ignore")
    for document in documents(config / "runtimes/kserve-sklearnserver.yaml", config / "storagecontainers/default.yaml"):
        eventually(partial(_applied, kube, document), timeout=PATIENCE)
    return controller


def _source() -> Path:
    """The module in Go's own cache."""
    command = ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    return Path(json.loads(done.stdout)["Dir"])


def _program(source: Path) -> Path:
    """Built by the versions that the module itself pins, and kept with the sandbox's programs."""
    module = Module(source.name, parent=source.parent)
    return build.built([Tool("manager", module, "./cmd/manager", VERSION)], os.environ, Silent())["manager"]


def _are_served(kube: Kube) -> bool:
    kinds = kube.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    return all(any(map(_is_established, kind["status"].get("conditions") or ())) for kind in kinds)


def _is_established(condition: Object) -> bool:
    return bool((condition["type"], condition["status"]) == ("Established", "True"))


def _in_its_namespace(document: Object) -> Object:
    for subject in document.get("subjects") or ():
        if subject["kind"] == "ServiceAccount":
            subject["namespace"] = NAMESPACE
    if not document["kind"].startswith("Cluster"):
        document["metadata"]["namespace"] = NAMESPACE
    return document


def _settings(folder: Path) -> Object:
    """As shipped, but for raw Deployments and no ingress."""
    (document,) = documents(folder / "inferenceservice.yaml")
    data = document["data"]
    data.pop("_example", None)
    data["deploy"] = json.dumps(json.loads(data["deploy"]) | {"defaultDeploymentMode": "Standard"})
    without = {"disableIngressCreation": True, "disableIstioVirtualHost": True}
    data["ingress"] = json.dumps(json.loads(data["ingress"]) | without)
    return document


def _certificate(authority: Authority, folder: Path) -> None:
    """Where the controller looks for it."""
    pair = authority.server("kserve-webhook", (LOOPBACK,))
    place = folder / "k8s-webhook-server/serving-certs"
    place.mkdir(parents=True)
    shutil.copy(pair.certificate, place / "tls.crt")
    shutil.copy(pair.key, place / "tls.key")


def _reached_at(document: Object, authority: Authority, port: int) -> Object:
    """The webhooks at an address of this machine instead of a Service."""
    bundle = b64encode(authority.certificate.read_bytes()).decode()
    document["metadata"].pop("creationTimestamp", None)
    for webhook in document["webhooks"]:
        path = webhook["clientConfig"]["service"]["path"]
        webhook["clientConfig"] = {"url": f"https://{LOOPBACK}:{port}{path}", "caBundle": bundle}
    return document


def _applied(kube: Kube, document: Object) -> bool:
    """The webhook server may not answer at once."""
    try:
        kube.apply(json.loads(json.dumps(document).replace(":replace", f":{VERSION}")))
    except ApiError as error:
        raise AssertionError(str(error)) from error
    return True


def _inference_service(name: str, namespace: str, folder: str = "first") -> Object:
    annotations = {"serving.kserve.io/autoscalerClass": "none"}
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": f"s3://bucket/{name}/{folder}"}
    return {
        "apiVersion": GROUP_VERSION,
        "kind": "InferenceService",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"predictor": {"model": model}},
    }
