"""Somebody with a role in a namespace: a ServiceAccount; and what somebody may do."""

from collections.abc import Sequence
from typing import Final

from tests.support.kube import Kube, Object
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP

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
    user = f"system:serviceaccount:{namespace}:{name}"
    eventually(lambda: _has_first_right(kube, user, namespace, kube.get(f"{_GROUP}/v1", "ClusterRole", role)))
    return made


def _has_first_right(kube: Kube, user: str, namespace: str, role: Object) -> bool:
    first = role["rules"][0]
    return may(kube, user, namespace, first["verbs"][0], first["resources"][0], group=first["apiGroups"][0])


def may(
    kube: Kube, user: str, namespace: str, verb: str, resource: str, *, group: str = GROUP, groups: Sequence[str] = ()
) -> bool:
    """Whether a user has that right; `resource` may name a subresource, `group` is the resource's, `groups` the user's.

    The server learns of a binding some time after it has stored it.
    """
    name, _, subresource = resource.partition("/")
    what = {"group": group, "resource": name, "subresource": subresource, "verb": verb, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "groups": list(groups), "resourceAttributes": what},
    }
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
