"""The commands that show what there is, asked by a user who has no more than ClusterRole view in the namespace."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.support.accounts import bound
from tests.support.aiapp import Aiapp
from tests.support.kube import Kube, Object
from tests.support.packages import CONFIG, IMAGE, Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import EVENTUALLY_SECONDS, eventually

from aiapp.cli import main

METRICS = {"f1": 0.98, "accuracy": 0.97}
Reading = Callable[..., Result]


@pytest.fixture
def reader(sandbox: Sandbox, namespace: str) -> Path:
    """The kubeconfig of an account that has no rights yet."""
    return sandbox.service_account(namespace, "default")


@pytest.fixture
def reading(kube: Kube, namespace: str, aiapp: Aiapp, reader: Path) -> Reading:
    """The command line as a user with `view` types it."""
    bound(kube, namespace, "view")

    def run(*words: str) -> Result:
        return aiapp(*words, kubeconfig=reader)

    eventually(lambda: run("list").exit_code == 0)
    return run


@pytest.fixture
def served(registry: Registry) -> Object:
    """Version 1.0.0 is served, 1.1.0 failed."""
    upload(registry.bucket, "mnist", package(model__config_json=json.dumps(CONFIG | {"metrics": METRICS})))
    upload(registry.bucket, "empty", {"readme": b""})
    registry.until(registry.version(description="Reads digits"), "Ready", "True")
    registry.until(
        registry.version(number="1.1.0", obs={"uri": f"obs://{registry.bucket.name}/empty/"}), "Ready", "False"
    )
    application = registry.application("mnist", "1.0.0", replicas=0)
    registry.until(application, "Ready", "True")
    return application


@contextmanager
def watching(*words: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A command that goes on, and what it prints."""
    command = [sys.executable, "-m", "aiapp", *words, "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout
        finally:
            running.kill()


def named(beside: Object, kind: str, name: str) -> Object:
    return {**beside, "kind": kind, "metadata": {"name": name, "namespace": beside["metadata"]["namespace"]}}


def shown(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_list_and_both_pages_are_read_with_view_alone(served: Object, reading: Reading) -> None:
    assert served
    (one,) = shown(reading("list", "-o", "json"))["items"]
    assert [(version["version"], version["phase"]) for version in one["versions"]] == [
        ("1.1.0", "Failed"),
        ("1.0.0", "Normal"),
    ]
    assert reading("list", "--state", "Normal", "-o", "name").stdout.splitlines() == [
        "aiapplication.aiapp.dev/mnist",
        "aiapplicationversion.aiapp.dev/mnist-1.0.0",
    ]
    page = shown(reading("get", "mnist-1.0.0", "-o", "json"))
    assert page["precision"] == {"accuracy": "0.97", "f1": "0.98"}
    assert (page["overview"]["description"], page["overview"]["image"]) == ("Reads digits", IMAGE)
    assert [service["application"] for service in page["services"]] == ["mnist"]
    failed = reading("get", "mnist-1.1.0").stdout
    assert "correct the package (`aiapp check` says all that is wrong with it), and upload it again" in failed
    assert "mnist" in reading("get", "mnist").stdout


def test_files_are_those_of_the_manifest(served: Object, reading: Reading) -> None:
    assert served
    found = shown(reading("get", "mnist-1.0.0", "--files", "-o", "json"))
    assert [(one["path"], one["size"] > 0) for one in found] == [
        ("config.json", True),
        ("customize_service.py", True),
        ("model.pkl", True),
    ]


def test_the_tree_has_the_objects_that_were_made(served: Object, reading: Reading) -> None:
    assert served
    found = eventually(lambda: shown(reading("tree", "mnist", "-o", "json")))
    assert (found["kind"], found["state"]) == ("AIApplication", "Stopped")
    kinds = {(one["kind"], child["kind"]) for one in found["children"] for child in one["children"]}
    assert {("AIApplicationVersion", "Deployment"), ("AIApplicationVersion", "ConfigMap")} <= kinds
    assert ("AIApplicationVersion", "ControllerRevision") in kinds
    assert "Service" in {one["kind"] for one in found["children"]}
    assert reading("tree", "mnist").stdout.splitlines()[0].split() == ["OBJECT", "STATE", "DETAIL"]


@pytest.mark.parametrize("command", ["get", "tree"])
def test_a_page_follows_the_objects_until_they_are_deleted(
    served: Object, reading: Reading, reader: Path, registry: Registry, command: str
) -> None:
    assert reading(command, "mnist").exit_code == 0
    with watching(command, "mnist", "-n", registry.namespace, "--kubeconfig", str(reader)) as (watched, page):
        first = page.readline().split()
        registry.kube.delete(named(served, "AIApplicationVersion", "mnist-1.1.0"))
        while page.readline().split() != first:
            assert watched.poll() is None
        registry.kube.delete(served)
        registry.kube.delete(named(served, "AIApplicationVersion", "mnist-1.0.0"))
        assert watched.wait(EVENTUALLY_SECONDS) == 1
        assert "has no application mnist" in watched.communicate()[1]


def test_the_import_is_remembered_step_by_step_when_kubernetes_has_forgotten_it(
    served: Object, reading: Reading, kube: Kube, namespace: str
) -> None:
    assert served
    for event in kube.list("v1", "Event", namespace):
        kube.delete(event)
    found = shown(reading("events", "mnist-1.0.0", "-o", "json"))
    told = [one["reason"] for one in found if one["kind"] == "AIApplicationVersion"]
    assert [reason for reason in told if reason != "Compatible"] == [
        "ImportStarted",
        "SourceResolved",
        "PackageValid",
        "ArtifactPinned",
        "RuntimeResolved",
        "Normal",
    ]
    assert {one["phase"] for one in found if one["kind"] == "AIApplicationVersion"} == {"Import"}
    (failed,) = shown(reading("events", "mnist-1.1.0", "--type", "Warning", "-o", "json"))
    assert failed["reason"] == "ConfigMissing"


def test_another_look_at_what_is_as_it_was_adds_nothing(registry: Registry, served: Object) -> None:
    metadata = {**served["metadata"], "name": "mnist-1.0.0"}
    version = registry.now(served | {"kind": "AIApplicationVersion", "metadata": metadata})
    registry.look_again(version, "now")
    eventually(lambda: registry.now(version)["status"].get("lastHandledReconcileAt") == "now")
    assert registry.now(version)["status"]["events"] == version["status"]["events"]


def test_a_missing_right_is_named(aiapp: Aiapp, reader: Path, kube: Kube, namespace: str, served: Object) -> None:
    assert served
    for words in (("list",), ("get", "mnist"), ("events",), ("tree", "mnist")):
        refused = aiapp(*words, kubeconfig=reader)
        assert refused.exit_code == 1
        assert 'in API group "aiapp.dev" in the namespace' in refused.stderr, words
        assert 'cannot list resource "aiapplication' in refused.stderr or "cannot get" in refused.stderr, words
    bound(kube, namespace, "aiapp-view")
    eventually(lambda: aiapp("list", kubeconfig=reader).exit_code == 0)
    told = aiapp("tree", "mnist", kubeconfig=reader)
    assert 'cannot list resource "deployments" in API group "apps"' in told.stderr
    remembered = aiapp("events", "mnist-1.0.0", kubeconfig=reader)
    assert 'cannot list resource "events"' in remembered.stderr
    assert "what follows is what statuses remember" in remembered.stderr
    assert "ImportStarted" in remembered.stdout


def test_what_init_prints_is_imported_as_it_is(
    registry: Registry, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(registry.bucket, "Digit_Reader/2.0.0", package())
    monkeypatch.setenv("accessKeyId", registry.bucket.access_key)
    monkeypatch.setenv("secretAccessKey", registry.bucket.secret_key)
    uri = f"obs://{registry.bucket.name}/Digit_Reader/2.0.0/"
    store = ("--endpoint", registry.bucket.endpoint, "--allow-http", "--secret", "store", "--managed")
    printed = CliRunner().invoke(main, ["init", uri, *store])
    assert printed.exit_code == 0, printed.output
    sandbox.kubectl("apply", "-n", registry.namespace, "-f", "-", stdin=printed.stdout)
    version, application = yaml.safe_load_all(printed.stdout)
    assert application["spec"] == {"displayName": "Digit_Reader"}
    place = {"metadata": {**version["metadata"], "namespace": registry.namespace}}
    registry.until(version | place, "Ready", "True")
