"""What is written to a real API server, by the operator's service account."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from tests.support import documents
from tests.support.engine import connected
from tests.support.kube import Kube
from tests.support.operator import SERVICE_ACCOUNT
from tests.support.sandbox import Sandbox

from aiapp.adapters.kube.client import KubeApi
from aiapp.controller.cache import Cache
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    SERVICES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.ports.kubernetes import ApiError, ApplyResult, ConflictError, StaleError
from aiapp.reconcile.cluster import StoredCluster

LABELS = {"app.kubernetes.io/managed-by": "aiapp-operator", "aiapp.dev/application": "mnist"}
POD_LABELS = {"aiapp.dev/application": "mnist"}


class Rig:
    """The operator's hands, in one namespace, for one owner."""

    def __init__(self, api: KubeApi, namespace: str, owner: Json) -> None:
        self.api = api
        self.namespace = namespace
        self.owner = owner
        self.store: Cache[str] = Cache(facts=str)
        self.cluster = StoredCluster(WriteThrough(api, self.store), lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def child(self, resource: Resource, **more: Any) -> Json:
        uid = self.owner["metadata"]["uid"]
        reference = {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "name": "mnist", "uid": uid}
        metadata = {"name": "mnist-1", "namespace": self.namespace, "labels": LABELS, "ownerReferences": [reference]}
        return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **more}

    async def apply(self, desired: Json) -> tuple[ApplyResult, Json]:
        resource = {r.kind: r for r in (DEPLOYMENTS, SERVICES, CONFIG_MAPS, CONTROLLER_REVISIONS)}[desired["kind"]]
        known = self.store.get(resource, self.namespace, "mnist-1")
        applied = await self.cluster.apply(desired, observed=known, owner_uid=self.owner["metadata"]["uid"])
        return applied.result, applied.object

    async def refresh(self, resource: Resource) -> Json:
        found = await self.api.get(resource, self.namespace, "mnist-1")
        self.store.put(resource, trim_of(resource)(found))
        return found


@pytest_asyncio.fixture
async def rig(sandbox: Sandbox, kube: Kube, namespace: str, installed: None) -> AsyncIterator[Rig]:
    owner = kube.create(
        {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "metadata": {"name": "mnist"}, "spec": {}},
        namespace,
    )
    async with connected(sandbox.service_account(*SERVICE_ACCOUNT)) as api:
        yield Rig(api, namespace, owner)


def deployment(rig: Rig, **pod: Any) -> Json:
    container = {
        "name": "model",
        "image": "localhost/model:1",
        "args": ["serve"],
        "env": [{"name": "A", "value": "1"}, {"name": "EMPTY", "value": ""}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": {"memory": "1Gi"}},
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 5},
        "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "model", "mountPath": "/home/mind/model"}],
    }
    template = {
        "metadata": {"labels": POD_LABELS},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [container],
            "tolerations": [{"key": "huawei.com/Ascend910", "operator": "Exists"}],
            "volumes": [{"name": "model", "emptyDir": {"sizeLimit": "2048Mi"}}],
            **pod,
        },
    }
    return rig.child(DEPLOYMENTS, spec={"selector": {"matchLabels": POD_LABELS}, "template": template})


def service(rig: Rig) -> Json:
    return rig.child(SERVICES, spec={"selector": POD_LABELS, "ports": [{"port": 80, "targetPort": 8080}]})


def config_map(rig: Rig, **data: str) -> Json:
    return rig.child(CONFIG_MAPS, data=data)


def revision(rig: Rig) -> Json:
    return rig.child(CONTROLLER_REVISIONS, revision=1, data={"spec": {"a": [1, {"b": "c"}]}})


EVERY_KIND = [
    pytest.param(deployment, DEPLOYMENTS, id="Deployment"),
    pytest.param(service, SERVICES, id="Service"),
    pytest.param(revision, CONTROLLER_REVISIONS, id="ControllerRevision"),
]


