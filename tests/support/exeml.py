"""An ExeML project in a namespace, and what a pod does to get its model, or somebody else in the pod's place."""

import base64
import json
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from charts.generate import OPERATOR
from charts.helm import helm
from tests.support.kube import Kube, Object
from tests.support.live_jobs import end_pod
from tests.support.operator import ROOT
from tests.support.packages import Registry, package, secret, upload
from tests.support.sandbox import Bucket
from tests.support.waiting import eventually

from aiapp.domain.exeml.holder import IDENTIFIER
from aiapp.domain.exeml.tickets import AUDIENCE, PATH, Ticket, TicketRequest, proof_hash, refusal_of

SYSTEM: Final = "aiapp-system"
OWN_NAME: Final = "aiapp-operator"
KEYS: Final = "exeml-keys"
PROJECT: Final = "flowers"
VERSION: Final = "flowers-0.0.1"
LABEL: Final = "aiapp.dev/exeml-project"
TEMPLATES: Final = ("rbac/serviceaccount.yaml", "rbac/operator.yaml", "rbac/users.yaml", "admission/exeml.yaml")


def stores(bucket: Bucket) -> Object:
    """The setting of the operator."""
    return {"models": {"uri": f"obs://{bucket.name}/projects/", "endpoint": bucket.endpoint, "secret": KEYS}}


@contextmanager
def rights(
    kube: Kube, bucket: Bucket, *, service: bool = False, name: str = OWN_NAME, namespaces: Sequence[str] = ()
) -> Iterator[None]:
    """Those of the chart for an operator with stores, its policies, the keys, and the Services where pods run.

    One of another name has no others, and is for these namespaces alone.
    """
    settings = {"exemlStores": stores(bucket)} | ({"watchNamespaces": list(namespaces)} if namespaces else {})
    rendered = helm(
        "template",
        name,
        str(ROOT / OPERATOR),
        f"--namespace={SYSTEM}",
        f"--set=fullnameOverride={name}",
        f"--set-json=settings={json.dumps(settings)}",
        *(f"--show-only=templates/{template}" for template in (*TEMPLATES, *(("service.yaml",) if service else ()))),
    )
    made = [kube.apply(document, force="true") for document in yaml.safe_load_all(rendered) if document]
    keys = secret(KEYS, SYSTEM, accessKeyId=bucket.access_key, secretAccessKey=bucket.secret_key)
    kube.apply(keys, force="true")
    yield
    for one in made:
        if one["kind"].startswith("ValidatingAdmission") or (name != OWN_NAME and name in one["metadata"]["name"]):
            kube.delete(one)
    kube.delete(keys)


@dataclass(frozen=True)
class Project:
    """The project of one namespace, and its model."""

    kube: Kube
    namespace: str
    bucket: Bucket
    files: dict[str, bytes] = field(default_factory=package)

    @property
    def prefix(self) -> str:
        return f"projects/{self.namespace}/run-1"

    @property
    def uri(self) -> str:
        return f"obs://{self.bucket.name}/{self.prefix}/"

    @property
    def registry(self) -> Registry:
        return Registry(self.kube, self.namespace, self.bucket)

    def job(self, uri: str | None = None, name: str = "train", labels: Object | None = None) -> Object:
        """The project's training job."""
        env = [{"name": "OUTPUT_PATH", "value": uri or self.uri}]
        container = {"name": "train", "image": "r/train:1", "env": env}
        spec = {"backoffLimit": 0, "template": {"spec": {"containers": [container], "restartPolicy": "Never"}}}
        metadata = {"name": name, "namespace": self.namespace, "labels": labels or {LABEL: PROJECT}}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}

    def train(self) -> Object:
        """Write the model, and end the job that did."""
        upload(self.bucket, self.prefix, self.files)
        made = self.kube.create(self.job())
        self.end(made)
        return made

    def end(self, job: Object) -> None:
        """Its pod succeeds, as the kubelet would say."""
        end_pod(self.registry, job, "Succeeded")

    def version(self) -> Object:
        """As it is now."""
        return self.kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", VERSION, self.namespace)

    def registered(self) -> Object:
        """The version, once it is Normal."""
        found = eventually(
            lambda: self.kube.find("aiapp.dev/v1alpha1", "AIApplicationVersion", VERSION, self.namespace)
        )
        assert found is not None
        self.registry.until(found, "Ready", "True", "Normal")
        return self.version()

    def serve(self, **serving: Any) -> Object:
        """The application serves it."""
        application = self.kube.get("aiapp.dev/v1alpha1", "AIApplication", PROJECT, self.namespace)
        wanted = {"versions": [{"version": "0.0.1"}]} | serving
        return self.kube.patch(application, {"spec": {"serving": wanted}})

    def pod(self) -> Object:
        """The pod that the operator's Deployment has made, which is on no node yet and stays."""

        def made() -> Object:
            pods = self.kube.list("v1", "Pod", self.namespace, labelSelector=f"aiapp.dev/application={PROJECT}")
            fresh = [
                pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and "nodeName" not in pod["spec"]
            ]
            assert fresh
            return fresh[0]

        return eventually(made)


