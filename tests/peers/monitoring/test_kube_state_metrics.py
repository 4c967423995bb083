"""A real kube-state-metrics with our configuration and the rights that we name, over objects of every phase."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.peers.monitoring.conftest import free_addresses, started
from tests.support.argocd import CUSTOMIZATIONS
from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

MANIFESTS: Final = Path(__file__).parents[3] / "manifests/monitoring"
ACCOUNT: Final = "kube-state-metrics"
NUMBERS: Final = {"True": 1.0, "False": 0.0, "Unknown": 0.0}
NAMESPACED: Final = ("AIApplication", "AIApplicationVersion")
Sample = tuple[str, frozenset[tuple[str, str]], float]


def recorded(kind: str) -> list[Object]:
    """Objects as a real operator has reported on them, in every phase."""
    return [yaml.safe_load(file.read_text()) for file in sorted((CUSTOMIZATIONS / kind / "testdata").glob("*.yaml"))]


def made_again(kube: Kube, one: Object, namespace: str) -> Object:
    """The same object, in this namespace."""
    where = {"namespace": namespace} if one["kind"] in NAMESPACED else {}
    bare = {key: one[key] for key in ("apiVersion", "kind", "spec")}
    made = kube.create({**bare, "metadata": {"name": one["metadata"]["name"], **where}})
    return kube.patch_status(made, one["status"])


@pytest.fixture
def account(kube: Kube, sandbox: Sandbox, namespace: str) -> Iterator[Path]:
    """A service account with no rights but those of the role that we ship."""
    role = yaml.safe_load((MANIFESTS / "kube-state-metrics-role.yaml").read_text())
    kube.apply(role, force="true")
    rbac = "rbac.authorization.k8s.io"
    who = {"name": ACCOUNT, "namespace": namespace}
    kube.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": who})
    bound = kube.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{ACCOUNT}-{namespace}"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role["metadata"]["name"]},
            "subjects": [{"kind": "ServiceAccount", **who}],
        }
    )
    yield sandbox.service_account(namespace, ACCOUNT)
    kube.delete(bound)
    kube.delete(role)


@pytest.fixture
def exported(kube_state_metrics: Path, account: Path, tmp_path: Path) -> Iterator[str]:
    """Where it exports what it finds."""
    metrics, own = free_addresses("metrics", "own")
    command = [
        str(kube_state_metrics),
        "--custom-resource-state-only",
        f"--custom-resource-state-config-file={MANIFESTS / 'kube-state-metrics.yaml'}",
        f"--kubeconfig={account}",
        *("--host=127.0.0.1", f"--port={metrics.partition(':')[2]}"),
        *("--telemetry-host=127.0.0.1", f"--telemetry-port={own.partition(':')[2]}"),
    ]
    with started(ACCOUNT, command, tmp_path):
        yield f"http://{metrics}/metrics"
    log = (tmp_path / f"{ACCOUNT}.log").read_text()
    assert "forbidden" not in log, log
    assert "expected number" not in log, log


def samples(address: str, one: Object) -> set[Sample]:
    """Those of the object."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            text = answer.read().decode()
    except OSError as error:
        raise AssertionError(str(error)) from error
    # Its type `info` is one of OpenMetrics, which the reader of the older format does not know.
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    families = text_string_to_metric_families("\n".join(lines))
    found = (sample for family in families for sample in family.samples if where(one).items() <= sample.labels.items())
    return {(one.name, frozenset(one.labels.items()), one.value) for one in found}


def where(one: Object) -> dict[str, str]:
    return {key: one["metadata"][key] for key in ("namespace", "name") if key in one["metadata"]}


def expected(one: Object) -> Iterator[Sample]:
    """What is told of an object."""
    prefix, status = f"kube_{one['kind'].lower()}", one["status"]
    for condition in status["conditions"]:
        labels = {key: condition[key] for key in ("type", "status", "reason")}
        yield _sample(one, f"{prefix}_status_condition", NUMBERS[condition["status"]], labels)
    if one["kind"] == "AIApplication":
        info = {
            "phase": status["phase"],
            "url": status.get("url"),
            "latest_ready_version": status.get("latestReadyVersion"),
            "rollout": status.get("rollout", {}).get("state"),
        }
        yield _sample(one, f"{prefix}_info", 1, info)
        for name, key in (("replicas", "replicas"), ("ready_replicas", "readyReplicas")):
            yield _sample(one, f"{prefix}_status_{name}", status.get(key, 0), {})
    elif one["kind"] == "AIApplicationVersion":
        verdict, runtime = (status.get(key, {}) for key in ("compatibility", "runtime"))
        info = {"phase": status["phase"], "verdict": verdict.get("verdict"), "runtime": runtime.get("name")}
        yield _sample(one, f"{prefix}_info", 1, info)
        if "artifact" in status:
            yield _sample(one, f"{prefix}_artifact_bytes", status["artifact"]["bytes"], {})


def _sample(one: Object, name: str, value: float, labels: dict[str, Any]) -> Sample:
    group, _, version = one["apiVersion"].partition("/")
    kind = {"customresource_group": group, "customresource_version": version, "customresource_kind": one["kind"]}
    of = {"application": one["spec"]["application"]} if "application" in one["spec"] else {}
    told = {key: value for key, value in labels.items() if value}
    return name, frozenset({**kind, **where(one), **of, **told}.items()), float(value)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("kind", ["AIApplication", "AIApplicationVersion", "InferenceRuntime"])
def test_it_tells_of_objects_in_every_phase_what_their_status_says_and_nothing_else(
    kind: str, exported: str, kube: Kube, namespace: str
) -> None:
    for one in recorded(kind):
        made = made_again(kube, one, namespace)
        wanted = set(expected(made))

        def told(made: Object = made, wanted: set[Sample] = wanted) -> bool:
            assert samples(exported, made) == wanted
            return True

        assert eventually(told)
        kube.delete(made)
        eventually(lambda made=made: not samples(exported, made))  # type: ignore[misc]
