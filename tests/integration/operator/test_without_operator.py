"""What goes and what stays when there is no operator any more: nothing waits for it."""

from tests.support.kube import Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION

MADE = (("apps/v1", "Deployment"), ("apps/v1", "ControllerRevision"), ("v1", "Service"), ("v1", "ConfigMap"))


def made(registry: Registry) -> list[Object]:
    """All that the operator has made in the namespace."""
    ours = "app.kubernetes.io/managed-by=aiapp-operator"
    return [one for of, kind in MADE for one in registry.kube.list(of, kind, registry.namespace, labelSelector=ours)]


def test_all_can_be_deleted_in_any_order(registry: Registry, operator: Operator) -> None:
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application(replicas=0)
    registry.until(application, "Ready", "True")
    operator.kill()
    assert {one["kind"] for one in made(registry)} == {kind for _, kind in MADE}
    assert not any("finalizers" in one["metadata"] for one in (*made(registry), version, application))
    registry.kube.delete(version)
    registry.kube.delete(application)
    for of, kind in ((GROUP_VERSION, "AIApplication"), (GROUP_VERSION, "AIApplicationVersion")):
        assert registry.kube.list(of, kind, registry.namespace) == []
    eventually(lambda: made(registry) == [])
    operator.start()


def test_a_namespace_is_deleted_with_all_that_is_in_it(registry: Registry, operator: Operator) -> None:
    upload(registry.bucket, "mnist", package())
    registry.version()
    registry.until(registry.application(replicas=0), "Ready", "True")
    operator.kill()
    registry.kube.delete(registry.kube.get("v1", "Namespace", registry.namespace))
    eventually(lambda: registry.kube.find("v1", "Namespace", registry.namespace) is None)
    registry.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": registry.namespace}})
    operator.start()
