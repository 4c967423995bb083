"""Stands for the kubelets where no node is: pods become ready, or crash, as a test says. Never starts a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.support.kube import ApiError, Kube, Object

from aiapp.domain.kubernetes.naming import VERSION_LABEL

EVERY_SECONDS = 0.1


def now() -> str:
    """As Kubernetes writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class PretendKubelet:
    """Of one namespace: every pod becomes ready, but those of versions in `unready`."""

    kube: Kube
    namespace: str
    unready: set[str] = field(default_factory=set)

    def pods(self, version: str) -> list[Object]:
        """The pods of a version that are not being deleted."""
        found = self.kube.list("v1", "Pod", self.namespace, labelSelector=f"{VERSION_LABEL}={version}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def look(self) -> None:
        """Makes what is to be ready ready."""
        for pod in self.kube.list("v1", "Pod", self.namespace, labelSelector=VERSION_LABEL):
            if pod["metadata"]["labels"][VERSION_LABEL] not in self.unready and not pod["status"].get("startTime"):
                self._patch(pod, container("running", ready=True), ready=True)

    def crash(self, pod: Object, *, ago: timedelta = timedelta()) -> None:
        """Its container ended and was started again; it is ready as before."""
        finished = (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
        ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": finished}}
        self._patch(pod, container("running", ready=True) | {"lastState": ended, "restartCount": 1}, ready=True)

    def lose(self, pod: Object) -> None:
        """Its health check fails."""
        self._patch(pod, container("running", ready=False), ready=False)

    def recover(self, pod: Object) -> None:
        """Its health check holds again."""
        self._patch(pod, container("running", ready=True), ready=True)

    def _patch(self, pod: Object, status: Object, *, ready: bool) -> None:
        said = "True" if ready else "False"
        conditions = [
            {"type": type_, "status": said, "lastTransitionTime": now()} for type_ in ("Ready", "ContainersReady")
        ]
        changes = {"phase": "Running", "startTime": now(), "conditions": conditions, "containerStatuses": [status]}
        try:
            self.kube.patch_status(pod, changes)
        except ApiError as error:
            if error.status not in (404, 409):  # it was deleted meanwhile
                raise


def container(state: str, *, ready: bool) -> Object:
    """The status of the model server's container."""
    return {"name": "model", "image": "x", "imageID": "x", "ready": ready, "restartCount": 0, "state": {state: {}}}


@contextmanager
def kubelet(kube: Kube, namespace: str) -> Iterator[PretendKubelet]:
    """One that looks all the time."""
    made, ended = PretendKubelet(kube, namespace), threading.Event()

    def work() -> None:
        while not ended.wait(EVERY_SECONDS):
            made.look()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        ended.set()
        thread.join()
