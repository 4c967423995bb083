"""Images of a user's own on real nodes: pulled from a real registry, started, asked, replaced."""

import secrets
from pathlib import Path

import pytest
from tests.e2e.images.served import ServedImages
from tests.e2e.serving import NAME, RUNNING_SECONDS
from tests.support import websocket
from tests.support.certificates import Authority
from tests.support.images import image
from tests.support.kube import Object
from tests.support.own_images import PORT, UID, server, servers
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
FOREIGN = "s390x"
"""No node here has it."""


def images_of(serving: ServedImages) -> set[str]:
    """What the application's pods run."""
    return {pod["spec"]["containers"][0]["image"] for pod in serving.pods()}


def test_an_image_serves_by_its_digest_as_its_own_user_at_the_port_that_it_exposes(serving: ServedImages) -> None:
    serving.deployed("one")
    digest = serving.push("1.0.0", servers(*serving.architectures, CONTENT="one"))
    assert images_of(serving) == {f"{serving.pushed_to.address}/{serving.repository}@{digest}"}
    answer = serving.answer()
    assert (answer["content"], answer["uid"]) == ("one", UID)
    service = serving.registry.find("v1", "Service", f"{NAME}-1-0-0")
    assert service is not None
    assert [port["port"] for port in service["spec"]["ports"]] == [PORT]


def test_a_moved_tag_changes_nothing_that_runs_and_another_version_is_rolled_out_and_back(
    serving: ServedImages,
) -> None:
    serving.deployed("one")
    serving.upload("1.0.0", "moved")
    serving.kill(serving.pods()[0])
    serving.upload("1.1.0", "two")
    serving.register("1.1.0")
    serving.serve("1.1.0")
    serving.until_running("1.1.0")
    eventually(lambda: serving.ask() == "two", timeout=RUNNING_SECONDS)
    serving.serve("1.0.0")
    serving.until_running("1.0.0")
    eventually(lambda: serving.ask() == "one", timeout=RUNNING_SECONDS)


@pytest.mark.parametrize("architecture", list(MACHINES))
def test_an_image_for_one_architecture_runs_on_a_node_of_it(serving: ServedImages, architecture: str) -> None:
    """An image for one platform, since containerd takes from an index what suits its own build: no emulated node."""
    node = next((one for one in real_nodes(serving) if architecture_of(one) == architecture), None)
    if node is None:
        pytest.skip(f"the cluster has no node of {architecture}")
    serving.push("1.0.0", server(architecture, CONTENT="one"))
    serving.register()
    devices = [resource for resource in node["status"]["allocatable"] if resource.startswith("huawei.com/")]
    npu = {"npu": {"count": 1, "resourceName": devices[0]}} if devices else {}
    serving.registry.serving(
        NAME,
        versions=[{"version": "1.0.0", "replicas": 1, "weight": 100, **npu}],
        scheduling={"nodeSelector": {"kubernetes.io/hostname": node["metadata"]["name"]}},
    )
    serving.until_running()
    assert serving.answer()["machine"] == MACHINES[architecture]


def real_nodes(serving: ServedImages) -> list[Object]:
    """Those that run pods, which simulated ones do not."""
    nodes = serving.registry.kube.list("v1", "Node")
    return [node for node in nodes if node["status"]["nodeInfo"]["containerRuntimeVersion"]]


def architecture_of(node: Object) -> str:
    return str(node["status"]["nodeInfo"]["architecture"])


def test_an_image_for_a_processor_that_no_node_has_never_gets_a_pod(serving: ServedImages) -> None:
    serving.push("1.0.0", image(FOREIGN))
    serving.register()
    application = serving.serve()
    found = serving.registry.until(application, "Ready", "False", "WaitingForNodes", timeout=RUNNING_SECONDS)
    assert "ArchitectureMismatch" in found["message"]
    assert serving.pods() == []


def test_a_package_is_served_by_an_image_of_its_users_own(serving: ServedImages) -> None:
    serving.push("server-1", servers(*serving.architectures, CONTENT_FILE="/home/mind/model/model.pkl"))
    super(ServedImages, serving).upload("1.0.0", "from the package")
    serving.register_custom("1.0.0", "server-1")
    serving.serve()
    serving.until_running()
    assert serving.ask() == "from the package"
    (pod,) = serving.pods()
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["fetch"]


def test_a_package_that_names_an_image_is_that_image_and_the_next_one_takes_over(serving: ServedImages) -> None:
    pinned = {}
    for number, content in (("1.0.0", "one"), ("1.1.0", "two")):
        digest = serving.push(number, servers(*serving.architectures, CONTENT=content))
        pinned[content] = f"{serving.pushed_to.address}/{serving.repository}@{digest}"
        serving.register_named(number, health={"url": "/ready", "period_seconds": "3"})
    serving.serve("1.0.0")
    serving.until_running("1.0.0")
    assert (serving.ask(), images_of(serving)) == ("one", {pinned["one"]})
    (pod,) = serving.pods()
    assert pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert "initContainers" not in pod["spec"]
    serving.serve("1.1.0")
    serving.until_running("1.1.0")
    eventually(lambda: serving.ask() == "two", timeout=RUNNING_SECONDS)
    eventually(lambda: images_of(serving) == {pinned["two"]}, timeout=RUNNING_SECONDS)


