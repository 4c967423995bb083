"""`aiapp stop`, `start`, `restart` and `scale`, as a person with rights on the namespace types them."""

import pytest
from tests.support.accounts import account
from tests.support.aiapp import Aiapp
from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.queries.cluster import COMMAND_LINE


@pytest.fixture
def application(registry: Registry) -> Object:
    """One whose version is Normal and that has no pods here."""
    upload(registry.bucket, "mnist", package())
    registry.version()
    made = registry.application(replicas=0)
    registry.until(made, "Ready", "True", "ScaledToZero")
    return made


def serving(registry: Registry, application: Object) -> Object:
    found: Object = registry.now(application)["spec"]["serving"]
    return found


@pytest.mark.usefixtures("operator")
def test_the_commands_do_what_they_say(registry: Registry, aiapp: Aiapp, application: Object) -> None:
    tried = aiapp("stop", "mnist", "--dry-run")
    assert (tried.exit_code, tried.output) == (0, "mnist would be stopped\n")
    assert not serving(registry, application)["stopped"]
    assert aiapp("stop", "mnist").output == "mnist is being stopped\n"
    registry.until(application, "Ready", "True", "Stopped")
    assert aiapp("stop", "mnist").output == "mnist is stopped already\n"
    assert aiapp("start", "mnist").output == "mnist is being started\n"
    registry.until(application, "Ready", "True", "ScaledToZero")
    assert aiapp("restart", "mnist").output == "mnist is being restarted\n"
    eventually(lambda: "aiapp.dev/restart-at" in template(registry)["metadata"].get("annotations", {}))
    assert aiapp("scale", "mnist", "--replicas", "2").output == "mnist is being scaled: version 1.0.0 to 2\n"
    assert serving(registry, application)["versions"] == [{"version": "1.0.0", "replicas": 2}]
    managers = {one["manager"] for one in registry.now(application)["metadata"]["managedFields"]}
    assert COMMAND_LINE in managers


def template(registry: Registry) -> Object:
    found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert found is not None
    made: Object = found["spec"]["template"]
    return made


@pytest.mark.usefixtures("operator", "application")
def test_whoever_asks_for_logs_where_there_are_no_pods_is_told_what_to_do(registry: Registry, aiapp: Aiapp) -> None:
    none = aiapp("logs", "mnist")
    begins = f"Error: namespace {registry.namespace} has no pods of mnist: Stopped, "
    ends = "; raise spec.serving.versions[].replicas to serve\n"
    assert (none.exit_code, none.output.startswith(begins), none.output.endswith(ends)) == (1, True, True), none.output
    assert "`aiapp deploy mnist 2.0.0` has it serve that one" in aiapp("logs", "mnist", "2.0.0").output
    assert "has no application other: `aiapp list` shows" in aiapp("logs", "other").output


@pytest.mark.usefixtures("operator")
def test_an_application_that_stopped_by_itself_is_started_by_the_same_command(
    registry: Registry, aiapp: Aiapp, application: Object
) -> None:
    registry.application(replicas=0, autoStopAfterSeconds=3600)
    eventually(lambda: "autoStopAt" in registry.now(application)["status"])
    registry.kube.patch_status(application, {"startedAt": "2026-01-02T03:04:05Z"})
    registry.until(application, "Ready", "True", "AutoStopped")
    assert aiapp("start", "mnist").output == "mnist is being started\n"
    registry.until(application, "Ready", "True", "ScaledToZero")
    assert aiapp("start", "mnist").output == "mnist is being given its time again\n"


def test_what_is_refused_ends_with_1_and_says_why(aiapp: Aiapp, application: Object) -> None:
    assert application
    absent = aiapp("stop", "other")
    assert (absent.exit_code, "has no application other" in absent.output) == (1, True)
    wrong = aiapp("scale", "mnist", "--version", "2.0.0", "--replicas", "1")
    assert (wrong.exit_code, "it does not serve 2.0.0" in wrong.output) == (1, True)


def test_without_the_right_to_change_an_application_nothing_is_changed(
    registry: Registry, aiapp: Aiapp, application: Object, sandbox: Sandbox
) -> None:
    account(registry.kube, registry.namespace, "reader", "aiapp-view")
    reader = sandbox.service_account(registry.namespace, "reader")
    refused = aiapp("stop", "mnist", kubeconfig=reader)
    assert (refused.exit_code, "forbidden" in refused.output) == (1, True)
    assert not serving(registry, application)["stopped"]
