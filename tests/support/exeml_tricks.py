"""How somebody who may edit in the namespace tries to get a model of ExeML: pods that are like a genuine one."""

import secrets
from typing import Any

from tests.support.exeml import (
    Project,
    new_proof,
    run_on,
)
from tests.support.kube import ApiError, Object
from tests.support.waiting import eventually

from aiapp.domain.exeml.tickets import TicketRequest


class Genuine:
    """The pod of the operator's making, running, with its secret."""

    def __init__(self, project: Project) -> None:
        project.serve()
        self.proof = new_proof()
        self.pod = eventually(lambda: self._begun(project))
        self.pin = project.version()["status"]["artifact"]["pin"]
        self.asked = TicketRequest(self.pin, 0, self.proof)

    def _begun(self, project: Project) -> Object:
        """On a node, unless its ReplicaSet deletes it meanwhile, which still counts forged ones."""
        pod = project.pod()
        try:
            run_on(project.kube, pod, "node-1", self.proof)
        except ApiError as error:
            raise AssertionError(str(error)) from error
        return pod


def forged(genuine: Genuine, **spec: Any) -> Object:
    """A pod that claims to be like the genuine one."""
    old = genuine.pod
    metadata = {
        "name": f"forged-{secrets.token_hex(3)}",
        "namespace": old["metadata"]["namespace"],
        "labels": old["metadata"]["labels"],
        "ownerReferences": old["metadata"]["ownerReferences"],
    }
    # The API server adds to these what it refuses when it is sent.
    copied = {key: value for key, value in old["spec"].items() if key != "topologySpreadConstraints"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**copied, "nodeName": "node-1", **spec}}


def own_container(genuine: Genuine, **changes: Any) -> list[Object]:
    (model,) = genuine.pod["spec"]["containers"]
    return [model | changes]


def evil_fetch(genuine: Genuine) -> list[Object]:
    identify, fetch = genuine.pod["spec"]["initContainers"][:2]
    return [identify, fetch | {"image": "mallory/thief:1", "command": ["sh", "-c", "cat /etc/aiapp/token/token"]}]


TRICKS: dict[str, Any] = {
    "an image": lambda g: {"containers": own_container(g, image="mallory/thief:1")},
    "a command": lambda g: {"containers": own_container(g, command=["sh", "-c", "tar c /home/mind/model"])},
    "a variable": lambda g: {"containers": own_container(g, env=[{"name": "LD_PRELOAD", "value": "/x.so"}])},
    "python's path": lambda g: {"containers": own_container(g, env=[{"name": "PYTHONPATH", "value": "/x"}])},
    "an init container": lambda g: {"initContainers": evil_fetch(g)},
    "a volume": lambda g: {"volumes": [*g.pod["spec"]["volumes"], {"name": "x", "hostPath": {"path": "/"}}]},
    "a sidecar": lambda g: {"containers": [*own_container(g), {"name": "thief", "image": "mallory/thief:1"}]},
    "a hook": lambda g: {
        "containers": own_container(g, lifecycle={"postStart": {"exec": {"command": ["sh", "-c", "true"]}}})
    },
    "names of hosts": lambda g: {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["obs"]}]},
    "the host": lambda g: {"hostPID": True},
}
