"""What a person is to do about an application, as the end of the sentence in Ready. Never decides what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.conditions import Finding

ANOTHER_VERSION: Final = "register the mended package as another version"
ADVICE: Final[Mapping[Reason, str]] = {
    Reason.MANAGED: "name versions in spec.serving to serve them",
    Reason.SCALED_TO_ZERO: "raise spec.serving.versions[].replicas to serve",
    Reason.STOPPED: "start it with `aiapp start {name}`, or by spec.serving.stopped: false",
    Reason.AUTO_STOPPED: "start it with `aiapp start {name}`, or by a new value of the annotation aiapp.dev/start-at",
    Reason.STOPPING: "wait: they have their grace period",
    Reason.DEPLOYING: "wait: `aiapp progress {name}` shows how far its pods are",
    Reason.REPLICAS_UNAVAILABLE: "look at `kubectl get pods -l aiapp.dev/application={name}`",
    Reason.VERSION_NOT_FOUND: "register it, or serve another one",
    Reason.VERSION_NOT_READY: "mend it, or serve another one",
    Reason.WAITING_FOR_NODES: "it goes on by itself when there is one: `aiapp fit` says what each node lacks",
    Reason.IMAGE_PULL_FAILED: "correct the image of the version or the InferenceRuntime, or name a pull secret",
    Reason.FETCH_FAILED: "look at the store, its Secret and `kubectl logs` of the container fetch",
    Reason.CONTENT_CHANGED: "put the pinned files back, or register what lies there as another version",
    Reason.DIGEST_MISMATCH: "put the pinned files back, or register what lies there as another version",
    Reason.DEPENDENCIES_FAILED: f"{ANOTHER_VERSION}, or give the InferenceRuntime an image that has the library",
    Reason.START_FAILED: f"see `kubectl logs` of the container model, and {ANOTHER_VERSION}",
    Reason.REFERENCE_MISSING: "create it, or correct what refers to it",
    Reason.QUOTA_EXCEEDED: "ask for less in resources, or have the quota raised",
    Reason.POD_REFUSED: "change what is refused, or have the policy changed",
    Reason.WRITE_REFUSED: "correct the field that it names, or have the policy changed",
    Reason.TERMINATING: "remove what holds it",
    Reason.DEPLOY_TIMEOUT: "see the Events of its pods, or raise spec.serving.deployTimeoutSeconds",
    Reason.UNSCHEDULABLE: "free or add a node, or ask for less",
    Reason.RUNTIME_UNKNOWN: "create its InferenceRuntime again, or serve a version with another runtime",
    Reason.GATEWAY_API_MISSING: "have the Gateway API installed, or leave spec.serving.gateway out",
    Reason.ROUTE_REFUSED: "correct spec.serving.gateway, or have the Gateway's listeners allow it",
    Reason.ROUTE_UNRESOLVED: "create what it names, or correct spec.serving.gateway",
    Reason.PENDING: "see whether the Gateway exists and its controller runs",
    Reason.CREDENTIALS_DENIED: "allow the endpoint in the Secret's annotation, or name another Secret",
}
"""By reason, for those whose messages do not end with it by themselves; `{name}` is the application's."""


def advised(findings: Iterable[Finding], name: str) -> list[Finding]:
    """The findings, with what to do in Ready, after what is the case; `name` is the application's."""
    return [_advised(one, name) if one.type is ConditionType.READY else one for one in findings]


def _advised(ready: Finding, name: str) -> Finding:
    advice = ADVICE.get(ready.reason)
    if advice is None:
        return ready
    return replace(ready, message="; ".join(filter(None, (ready.message, advice.format(name=name)))))
