from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pytest

from aiapp.controller.cache import Cache
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    HTTP_ROUTES,
    LIMIT_RANGES,
    NODES,
    PODS,
    RUNTIMES,
    TEMPLATES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.reconcile.triggers import FLEET, FLEET_WINDOW_SECONDS, Triggers


class Rig:
    def __init__(self) -> None:
        self.now = 0.0
        self.queue = WorkQueue(lambda: self.now, lambda: 0.0)
        self.store: Cache[str] = Cache(facts=lambda node: str(node["metadata"].get("labels")))
        self.triggers = Triggers(self.queue, self.store)
        self.store.listen(self.triggers)
        self._version = 0

    def put(self, resource: Resource, name: str, *, own: bool = False, **more: Any) -> Json:
        self._version += 1
        metadata = {"name": name, "uid": f"u-{name}", "resourceVersion": str(self._version)}
        metadata |= {"namespace": "ns"} if resource.namespaced else {}
        document = {"kind": resource.kind, "metadata": metadata | more.pop("metadata", {}), **more}
        self.store.put(resource, document, own=own)
        return document

    def version(self, name: str = "mnist-1.0.0", *, own: bool = False, **status: Any) -> None:
        spec = {"application": name.rsplit("-", 1)[0], "version": name.rsplit("-", 1)[1]}
        self.put(VERSIONS, name, own=own, spec=spec, status=status)

    async def keys(self) -> set[Key]:
        found = set()
        while len(self.queue):
            key = await self.queue.take()
            self.queue.done(key)
            found.add(key)
        return found


def app(name: str = "mnist") -> Key:
    return Key("AIApplication", "ns", name)


def version(name: str = "mnist-1.0.0") -> Key:
    return Key("AIApplicationVersion", "ns", name)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def resolved(runtime: str) -> dict[str, Any]:
    return {"runtime": {"name": runtime}, "conditions": [{"type": "RuntimeResolved", "status": "True"}]}


async def test_a_version_calls_for_itself_and_its_application(rig: Rig) -> None:
    rig.version()
    assert await rig.keys() == {version(), app()}


async def test_our_own_status_of_a_version_calls_for_its_application_only(rig: Rig) -> None:
    rig.version(own=True)
    assert await rig.keys() == {app()}


async def test_our_own_status_of_an_application_calls_for_nothing(rig: Rig) -> None:
    rig.put(APPLICATIONS, "mnist", own=True)
    assert await rig.keys() == set()


@pytest.mark.parametrize("resource", [DEPLOYMENTS, PODS], ids=str)
async def test_a_child_calls_for_its_application(rig: Rig, resource: Resource) -> None:
    rig.put(resource, "x", metadata={"labels": {"aiapp.dev/application": "mnist"}})
    assert await rig.keys() == {app()}


async def test_a_child_that_we_wrote_calls_for_nothing(rig: Rig) -> None:
    rig.put(DEPLOYMENTS, "x", own=True, metadata={"labels": {"aiapp.dev/application": "mnist"}})
    assert await rig.keys() == set()


async def test_a_deleted_child_calls_for_its_application(rig: Rig) -> None:
    child = rig.put(DEPLOYMENTS, "x", metadata={"labels": {"aiapp.dev/application": "mnist"}})
    await rig.keys()
    rig.store.remove(DEPLOYMENTS, child)
    assert await rig.keys() == {app()}


async def test_a_limit_range_calls_for_what_is_not_ready_in_its_namespace(rig: Rig) -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    for name, namespace, status in (("mnist", "ns", {}), ("served", "ns", ready), ("elsewhere", "other", {})):
        rig.put(APPLICATIONS, name, own=True, metadata={"namespace": namespace}, status=status)
    rig.put(LIMIT_RANGES, "limits")
    assert await rig.keys() == {app()}


async def test_a_manifest_calls_for_every_owner_of_our_kinds(rig: Rig) -> None:
    owners = [
        {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplicationVersion", "name": "mnist-1.0.0", "uid": "1"},
        {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "name": "mnist", "uid": "2"},
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "stranger", "uid": "3"},
    ]
    rig.put(CONFIG_MAPS, "aiapp-manifest-1", metadata={"ownerReferences": owners})
    assert await rig.keys() == {app(), version()}


MANIFEST = {"labels": {"version.aiapp.dev/mnist-1.0.0": "a-former-uid"}}


async def test_a_manifest_calls_for_the_versions_that_were_pinned_to_it(rig: Rig) -> None:
    rig.put(CONFIG_MAPS, "aiapp-manifest-1", metadata=MANIFEST)
    assert await rig.keys() == {version()}


async def test_a_manifest_calls_for_the_application_of_a_version_which_may_have_lost_it_as_well(rig: Rig) -> None:
    rig.version()
    await rig.keys()
    rig.put(CONFIG_MAPS, "aiapp-manifest-1", metadata=MANIFEST)
    assert await rig.keys() == {version(), app()}