@pytest.mark.parametrize(("make", "resource"), EVERY_KIND)
async def test_what_the_server_filled_in_is_no_difference(rig: Rig, make: Any, resource: Resource) -> None:
    assert (await rig.apply(make(rig)))[0] is ApplyResult.WRITTEN
    await rig.refresh(resource)
    assert (await rig.apply(make(rig)))[0] is ApplyResult.UNCHANGED


@pytest.mark.parametrize(("make", "resource"), EVERY_KIND)
async def test_a_strangers_object_is_never_touched_even_when_we_do_not_know_of_it(
    rig: Rig, kube: Kube, make: Any, resource: Resource
) -> None:
    theirs = make(rig)
    theirs["metadata"] = {"name": "mnist-1", "namespace": rig.namespace, "labels": {"theirs": "yes"}}
    before = kube.create(theirs)
    result, found = await rig.apply(make(rig))
    assert result is ApplyResult.NAME_TAKEN
    assert found["metadata"]["uid"] == before["metadata"]["uid"]
    after = kube.get(resource.api_version, resource.kind, "mnist-1", rig.namespace)
    assert "aiapp-operator" not in {entry["manager"] for entry in after["metadata"]["managedFields"]}
    assert after["metadata"]["labels"] == {"theirs": "yes"}


@pytest.mark.parametrize(("make", "resource"), EVERY_KIND)
async def test_the_first_write_creates_or_fails_but_never_changes_what_exists(
    rig: Rig, kube: Kube, make: Any, resource: Resource
) -> None:
    kube.create({**make(rig), "metadata": {"name": "mnist-1", "namespace": rig.namespace}})
    document = make(rig)
    document["metadata"]["resourceVersion"] = "1"
    with pytest.raises(ConflictError):
        await rig.api.apply(document, force=False)


async def test_a_field_that_is_no_longer_wanted_goes(rig: Rig) -> None:
    await rig.apply(deployment(rig, nodeSelector={"kubernetes.io/arch": "arm64"}, priorityClassName=""))
    result, found = await rig.apply(deployment(rig))
    assert result is ApplyResult.WRITTEN
    assert "nodeSelector" not in found["spec"]["template"]["spec"]


async def test_an_edit_by_hand_is_mended_once(rig: Rig, kube: Kube) -> None:
    await rig.apply(deployment(rig))
    edited = await rig.refresh(DEPLOYMENTS)
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "by/hand:2"}]
    kube.patch(edited, image)
    await rig.refresh(DEPLOYMENTS)
    result, found = await rig.apply(deployment(rig))
    assert result is ApplyResult.WRITTEN
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "localhost/model:1"
    await rig.refresh(DEPLOYMENTS)
    assert (await rig.apply(deployment(rig)))[0] is ApplyResult.UNCHANGED


async def test_replicas_that_an_autoscaler_set_stay(rig: Rig, kube: Kube) -> None:
    await rig.apply(deployment(rig))
    found = await rig.refresh(DEPLOYMENTS)
    kube.patch(found, {"spec": {"replicas": 5}}, subresource="scale")
    await rig.refresh(DEPLOYMENTS)
    assert (await rig.apply(deployment(rig)))[0] is ApplyResult.UNCHANGED
    _, changed = await rig.apply(deployment(rig, nodeSelector={"a": "b"}))
    assert changed["spec"]["replicas"] == 5


def scaled(rig: Rig, replicas: int | None, **pod: Any) -> Json:
    """A Deployment with that number of pods; None leaves it to others."""
    made = deployment(rig, **pod)
    return made if replicas is None else {**made, "spec": {**made["spec"], "replicas": replicas}}


