"""Everything in one repository and one sync of Argo CD: CRDs, rights, runtimes, versions, applications, by waves."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.peers.gitops.conftest import ArgoCd, Repository
from tests.peers.gitops.content import WAVE, Content
from tests.support.kube import Kube, Object
from tests.support.operator import INSTALL, ROOT, Operator, documents
from tests.support.packages import IMAGE, RUNTIME, Registry, package, upload
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox.profiles import SimulatedNode

pytestmark = pytest.mark.timeout(1200)  # Argo CD may have to be built

CRD = "apiextensions.k8s.io/v1"


def in_wave(wave: str, *files: Path) -> list[Object]:
    """Their objects, which wait for the waves before."""
    found = [one for one in documents(*files) if one["kind"] != "Kustomization"]
    for one in found:
        marks = {WAVE: wave, "argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"}
        one["metadata"].setdefault("annotations", {}).update(marks)
    return found


@pytest.fixture
def bare(operator: Operator, kube: Kube) -> Iterator[None]:
    """Our kinds are not served: the operator waits for them."""
    crds = list(documents(*(ROOT / "crds").glob("*.yaml")))
    for crd in crds:
        kube.delete(crd)
    for crd in crds:
        eventually(partial(_gone, kube, crd), timeout=60)
    yield
    operator.until_ready()


def _gone(kube: Kube, crd: Object) -> bool:
    return kube.find(CRD, "CustomResourceDefinition", crd["metadata"]["name"]) is None


@pytest.fixture
def content(kube: Kube, namespace: str, bucket: Bucket) -> Content:
    """Its runtime comes with it."""
    upload(bucket, "mnist", package())
    return Content(Registry(kube, namespace, bucket))


def test_one_commit_brings_crds_rights_runtimes_versions_and_applications_in_order(
    bare: None, argo_cd: ArgoCd, repository: Repository, content: Content, sandbox: Sandbox
) -> None:
    kube, namespace = content.registry.kube, content.registry.namespace
    runtimes = in_wave("-1", *sorted((ROOT / "manifests/runtimes").glob("*.yaml")))
    for runtime in runtimes:
        if runtime["metadata"]["name"] == RUNTIME:
            runtime["spec"]["image"] = IMAGE
    files = content.of("1.0.0", replicas=1) | {
        "crds.yaml": in_wave("-3", *(ROOT / "crds").glob("*.yaml")),
        "rights.yaml": in_wave("-2", *(ROOT / "manifests/install" / name for name in INSTALL)),
        "runtimes.yaml": runtimes,
    }
    for one in (*files["versions.yaml"], *files["application.yaml"]):
        one["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] = "SkipDryRunOnMissingResource=true"
    repository.commit(files)
    app = argo_cd.sync("everything", repository, namespace, "ServerSideApply=true")
    try:
        with sandbox.simulated(SimulatedNode(name="cpu")):
            status = argo_cd.until(app, "Synced", "Healthy")
    finally:
        kube.delete(app)
    assert status["operationState"]["phase"] == "Succeeded"
    version = kube.get(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0", namespace)
    application = kube.get(GROUP_VERSION, "AIApplication", "mnist", namespace)
    runtime = kube.get(GROUP_VERSION, "InferenceRuntime", RUNTIME)
    [ready] = [one for one in version["status"]["conditions"] if one["type"] == "Ready"]
    created = [one["metadata"]["creationTimestamp"] for one in (runtime, version, application)]
    assert created == sorted(created)
    assert ready["lastTransitionTime"] <= application["metadata"]["creationTimestamp"]
