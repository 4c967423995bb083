"""A pod is what the operator made, or the field in which it is not has a name."""

from copy import deepcopy
from typing import Any

import pytest

from aiapp.domain.exeml.likeness import unlike
from aiapp.domain.kubernetes.resources import Json

TEMPLATE: Json = {
    "metadata": {"labels": {"aiapp.dev/version": "1.0.0"}},
    "spec": {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 90,
        "securityContext": {"runAsUser": 1000, "fsGroup": 1000},
        "initContainers": [
            {"name": "identify", "image": "r/operator:1", "args": ["identify"]},
            {"name": "fetch", "image": "r/operator:1", "args": ["fetch", "--pin", "sha256:1"]},
        ],
        "containers": [
            {
                "name": "model",
                "image": "r/runtime:1",
                "command": ["python", "/opt/aiapp/serve.pyz"],
                "env": [],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 5},
                "volumeMounts": [{"name": "package", "mountPath": "/home/mind/model"}],
            }
        ],
        "volumes": [
            {"name": "package", "emptyDir": {}},
            {"name": "manifest", "configMap": {"name": "aiapp-manifest-1"}},
            {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"audience": "a", "path": "token"}}]}},
        ],
    },
}


def live() -> Json:
    """The pod as the API server, the scheduler and its admission make it of the template."""
    spec = deepcopy(TEMPLATE["spec"])
    spec |= {
        "nodeName": "node-1",
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
    }
    for container in (*spec["initContainers"], *spec["containers"]):
        container |= {
            "imagePullPolicy": "IfNotPresent",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "resources": {"requests": {"cpu": "100m"}},
        }
    (model,) = spec["containers"]
    del model["env"]
    model["readinessProbe"] |= {"periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    model["readinessProbe"]["httpGet"]["scheme"] = "HTTP"
    spec["volumes"][1]["configMap"]["defaultMode"] = 420
    spec["volumes"][2]["projected"]["defaultMode"] = 420
    return {"metadata": {"name": "p"}, "spec": spec}


def test_a_pod_with_what_kubernetes_adds_to_every_pod_is_like_its_template() -> None:
    assert unlike(live(), TEMPLATE) is None


def changed(change: Any) -> Json:
    pod = live()
    change(pod["spec"])
    return pod


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s["containers"][0].update(image="mine"), "spec.containers[0].image"),
        (lambda s: s["initContainers"][0].update(image="mine"), "spec.initContainers[0].image"),
        (lambda s: s["initContainers"][1].update(args=["fetch"]), "spec.initContainers[1].args"),
        (lambda s: s["containers"][0].update(command=["sh"]), "spec.containers[0].command"),
        (lambda s: s["containers"][0].update(args=["-c", "cat"]), "spec.containers[0].args"),
        (
            lambda s: s["containers"][0].update(env=[{"name": "LD_PRELOAD", "value": "/x"}]),
            "spec.containers[0].env",
        ),
        (
            lambda s: s["containers"][0].update(envFrom=[{"configMapRef": {"name": "mine"}}]),
            "spec.containers[0].envFrom",
        ),
        (
            lambda s: s["containers"][0].update(lifecycle={"postStart": {"exec": {"command": ["sh"]}}}),
            "spec.containers[0].lifecycle",
        ),
        (
            lambda s: s["containers"][0].update(livenessProbe={"exec": {"command": ["sh"]}}),
            "spec.containers[0].livenessProbe",
        ),
        (
            lambda s: s["containers"][0]["readinessProbe"].update(exec={"command": ["sh"]}),
            "spec.containers[0].readinessProbe.exec",
        ),
        (
            lambda s: s["containers"][0]["volumeMounts"].append({"name": "token", "mountPath": "/t"}),
            "spec.containers[0].volumeMounts",
        ),
        (
            lambda s: s["containers"][0]["volumeMounts"][0].update(mountPath="/usr/lib"),
            "spec.containers[0].volumeMounts[0].mountPath",
        ),
        (
            lambda s: s["containers"][0].update(securityContext={"privileged": True}),
            "spec.containers[0].securityContext",
        ),
        (lambda s: s["containers"][0].update(stdin=True), "spec.containers[0].stdin"),
        (lambda s: s["containers"].append({"name": "mine", "image": "mine"}), "spec.containers"),
        (lambda s: s["initContainers"].insert(0, {"name": "mine", "image": "mine"}), "spec.initContainers"),
        (lambda s: s.update(ephemeralContainers=[{"name": "mine", "image": "mine"}]), "spec.ephemeralContainers"),
        (lambda s: s["volumes"].append({"name": "mine", "configMap": {"name": "mine"}}), "spec.volumes"),
        (lambda s: s["volumes"][0].update(hostPath={"path": "/x"}), "spec.volumes[0].hostPath"),
        (
            lambda s: s["volumes"][1]["configMap"].update(name="mine"),
            "spec.volumes[1].configMap.name",
        ),
        (lambda s: s.update(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["obs"]}]), "spec.hostAliases"),
        (lambda s: s.update(dnsPolicy="None"), "spec.dnsPolicy"),
        (lambda s: s.update(dnsConfig={"nameservers": ["10.0.0.1"]}), "spec.dnsConfig"),
        (lambda s: s.update(hostPID=True), "spec.hostPID"),
        (lambda s: s.update(shareProcessNamespace=True), "spec.shareProcessNamespace"),
        (lambda s: s.update(runtimeClassName="mine"), "spec.runtimeClassName"),
        (lambda s: s.update(serviceAccountName="mine"), "spec.serviceAccountName"),
        (lambda s: s.update(automountServiceAccountToken=True), "spec.automountServiceAccountToken"),
        (lambda s: s["securityContext"].update(runAsUser=0), "spec.securityContext.runAsUser"),
        (lambda s: s.pop("enableServiceLinks"), None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_changed_added_or_taken_away_is_named(change: Any, field: str | None) -> None:
    assert unlike(changed(change), TEMPLATE) == field
