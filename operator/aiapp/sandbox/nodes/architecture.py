"""Keeps an emulated node's architecture what its pods see. Decides nothing about pods.

A kubelet reports the architecture it was compiled for. On a node whose pods are emulated that is not what a pod
gets, so an admission policy of the API server corrects every report of that one node.
"""

from typing import Any

_POLICY = "admissionregistration.k8s.io/v1"


def policy(node: str, architecture: str) -> list[dict[str, Any]]:
    """The MutatingAdmissionPolicy and its binding for `node`."""
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
    return [
        {"apiVersion": _POLICY, "kind": "MutatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {
            "apiVersion": _POLICY,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name},
        },
    ]


def _corrected(architecture: str) -> str:
    labels = f'{{"kubernetes.io/arch": "{architecture}", "beta.kubernetes.io/arch": "{architecture}"}}'
    info = f'Object.status.nodeInfo{{architecture: "{architecture}"}}'
    return f"Object{{metadata: Object.metadata{{labels: {labels}}}, status: Object.status{{nodeInfo: {info}}}}}"