async def test_replicas_that_are_left_to_others_stay_as_they_were_and_may_be_taken_again(rig: Rig, kube: Kube) -> None:
    await rig.apply(scaled(rig, 3))
    await rig.refresh(DEPLOYMENTS)
    _, left = await rig.apply(scaled(rig, None))
    assert left["spec"]["replicas"] == 3
    kube.patch(await rig.refresh(DEPLOYMENTS), {"spec": {"replicas": 5}}, subresource="scale")
    await rig.refresh(DEPLOYMENTS)
    _, changed = await rig.apply(scaled(rig, None, nodeSelector={"a": "b"}))
    assert changed["spec"]["replicas"] == 5
    _, taken = await rig.apply(scaled(rig, 2))
    assert taken["spec"]["replicas"] == 2
    _, left = await rig.apply(scaled(rig, None))
    assert left["spec"]["replicas"] == 2


async def test_what_somebody_else_added_stays(rig: Rig, kube: Kube) -> None:
    await rig.apply(deployment(rig))
    found = await rig.refresh(DEPLOYMENTS)
    kube.patch(found, {"metadata": {"annotations": {"team": "blue"}}})
    _, changed = await rig.apply(deployment(rig, nodeSelector={"a": "b"}))
    assert changed["metadata"]["annotations"]["team"] == "blue"


async def test_an_object_that_a_stranger_made_anew_meanwhile_is_not_touched(rig: Rig, kube: Kube) -> None:
    await rig.apply(config_map(rig, a="1"))
    known = rig.store.get(CONFIG_MAPS, rig.namespace, "mnist-1")
    assert known is not None
    kube.delete(known)
    kube.create({**config_map(rig, a="theirs"), "metadata": {"name": "mnist-1", "namespace": rig.namespace}})
    assert (await rig.apply(config_map(rig, a="2")))[0] is ApplyResult.NAME_TAKEN


