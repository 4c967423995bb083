"""What an application was asked to serve, and going back to it, by the operator and the command line at work."""

import json
from typing import Any

import pytest
import yaml
from tests.support.accounts import bound
from tests.support.aiapp import Aiapp
from tests.support.kube import ApiError, Kube, Object
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.application.rollback import edit
from aiapp.domain.kubernetes.resources import Json

FIRST: dict[str, Any] = {"versions": [{"version": "1.0.0", "replicas": 0, "env": [{"name": "A", "value": "1"}]}]}
SECOND: dict[str, Any] = {"versions": [{"version": "1.1.0", "replicas": 0}]}


@pytest.fixture
def upgraded(registry: Registry) -> Object:
    """An application that served 1.0.0, and serves 1.1.0 now."""
    upload(registry.bucket, "mnist", package())
    for number in ("1.0.0", "1.1.0"):
        registry.until(registry.version(number=number), "Ready", "True")
    application = registry.application(replicas=0)
    succeeded(registry, application, 1)
    ask(registry, application, FIRST, "platform-team")
    succeeded(registry, application, 2)
    ask(registry, application, SECOND, "argocd-controller")
    succeeded(registry, application, 3)
    return application


def ask(registry: Registry, application: Object, serving: Json, manager: str) -> None:
    registry.kube.patch(application, {"spec": {"serving": serving}}, fieldManager=manager)


def succeeded(registry: Registry, application: Object, revision: int) -> Json:
    def newest() -> Json:
        found: Json = (registry.now(application)["status"].get("history") or [{}])[0]
        assert (found.get("revision"), found.get("outcome")) == (revision, "Succeeded"), found
        return found

    return eventually(newest)


def test_the_status_says_who_asked_for_what_and_what_became_of_it(registry: Registry, upgraded: Object) -> None:
    now, before, first = registry.now(upgraded)["status"]["history"]
    assert [one["manager"] for one in (now, before, first)] == ["argocd-controller", "platform-team", "test"]
    kept, asked = json.loads(before["serving"]), registry.now(upgraded)["spec"]["serving"]
    assert (kept["versions"], kept.keys()) == (FIRST["versions"], asked.keys() - {"stopped"})
    assert now["versions"] == [{"version": "1.1.0", "weight": 100, "replicas": 0}]
    assert now["generation"] == registry.now(upgraded)["metadata"]["generation"]


def test_rollback_asks_for_what_was_served_before_in_the_users_name(
    registry: Registry, upgraded: Object, aiapp: Aiapp
) -> None:
    tried = aiapp("rollback", "mnist", "--dry-run")
    assert tried.output.endswith("mnist would go back to revision 2: 1.0.0\n"), tried.output
    assert registry.now(upgraded)["spec"]["serving"]["versions"] == SECOND["versions"]
    done = aiapp("rollback", "mnist")
    assert done.exit_code == 0
    assert "note: argocd-controller wrote what it asks for now: commit the same to Git" in done.stderr
    assert registry.now(upgraded)["spec"]["serving"]["versions"] == FIRST["versions"]
    assert succeeded(registry, upgraded, 4)["manager"] == "kubectl-aiapp"
    there = aiapp("rollback", "mnist", "--to", "3")
    assert there.stdout == "mnist goes back to revision 3: 1.1.0\n"
    assert registry.now(upgraded)["spec"]["serving"]["versions"] == SECOND["versions"]


def test_rollback_prints_the_manifest_for_git(
    registry: Registry, upgraded: Object, aiapp: Aiapp, sandbox: Sandbox
) -> None:
    printed = aiapp("rollback", "mnist", "--dry-run=client", "-o", "yaml").stdout
    assert yaml.safe_load(printed)["spec"]["serving"]["versions"] == FIRST["versions"]
    assert registry.now(upgraded)["spec"]["serving"]["versions"] == SECOND["versions"]
    sandbox.kubectl("replace", "-f", "-", stdin=printed)
    assert succeeded(registry, upgraded, 4)["versions"] == [{"version": "1.0.0", "weight": 100, "replicas": 0}]


def test_the_manifest_takes_the_place_of_what_was_applied_on_the_servers_side(registry: Registry, aiapp: Aiapp) -> None:
    upload(registry.bucket, "mnist", package())
    for number in ("1.0.0", "1.1.0"):
        registry.until(registry.version(number=number), "Ready", "True")
    for revision, number in enumerate(("1.0.0", "1.1.0"), start=1):
        succeeded(registry, registry.application("mnist", number, replicas=0), revision)
    registry.kube.apply(yaml.safe_load(aiapp("rollback", "mnist", "--dry-run=client", "-o", "yaml").stdout))
    application = registry.kube.get(GROUP_VERSION, "AIApplication", "mnist", registry.namespace)
    assert [one["version"] for one in application["spec"]["serving"]["versions"]] == ["1.0.0"]


def test_history_is_shown_newest_first(upgraded: Object, aiapp: Aiapp) -> None:
    lines = aiapp("history", "mnist").stdout.splitlines()
    assert lines[0].split() == ["REVISION", "TIME", "BY", "OUTCOME", "VERSIONS", "CHANGED"]
    assert [(row[0], *row[2:]) for row in map(str.split, lines[1:])] == [
        ("3", "argocd-controller", "Succeeded", "1.1.0", "+1.1.0,", "-1.0.0"),
        ("2", "platform-team", "Succeeded", "1.0.0", "1.0.0", "env"),
        ("1", "test", "Succeeded", "1.0.0", "-"),
    ]
    (_, before, _) = json.loads(aiapp("history", "mnist", "-o", "json").stdout)
    assert before["serving"]["versions"] == FIRST["versions"]


def test_what_cannot_be_done_is_said(
    registry: Registry, upgraded: Object, aiapp: Aiapp, sandbox: Sandbox, kube: Kube
) -> None:
    assert "there are 3, 2, 1" in aiapp("rollback", "mnist", "--to", "9").output
    assert "has no application zoo" in aiapp("history", "zoo").output
    bound(kube, registry.namespace, "view")
    reader = sandbox.service_account(registry.namespace, "default")
    eventually(lambda: "cannot patch" in aiapp("rollback", "mnist", kubeconfig=reader).output)
    registry.kube.delete(
        registry.kube.get(upgraded["apiVersion"], "AIApplicationVersion", "mnist-1.0.0", registry.namespace)
    )
    gone = aiapp("rollback", "mnist")
    assert (gone.exit_code, "mnist-1.0.0 does not exist any more" in gone.output) == (1, True)


def test_an_application_that_changes_meanwhile_is_not_overwritten(registry: Registry, upgraded: Object) -> None:
    read = registry.now(upgraded)
    ask(registry, upgraded, FIRST, "platform-team")
    with pytest.raises(ApiError) as refused:
        registry.kube.patch(upgraded, edit(read, SECOND))
    assert refused.value.status == 409
