"""Kinds of training jobs in a cluster: definitions that take anything, and a test that plays their controllers."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from tests.support.crds import is_served
from tests.support.kube import Kube, Object
from tests.support.operator import SERVICE_ACCOUNT, Operator
from tests.support.waiting import eventually

from aiapp.domain.provenance.runtime import RUNTIMES
from aiapp.domain.training.kinds import JobKind

CRD: Final = "apiextensions.k8s.io/v1"
ANYTHING: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(kind: JobKind) -> Object:
    """A stand-in for the CRD of that kind."""
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": ANYTHING, "status": ANYTHING}}},
        "subresources": {"status": {}},
    }
    names = {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.lower(), "listKind": f"{kind.kind}List"}
    spec = {"group": kind.group, "names": names, "scope": "Namespaced", "versions": [version]}
    protected = {"api-approved.kubernetes.io": "unapproved, a stand-in in tests"}
    return {
        "apiVersion": CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.name, "annotations": protected},
        "spec": spec,
    }


@contextmanager
def served(kube: Kube, kind: JobKind) -> Iterator[str]:
    """The cluster serves the kind for a while; its apiVersion."""
    api_version = f"{kind.group}/{kind.version}"
    made = kube.apply(definition(kind), force="true")
    eventually(partial(is_served, kube, api_version, kind.kind))
    try:
        yield api_version
    finally:
        kube.delete(made)
        eventually(lambda: kube.find(CRD, "CustomResourceDefinition", kind.name) is None)


@contextmanager
def reading(
    kube: Kube, operator: Operator, kinds: Collection[JobKind], environment: Mapping[str, str]
) -> Iterator[Operator]:
    """The operator with these settings, which may read these kinds; afterwards as it was."""
    granted = [kube.apply(one, force="true") for one in _rights(kinds)]
    operator.kill()
    reader = replace(operator, environment=environment).start()
    yield reader
    reader.kill()
    for one in granted:
        kube.delete(one)
    operator.start()


def _rights(kinds: Collection[JobKind]) -> list[Object]:
    """A ClusterRole to read these kinds, as the chart has it, and its binding."""
    name = "aiapp-training-jobs"
    account = dict(zip(("namespace", "name"), SERVICE_ACCOUNT, strict=True))
    rules = [
        {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": ["get", "list", "watch"]} for kind in kinds
    ]
    runtimes = [one.plural for one in RUNTIMES.values()]
    rules += [
        {"apiGroups": [kind.group], "resources": runtimes, "verbs": ["get"]}
        for kind in kinds
        if kind.kind == "TrainJob"
    ]
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    binding = {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name}}
    return [role, {**binding, "roleRef": reference, "subjects": [{"kind": "ServiceAccount", **account}]}]
