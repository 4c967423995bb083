"""The admission policies of the chart on a real API server. The restrictions are tested as the sample that they are."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Final

import pytest
import yaml
from tests.support.documents import Document, application, changed, version
from tests.support.helm import CHART, NAMESPACE, RELEASE, Helm
from tests.support.kube import ApiError, Kube, Object
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP, GROUP_VERSION

Kubectl = Callable[..., CompletedProcess[str]]

VALUES: Final[dict[str, Any]] = {
    "admissionPolicies": {
        "restrictions": {"enabled": True, "priorityClasses": [], "taints": [], "namespaces": []},
    }
}
SERVED: Final = changed(application(), spec__serving={"versions": [{"version": "1.0.0"}]})


@pytest.fixture(scope="module", autouse=True)
def _policies(releases: Helm) -> None:
    releases("install", RELEASE, CHART, f"--namespace={NAMESPACE}", "--create-namespace", "--wait", values=VALUES)


@pytest.fixture
def space(own_kube: Kube) -> Iterator[str]:
    """A namespace in which an application serves a version."""
    name = f"test-{secrets.token_hex(4)}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    own_kube.create(namespace)
    own_kube.create(version(), name)
    own_kube.create(SERVED, name)
    yield name
    if own_kube.find("v1", "Namespace", name):
        own_kube.delete(namespace)


@pytest.fixture
def config(space: str, own_kube: Kube, own_cluster: Sandbox) -> Path:
    """The kubeconfig of who may edit in that namespace."""
    grant(own_kube, space, "edit", "ClusterRole")
    eventually(lambda: own_kube.find("v1", "ServiceAccount", "default", space))
    return own_cluster.service_account(space, "default")


@pytest.fixture
def editor(space: str, config: Path) -> Kube:
    """Who may edit in that namespace; the API server heeds the policy by now."""
    user = Kube(config)
    eventually(lambda: "serves version 1.0.0" in refusal(user, space, dryRun="All"))
    return user


@pytest.fixture
def kubectl(space: str, config: Path, own_cluster: Sandbox) -> Kubectl:
    """kubectl of the same user in that namespace, with documents for `-f -`."""

    def run(*arguments: str, of: Iterable[Document] = ()) -> CompletedProcess[str]:
        options = (f"--kubeconfig={config}", f"--namespace={space}")
        return own_cluster.kubectl(*arguments, *options, stdin=yaml.safe_dump_all(of), check=False)

    return run


def grant(kube: Kube, space: str, role: str, kind: str) -> None:
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": space}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": role}}
    kube.create(binding | {"roleRef": reference, "subjects": [subject]}, space)


def refusal(kube: Kube, space: str, document: Document | None = None, **query: Any) -> str:
    """What the API server says to the deletion of the version; empty: nothing."""
    try:
        kube.delete(in_space(document or version(), space), **query)
    except ApiError as error:
        return error.message
    return ""


def in_space(document: Document, space: str) -> Object:
    return document | {"metadata": document["metadata"] | {"namespace": space}}


def test_a_version_that_is_served_is_not_deleted(space: str, editor: Kube) -> None:
    said = refusal(editor, space)
    assert "AIApplication mnist serves version 1.0.0: take it out of spec.serving.versions first" in said


def test_it_is_deleted_when_it_is_served_no_more(space: str, editor: Kube) -> None:
    editor.patch(in_space(SERVED, space), {"spec": {"serving": None}})
    assert eventually(lambda: not refusal(editor, space))


def test_it_is_deleted_when_its_application_is_gone(space: str, editor: Kube) -> None:
    editor.delete(in_space(SERVED, space))
    assert eventually(lambda: not refusal(editor, space))


def test_a_pruning_tool_is_refused_until_the_application_is_edited_and_passes_then(
    space: str, editor: Kube, kubectl: Kubectl
) -> None:
    upgraded = changed(SERVED, spec__serving__versions=[{"version": "1.1.0"}])
    assert "serves version 1.0.0" in kubectl("delete", "aiappv", "mnist-1.0.0").stderr
    assert kubectl("apply", "-f", "-", of=[upgraded]).returncode == 0
    assert eventually(lambda: kubectl("delete", "aiappv", "mnist-1.0.0").returncode == 0)


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_a_file_with_both_is_deleted(editor: Kube, kubectl: Kubectl, cascade: str) -> None:
    """The API server may need a moment to see that the application is gone: then it takes a second attempt."""
    command = ("delete", "--ignore-not-found", f"--cascade={cascade}", "-f", "-")
    assert eventually(lambda: kubectl(*command, of=[SERVED, version()]).returncode == 0)


def test_a_file_that_names_the_version_first_is_deleted_at_the_second_attempt(
    space: str, editor: Kube, kubectl: Kubectl, own_kube: Kube
) -> None:
    assert "or delete the application" in kubectl("delete", "-f", "-", of=[version(), SERVED]).stderr
    assert own_kube.find(GROUP_VERSION, "AIApplication", "mnist", space) is None
    kubectl("delete", "--ignore-not-found", "-f", "-", of=[version(), SERVED])
    assert own_kube.find(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0", space) is None


def test_all_versions_of_a_namespace_are_deleted_but_for_those_that_are_served(
    space: str, editor: Kube, own_kube: Kube
) -> None:
    editor.create(changed(version(), metadata__name="mnist-2.0.0", spec__version="2.0.0"), space)
    with pytest.raises(ApiError, match=r"serves version 1\.0\.0"):
        editor.request("DELETE", editor.path(GROUP_VERSION, "AIApplicationVersion", space))
    assert own_kube.find(GROUP_VERSION, "AIApplicationVersion", "mnist-1.0.0", space)


def test_a_version_that_no_application_serves_is_deleted(space: str, editor: Kube) -> None:
    other = changed(version(), metadata__name="mnist-2.0.0", spec__version="2.0.0")
    editor.create(other, space)
    assert refusal(editor, space, other) == ""


def test_a_namespace_goes_with_what_is_served_in_it(space: str, editor: Kube, own_kube: Kube) -> None:
    own_kube.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    eventually(lambda: own_kube.find("v1", "Namespace", space) is None)


def test_who_may_delete_what_is_served_does(space: str, editor: Kube, own_kube: Kube) -> None:
    rule = {"apiGroups": [GROUP], "resources": ["aiapplicationversions"], "verbs": ["delete-served"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "deleter"}}
    own_kube.create(role | {"rules": [rule]}, space)
    grant(own_kube, space, "deleter", "Role")
    assert eventually(lambda: not refusal(editor, space))


def test_an_empty_list_allows_nothing_of_its_kind(space: str, own_kube: Kube) -> None:
    asking = changed(SERVED, metadata__name="other", spec__serving__scheduling={"priorityClassName": "high"})
    with pytest.raises(ApiError, match="priorityClassName may be one of"):
        own_kube.create(asking, space, dryRun="All")


def test_versions_are_deleted_when_there_is_no_kind_of_applications(
    space: str, editor: Kube, own_kube: Kube, releases: Helm
) -> None:
    """The last test: it takes the kind away."""
    kind = own_kube.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"aiapplications.{GROUP}")
    own_kube.delete(kind)
    eventually(lambda: own_kube.find(kind["apiVersion"], kind["kind"], kind["metadata"]["name"]) is None)
    assert eventually(lambda: not refusal(editor, space))
