"""From the previous release to this one and back, on a node that runs pods: whoever is served does not notice."""

import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from demo import images
from demo.kubectl import Kubectl
from tests.e2e.serving import NAME, RUNNING_SECONDS, Serving
from tests.support import previous_release
from tests.support.helm import CHART, NAMESPACE, RELEASE, ROOT, Helm
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, keys
from tests.support.running import paths, running
from tests.support.sandbox import Bucket, Sandbox, started
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox import storage
from aiapp_sandbox.images import loading, operator_image
from aiapp_sandbox.nodes import lifecycle
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.timeout(1200)]

IN_NAMESPACE: Final = f"--namespace={NAMESPACE}"
PAST: Final = (".trafficLog[", ".events[", ".source.reader")
"""What the previous release did was logged by nobody, nor which release read a package that is pinned since."""
VALUES: Final = {"image": {"pullPolicy": "Never"}, "settings": {"allowHttp": True}}


@pytest.fixture(scope="module")
def built() -> images.Images:
    """The images of this release and of a runtime."""
    if reason := lifecycle.possible():
        pytest.skip(reason)
    return images.build((host_architecture(),), Silent())


@pytest.fixture(scope="module")
def node(built: images.Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A cluster with one node that has the images of both releases."""
    previous = tmp_path_factory.mktemp("image") / "previous.tar"
    repository = operator_image.REFERENCE.rpartition(":")[0]
    previous_release.write_image(built.archives[0], repository, previous)
    with started("pytest-upgrade", nodes="real", services=("s3",)) as up:
        for archive in (previous, *built.archives):
            loading.load(up.folder, archive)
        yield up


@pytest.fixture
def helm(node: Sandbox, tmp_path: Path) -> Helm:
    return Helm(tmp_path, node.kubeconfig)


@pytest.fixture
def served(node: Sandbox, helm: Helm, built: images.Images) -> Iterator[Serving]:
    """The previous release, and an application that it serves."""
    chart = previous_release.chart("aiapp-operator")
    helm("install", RELEASE, chart, IN_NAMESPACE, "--create-namespace", "--wait", values=VALUES)
    kube, namespace = Kube(node.kubeconfig), f"e2e-{secrets.token_hex(4)}"
    runtime = {"name": built.cpu_runtime, "image": built.cpu}
    metadata = {"name": built.cpu_runtime.lower().replace("_", "-")}
    kube.create({"apiVersion": GROUP_VERSION, "kind": "InferenceRuntime", "metadata": metadata, "spec": runtime})
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    store = node.record.services["s3"]
    client = storage.client(store)
    client.create_bucket(Bucket=namespace)
    bucket = Bucket(namespace, store.endpoint, store.access_key, store.secret_key, client)
    kube.create(keys(bucket, namespace))
    kubectl = Kubectl(node.record.binaries["kubectl"], node.kubeconfig, namespace)
    serving = Serving(Registry(kube, namespace, bucket), kubectl, built)
    serving.deployed("one")
    yield serving
    client.close()


def test_who_is_served_does_not_notice_an_upgrade_or_a_rollback(served: Serving, helm: Helm) -> None:
    registry = served.registry
    before = running(registry.kube, registry.namespace)
    assert images_of(before) == {f"localhost/aiapp-operator:{previous_release.version()}"}

    helm("upgrade", RELEASE, CHART, IN_NAMESPACE, "--wait", "--reset-then-reuse-values")
    looked_at(registry, NAME, "upgraded")
    assert running(registry.kube, registry.namespace) == before
    assert served.ask() == "one"
    assert_schemas_are_there(registry.kube)
    rolled_out_by_this_release(served, "fresh")
    for kind, suffix in (("AIApplicationVersion", "-1.0.0"), ("AIApplication", "")):
        old, new = (status(registry, kind, f"{name}{suffix}") for name in (NAME, "fresh"))
        assert {path for path in paths(new) - paths(old) if not path.startswith(PAST)} == set()

    before = running(registry.kube, registry.namespace)
    helm("rollback", RELEASE, "1", IN_NAMESPACE, "--wait")
    for name in (NAME, "fresh"):
        looked_at(registry, name, "rolled-back")
    assert running(registry.kube, registry.namespace) == before
    assert served.ask() == "one"


def images_of(found: dict[tuple[str, str], Any]) -> set[str]:
    """Of the containers that fetch models."""
    pods = [each["spec"] for (kind, _), each in found.items() if kind == "Pod"]
    return {container["image"] for pod in pods for container in pod["initContainers"]}


def looked_at(registry: Registry, name: str, token: str) -> None:
    """Wait until the operator that is there now has looked at an application and its version, and both are Ready."""
    version = registry.kube.get(GROUP_VERSION, "AIApplicationVersion", f"{name}-1.0.0", registry.namespace)
    registry.look_again(version, token)
    application = registry.kube.get(GROUP_VERSION, "AIApplication", name, registry.namespace)
    generation = registry.kube.patch(application, {"spec": {"description": token}})["metadata"]["generation"]
    for obj, field, seen in (
        (version, "lastHandledReconcileAt", token),
        (application, "observedGeneration", generation),
    ):
        eventually(partial(says, registry, obj, field, seen), timeout=RUNNING_SECONDS)
        registry.until(obj, "Ready", "True")


def says(registry: Registry, obj: Object, field: str, value: object) -> bool:
    return bool(registry.now(obj)["status"].get(field) == value)


def status(registry: Registry, kind: str, name: str) -> Object:
    found: Object = registry.kube.get(GROUP_VERSION, kind, name, registry.namespace)["status"]
    return found


def assert_schemas_are_there(kube: Kube) -> None:
    """An upgrade brings the CRDs."""
    for file in (ROOT / "crds").glob("ai*.yaml"):
        shipped = yaml.safe_load(file.read_text())
        found = kube.get("apiextensions.k8s.io/v1", shipped["kind"], shipped["metadata"]["name"])
        schemas = [each["spec"]["versions"][0]["schema"] for each in (found, shipped)]
        assert schemas[0] == schemas[1]


def rolled_out_by_this_release(serving: Serving, name: str) -> None:
    """Another application serves the same package."""
    uri = f"obs://{serving.registry.bucket.name}/{NAME}/1.0.0/"
    serving.registry.version(name, obs={"uri": uri}, runtime=serving.images.cpu_runtime)
    application = serving.registry.application(name, replicas=1)
    serving.registry.until(application, "Ready", "True", "Running", timeout=RUNNING_SECONDS)
