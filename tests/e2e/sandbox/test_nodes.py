"""Real nodes: pods run on them as on any other cluster."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.e2e.sandbox.conftest import IMAGE, real_architectures
from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import host_architecture

pytestmark = pytest.mark.root

MANIFESTS = Path(__file__).with_name("web.yaml")
GREETING = "hello from a config map"
POD_SECONDS = 120


@pytest.fixture
def web(cluster: Sandbox, space: str) -> str:
    """The namespace of a running Deployment `web` behind a Service of that name."""
    cluster.kubectl("apply", f"--namespace={space}", f"--filename={MANIFESTS}")
    cluster.kubectl("rollout", "status", "deployment/web", f"--namespace={space}", f"--timeout={POD_SECONDS}s")
    return space


def run(
    kube: Kube, space: str, name: str, command: Sequence[str], *, node: str = "host", limits: Object | None = None
) -> None:
    """Run a pod to its good end on `node` (simulated nodes are in this cluster too, and run nothing)."""
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": "Never", "command": command}
    selector = {"kubernetes.io/hostname": node}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": space},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{**container, "resources": {"limits": limits or {}}}],
            "nodeSelector": selector,
        },
    }
    kube.create(pod)
    assert eventually(lambda: _ended(kube.get("v1", "Pod", name, space)), timeout=POD_SECONDS) == "Succeeded"


def _ended(pod: Object) -> str | None:
    phase: str = pod["status"]["phase"]
    return phase if phase in ("Succeeded", "Failed") else None


def ready(node: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])


def test_both_real_nodes_are_ready_and_of_their_architecture(nodes: Kube, cluster: Sandbox) -> None:
    found = {node["metadata"]["name"]: node for node in nodes.list("v1", "Node") if "kubelet" in str(node["metadata"])}
    assert ready(found["host"])
    assert found["host"]["status"]["nodeInfo"]["architecture"] == host_architecture()
    assert "ephemeral-storage" in found["host"]["status"]["allocatable"]
    if "arm64" in real_architectures(cluster):
        assert ready(found["npu-910a"])
        assert found["npu-910a"]["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
        assert found["npu-910a"]["status"]["nodeInfo"]["architecture"] == "arm64"
        assert found["npu-910a"]["status"]["allocatable"]["huawei.com/Ascend910"] == "8"


def test_a_deployment_with_init_container_config_map_and_no_rights_runs(web: str, nodes: Kube) -> None:
    deployment = nodes.get("apps/v1", "Deployment", "web", web)
    assert deployment["status"]["readyReplicas"] == 1


def test_logs_exec_and_the_service_proxy_reach_a_pod(web: str, cluster: Sandbox) -> None:
    assert "uid=65532" in cluster.kubectl("logs", "deployment/web", "--container=copy", f"--namespace={web}").stdout
    inside = cluster.kubectl("exec", "deployment/web", f"--namespace={web}", "--", "cat", "/data/index.html")
    assert inside.stdout == GREETING
    proxied = cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{web}/services/web/proxy/")
    assert proxied.stdout == GREETING


def test_a_service_is_reached_from_another_pod_and_from_the_pod_behind_it(
    web: str, nodes: Kube, cluster: Sandbox
) -> None:
    address = nodes.get("v1", "Service", "web", web)["spec"]["clusterIP"]
    fetch = ["wget", "-q", "-O", "-", f"http://{address}/"]
    run(nodes, web, "visitor", fetch)
    assert cluster.kubectl("logs", "visitor", f"--namespace={web}").stdout == GREETING
    own = cluster.kubectl("exec", "deployment/web", f"--namespace={web}", "--", *fetch)
    assert own.stdout == GREETING


def test_a_pod_reaches_the_api_server_and_services_of_the_host(space: str, nodes: Kube, cluster: Sandbox) -> None:
    s3 = cluster.record.services["s3"].endpoint
    code = f"import urllib.request as u\ntry: u.urlopen('{s3}')\nexcept u.HTTPError as e: print('answered')"
    run(nodes, space, "guest", ["python3", "-c", code])
    assert "answered" in cluster.kubectl("logs", "guest", f"--namespace={space}").stdout


def test_a_pod_that_asks_for_npus_runs_emulated_on_the_arm64_node(space: str, nodes: Kube, cluster: Sandbox) -> None:
    if "arm64" not in real_architectures(cluster):
        pytest.skip("arm64 cannot be emulated on this machine")
    command = ["python3", "-c", "import platform; print(platform.machine())"]
    run(nodes, space, "arm", command, node="npu-910a", limits={"huawei.com/Ascend910": "1"})
    assert cluster.kubectl("logs", "arm", f"--namespace={space}").stdout == "aarch64\n"


def test_pods_of_two_nodes_reach_each_other(web: str, nodes: Kube, cluster: Sandbox) -> None:
    if "arm64" not in real_architectures(cluster):
        pytest.skip("there is one real node only")
    pods = nodes.list("v1", "Pod", web, labelSelector="app=web")
    address = pods[0]["status"]["podIP"]
    command = ["wget", "-q", "-O", "-", f"http://{address}:8080/"]
    run(nodes, web, "neighbour", command, node="npu-910a")
    assert cluster.kubectl("logs", "neighbour", f"--namespace={web}").stdout == GREETING
