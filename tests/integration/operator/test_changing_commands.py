"""`aiapp create`, `deploy`, `edit` and `delete`, as persons with the roles `edit` and `view` type them."""

import json
from pathlib import Path

import pytest
import yaml
from tests.support.accounts import account
from tests.support.aiapp import Aiapp
from tests.support.kube import Object
from tests.support.packages import CONFIG, Registry, package, upload
from tests.support.sandbox import Sandbox


def person(registry: Registry, sandbox: Sandbox, role: str) -> Path:
    """The kubeconfig of somebody who has that role in the namespace."""
    account(registry.kube, registry.namespace, role, role)
    return sandbox.service_account(registry.namespace, role)


@pytest.fixture
def editor(registry: Registry, sandbox: Sandbox) -> Path:
    return person(registry, sandbox, "edit")


@pytest.fixture
def version(registry: Registry) -> Object:
    """mnist-1.0.0, whose package lies there."""
    upload(registry.bucket, "mnist", package())
    return registry.version()


def served(registry: Registry) -> list[Object]:
    found = registry.find("aiapp.dev/v1alpha1", "AIApplication", "mnist")
    assert found is not None
    return list(found["spec"]["serving"]["versions"])


@pytest.mark.usefixtures("operator")
def test_the_role_edit_leads_from_one_version_to_the_next(
    registry: Registry, aiapp: Aiapp, version: Object, editor: Path
) -> None:
    registry.until(version, "Ready", "True")
    first = aiapp("deploy", "mnist", "1.0.0", "--replicas", "0", "--wait", kubeconfig=editor)
    assert (first.exit_code, first.stdout) == (
        0,
        "mnist is being deployed: 1.0.0 (before: nothing)\nmnist: Stopped\n",
    )
    upload(registry.bucket, "mnist-new", package(**{"model/model.pkl": b"other weights"}))
    uri = f"obs://{registry.bucket.name}/mnist-new/"
    made = aiapp("create", "version", "mnist", "--uri", uri, "-l", "stage=trial", "--wait", kubeconfig=editor)
    assert (made.exit_code, made.stdout) == (0, "mnist-1.0.1 is registered\nmnist-1.0.1: Normal\n")
    shifted = aiapp("deploy", "mnist", "1.0.0=90", "1.0.1=10", kubeconfig=editor)
    assert shifted.stdout == "mnist is being deployed: 1.0.0 90 %, 1.0.1 10 % (before: 1.0.0)\n"
    assert served(registry) == [
        {"version": "1.0.0", "weight": 90, "replicas": 0},
        {"version": "1.0.1", "weight": 10, "replicas": 0},
    ]
    used = aiapp("delete", "mnist-1.0.1", kubeconfig=editor)
    assert (used.exit_code, "is served by application mnist" in used.output) == (1, True)
    named = aiapp("delete", "mnist", "--with-service", "--with-versions", "-o", "name", kubeconfig=editor)
    assert named.stdout.splitlines() == [
        "aiapplication.aiapp.dev/mnist",
        "aiapplicationversion.aiapp.dev/mnist-1.0.0",
        "aiapplicationversion.aiapp.dev/mnist-1.0.1",
    ]
    assert registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.1") is None


@pytest.mark.usefixtures("operator")
def test_the_same_content_is_registered_again_under_another_number(
    registry: Registry, aiapp: Aiapp, version: Object, editor: Path
) -> None:
    registry.until(version, "Ready", "True")
    made = aiapp("create", "version", "mnist", "--version", "2.0.0", "--wait", kubeconfig=editor)
    assert (made.exit_code, made.stdout) == (0, "mnist-2.0.0 is registered\nmnist-2.0.0: Normal\n")
    again = aiapp("create", "version", "mnist", "--version", "2.0.0", kubeconfig=editor)
    assert (again.exit_code, "already has AIApplicationVersion mnist-2.0.0" in again.output) == (1, True)
    pins = [
        registry.now({**version, "metadata": version["metadata"] | {"name": name}})["status"]["artifact"]["pin"]
        for name in ("mnist-1.0.0", "mnist-2.0.0")
    ]
    assert pins[0] == pins[1]


