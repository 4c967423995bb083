"""Keeps an emulated node's architecture what its pods see. Decides nothing about pods.

A kubelet reports the architecture it was compiled for. On a node whose pods are emulated that is not what a pod
gets, so an admission policy of the API server corrects every report of that one node.
"""

from typing import Any

_GROUP = "admissionregistration.k8s.io/v1"


def policy(node: str, architecture: str) -> dict[str, dict[str, Any]]:
    """The MutatingAdmissionPolicy for `node` and its binding, each under the path of its collection."""
    name = f"sandbox-architecture-{node}"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["nodes", "nodes/status"]}
    spec = {
        "matchConstraints": {"resourceRules": [{**rule, "operations": ["CREATE", "UPDATE"]}]},
        "matchConditions": [{"name": "node", "expression": f"object.metadata.name == '{node}'"}],
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [
            {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": _corrected(architecture)}}
        ],
    }
    return {
        f"/apis/{_GROUP}/mutatingadmissionpolicies": _named(name, "MutatingAdmissionPolicy", spec),
        f"/apis/{_GROUP}/mutatingadmissionpolicybindings": _named(
            name, "MutatingAdmissionPolicyBinding", {"policyName": name}
        ),
    }


def _named(name: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _corrected(architecture: str) -> str:
    labels = f'{{"kubernetes.io/arch": "{architecture}", "beta.kubernetes.io/arch": "{architecture}"}}'
    info = f'Object.status.nodeInfo{{architecture: "{architecture}"}}'
    return f"Object{{metadata: Object.metadata{{labels: {labels}}}, status: Object.status{{nodeInfo: {info}}}}}"
