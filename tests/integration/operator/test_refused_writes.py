"""What the API server refuses to take from the operator is said in the object it was for, and heals by itself."""

import pytest
from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually


def quota(registry: Registry, **hard: str) -> Object:
    metadata = {"name": "quota", "namespace": registry.namespace}
    spec = {"hard": hard}
    made = registry.kube.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec})
    eventually(lambda: "used" in registry.now(made)["status"])
    return made


def healed(registry: Registry, application: Object) -> None:
    """There are pods; no node runs them here."""
    registry.until(application, "WorkloadsAvailable", "False", "Unschedulable")
    registry.until(application, "Stalled", "absent")


@pytest.mark.parametrize("counted", ["count/deployments.apps", "count/services", "count/controllerrevisions.apps"])
def test_a_quota_on_what_an_application_needs_is_said_and_heals(registry: Registry, counted: str) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    limit = quota(registry, **{counted: "0"})
    application = registry.application()
    found = registry.until(application, "Ready", "False", "QuotaExceeded")
    assert "exceeded quota: quota" in found["message"]
    assert registry.now(application)["status"]["observedGeneration"] == 1
    registry.kube.delete(limit)
    healed(registry, application)


def test_a_quota_on_config_maps_is_said_of_the_version_and_heals(registry: Registry) -> None:
    limit = quota(registry, **{"count/configmaps": "0"})
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    found = registry.until(version, "Ready", "False", "QuotaExceeded")
    assert "configmaps" in found["message"]
    registry.kube.delete(limit)
    registry.until(version, "Ready", "True")


def test_what_no_deployment_can_be_is_said_of_a_running_application_too(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application()
    healed(registry, application)
    impossible = {"version": "1.0.0", "resources": {"requests": {"example.com/gpu": "1"}}}
    registry.kube.patch(application, {"spec": {"serving": {"versions": [impossible]}}})
    found = registry.until(application, "Ready", "False", "WriteRefused")
    assert "resources.limits: Required value" in found["message"]
    assert "Deployment mnist-1-0-0" in found["message"]
    assert registry.now(application)["status"]["observedGeneration"] == 2
    registry.kube.patch(application, {"spec": {"serving": {"versions": [{"version": "1.0.0"}]}}})
    healed(registry, application)


def test_a_child_that_hangs_in_its_deletion_is_named_with_what_holds_it(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application()
    healed(registry, application)
    child = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert child is not None
    registry.kube.patch(child, {"metadata": {"finalizers": ["example.com/held"]}})
    registry.kube.delete(child)
    found = registry.until(application, "Ready", "False", "Terminating")
    assert "example.com/held" in found["message"]
    registry.kube.patch(child, {"metadata": {"finalizers": None}})
    healed(registry, application)
