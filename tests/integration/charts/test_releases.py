"""The life of a release on a real API server: installed, upgraded, rolled back, removed, installed again.

Pods become Ready on simulated nodes without running, which is all that Helm waits for.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pytest
import yaml
from tests.support.crds import is_served, remove_crds
from tests.support.helm import CHART, CRD_CHART, NAMESPACE, RELEASE, ROOT, RUNTIME_CHART, Helm
from tests.support.kube import Kube, Object
from tests.support.previous_release import chart as previous
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api import crd
from aiapp.api.meta import GROUP_VERSION

RUNTIMES: Final = len(list(yaml.safe_load_all((ROOT / "charts/aiapp-runtimes/files/runtimes.yaml").read_text())))
PYTORCH: Final = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
MINDSPORE: Final = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
IN_NAMESPACE: Final = f"--namespace={NAMESPACE}"
CRD: Final = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "aiapplications.aiapp.dev")


@pytest.fixture
def release(releases: Helm, own_cluster: Sandbox) -> Iterator[Helm]:
    """Operator and catalogue are installed and ready; whatever the test makes of them, nothing is left."""
    releases("install", RELEASE, CHART, IN_NAMESPACE, "--create-namespace", "--wait")
    releases("install", "runtimes", RUNTIME_CHART, IN_NAMESPACE)
    yield releases
    remove(releases, own_cluster)


@pytest.fixture
def previous_release(releases: Helm, own_cluster: Sandbox) -> Iterator[Helm]:
    """The same of the previous release, with an application in the cluster."""
    values = {"settings": {"workers": 8}, "image": {"repository": "registry.example.com/team/aiapp-operator"}}
    releases(
        "install", RELEASE, previous("aiapp-operator"), IN_NAMESPACE, "--create-namespace", "--wait", values=values
    )
    # Helm 4 would wait until the operator has looked at them, and none runs here.
    releases("install", "runtimes", previous("aiapp-runtimes"), IN_NAMESPACE, values={"images": {PYTORCH: "r/p:1"}})
    own_cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "manifests/samples/digits.yaml"))
    yield releases
    remove(releases, own_cluster)


def remove(releases: Helm, cluster: Sandbox) -> None:
    for name in ("runtimes", RELEASE, "crds"):
        releases("uninstall", name, IN_NAMESPACE, "--wait", "--ignore-not-found")
    remove_crds(cluster)


def upgrade(release: Helm, *arguments: str, **values: Any) -> None:
    release("upgrade", RELEASE, CHART, IN_NAMESPACE, "--wait", *arguments, values=values)


def runtimes(kube: Kube) -> dict[str, Object]:
    return {each["spec"]["name"]: each for each in kube.list(GROUP_VERSION, "InferenceRuntime")}


def deployment(kube: Kube) -> Object:
    return kube.get("apps/v1", "Deployment", RELEASE, NAMESPACE)


def test_operator_crds_and_catalogue_are_installed(release: Helm, own_kube: Kube) -> None:
    assert deployment(own_kube)["status"]["readyReplicas"] == 1
    assert len(runtimes(own_kube)) == RUNTIMES
    assert "helm test aiapp-operator -n aiapp-system" in release("get", "notes", RELEASE, IN_NAMESPACE).stdout


def test_helm_test_passes(release: Helm) -> None:
    assert "Phase:          Succeeded" in release("test", RELEASE, IN_NAMESPACE).stdout


def test_images_of_runtimes_are_given_and_taken_back_by_upgrades(release: Helm, own_kube: Kube) -> None:
    images = {PYTORCH: "r/pytorch:2"}
    release("upgrade", "runtimes", RUNTIME_CHART, IN_NAMESPACE, values={"images": images})
    assert runtimes(own_kube)[PYTORCH]["spec"]["image"] == "r/pytorch:2"
    release("upgrade", "runtimes", RUNTIME_CHART, IN_NAMESPACE, "--reset-values")
    assert "image" not in runtimes(own_kube)[PYTORCH]["spec"]


def test_an_image_that_an_administrator_patched_in_outlives_an_upgrade(release: Helm, own_kube: Kube) -> None:
    own_kube.patch(runtimes(own_kube)[MINDSPORE], {"spec": {"image": "r/mindspore:2"}})
    release("upgrade", "runtimes", RUNTIME_CHART, IN_NAMESPACE, values={"images": {PYTORCH: "r/pytorch:2"}})
    assert runtimes(own_kube)[MINDSPORE]["spec"]["image"] == "r/mindspore:2"


def test_an_upgrade_without_a_change_leaves_the_pod_alone(release: Helm, own_kube: Kube) -> None:
    before = deployment(own_kube)["metadata"]["generation"]
    upgrade(release)
    assert deployment(own_kube)["metadata"]["generation"] == before


def test_a_rollback_brings_the_settings_back(release: Helm, own_kube: Kube) -> None:
    before = deployment(own_kube)["spec"]["template"]
    upgrade(release, settings={"workers": 4})
    assert deployment(own_kube)["spec"]["template"] != before
    release("rollback", RELEASE, "1", IN_NAMESPACE, "--wait")
    assert deployment(own_kube)["spec"]["template"] == before


def test_an_uninstallation_keeps_crds_and_objects_and_a_new_one_takes_them_up(release: Helm, own_kube: Kube) -> None:
    said = release("uninstall", RELEASE, IN_NAMESPACE, "--wait").stdout
    assert "[CustomResourceDefinition] aiapplications.aiapp.dev" in said
    assert own_kube.find("apps/v1", "Deployment", RELEASE, NAMESPACE) is None
    before = own_kube.get(*CRD)["metadata"]["uid"]
    release("install", RELEASE, CHART, IN_NAMESPACE, "--wait")
    assert own_kube.get(*CRD)["metadata"]["uid"] == before
    assert len(runtimes(own_kube)) == RUNTIMES


def test_an_uninstallation_removes_the_crds_that_are_not_to_be_kept(release: Helm, own_kube: Kube) -> None:
    upgrade(release, crds={"keep": False})
    for kind in crd.KINDS:
        eventually(partial(is_served, own_kube, GROUP_VERSION, kind.name))  # else the server may keep its CRD for good
    assert "resource policy" not in release("uninstall", RELEASE, IN_NAMESPACE, "--wait").stdout
    assert own_kube.find(*CRD) is None


def test_the_crds_may_come_from_a_chart_of_their_own(release: Helm, own_kube: Kube) -> None:
    upgrade(release, crds={"enabled": False})
    assert own_kube.find(*CRD) is not None
    release("install", "crds", CRD_CHART, IN_NAMESPACE, "--take-ownership")
    assert own_kube.get(*CRD)["metadata"]["annotations"]["meta.helm.sh/release-name"] == "crds"
    upgrade(release, crds={"enabled": False})
    release("uninstall", RELEASE, IN_NAMESPACE, "--wait")
    assert own_kube.find(*CRD) is not None


def test_the_previous_release_is_upgraded_with_its_values_and_objects(previous_release: Helm, own_kube: Kube) -> None:
    before = written(own_kube)
    previous_release("upgrade", RELEASE, CHART, IN_NAMESPACE, "--wait", "--reset-then-reuse-values")
    previous_release("upgrade", "runtimes", RUNTIME_CHART, IN_NAMESPACE, "--reset-then-reuse-values")
    [container] = deployment(own_kube)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"registry.example.com/team/aiapp-operator:{version()}"
    assert {"name": "AIAPP_WORKERS", "value": "8"} in container["env"]
    assert revision(own_kube.get(*CRD)) == revision(yaml.safe_load((ROOT / "crds/aiapplications.yaml").read_text()))
    assert runtimes(own_kube)[PYTORCH]["spec"]["image"] == "r/p:1"
    assert written(own_kube) == before


def test_an_upgrade_is_rolled_back_to_the_previous_release(previous_release: Helm, own_kube: Kube) -> None:
    before = deployment(own_kube)["spec"]["template"]
    objects = written(own_kube)
    previous_release("upgrade", RELEASE, CHART, IN_NAMESPACE, "--wait")
    previous_release("rollback", RELEASE, "1", IN_NAMESPACE, "--wait")
    assert deployment(own_kube)["spec"]["template"] == before
    assert written(own_kube) == objects


def written(kube: Kube) -> set[str]:
    """What tells whether anybody has written an application meanwhile. What is read may differ: CRDs bring defaults."""
    return {each["metadata"]["resourceVersion"] for each in kube.list(GROUP_VERSION, "AIApplication")}


def version() -> str:
    return str(yaml.safe_load((CHART / "Chart.yaml").read_text())["version"])


def revision(crd: Object) -> str:
    return str(crd["metadata"]["annotations"]["aiapp.dev/schema-revision"])
