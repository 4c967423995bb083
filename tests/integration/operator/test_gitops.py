"""What Argo CD, Flux and Helm make of real objects in each phase.

`--update-golden` writes the objects as test data of the Lua scripts, in the layout that Argo CD's repository wants.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
import yaml
from tests.support.argocd import CUSTOMIZATIONS, acted, actions, health
from tests.support.kstatus import kstatus
from tests.support.kube import Object
from tests.support.operator import Operator
from tests.support.packages import Registry, keys, package, upload
from tests.support.records import SKLEARN
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox.profiles import SimulatedNode

MOMENT: Final = "2026-01-02T03:04:05Z"

Proved = Callable[[Object, str, str, str], None]


@pytest.fixture
def proved(registry: Registry, request: pytest.FixtureRequest) -> Proved:
    """`proved(object, phase, health, kstatus)`: both agree on the object as it is now."""

    def prove(obj: Object, phase: str, expected: str, waited: str) -> None:
        now = registry.kube.get(
            obj["apiVersion"], obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace")
        )
        assert (health(now).status, kstatus(now)) == (expected, waited), now["status"]["conditions"]
        if request.config.getoption("--update-golden"):
            record(neutral(now, registry), phase)

    return prove


def neutral(obj: Object, registry: Registry) -> Object:
    """Without what is another in every run."""
    del obj["metadata"]["managedFields"]
    text = json.dumps(obj)
    text = text.replace(registry.namespace, "team").replace(registry.bucket.name, "models")
    text = re.sub(r"https?://127\.0\.0\.1:\d+", "https://obs.example.com", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "obs.example.com", text)
    text = re.sub(r'"[^"]{10}T[^"]{8}(\.\d+)?Z"', f'"{MOMENT}"', text)
    text = re.sub(r'("uid": )"[^"]*"', r'\1"00000000-0000-0000-0000-000000000000"', text)
    text = re.sub(r'("resourceVersion": )"[^"]*"', r'\1"1000"', text)
    return dict(json.loads(text))


def record(obj: Object, phase: str) -> None:
    """Object and expectation, in place of those before."""
    folder, path = CUSTOMIZATIONS / obj["kind"], f"testdata/{phase}.yaml"
    (folder / path).write_text(yaml.safe_dump(obj, sort_keys=False, allow_unicode=True))
    file = folder / "health_test.yaml"
    known: list[dict[str, Any]] = yaml.safe_load(file.read_text())["tests"] if file.exists() else []
    said = {"healthStatus": health(obj)._asdict(), "inputPath": path}
    tests = sorted([*(one for one in known if one["inputPath"] != path), said], key=lambda one: str(one["inputPath"]))
    file.write_text(yaml.safe_dump({"tests": tests}, sort_keys=False, allow_unicode=True, width=200))


def test_a_version_is_healthy_when_it_is_normal(registry: Registry, proved: Proved) -> None:
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    registry.until(version, "Ready", "True")
    proved(version, "normal", "Healthy", "Current")


def test_a_version_that_nobody_has_seen_and_a_change_that_nobody_has_seen_are_progressing(
    registry: Registry, operator: Operator, proved: Proved
) -> None:
    upload(registry.bucket, "mnist", package())
    seen = registry.version(number="2.0.0")
    registry.until(seen, "Ready", "True")
    operator.stop()
    proved(registry.version(), "unseen", "Progressing", "InProgress")
    registry.kube.patch(seen, {"spec": {"description": "another one"}})
    proved(seen, "changed", "Progressing", "InProgress")
    operator.start()
    eventually(lambda: registry.now(seen)["status"]["observedGeneration"] == 2)
    proved(seen, "normal-again", "Healthy", "Current")


def test_a_faulty_package_is_degraded_with_the_reason(registry: Registry, proved: Proved) -> None:
    upload(registry.bucket, "mnist", package(model__config_json="{}"))
    version = registry.version()
    registry.until(version, "Ready", "False", "ConfigInvalid")
    proved(version, "failed", "Degraded", "Failed")
    assert health(registry.now(version)).message.startswith("ConfigInvalid: ")


def test_a_store_that_is_away_is_waited_for(registry: Registry, proved: Proved) -> None:
    version = registry.version(obs={"endpoint": "http://127.0.0.1:9"})
    registry.until(version, "Ready", "False", "EndpointUnreachable")
    proved(version, "waiting", "Progressing", "InProgress")


def test_an_application_goes_from_waiting_by_deploying_to_healthy_and_back(
    registry: Registry, sandbox: Sandbox, proved: Proved
) -> None:
    application = registry.application()
    registry.until(application, "Ready", "False", "VersionNotFound")
    proved(application, "waiting", "Progressing", "InProgress")
    upload(registry.bucket, "mnist", package())
    registry.version()
    registry.until(application, "Ready", "False", "Unschedulable")
    proved(application, "deploying", "Progressing", "InProgress")
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        registry.until(application, "Ready", "True", "Running")
        proved(application, "running", "Healthy", "Current")
        broken = {"version": "1.0.0", "resources": {"requests": {"example.com/gpu": "1"}}}
        registry.kube.patch(application, {"spec": {"serving": {"versions": [broken]}}})
        registry.until(application, "Ready", "False", "WriteRefused")
        proved(application, "failed", "Degraded", "Failed")


def test_an_application_without_pods_is_suspended_but_not_in_the_way_of_a_sync(
    registry: Registry, proved: Proved
) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application(replicas=0)
    registry.until(application, "Ready", "True", "ScaledToZero")
    proved(application, "stopped", "Suspended", "Current")
    registry.kube.patch(application, {"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": "1"}}})
    proved(application, "stopped-in-a-wave", "Healthy", "Current")


def test_an_application_that_is_asked_to_stop_is_suspended(registry: Registry, proved: Proved) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application(stopped=True)
    registry.until(application, "Ready", "True", "Stopped")
    proved(application, "stopped-on-request", "Suspended", "Current")


def test_a_rollout_that_waits_for_a_person_is_suspended_until_the_action_lets_it_go_on(
    registry: Registry, sandbox: Sandbox, proved: Proved
) -> None:
    upload(registry.bucket, "mnist", package())
    for number in ("1.0.0", "2.0.0"):
        registry.until(registry.version(number=number), "Ready", "True")
    steps = {"steps": [{"percent": 50, "approve": True}]}
    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        registry.until(registry.application(replicas=2, strategy=steps), "Ready", "True", "Running")
        application = registry.application("mnist", "2.0.0", replicas=2, strategy=steps)
        registry.until(application, "Ready", "False", "AwaitingApproval")
        proved(application, "awaiting-approval", "Suspended", "InProgress")
        approved = acted("approve", registry.now(application))["metadata"]["annotations"]
        registry.kube.patch(application, {"metadata": {"annotations": approved}})
        registry.until(application, "Ready", "True", "Running")
        assert registry.now(application)["status"]["served"] == "2.0.0"


def test_the_actions_stop_an_application_replace_its_pods_and_bring_it_back(
    registry: Registry, sandbox: Sandbox
) -> None:
    upload(registry.bucket, "mnist", package())
    registry.until(registry.version(), "Ready", "True")
    application = registry.application(replicas=1)

    def act(action: str) -> None:
        changed = acted(action, registry.now(application))
        changes = {"metadata": {"annotations": changed["metadata"].get("annotations")}, "spec": changed["spec"]}
        assert not actions(registry.now(application))[action]["disabled"]
        registry.kube.patch(application, changes)

    def restarted() -> str:
        template = registry.kube.get("apps/v1", "Deployment", "mnist-1-0-0", registry.namespace)["spec"]["template"]
        return str(template["metadata"].get("annotations", {}).get("aiapp.dev/restart-at", ""))

    with sandbox.simulated(SimulatedNode(name="cpu-1")):
        registry.until(application, "Ready", "True", "Running")
        act("restart")
        first = eventually(restarted)
        registry.until(application, "Ready", "True", "Running")
        act("stop")
        registry.until(application, "Ready", "True", "Stopped")
        act("resume")
        registry.until(application, "Ready", "True", "Running")
        act("restart")
        eventually(lambda: restarted() != first)


def test_an_application_that_is_merely_managed_is_healthy(registry: Registry, proved: Proved) -> None:
    metadata = {"name": "mnist", "namespace": registry.namespace}
    body = {"apiVersion": GROUP_VERSION, "kind": "AIApplication", "metadata": metadata, "spec": {}}
    application = registry.kube.apply(body)
    registry.until(application, "Ready", "True", "Managed")
    proved(application, "managed", "Healthy", "Current")


@pytest.mark.parametrize(
    ("phase", "spec", "expected", "waited"),
    [
        pytest.param("usable", {"image": "r/old:1"}, "Healthy", "Current", id="with an image"),
        pytest.param("listed", {}, "Healthy", "Current", id="without an image, as it is shipped"),
        pytest.param("removed", {"image": "r/old:1", "lifecycle": "Removed"}, "Healthy", "Current", id="removed"),
        pytest.param("unparsed", {"name": "made-up"}, "Degraded", "Failed", id="with a name that tells nothing"),
    ],
)
def test_a_runtime_is_healthy_when_it_is_as_its_spec_wants_it(
    registry: Registry, proved: Proved, phase: str, spec: Object, expected: str, waited: str
) -> None:
    name = spec.get("name", SKLEARN.replace("1.6.1", f"0.{len(phase)}"))
    metadata = {"name": name.replace("_", "-")}
    body = {
        "apiVersion": GROUP_VERSION,
        "kind": "InferenceRuntime",
        "metadata": metadata,
        "spec": {"name": name} | spec,
    }
    runtime = registry.kube.create(body)
    eventually(
        lambda: "observedGeneration" in registry.kube.get(GROUP_VERSION, runtime["kind"], metadata["name"])["status"]
    )
    proved(runtime, phase, expected, waited)
    registry.kube.delete(runtime)


def test_what_is_applied_a_second_and_a_third_time_makes_nobody_write(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application()
    registry.until(version, "Ready", "True")
    registry.until(application, "Ready", "False", "Unschedulable")

    def state() -> list[Any]:
        deployment = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
        service = registry.find("v1", "Service", "mnist")
        assert deployment is not None
        assert service is not None
        ours = [one for one in deployment["metadata"]["managedFields"] if one["manager"] != "kube-controller-manager"]
        found = [registry.now(version), registry.now(application), service]
        return [ours, *(one["metadata"]["resourceVersion"] for one in found)]

    before = state()
    for _ in range(2):
        registry.kube.apply(keys(registry.bucket, registry.namespace))
        registry.version()
        registry.application()
    registry.until(application, "Ready", "False", "Unschedulable")
    assert state() == before


@pytest.mark.parametrize("cpu", [1, "1", "1000m"])
def test_a_quantity_stays_as_it_was_written(cpu: int | str, registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    container = {"resources": {"requests": {"cpu": cpu}}}
    version = registry.version(container=container)
    registry.until(version, "Ready", "True")
    before = registry.now(version)
    assert before["spec"]["container"] == container
    assert registry.version(container=container)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_labels_and_annotations_of_an_object_are_never_copied_to_what_is_made_for_it(registry: Registry) -> None:
    marks = {
        "labels": {"app.kubernetes.io/instance": "from-git", "argocd.argoproj.io/instance": "from-git"},
        "annotations": {"argocd.argoproj.io/tracking-id": "from-git:aiapp.dev/AIApplication:team/mnist"},
    }
    upload(registry.bucket, "mnist", package())
    for obj in (registry.version(), registry.application()):
        registry.kube.patch(obj, {"metadata": marks})
    eventually(lambda: registry.find("v1", "Service", "mnist"))
    eventually(lambda: registry.kube.list("v1", "Pod", registry.namespace))
    kinds = (
        *(("v1", kind) for kind in ("Pod", "Service", "ConfigMap", "Event")),
        *(("apps/v1", kind) for kind in ("Deployment", "ReplicaSet", "ControllerRevision")),
    )
    made = [one for kind in kinds for one in registry.kube.list(*kind, registry.namespace)]
    assert len(made) > len(kinds)
    assert [one["metadata"]["name"] for one in made if "from-git" in json.dumps(one["metadata"])] == []


def test_what_a_person_applies_gets_no_owner(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application()
    registry.until(version, "Ready", "True")
    eventually(lambda: registry.find("v1", "Service", "mnist"))
    assert [registry.now(one)["metadata"].get("ownerReferences") for one in (version, application)] == [None, None]