@pytest.mark.usefixtures("operator")
def test_the_same_content_is_served_with_other_dependencies(registry: Registry, aiapp: Aiapp, editor: Path) -> None:
    missing = {"package_name": "numpy", "package_version": "9.9", "restraint": "EXACT"}
    config = CONFIG | {"dependencies": [{"installer": "pip", "packages": [missing, {"package_name": "six"}]}]}
    upload(registry.bucket, "mnist", package(**{"model/config.json": json.dumps(config)}))
    registry.until(registry.version(), "Ready", "True")
    made = aiapp("create", "version", "mnist", "--dependency", "numpy<2", "--wait", kubeconfig=editor)
    assert (made.exit_code, made.stdout) == (0, "mnist-1.0.1 is registered\nmnist-1.0.1: Normal\n")
    assert "the digest of mnist-1.0.0 is not known yet" in made.stderr
    aiapp("deploy", "mnist", "1.0.1", "--replicas", "0", "--wait", kubeconfig=editor)
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-1")
    assert found is not None
    (installer,) = (one for one in found["spec"]["template"]["spec"]["initContainers"] if one["name"] == "dependencies")
    assert installer["args"][-3:] == ["--", "numpy<2", "six"]


def test_a_version_that_is_not_normal_is_not_deployed(registry: Registry, aiapp: Aiapp, editor: Path) -> None:
    registry.version("absent")
    refused = aiapp("deploy", "absent", "1.0.0", kubeconfig=editor)
    assert (refused.exit_code, "not Normal: aiapp get absent-1.0.0" in refused.output) == (1, True), refused.output


def test_what_would_be_made_can_be_taken_to_git(
    registry: Registry, aiapp: Aiapp, version: Object, editor: Path
) -> None:
    assert version
    shown = aiapp("create", "version", "mnist", "--uri", "obs://b00/x/", "--dry-run=client", "-o", "yaml")
    manifest = yaml.safe_load(shown.stdout)
    assert registry.find("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.1") is None
    registry.kube.create(manifest)
    refused = aiapp("create", "version", "mnist", "--uri", "ftp://x/", "--dry-run", kubeconfig=editor)
    assert (refused.exit_code, "uri must be obs://bucket/path/" in refused.output) == (1, True)


def test_descriptions_change_and_the_api_servers_rules_hold(
    registry: Registry, aiapp: Aiapp, version: Object, editor: Path
) -> None:
    card = "Card=https://example.org/card"
    edited = aiapp("edit", "mnist-1.0.0", "--description", "Reads digits", "--document", card, kubeconfig=editor)
    assert (edited.exit_code, edited.stdout) == (0, "mnist-1.0.0 is being described: description, documents\n")
    spec = registry.now(version)["spec"]
    assert (spec["description"], spec["documents"]) == (
        "Reads digits",
        [{"name": "Card", "url": "https://example.org/card"}],
    )
    refused = aiapp("edit", "mnist-1.0.0", "--description", "a < b", kubeconfig=editor)
    assert (refused.exit_code, "none of &" in refused.output) == (1, True)


def test_the_role_view_changes_nothing_and_is_told_which_right_is_missing(
    registry: Registry, aiapp: Aiapp, version: Object, sandbox: Sandbox
) -> None:
    viewer = person(registry, sandbox, "view")
    registry.application(replicas=0)
    other = registry.version(number="1.1.0")
    for command, verb, kind in (
        (("stop", "mnist"), "patch", "aiapplications"),
        (("create", "version", "mnist"), "create", "aiapplicationversions"),
        (("create", "application", "other"), "create", "aiapplications"),
        (("edit", "mnist-1.0.0", "--description", "x"), "patch", "aiapplicationversions"),
        (("delete", "mnist-1.1.0"), "delete", "aiapplicationversions"),
    ):
        refused = aiapp(*command, kubeconfig=viewer)
        missing = f'cannot {verb} resource "{kind}" in API group "aiapp.dev" in the namespace "{registry.namespace}"'
        assert (refused.exit_code, missing in refused.output) == (1, True), refused.output
    assert registry.now(other)["spec"]
    assert "description" not in registry.now(version)["spec"]