def test_variables_in_arguments_mean_what_they_mean_everywhere_in_kubernetes(serving: ServedImages) -> None:
    serving.upload("1.0.0", "unused")
    program = "import os, sys; os.environ['CONTENT'] = sys.argv[1]; os.execvp('python3', ['python3', '/server.py'])"
    serving.register_image(
        command=["python3", "-c", program],
        args=["$(GREETING) $$(GREETING) $(NOBODY)"],
        env=[{"name": "GREETING", "value": "hello"}],
    )
    serving.serve()
    serving.until_running()
    assert serving.ask() == "hello $(GREETING) $(NOBODY)"


def test_an_image_that_speaks_tls_is_reached_at_the_port_of_https(serving: ServedImages) -> None:
    certificate = Authority().server_pem(NAME).decode()
    serving.push("1.0.0", servers(*serving.architectures, CONTENT="one", CERTIFICATE=certificate))
    serving.register_image(protocol="HTTPS", health={"path": "/", "initialDelaySeconds": 0})
    application = serving.serve()
    serving.until_running()
    assert serving.registry.now(application)["status"]["url"] == f"https://{NAME}.{serving.registry.namespace}.svc"
    assert serving.answer("https")["content"] == "one"


def test_an_image_of_root_serves_at_port_80_where_pod_security_is_strictest(serving: ServedImages) -> None:
    kube, namespace = serving.registry.kube, serving.registry.namespace
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kube.patch(kube.get("v1", "Namespace", namespace), {"metadata": {"labels": labels}})
    serving.push("1.0.0", servers(*serving.architectures, CONTENT="one", PORT="80", USER=""))
    serving.register()
    serving.serve()
    serving.until_running()
    answer = serving.answer()
    assert (answer["content"], answer["uid"]) == ("one", 1000)


def test_a_websocket_passes_through_the_service(serving: ServedImages) -> None:
    serving.deployed("one")
    service = serving.registry.find("v1", "Service", NAME)
    assert service is not None
    program = Path(websocket.__file__).read_text()
    arguments = [service["spec"]["clusterIP"], "80", NAME, "/ws", "hello", "again"]
    client = {"name": "client", "image": serving.images.cpu, "command": ["python3", "-c", program, *arguments]}
    # It asks again where the node does not know the way to the new Service yet.
    spec = {"containers": [client], "restartPolicy": "OnFailure", "nodeName": serving.pods()[0]["spec"]["nodeName"]}
    kube, namespace = serving.registry.kube, serving.registry.namespace
    kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client"}, "spec": spec}, namespace)
    eventually(
        lambda: kube.get("v1", "Pod", "client", namespace)["status"]["phase"] == "Succeeded", timeout=RUNNING_SECONDS
    )
    assert kube.text(f"/api/v1/namespaces/{namespace}/pods/client/log").splitlines() == ["hello", "again"]


@pytest.mark.parametrize(
    ("command", "reason", "said"),
    [
        pytest.param(["true"], "StartFailed", "ends by itself", id="ends by itself"),
        pytest.param(["/junk"], "StartFailed", "exec format error", id="no program for this processor"),
        pytest.param(["/none"], "StartFailed", "no such file or directory", id="no program at all"),
        pytest.param(
            ["python3", "-c", "raise SystemExit('no weights in /models')"],
            "StartFailed",
            "no weights in /models",
            id="its last words",
        ),
    ],
)
def test_an_image_that_does_not_serve_is_told_why(
    serving: ServedImages, command: list[str], reason: str, said: str
) -> None:
    serving.upload("1.0.0", "one")
    serving.register_image(command=command)
    application = serving.serve()
    found = serving.registry.until(application, "Ready", "False", reason, timeout=RUNNING_SECONDS)
    assert said in found["message"]


def test_an_image_that_vanished_from_its_registry_is_told_in_the_words_of_the_node(serving: ServedImages) -> None:
    digest = serving.push("1.0.0", servers(*serving.architectures, CONTENT=secrets.token_hex(8)))
    version = serving.register()
    serving.registry.until(version, "Ready", "True", timeout=RUNNING_SECONDS)
    serving.pushed_to.delete(serving.repository, digest)
    application = serving.serve()
    found = serving.registry.until(application, "Ready", "False", "ImagePullFailed", timeout=RUNNING_SECONDS)
    assert "not found" in found["message"]
    assert "the registry does not have it, or no longer: push it again" in found["message"]
