"""A real Argo CD over a Git repository with versions and applications."""

from collections.abc import Iterator

import pytest
from tests.peers.gitops.conftest import ArgoCd, Repository
from tests.peers.gitops.content import Content, state
from tests.support.argocd import acted
from tests.support.kube import Object
from tests.support.packages import Registry
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox.profiles import SimulatedNode

pytestmark = pytest.mark.timeout(1200)  # the peer may have to be built


@pytest.fixture(params=["client-side apply", "ServerSideApply=true"])
def synced(
    request: pytest.FixtureRequest,
    argo_cd: ArgoCd,
    repository: Repository,
    content: Content,
    registry: Registry,
    sandbox: Sandbox,
) -> Iterator[Object]:
    """The repository with version 1.0.0, synced and healthy."""
    options = [request.param] if "=" in request.param else []
    repository.commit(content.of("1.0.0", replicas=1))
    app = argo_cd.sync(registry.namespace, repository, registry.namespace, *options)
    try:
        eventually(lambda: argo_cd.of(app, "AIApplication", "mnist").get("status") == "Progressing", timeout=90)
        with sandbox.simulated(SimulatedNode(name="cpu")):
            argo_cd.until(app, "Synced", "Healthy")
            yield app
    finally:
        argo_cd.kube.delete(app)


def test_it_goes_from_progressing_to_healthy_and_only_what_was_committed_is_its_own(
    argo_cd: ArgoCd, synced: Object
) -> None:
    status = argo_cd.until(synced, "Synced", "Healthy")
    assert {one["kind"] for one in status["resources"]} == {"Secret", "AIApplication", "AIApplicationVersion"}
    assert {one["status"] for one in status["resources"]} == {"Synced"}
    assert "ignoreDifferences" not in argo_cd.now(synced)["spec"]


def test_the_same_commit_synced_three_times_makes_nobody_write(
    argo_cd: ArgoCd, synced: Object, registry: Registry
) -> None:
    argo_cd.sync_once_more(synced)  # the first time over, Argo CD writes its own bookkeeping
    before = state(registry)
    for _ in range(2):
        argo_cd.sync_once_more(synced)
    argo_cd.until(synced, "Synced", "Healthy")
    assert state(registry) == before


def test_self_heal_undoes_what_a_person_changes_and_leaves_the_operator_alone(
    argo_cd: ArgoCd, synced: Object, registry: Registry
) -> None:
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    registry.kube.patch(application, {"spec": {"serving": {"versions": [{"version": "1.0.0", "replicas": 3}]}}})

    def healed() -> bool:
        [served] = registry.now(application)["spec"]["serving"]["versions"]
        return bool(served["replicas"] == 1)

    eventually(healed, timeout=60)
    argo_cd.until(synced, "Synced", "Healthy")
    finished = argo_cd.now(synced)["status"]["operationState"]["finishedAt"]
    generation = registry.now(application)["metadata"]["generation"]
    for _ in range(3):
        argo_cd.refresh(synced)
    assert argo_cd.now(synced)["status"]["operationState"]["finishedAt"] == finished
    assert registry.now(application)["metadata"]["generation"] == generation


def test_self_heal_lets_actions_be_that_change_what_is_not_in_the_repository(
    argo_cd: ArgoCd, synced: Object, registry: Registry
) -> None:
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    for action, reason in (("stop", "Stopped"), ("resume", "Running"), ("restart", "Running")):
        changed = acted(action, registry.now(application))
        annotations = changed["metadata"]["annotations"]
        registry.kube.patch(application, {"metadata": {"annotations": annotations}, "spec": changed["spec"]})
        registry.until(application, "Ready", "True", reason, timeout=60)
        for _ in range(2):
            argo_cd.until(synced, "Synced", "Healthy")
        now = registry.now(application)
        assert now["spec"] == changed["spec"]
        assert annotations.items() <= now["metadata"]["annotations"].items()


def test_a_faulty_version_is_degraded_with_its_reason_and_changes_nothing_that_serves(
    argo_cd: ArgoCd, synced: Object, repository: Repository, content: Content, registry: Registry
) -> None:
    files = content.of("1.0.0", "2.0.0", replicas=1)
    files["versions.yaml"][1] = content.version("2.0.0", package_at="broken")
    repository.commit(files)
    argo_cd.refresh(synced)

    def degraded() -> bool:
        health = argo_cd.of(synced, "AIApplicationVersion", "mnist-2.0.0")
        return bool(health.get("status") == "Degraded")

    eventually(degraded, timeout=60)

    def told() -> bool:
        result = argo_cd.now(synced)["status"]["operationState"].get("syncResult", {})
        resources = result.get("resources", [])
        return any("ConfigInvalid: " in one.get("message", "") for one in resources)

    eventually(told, timeout=60)
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    assert application["spec"]["serving"]["versions"][0]["version"] == "1.0.0"
    assert argo_cd.of(synced, "AIApplication", "mnist")["status"] == "Healthy"


def test_a_commit_moves_to_another_version_and_prunes_the_one_that_left(
    argo_cd: ArgoCd, synced: Object, repository: Repository, content: Content, registry: Registry
) -> None:
    repository.commit(content.of("1.1.0", replicas=1))
    argo_cd.until(synced, "Synced", "Healthy")
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    assert application["status"]["served"] == "1.1.0"
    assert registry.find(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0") is None
    eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0") is None)
    assert registry.find("apps/v1", "Deployment", "mnist-1-1-0") is not None


def test_an_application_that_is_stopped_by_a_commit_does_not_hold_up_the_next_one(
    argo_cd: ArgoCd, synced: Object, repository: Repository, content: Content, registry: Registry
) -> None:
    repository.commit(content.of("1.0.0", replicas=0))
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    argo_cd.refresh(synced)
    registry.until(application, "Ready", "True", "ScaledToZero", timeout=60)
    argo_cd.until(synced, "Synced", "Healthy")
    repository.commit(content.of("1.0.0", replicas=1))
    argo_cd.refresh(synced)
    registry.until(application, "Ready", "True", "Running", timeout=60)
    argo_cd.until(synced, "Synced", "Healthy")
