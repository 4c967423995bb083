"""What the cluster's own admission and authorisation say to the chart: Pod Security, and the rights of people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.support.accounts import may
from tests.support.helm import CHART, NAMESPACE, RELEASE, ROOT, Helm
from tests.support.kube import ApiError, Kube, Object
from tests.support.waiting import eventually

GOLDEN: Final = sorted((ROOT / "tests/data/golden").glob("pod-*.yaml"))
ON_NPUS: Final = [file for file in GOLDEN if file.stem.startswith("pod-engine-") and file.stem != "pod-engine-mlserver"]
"""Of engines whose runtimes say that they need more than `restricted` grants: the driver of the node, or root."""
VIEW: Final = {"get", "list", "watch"}
EDIT: Final = VIEW | {"create", "update", "patch", "delete", "deletecollection"}
ALL: Final = sorted(EDIT)


@pytest.fixture(scope="module")
def restricted(releases: Helm, own_kube: Kube) -> Iterator[str]:
    """A namespace that enforces the strictest Pod Security Standard, with the operator in it."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    metadata = {"name": NAMESPACE, "labels": labels}
    own_kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    eventually(lambda: own_kube.find("v1", "ServiceAccount", "default", NAMESPACE))
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1}
    own_kube.create(priority | {"metadata": {"name": "high"}})
    values = {"networkPolicy": {"enabled": True}, "podDisruptionBudget": {"enabled": True}}
    releases("install", RELEASE, CHART, f"--namespace={NAMESPACE}", "--wait", values=values)
    yield NAMESPACE
    releases("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--wait")


def admit(kube: Kube, namespace: str, pod: Object) -> None:
    """`pod` is a template, or the spec alone."""
    metadata = {"name": "tried", "namespace": namespace}
    spec = pod.get("spec", pod)
    kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, dryRun="All")


def test_the_operator_runs_where_pods_are_restricted(restricted: str, own_kube: Kube) -> None:
    assert own_kube.get("apps/v1", "Deployment", RELEASE, restricted)["status"]["readyReplicas"] == 1


def test_helm_test_runs_where_pods_are_restricted(restricted: str, releases: Helm) -> None:
    assert "Succeeded" in releases("test", RELEASE, f"--namespace={restricted}").stdout


@pytest.mark.parametrize("file", [file for file in GOLDEN if file not in ON_NPUS], ids=lambda file: file.stem)
def test_what_serves_a_model_runs_where_pods_are_restricted(file: Path, restricted: str, own_kube: Kube) -> None:
    admit(own_kube, restricted, yaml.safe_load(file.read_text()))


@pytest.mark.parametrize("file", ON_NPUS, ids=lambda file: file.stem)
def test_an_engine_that_needs_the_driver_of_its_node_does_not(file: Path, restricted: str, own_kube: Kube) -> None:
    with pytest.raises(ApiError, match='violates PodSecurity "restricted'):
        admit(own_kube, restricted, yaml.safe_load(file.read_text()))


def test_the_namespace_does_refuse_a_pod_with_rights(restricted: str, own_kube: Kube) -> None:
    pod = yaml.safe_load(GOLDEN[0].read_text())
    pod["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    with pytest.raises(ApiError, match='violates PodSecurity "restricted'):
        admit(own_kube, restricted, pod)


@pytest.mark.parametrize(
    ("role", "resource", "allowed"),
    [
        pytest.param("view", "aiapplications", VIEW, id="view applications"),
        pytest.param("view", "aiapplicationversions", VIEW, id="view versions"),
        pytest.param("edit", "aiapplications", EDIT, id="edit applications"),
        pytest.param("edit", "aiapplicationversions", EDIT, id="edit versions"),
        pytest.param("admin", "aiapplications", EDIT, id="administer applications"),
        pytest.param("admin", "inferenceruntimes", VIEW, id="runtimes are the cluster's"),
        pytest.param("admin", "aiapplications/status", set(), id="the status is the operator's"),
    ],
)
def test_the_roles_of_the_cluster_reach_to_our_kinds(
    role: str, resource: str, allowed: set[str], restricted: str, own_kube: Kube
) -> None:
    bind(own_kube, role, restricted)
    eventually(lambda: may(own_kube, f"{role}-user", restricted, "get", "aiapplications"))
    found = {verb for verb in ALL if may(own_kube, f"{role}-user", restricted, verb, resource)}
    assert found == allowed


def test_nobody_may_do_anything_without_a_role(restricted: str, own_kube: Kube) -> None:
    assert not any(may(own_kube, "nobody", restricted, verb, "aiapplications") for verb in ALL)


def test_everyone_may_read_the_catalogue(restricted: str, own_kube: Kube) -> None:
    groups = ("system:authenticated",)
    found = {verb for verb in ALL if may(own_kube, "nobody", "", verb, "inferenceruntimes", groups=groups)}
    assert found == VIEW


def bind(kube: Kube, role: str, namespace: str) -> None:
    kube.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": role, "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"{role}-user"}],
        }
    )
