"""The Gateway API's kinds in a cluster, and a controller of theirs that a test plays itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import yaml
from tests.support.crds import is_served
from tests.support.kube import Kube, Object
from tests.support.waiting import eventually

from aiapp_sandbox import build
from aiapp_sandbox.pins import GATEWAY_API
from aiapp_sandbox.progress import Silent

API: Final = "gateway.networking.k8s.io/v1"
CONTROLLER: Final = "example.com/gateway"
CRD: Final = "apiextensions.k8s.io/v1"
PLURALS: Final = ("gatewayclasses", "gateways", "httproutes")
EDGE: Final = {"name": "edge", "namespace": "infra"}


def definitions() -> list[Object]:
    """The CRDs of the standard channel that an application's route has to do with."""
    folder = build.files(GATEWAY_API, os.environ, Silent())
    return [yaml.safe_load((folder / f"gateway.networking.k8s.io_{plural}.yaml").read_text()) for plural in PLURALS]


@contextmanager
def gateway_api(kube: Kube) -> Iterator[None]:
    """The cluster serves it for a while."""
    made = [kube.apply(document, force="true") for document in definitions()]
    for crd in made:
        eventually(partial(is_served, kube, API, crd["spec"]["names"]["kind"]))
    try:
        yield
    finally:
        for crd in made:
            kube.delete(crd)
        eventually(lambda: not any(kube.find(CRD, "CustomResourceDefinition", crd["metadata"]["name"]) for crd in made))


def answer(kube: Kube, route: Object, parent: Object = EDGE, **accepted: str) -> Object:
    """Say of a route as it is now what a gateway's controller says; `accepted` changes the condition Accepted."""
    metadata = route["metadata"]
    live = kube.get(API, "HTTPRoute", metadata["name"], metadata["namespace"])
    common = {"observedGeneration": live["metadata"]["generation"], "lastTransitionTime": "2026-01-02T12:00:00Z"}
    said = {"type": "Accepted", "status": "True", "reason": "Accepted", "message": ""} | accepted
    resolved = {"type": "ResolvedRefs", "status": "True", "reason": "ResolvedRefs", "message": ""}
    spoken = {"parentRef": parent, "controllerName": CONTROLLER, "conditions": [said | common, resolved | common]}
    return kube.patch_status(live, {"parents": [spoken]})


def weights(route: Object) -> dict[str, int]:
    """By name of the Service."""
    return {one["name"]: one["weight"] for one in route["spec"]["rules"][0]["backendRefs"]}
