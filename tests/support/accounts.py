"""Somebody with a role in a namespace: a ServiceAccount."""

from typing import Final

from tests.support.kube import Kube, Object

_GROUP: Final = "rbac.authorization.k8s.io"


def bound(kube: Kube, namespace: str, role: str, name: str = "default") -> Object:
    """The ServiceAccount of that name has that ClusterRole in its namespace."""
    return kube.create(
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{name}-{role}", "namespace": namespace},
            "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
    )


def account(kube: Kube, namespace: str, name: str, role: str) -> None:
    """A new ServiceAccount with that ClusterRole in its namespace."""
    kube.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})
    bound(kube, namespace, role, name)


def person(kube: Kube, namespace: str, name: str, role: str) -> str:
    """The token of a new ServiceAccount with that ClusterRole in its namespace."""
    account(kube, namespace, name, role)
    wish = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    path = kube.path("v1", "ServiceAccount", namespace, name)
    return str(kube.request("POST", f"{path}/token", wish)["status"]["token"])
