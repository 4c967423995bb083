"""Takes all CRDs from a cluster that a module has to itself, so that its next test finds none."""

from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api import crd

GONE_SECONDS = 300
"""A server that finds objects of a kind left looks again for a minute before it starts anew."""


def remove_crds(sandbox: Sandbox) -> None:
    """Delete the objects of our kinds and then the CRDs; an AssertionError says what the server waits for."""
    kube = Kube(sandbox.kubeconfig)
    served = {each["metadata"]["name"] for each in _crds(kube)}
    for kind in crd.KINDS:
        if kind.crd_name in served:
            sandbox.kubectl("delete", kind.crd_name, "--all", "--all-namespaces")
    sandbox.kubectl("delete", "crd", "--all", "--wait=false")
    eventually(lambda: _none_left(kube), timeout=GONE_SECONDS)


def _crds(kube: Kube) -> list[Object]:
    return kube.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def _none_left(kube: Kube) -> bool:
    left = {each["metadata"]["name"]: each["status"]["conditions"] for each in _crds(kube)}
    assert not left, left
    return True