async def test_a_deletion_by_an_old_view_is_refused(rig: Rig, kube: Kube) -> None:
    ports = [{"port": 80}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mnist-1"}, "spec": {"ports": ports}}
    made = kube.create(service, rig.namespace)
    kube.patch(made, {"spec": {"selector": {"changed": "meanwhile"}}})
    metadata = made["metadata"]
    with pytest.raises(ConflictError):
        await rig.cluster.delete(
            SERVICES,
            rig.namespace,
            "mnist-1",
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
        )
    assert kube.find("v1", "Service", "mnist-1", rig.namespace)


async def test_deleting_what_is_gone_is_fine(rig: Rig) -> None:
    await rig.cluster.delete(SERVICES, rig.namespace, "absent", uid="u", resource_version="1")


async def test_the_operator_can_neither_write_secrets_nor_specs(rig: Rig) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": rig.namespace}}
    with pytest.raises(ApiError, match="Forbidden"):
        await rig.api.create(secret)
    spec = {"apiVersion": APPLICATIONS.api_version, "kind": "AIApplication", "metadata": {"name": "mnist"}}
    with pytest.raises(ApiError, match="Forbidden"):
        await rig.api.apply({**spec, "metadata": {"name": "mnist", "namespace": rig.namespace}}, force=True)


def ready(status: str, message: str = "") -> Json:
    condition = {"type": "Ready", "status": status, "reason": "Deploying", "message": message}
    return {**condition, "observedGeneration": 1}


async def write_status(rig: Rig, **status: Any) -> Json:
    """Under the object as it was when the last status was written."""
    rig.owner = await rig.cluster.write_status(APPLICATIONS, rig.owner, status)
    return rig.owner


def stored(kube: Kube, rig: Rig) -> Json:
    return kube.get("aiapp.dev/v1alpha1", "AIApplication", "mnist", rig.namespace)


async def test_a_status_is_written_whole_and_only_when_it_says_something_new(rig: Rig, kube: Kube) -> None:
    await write_status(rig, observedGeneration=1, phase="Deploying", url="http://x", conditions=[ready("False")])
    first = stored(kube, rig)
    await write_status(rig, observedGeneration=1, phase="Deploying", url="http://x", conditions=[ready("False")])
    assert stored(kube, rig)["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    await write_status(rig, observedGeneration=1, phase="Running", conditions=[ready("True")])
    last = stored(kube, rig)["status"]
    assert (last["phase"], "url" in last) == ("Running", False)


async def test_a_status_reaches_an_object_that_was_labelled_meanwhile_without_undoing_that(
    rig: Rig, kube: Kube
) -> None:
    await write_status(rig, phase="Deploying")
    kube.patch(rig.owner, {"metadata": {"labels": {"team": "vision"}}})
    await write_status(rig, phase="Running")
    found = stored(kube, rig)
    assert (found["status"]["phase"], found["metadata"]["labels"]) == ("Running", {"team": "vision"})


async def test_a_status_that_was_computed_from_another_spec_is_not_written_and_the_store_knows_why(
    rig: Rig, kube: Kube
) -> None:
    await write_status(rig, phase="Deploying")
    kube.patch(rig.owner, {"spec": {"description": "changed meanwhile"}})
    with pytest.raises(StaleError):
        await write_status(rig, phase="Running")
    assert stored(kube, rig)["status"]["phase"] == "Deploying"
    known = rig.store.get(APPLICATIONS, rig.namespace, "mnist")
    assert known is not None
    assert known["spec"] == {"description": "changed meanwhile"}


async def test_a_status_for_a_deleted_namesake_is_dropped(rig: Rig, kube: Kube) -> None:
    await write_status(rig, phase="Deploying")
    kube.delete(rig.owner)
    kube.create({**rig.owner, "metadata": {"name": "mnist"}, "status": {}}, rig.namespace)
    with pytest.raises(StaleError):
        await write_status(rig, phase="Running")
    assert "phase" not in stored(kube, rig).get("status", {})


PINNED: Json = {
    "pin": f"sha256:{'a' * 64}",
    "objects": 1,
    "bytes": 1,
    "size": "1 B",
    "manifestRef": {"name": "aiapp-manifest-a"},
    "verification": "ETag",
}


async def imported_by_two(rig: Rig, kube: Kube) -> tuple[Json, StoredCluster]:
    """A version as a slow operator has seen it and another one, which was quicker, has pinned it; the slow one's."""
    seen = kube.create(documents.version(), rig.namespace)
    await rig.cluster.write_status(VERSIONS, seen, {"phase": "Normal", "artifact": PINNED})
    return seen, StoredCluster(WriteThrough(rig.api, Cache(facts=str)), lambda: datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_slower_writer_never_replaces_what_another_one_has_pinned(rig: Rig, kube: Kube) -> None:
    seen, slower = await imported_by_two(rig, kube)
    with pytest.raises(StaleError):
        await slower.write_status(VERSIONS, seen, {"artifact": PINNED | {"pin": f"sha256:{'b' * 64}"}})
    found = kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.0", rig.namespace)
    assert found["status"]["artifact"]["pin"] == PINNED["pin"]


OTHER_STATUSES = [
    pytest.param({"artifact": PINNED | {"pin": f"sha256:{'b' * 64}"}}, "pin is immutable", id="another pin"),
    pytest.param({"phase": "Failed"}, "what was pinned stays pinned", id="no pin"),
]


@pytest.mark.parametrize(("status", "refusal"), OTHER_STATUSES)
async def test_the_api_server_itself_refuses_to_change_what_was_pinned(
    rig: Rig, kube: Kube, status: Json, refusal: str
) -> None:
    await imported_by_two(rig, kube)
    latest = kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.0", rig.namespace)
    with pytest.raises(ApiError, match=refusal):
        await rig.cluster.write_status(VERSIONS, latest, status)


async def test_a_digest_may_appear_and_stays_then(rig: Rig, kube: Kube) -> None:
    await imported_by_two(rig, kube)
    latest = kube.get("aiapp.dev/v1alpha1", "AIApplicationVersion", "mnist-1.0.0", rig.namespace)
    known = await rig.cluster.write_status(VERSIONS, latest, {"artifact": PINNED | {"digest": f"sha256:{'c' * 64}"}})
    with pytest.raises(ApiError, match="digest may be set once"):
        await rig.cluster.write_status(VERSIONS, known, {"artifact": PINNED | {"digest": f"sha256:{'d' * 64}"}})
