"""Simulated nodes on the shared control plane."""

from tests.support.kube import Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import SimulatedNode, Taint

NPU = "huawei.com/Ascend910"


def pod(name: str, namespace: str, npus: str, chip: str) -> Object:
    limits = {NPU: npus}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "nodeSelector": {"chip": chip},
            "initContainers": [{"name": "fetch", "image": "not-there"}],
            "containers": [{"name": "main", "image": "not-there", "resources": {"requests": limits, "limits": limits}}],
        },
    }


def test_a_pod_becomes_ready_on_a_simulated_node_that_has_the_devices(
    sandbox: Sandbox, kube: Kube, namespace: str
) -> None:
    taint = Taint(key="test/other", effect="NoSchedule")
    fitting = SimulatedNode(name="fitting", arch="arm64", labels={"chip": "a"}, capacity={NPU: "8"})
    tainted = SimulatedNode(name="tainted", labels={"chip": "a"}, capacity={NPU: "16"}, taints=(taint,))
    with sandbox.simulated(fitting, tainted):
        kube.create(pod("fits", namespace, "8", "a"))
        kube.create(pod("too-big", namespace, "16", "a"))

        def ready() -> bool:
            found = kube.get("v1", "Pod", "fits", namespace)
            conditions = {entry["type"]: entry["status"] for entry in found["status"].get("conditions", ())}
            return conditions.get("Ready") == "True" and bool(found["spec"]["nodeName"] == "fitting")

        eventually(ready)
        assert "nodeName" not in kube.get("v1", "Pod", "too-big", namespace)["spec"]
        node = kube.get("v1", "Node", "fitting")
    assert node["status"]["allocatable"][NPU] == "8"
    assert node["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"


def test_a_service_accounts_kubeconfig_acts_as_that_account_and_no_more(
    sandbox: Sandbox, kube: Kube, namespace: str
) -> None:
    path = sandbox.service_account(namespace, "default")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = Kube(path).request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert answer["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:default"
    assert "forbidden" in sandbox.kubectl(f"--kubeconfig={path}", "get", "pods", check=False).stderr
