"""Kinds that a cluster serves by CRDs: when one is served, and how all are removed where a module has the cluster."""

from tests.support.kube import ApiError, Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api import crd

GONE_SECONDS = 300
"""A server that finds objects of a kind left looks again for a minute before it starts anew."""


def is_served(kube: Kube, api_version: str, kind: str) -> bool:
    """True once the cluster serves the kind; an AssertionError says why it does not.

    Whoever takes a CRD away asks for its kind first: what nobody has asked for has no storage yet, and a server that
    has to begin one in order to clean up may leave the CRD terminating for good (seen with Kubernetes 1.36).
    """
    try:
        kube.list(api_version, kind)
    except (ApiError, KeyError) as error:
        raise AssertionError(str(error)) from error
    return True


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
