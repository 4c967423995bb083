"""Small applications in a cluster that runs pods: put there, asked, watched."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from demo.images import Images
from demo.kubectl import Kubectl
from tests.support.kube import ApiError, Object
from tests.support.load import Load, from_pod
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

from aiapp.domain.kubernetes.naming import APPLICATION_LABEL

NAME: Final = "echo"
RUNNING_SECONDS: Final = 180
SERVICE: Final = """\
import os
import time

from model_service.model_service import SingleNodeService


class Echo(SingleNodeService):
    def __init__(self, model_name, model_path):
        with open(os.path.join(model_path, "model.pkl")) as file:
            self.content = file.read()

    def _inference(self, data):
        print("asked", flush=True)
        time.sleep(data.get("seconds", 0))
        return {"content": self.content}
"""
"""Answers with what its model file holds, after the seconds that are asked for."""


@dataclass(frozen=True)
class Serving:
    """One namespace, and packages for the application `echo` in one bucket."""

    registry: Registry
    kubectl: Kubectl
    images: Images

    def upload(self, number: str, content: str, code: str = SERVICE) -> None:
        """Put the package of a version there, or replace its files."""
        files = package(**{"model/customize_service.py": code, "model/model.pkl": content})
        upload(self.registry.bucket, f"{NAME}/{number}", files)

    def register(self, number: str = "1.0.0") -> Object:
        """Register a version whose package was uploaded."""
        uri = f"obs://{self.registry.bucket.name}/{NAME}/{number}/"
        return self.registry.version(NAME, number, obs={"uri": uri}, runtime=self.images.cpu_runtime)

    def serve(self, number: str = "1.0.0", replicas: int = 1) -> Object:
        """Let the application serve that version alone, with so many pods."""
        return self.split((number, replicas, 100))

    def split(self, *shares: tuple[str, int, int], **serving: Any) -> Object:
        """Let the application serve these: version, pods, weight. `serving` has further fields of `serving`."""
        entries = [{"version": number, "replicas": pods, "weight": weight} for number, pods, weight in shares]
        return self.registry.serving(NAME, versions=entries, **self.entrance, **serving)

    @property
    def entrance(self) -> Object:
        """The fields of `serving` that say how clients reach it."""
        return {}

    def deployed(self, content: str, number: str = "1.0.0") -> Object:
        """All of it, until it answers; the application."""
        self.upload(number, content)
        self.register(number)
        application = self.serve(number)
        self.until_running(number)
        return application

    def until_running(self, *numbers: str) -> None:
        """Wait until exactly these versions run (1.0.0 when none is named), as the latest spec asks for."""

        def runs() -> bool:
            found = self.registry.kube.get("aiapp.dev/v1alpha1", "AIApplication", NAME, self.registry.namespace)
            status = found.get("status", {})
            assert status.get("observedGeneration") == found["metadata"]["generation"], status
            assert status["phase"] == "Running", status["conditions"]
            assert [traffic["version"] for traffic in status["traffic"]] == list(numbers or ("1.0.0",)), status[
                "traffic"
            ]
            return True

        eventually(runs, timeout=RUNNING_SECONDS)

    def until_served(self, application: Object, number: str, seconds: float) -> None:
        """Wait until an application of any name runs that version alone."""

        def runs() -> bool:
            status = self.registry.now(application)["status"]
            assert (status["phase"], status["served"]) == ("Running", number), status["conditions"]
            return True

        eventually(runs, timeout=seconds)

    def ask(self, **body: object) -> str:
        """What the application answers, through its Service. Waits for an API server that knows of no pod of it yet."""
        return eventually(lambda: self._asked(body), timeout=RUNNING_SECONDS)

    def _asked(self, body: Object) -> str:
        path = f"/api/v1/namespaces/{self.registry.namespace}/services/{NAME}:http/proxy/"
        try:
            return str(self.registry.kube.request("POST", path, body)["content"])
        except ApiError as error:
            if "no endpoints available" in error.message:
                raise AssertionError(error.message) from error
            raise

    def pods(self) -> list[Object]:
        """The application's pods that are not being deleted."""
        selector = f"{APPLICATION_LABEL}={NAME}"
        found = self.registry.kube.list("v1", "Pod", self.registry.namespace, labelSelector=selector)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def reached(self) -> set[str]:
        """The uids of the pods that the application's Service leads to."""
        found = self.registry.kube.list(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            self.registry.namespace,
            labelSelector=f"kubernetes.io/service-name={NAME}",
        )
        endpoints = [endpoint for one in found for endpoint in one["endpoints"] or ()]
        return {endpoint["targetRef"]["uid"] for endpoint in endpoints if endpoint["conditions"]["ready"]}

    @contextmanager
    def asked(self, node: str | None = None) -> Iterator[Load]:
        """A pod that asks the application through its Service all the time; on that node, else beside a pod of it."""
        service = self.registry.find("v1", "Service", NAME)
        assert service is not None
        url = f"http://{service['spec']['clusterIP']}/"
        beside = node or self.pods()[0]["spec"]["nodeName"]
        with from_pod(self.registry.kube, self.registry.namespace, url, image=self.images.cpu, node=beside) as load:
            yield load

    def aiapp(self, *arguments: str, code: int = 0) -> str:
        """What the command line prints, as a user of the namespace types it, when it ends with that code."""
        place = ("--kubeconfig", str(self.kubectl.kubeconfig), "-n", self.registry.namespace)
        command = [sys.executable, "-m", "aiapp", *arguments, *place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUNNING_SECONDS, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout

    def evict(self, pod: Object) -> None:
        """End a pod as `kubectl drain` does, once its budget allows it."""
        metadata = {"name": pod["metadata"]["name"], "namespace": self.registry.namespace}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
        self.registry.kube.request("POST", path, body)

    def kill(self, pod: Object) -> None:
        """End a pod at once, as the loss of its node would."""
        self.registry.kube.delete(pod, gracePeriodSeconds=0)
