"""Namespaces that bound what pods may ask for: rollouts are admitted where that is possible."""

import json
from typing import Any

import pytest
from tests.support.kube import Object
from tests.support.packages import CONFIG, Registry, package, upload
from tests.support.waiting import eventually

LIMIT_RANGE: dict[str, Any] = {
    "type": "Container",
    "max": {"cpu": "1", "memory": "1Gi"},
    "default": {"cpu": "500m", "memory": "512Mi"},
    "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
}
PIP = {"installer": "pip", "packages": [{"package_name": "numpy"}]}
WITH_DEPENDENCIES = json.dumps({**CONFIG, "dependencies": [PIP]})
SMALL = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


def bound(registry: Registry, kind: str, spec: dict[str, Any]) -> Object:
    metadata = {"name": "bounds", "namespace": registry.namespace}
    return registry.kube.create({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec})


def admitted(registry: Registry) -> Object:
    """The pod of the version, which admission let in."""

    def found() -> Object:
        pods = registry.kube.list("v1", "Pod", registry.namespace)
        assert pods, registry.condition(registry.application(), "WorkloadsAvailable")
        return pods[0]

    return eventually(found)


@pytest.mark.parametrize("resources", [pytest.param({}, id="no wishes"), pytest.param(SMALL, id="small wishes")])
def test_a_limit_range_smaller_than_our_settings_admits_the_pods(registry: Registry, resources: dict[str, Any]) -> None:
    bound(registry, "LimitRange", {"limits": [LIMIT_RANGE]})
    upload(registry.bucket, "mnist", package(**{"model/config.json": WITH_DEPENDENCIES}))
    registry.version(container={"resources": resources})
    registry.application(replicas=1)
    pod = admitted(registry)
    cpu = "500m" if resources else "1"
    assert [c["resources"]["limits"]["cpu"] for c in pod["spec"]["initContainers"]] == [cpu, cpu]


def test_a_quota_that_the_models_own_limits_fit_admits_the_pods(registry: Registry) -> None:
    bound(registry, "ResourceQuota", {"hard": {"limits.cpu": "2", "limits.memory": "4Gi"}})
    upload(registry.bucket, "mnist", package())
    registry.version(container={"resources": SMALL})
    registry.application(replicas=1)
    assert admitted(registry)["spec"]["initContainers"][0]["resources"]["limits"]["cpu"] == "500m"


def test_storage_that_a_limit_range_denies_is_said_and_mended_by_another(registry: Registry) -> None:
    denied = bound(registry, "LimitRange", {"limits": [{"type": "Container", "max": {"ephemeral-storage": "1"}}]})
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application(replicas=1)
    registry.until(version, "Ready", "True")
    said = registry.until(application, "WorkloadsAvailable", "False", "StorageTooSmall")
    assert "a LimitRange of the namespace allows 1 B of ephemeral storage" in said["message"]
    registry.kube.delete(denied)
    admitted(registry)
