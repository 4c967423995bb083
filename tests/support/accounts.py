"""Somebody with a role in a namespace: a ServiceAccount."""

from typing import Final

from tests.support.kube import Kube, Object
from tests.support.waiting import eventually

_GROUP: Final = "rbac.authorization.k8s.io"


def bound(kube: Kube, namespace: str, role: str, name: str = "default") -> Object:
    """The ServiceAccount of that name has that ClusterRole in its namespace, as the API server knows by now."""
    made = kube.create(
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{name}-{role}", "namespace": namespace},
            "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
    )
    eventually(lambda: _may(kube, namespace, name, kube.get(f"{_GROUP}/v1", "ClusterRole", role)["rules"][0]))
    return made


def _may(kube: Kube, namespace: str, name: str, rule: Object) -> bool:
    """Whether the account has that right: the server learns of a binding some time after it has stored it."""
    resource, _, subresource = rule["resources"][0].partition("/")
    attributes = {"namespace": namespace, "verb": rule["verbs"][0], "group": rule["apiGroups"][0]}
    spec = {
        "user": f"system:serviceaccount:{namespace}:{name}",
        "resourceAttributes": attributes | {"resource": resource, "subresource": subresource},
    }
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {}, "spec": spec}
    return bool(kube.create(review)["status"]["allowed"])


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