def run_on(kube: Kube, pod: Object, node: str, proof: bytes) -> None:
    """What scheduler, kubelet and the pod's first container do."""
    metadata = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/binding"
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    kube.request("POST", path, {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target})
    show(kube, pod, proof_hash(proof))


def show(kube: Kube, pod: Object, message: str) -> None:
    """The kubelet tells how the pod's first container ended."""
    ended = {"terminated": {"exitCode": 0, "message": message}}
    status = {"name": IDENTIFIER, "image": "x", "imageID": "", "ready": True, "restartCount": 0, "state": ended}
    kube.patch_status(pod, {"initContainerStatuses": [status]})


def token(kube: Kube, pod: Object | None, namespace: str, audience: str = AUDIENCE) -> str:
    """A token of the namespace's default ServiceAccount, as whoever `kube` is may have it."""
    spec: Object = {"audiences": [audience], "expirationSeconds": 600}
    if pod is not None:
        reference = {"apiVersion": "v1", "kind": "Pod"} | {key: pod["metadata"][key] for key in ("name", "uid")}
        spec |= {"boundObjectRef": reference}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    return str(kube.request("POST", path, body)["status"]["token"])


@dataclass(frozen=True)
class Counter:
    """The operator's ticket server, as somebody who knows its address asks it."""

    port: int
    authority: str

    def ask(self, token: str, asked: TicketRequest) -> Ticket | tuple[int, str]:
        """The ticket; or status and words of the refusal. Waits for a server that has just been started."""
        return eventually(lambda: self._asked(token, asked))

    def _asked(self, token: str, asked: TicketRequest) -> Ticket | tuple[int, str]:
        context = ssl.create_default_context(cadata=self.authority)
        context.check_hostname = False  # the certificate is for the Service, which is not there in this test
        handler = urllib.request.HTTPSHandler(context=context)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
        url = f"https://127.0.0.1:{self.port}{PATH}"
        request = urllib.request.Request(url, asked.body, {"Authorization": f"Bearer {token}"}, method="POST")
        try:
            with opener.open(request, timeout=30) as answer:
                return Ticket.read(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, refusal_of(error.read())
        except urllib.error.URLError as error:
            raise AssertionError(str(error)) from error


def counter(kube: Kube, port: int) -> Counter:
    """The server at that port, with the authority that the operator keeps."""
    found = eventually(lambda: kube.find("v1", "Secret", "aiapp-exeml-authority", SYSTEM))
    assert found is not None
    return Counter(port, base64.b64decode(found["data"]["tls.crt"]).decode())


def new_proof() -> bytes:
    """The secret of a pod."""
    return secrets.token_bytes(32)
