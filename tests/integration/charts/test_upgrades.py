"""CRDs and operator are upgraded in either order, and taken back by one release: what runs stays as it is.

The operators are processes of both releases; pods become Ready on simulated nodes without running.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from tests.support import previous_release
from tests.support.crds import remove_crds
from tests.support.helm import CHART, CRD_CHART, NAMESPACE, RELEASE, Helm
from tests.support.kube import Kube, Object
from tests.support.operator import SERVICE_ACCOUNT, Operator
from tests.support.own_sandbox import kube, s3
from tests.support.packages import IMAGE, Registry, keys, package, upload
from tests.support.running import running
from tests.support.sandbox import Bucket, Sandbox, started
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION

__all__ = ["kube", "s3"]

IN_NAMESPACE: Final = f"--namespace={NAMESPACE}"
SKLEARN: Final = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
WITHOUT_CRDS: Final = {"crds": {"enabled": False}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A cluster on which nothing is installed."""
    with started("pytest-upgrades", nodes="simulated", services=("s3",)) as up:
        yield up


@pytest.fixture
def helm(sandbox: Sandbox, tmp_path: Path) -> Iterator[Helm]:
    """The previous release is installed; whatever the test makes of it, nothing is left."""
    helm = Helm(tmp_path, sandbox.kubeconfig)
    helm("install", RELEASE, previous_release.chart("aiapp-operator"), IN_NAMESPACE, "--create-namespace", "--wait")
    runtimes = {"images": {SKLEARN: IMAGE}}
    helm("install", "runtimes", previous_release.chart("aiapp-runtimes"), IN_NAMESPACE, values=runtimes)
    yield helm
    for name in ("runtimes", RELEASE, "crds"):
        helm("uninstall", name, IN_NAMESPACE, "--ignore-not-found")
    remove_crds(sandbox)


@pytest.fixture
def previous(sandbox: Sandbox, helm: Helm, tmp_path: Path) -> Iterator[Operator]:
    """The operator of the previous release, not started yet."""
    modules = previous_release.modules(tmp_path / "previous")
    environment = {"PYTHONPATH": str(modules), "AIAPP_IMAGE": "localhost/aiapp-operator:previous"}
    yield from operator(sandbox, tmp_path / "previous.log", environment)


@pytest.fixture
def present(sandbox: Sandbox, helm: Helm, tmp_path: Path) -> Iterator[Operator]:
    """The operator of this release, not started yet."""
    yield from operator(sandbox, tmp_path / "present.log", {"AIAPP_IMAGE": "localhost/aiapp-operator:present"})


def operator(sandbox: Sandbox, log: Path, environment: Mapping[str, str]) -> Iterator[Operator]:
    running = Operator(sandbox.service_account(*SERVICE_ACCOUNT), log, environment)
    yield running
    if running.process is not None:
        running.stop()
    assert "Traceback" not in log.read_text(), log.read_text()[-5000:]


@pytest.fixture
def registry(kube: Kube, namespace: str, bucket: Bucket, previous: Operator) -> Registry:
    """An application runs, rolled out by the previous release, whose operator is at work."""
    kube.create(keys(bucket, namespace))
    registry = Registry(kube, namespace, bucket)
    upload(bucket, "mnist", package())
    previous.start()
    registry.version()
    registry.until(registry.application(), "Ready", "True", "Running")
    return registry


def what_runs(registry: Registry, number: str = "1-0-0") -> object:
    """Once nothing of other versions is left."""

    def alone() -> object:
        found = running(registry.kube, registry.namespace)
        others = [name for _, name in found if name != "mnist" and not name.startswith(f"mnist-{number}")]
        assert not others, others
        return found

    return eventually(alone)


def taken_up(registry: Registry, before: object, token: str) -> None:
    """Wait until the operator that runs now has looked at the objects; they are Ready and their children as before."""
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    registry.look_again(version(registry), token)
    changed = registry.kube.patch(application, {"spec": {"description": token}})
    eventually(lambda: version(registry)["status"].get("lastHandledReconcileAt") == token)
    eventually(lambda: seen(registry.now(application)) == changed["metadata"]["generation"])
    for obj in (version(registry), application):
        registry.until(obj, "Ready", "True")
    assert running(registry.kube, registry.namespace) == before