async def test_a_runtime_calls_for_versions_that_use_it_with_their_applications_or_found_none(rig: Rig) -> None:
    rig.version("uses-1.0.0", **resolved("r"))
    rig.version("lacks-1.0.0")
    rig.version("other-1.0.0", **resolved("other"))
    await rig.keys()
    rig.put(RUNTIMES, "r", spec={"name": "r"})
    assert await rig.keys() == {
        Key("InferenceRuntime", "", "r"),
        version("uses-1.0.0"),
        app("uses"),
        version("lacks-1.0.0"),
    }


async def test_a_template_calls_for_the_versions_that_name_it_and_are_not_pinned_yet(rig: Rig) -> None:
    spec = {"application": "a", "version": "1.0.0", "source": {"template": {"name": "sklearn"}}}
    rig.put(VERSIONS, "waits-1.0.0", spec=spec)
    rig.put(VERSIONS, "pinned-1.0.0", spec=spec, status={"artifact": {}})
    rig.version("other-1.0.0")
    await rig.keys()
    rig.put(TEMPLATES, "sklearn")
    assert await rig.keys() == {Key("InferenceTemplate", "", "sklearn"), version("waits-1.0.0")}
    rig.put(TEMPLATES, "sklearn", own=True)
    assert await rig.keys() == set()


async def test_nodes_that_come_together_are_looked_at_once_and_a_moment_later(rig: Rig) -> None:
    for number in range(5):
        rig.put(NODES, f"n{number}", metadata={"labels": {"chip": "910A"}})
    assert await rig.keys() == set()
    rig.now += FLEET_WINDOW_SECONDS
    assert await rig.queue.take() == FLEET
    assert len(rig.queue) == 0


async def test_the_fleet_calls_for_all_versions_and_for_applications_that_are_not_ready(rig: Rig) -> None:
    rig.version()
    rig.put(APPLICATIONS, "waiting", status={"conditions": [{"type": "Ready", "status": "False"}]})
    rig.put(APPLICATIONS, "running", status={"conditions": [{"type": "Ready", "status": "True"}]})
    await rig.keys()
    await rig.triggers.fleet(FLEET)
    assert await rig.keys() == {version(), app("waiting")}


def fetched_pod(message: str = '{"digest": "sha256:1"}', exit_code: int = 0) -> dict[str, Any]:
    labels = {"aiapp.dev/application": "mnist", "aiapp.dev/version": "1.0.0"}
    ended = {"exitCode": exit_code, "message": message}
    status = {"initContainerStatuses": [{"name": "fetch", "state": {"terminated": ended}}]}
    return {"metadata": {"labels": labels}, "status": status}


@pytest.mark.parametrize(
    ("pod", "artifact", "called"),
    [
        pytest.param(fetched_pod(), {"pin": "p"}, True, id="told the first time"),
        pytest.param(fetched_pod(), {"pin": "p", "verifiedAt": "2026-01-02T03:04:05Z"}, False, id="known already"),
        pytest.param(fetched_pod(exit_code=3), {"pin": "p"}, False, id="failed"),
        pytest.param(fetched_pod(message=""), {"pin": "p"}, False, id="silent"),
    ],
)
async def test_a_pod_that_has_fetched_calls_for_its_version(
    rig: Rig, pod: dict[str, Any], artifact: dict[str, str], called: bool
) -> None:
    rig.version(artifact=artifact)
    await rig.keys()
    rig.put(PODS, "p", **pod)
    assert await rig.keys() == ({version(), app()} if called else {app()})


async def test_the_fleet_calls_for_an_application_with_wishes_of_its_own_about_nodes(rig: Rig) -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    rig.put(APPLICATIONS, "plain", spec={"serving": {"versions": [{"version": "1.0.0"}]}}, status=ready)
    rig.put(APPLICATIONS, "more", spec={"serving": {"versions": [{"npu": {"count": 2}}]}}, status=ready)
    rig.put(APPLICATIONS, "picky", spec={"serving": {"versions": [], "scheduling": {}}}, status=ready)
    await rig.keys()
    await rig.triggers.fleet(FLEET)
    assert await rig.keys() == {app("more"), app("picky")}


async def test_a_freed_device_calls_for_applications_that_wait_and_no_version_a_moment_later(rig: Rig) -> None:
    rig.version()
    rig.put(APPLICATIONS, "waiting", status={"conditions": [{"type": "Ready", "status": "False"}]})
    await rig.keys()
    rig.triggers.device_freed()
    assert await rig.keys() == set()
    rig.now += FLEET_WINDOW_SECONDS
    key = await rig.queue.take()
    rig.queue.done(key)
    await rig.triggers.fleet(key)
    assert await rig.keys() == {app("waiting")}


