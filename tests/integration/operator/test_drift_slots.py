"""Looks at the stores of one namespace, however slow these are, leave looks to the others."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from tests.support.kube import Kube
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry, package, upload
from tests.support.quirky_store import BUCKET, Asked, QuirkyStore, Reply, serving
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually
from typing_extensions import override

SLOW_VERSIONS = 8
"""Twice as many as there are looks at the same time."""


@dataclass
class Slow(QuirkyStore):
    """Takes its time for everything once `is_slow`, until `over`."""

    is_slow: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @override
    def answer(self, asked: Asked) -> Reply:
        if self.is_slow.is_set():
            self.over.wait(300)
        return super().answer(asked)


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator with much patience for stores, so that a slow one keeps whatever waits for it."""
    patience = {"AIAPP_STORE_READ_SECONDS": "60", "AIAPP_STORE_REQUEST_SECONDS": "600", "AIAPP_RESYNC_SECONDS": "3600"}
    with running_operator(sandbox, tmp_path_factory, patience) as running:
        yield running


@pytest.fixture
def slow(kube: Kube) -> Iterator[Registry]:
    """Another namespace; its bucket is the one of slow stores."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "slow"}}
    kube.create(namespace)
    eventually(lambda: kube.find("v1", "ServiceAccount", "default", "slow"))
    yield Registry(kube, "slow", None)  # type: ignore[arg-type]
    kube.delete(namespace)


def test_slow_stores_of_one_namespace_leave_looks_to_another(registry: Registry, slow: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    quick = registry.version()
    registry.until(quick, "Ready", "True")
    store = Slow({f"mnist/{name}": body for name, body in package().items()})
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(store)) for _ in range(SLOW_VERSIONS)]
        versions = [_version(slow, number, port) for number, port in enumerate(ports)]
        for version in versions:
            slow.until(version, "Ready", "True")
        stack.callback(store.over.set)
        store.is_slow.set()
        before = len(store.seen)
        for version in versions:
            slow.look_again(version, "1")
        eventually(lambda: len(store.seen) - before >= 2)  # they have taken what places they may have
        registry.look_again(quick, "1")
        eventually(lambda: _answered(registry, quick))
        assert not any(_answered(slow, version) for version in versions)
        assert len(store.seen) - before == 2


def _version(slow: Registry, number: int, port: int) -> dict[str, object]:
    obs = {"uri": f"obs://{BUCKET}/mnist/", "endpoint": f"http://127.0.0.1:{port}"}
    body = {"application": "mnist", "version": f"0.0.{number}", "source": {"obs": obs}}
    return slow._create("AIApplicationVersion", f"mnist-0.0.{number}", body)


def _answered(registry: Registry, version: dict[str, object]) -> bool:
    return bool(registry.now(version)["status"].get("lastHandledReconcileAt") == "1")
