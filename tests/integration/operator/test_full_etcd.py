"""An etcd without space: the operator says so in its log and goes on by itself; what a namespace takes is bounded."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry, package, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

MANIFEST_BYTES = 300
"""One manifest of a small package takes less, two of them more."""


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator that keeps little for each namespace."""
    with running_operator(sandbox, tmp_path_factory, {"AIAPP_MAX_MANIFEST_BYTES": f"{MANIFEST_BYTES}"}) as running:
        yield running


@contextmanager
def full(sandbox: Sandbox) -> Iterator[None]:
    """The alarm that etcd raises when its database has reached its quota; writes are refused until it is disarmed."""
    _alarm(sandbox, "ACTIVATE")
    try:
        yield
    finally:
        _alarm(sandbox, "DEACTIVATE")


def _alarm(sandbox: Sandbox, action: str) -> None:
    url = f"http://127.0.0.1:{sandbox.record.ports['etcd']}/v3/maintenance/alarm"
    body = json.dumps({"action": action, "alarm": "NOSPACE", "memberID": "1"}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=30) as answer:
        answer.read()


def test_an_import_waits_for_an_etcd_without_space_and_goes_on_when_there_is_some(
    sandbox: Sandbox, registry: Registry, operator: Operator
) -> None:
    upload(registry.bucket, "running", package())
    registry.until(registry.version("running"), "Ready", "True")
    application = registry.application("running", replicas=1)
    eventually(lambda: registry.find("apps/v1", "Deployment", "running-1-0-0"))
    version = registry.version()
    registry.until(version, "SourceResolved", "False", "PrefixEmpty")
    before = registry.now(application)["metadata"]["generation"]
    with full(sandbox):
        upload(registry.bucket, "mnist", package())
        # The next attempt: the pauses between them grow, and nothing can be written to ask for one.
        eventually(lambda: "database space exceeded" in operator.log(), timeout=120)
        assert operator.health("/healthz")[0] == 200
        assert registry.condition(version, "Ready")["status"] != "True"
        assert registry.find("apps/v1", "Deployment", "running-1-0-0") is not None
    registry.until(version, "Ready", "True")
    assert registry.now(application)["metadata"]["generation"] == before


def test_a_namespace_keeps_no_more_of_manifests_than_it_may(registry: Registry) -> None:
    upload(registry.bucket, "first", package())
    upload(registry.bucket, "second", package(model__more_py="x = 1"))
    first = registry.version("first")
    registry.until(first, "Ready", "True")
    second = registry.version("second")
    told = registry.until(second, "ArtifactPinned", "False", "LimitExceeded")
    assert "the manifests of this namespace would take " in told["message"]
    assert f"the operator keeps {MANIFEST_BYTES} B for each namespace (AIAPP_MAX_MANIFEST_BYTES)" in told["message"]
    registry.kube.delete(first)
    registry.until(second, "Ready", "True")