async def test_other_facts_call_for_the_fleet_and_for_runtimes_which_tell_of_them(rig: Rig) -> None:
    rig.put(RUNTIMES, "r", spec={"name": "r"})
    await rig.keys()
    rig.triggers.nodes_read_otherwise()
    assert await rig.keys() == {Key("InferenceRuntime", "", "r")}
    rig.now += FLEET_WINDOW_SECONDS
    assert await rig.queue.take() == FLEET


async def test_everything_is_every_object_of_our_kinds(rig: Rig) -> None:
    rig.version()
    rig.put(APPLICATIONS, "mnist")
    rig.put(RUNTIMES, "r", spec={"name": "r"})
    await rig.keys()
    rig.triggers.everything()
    assert names(await rig.keys()) == {"mnist-1.0.0", "mnist", "r"}


def names(keys: Iterable[Key]) -> set[str]:
    return {key.name for key in keys}


def serving(*numbers: str) -> Json:
    return {"serving": {"versions": [{"version": number} for number in numbers]}}


@pytest.mark.parametrize("own", [True, False], ids=["our write is answered first", "the watch tells of it first"])
async def test_a_reported_application_calls_for_the_versions_that_it_serves_from_now_on_or_no_longer(
    rig: Rig, *, own: bool
) -> None:
    rig.version("mnist-1.0.0", usedBy=["mnist"])
    rig.version("mnist-1.1.0")
    rig.version("mnist-1.2.0", usedBy=["mnist"])
    rig.version("iris-1.1.0")
    await rig.keys()
    edited: dict[str, Any] = {"metadata": {"generation": 2}, "spec": serving("1.1.0", "1.2.0")}
    rig.put(APPLICATIONS, "mnist", **deepcopy(edited), status={"observedGeneration": 1})
    assert await rig.keys() == {app()}
    rig.put(APPLICATIONS, "mnist", own=own, **deepcopy(edited), status={"observedGeneration": 2})
    assert await rig.keys() - {app()} == {version("mnist-1.0.0"), version("mnist-1.1.0")}


async def test_a_version_that_only_says_who_uses_it_does_not_call_for_its_application(rig: Rig) -> None:
    rig.version(phase="Normal")
    await rig.keys()
    rig.version(own=True, phase="Normal", usedBy=["mnist"])
    assert await rig.keys() == set()
    rig.version(own=True, phase="Failed", usedBy=["mnist"])
    assert await rig.keys() == {app()}


async def test_an_application_that_goes_calls_for_the_versions_that_it_served(rig: Rig) -> None:
    rig.version("mnist-1.0.0", usedBy=["mnist"])
    document = rig.put(APPLICATIONS, "mnist", spec=serving("1.0.0"))
    await rig.keys()
    rig.store.remove(APPLICATIONS, document)
    assert await rig.keys() == {app(), version("mnist-1.0.0")}


async def test_a_child_that_is_as_it_was_but_for_what_is_not_kept_triggers_nothing() -> None:
    rig = Rig()
    labels = {"aiapp.dev/application": "mnist"}
    rig.put(DEPLOYMENTS, "mnist-1-0-0", metadata={"labels": labels}, spec={"replicas": 1})
    assert await rig.keys() == {app()}
    rig.put(DEPLOYMENTS, "mnist-1-0-0", metadata={"labels": labels}, spec={"replicas": 1})
    assert await rig.keys() == set()
    rig.put(DEPLOYMENTS, "mnist-1-0-0", metadata={"labels": labels}, spec={"replicas": 2})
    assert await rig.keys() == {app()}


async def test_a_gateway_api_that_comes_or_goes_concerns_the_applications_that_ask_for_one() -> None:
    rig = Rig()
    rig.put(APPLICATIONS, "mnist", spec={"serving": {"gateway": {}}})
    rig.put(APPLICATIONS, "other", spec={"serving": {}})
    await rig.keys()
    rig.triggers.kind_came_or_went(HTTP_ROUTES)
    assert await rig.keys() == {app()}
    rig.triggers.kind_came_or_went(DEPLOYMENTS)
    assert await rig.keys() == set()


def test_what_a_namespace_lacks_says_nothing_of_the_others() -> None:
    store = Rig().store
    assert store.is_served(HTTP_ROUTES, "team")
    assert store.note_served(HTTP_ROUTES, "team", is_served=False)
    assert not store.note_served(HTTP_ROUTES, "team", is_served=False)
    assert (store.is_served(HTTP_ROUTES, "team"), store.is_served(HTTP_ROUTES, "other")) == (False, True)
    assert store.note_served(HTTP_ROUTES, "", is_served=False)
    assert not store.is_served(HTTP_ROUTES, "other")