def seen(obj: Object) -> int:
    return int(obj["status"]["observedGeneration"])


def version(registry: Registry) -> Object:
    return registry.kube.get(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0", registry.namespace)


def artifact_type(registry: Registry) -> str | None:
    """A status field that the previous release does not know."""
    found: str | None = version(registry)["status"]["artifact"].get("type")
    return found


def replace(operator: Operator, successor: Operator, *, wait: bool = True) -> None:
    assert operator.stop() == 0
    successor.start(wait=wait)


def test_the_crds_may_go_first(registry: Registry, helm: Helm, previous: Operator, present: Operator) -> None:
    before, old = what_runs(registry), previous_release.chart("aiapp-operator")
    helm("upgrade", RELEASE, old, IN_NAMESPACE, values=WITHOUT_CRDS)
    helm("install", "crds", CRD_CHART, IN_NAMESPACE, "--take-ownership")
    taken_up(registry, before, "newer CRDs")
    assert artifact_type(registry) is None
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE, values=WITHOUT_CRDS)
    replace(previous, present)
    taken_up(registry, before, "newer operator")
    assert artifact_type(registry) == "Package"


def test_the_operator_may_go_first_and_waits_for_its_crds(
    registry: Registry, helm: Helm, previous: Operator, present: Operator
) -> None:
    before = what_runs(registry)
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE, values=WITHOUT_CRDS)
    replace(previous, present, wait=False)
    eventually(lambda: "is older than this operator" in present.health("/readyz")[1])
    assert running(registry.kube, registry.namespace) == before
    helm("install", "crds", CRD_CHART, IN_NAMESPACE, "--take-ownership")
    present.until_ready()
    taken_up(registry, before, "newer CRDs")
    assert artifact_type(registry) == "Package"


def test_a_release_can_be_taken_back_with_its_crds_and_be_made_again(
    registry: Registry, helm: Helm, previous: Operator, present: Operator
) -> None:
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE)
    replace(previous, present)
    registry.version(number="1.1.0")
    registry.until(registry.application("mnist", "1.1.0"), "Ready", "True", "Running")
    before = what_runs(registry, "1-1-0")
    helm("rollback", RELEASE, "1", IN_NAMESPACE)
    replace(present, previous)
    taken_up(registry, before, "taken back")
    assert artifact_type(registry) is None
    registry.until(registry.application(), "Ready", "True", "Running")
    before = what_runs(registry)
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE)
    replace(previous, present)
    taken_up(registry, before, "made again")
    assert artifact_type(registry) == "Package"


def test_a_release_can_be_taken_back_without_its_crds(
    registry: Registry, helm: Helm, previous: Operator, present: Operator
) -> None:
    before = what_runs(registry)
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE)
    replace(previous, present)
    taken_up(registry, before, "newer operator")
    pinned = version(registry)["status"]["artifact"]
    helm("upgrade", RELEASE, previous_release.chart("aiapp-operator"), IN_NAMESPACE, values=WITHOUT_CRDS)
    replace(present, previous)
    taken_up(registry, before, "older operator")
    assert version(registry)["status"]["artifact"] | {"type": "Package"} == pinned


def test_what_only_the_newer_release_knows_stays_in_the_spec_without_effect(
    registry: Registry, helm: Helm, previous: Operator, present: Operator
) -> None:
    helm("upgrade", RELEASE, CHART, IN_NAMESPACE)
    replace(previous, present)
    application = registry.application(replicas=1, stopped=True)
    eventually(lambda: pods(registry) == 0)
    helm("upgrade", RELEASE, previous_release.chart("aiapp-operator"), IN_NAMESPACE, values=WITHOUT_CRDS)
    replace(present, previous)
    eventually(lambda: pods(registry) == 1)
    assert registry.now(application)["spec"]["serving"]["stopped"] is True


def pods(registry: Registry) -> int:
    """Those that the Deployment is to have."""
    found = registry.kube.get("apps/v1", "Deployment", "mnist-1-0-0", registry.namespace)
    return int(found["spec"]["replicas"])
