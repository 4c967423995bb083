"""From two applied objects to a Deployment, on real parts but for the pods."""

from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import IMAGE, Registry, package, upload
from tests.support.waiting import eventually

from aiapp.api.meta import GROUP_VERSION

IMPORT = ("SourceResolved", "PackageValid", "ArtifactPinned", "RuntimeResolved")


def served(registry: Registry, replicas: int | None = None) -> tuple[Object, Object]:
    """A version and its application, deployed."""
    upload(registry.bucket, "mnist", package())
    version, application = registry.version(), registry.application(replicas=replicas)
    registry.until(application, "VersionsResolved", "True")
    eventually(lambda: registry.find("v1", "Service", "mnist"))
    return version, application


def test_a_version_becomes_normal_and_says_what_it_is(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    registry.until(version, "Ready", "True", "Normal")
    status = registry.now(version)["status"]
    assert {c["type"]: c["status"] for c in status["conditions"] if c["type"] in IMPORT} == dict.fromkeys(
        IMPORT, "True"
    )
    assert (status["phase"], status["observedGeneration"]) == ("Normal", 1)
    assert status["source"]["uri"] == f"obs://{registry.bucket.name}/mnist/model/"
    assert (status["artifact"]["objects"], status["model"]["algorithm"]) == (3, "image_classification")
    assert status["runtime"]["image"] == IMAGE
    config_map = registry.find("v1", "ConfigMap", status["artifact"]["manifestRef"]["name"])
    assert config_map is not None
    assert config_map["immutable"]
    assert [o["name"] for o in config_map["metadata"]["ownerReferences"]] == ["mnist-1.0.0"]


def test_one_event_tells_of_a_quick_import(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    registry.until(version, "Ready", "True")

    def told() -> dict[str, str]:
        events = registry.kube.list("v1", "Event", registry.namespace)
        return {e["reason"]: e["message"] for e in events if e["involvedObject"]["name"] == "mnist-1.0.0"}

    assert eventually(lambda: "Normal" in told())
    assert told().keys() - {"ImportStarted"} == {"Normal"}  # that it started is told where it takes long
    assert "; model files pinned: 3 files, " in told()["Normal"]


def test_an_application_gets_its_children_and_owns_them(registry: Registry) -> None:
    _, application = served(registry)
    uid = application["metadata"]["uid"]
    for api_version, kind, name in (
        ("apps/v1", "Deployment", "mnist-1-0-0"),
        ("v1", "Service", "mnist-1-0-0"),
        ("v1", "Service", "mnist"),
    ):
        child = registry.find(api_version, kind, name)
        assert child is not None
        assert [o["uid"] for o in child["metadata"]["ownerReferences"]] == [uid]
        assert child["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "aiapp-operator"


def test_deleting_the_application_takes_its_children_and_leaves_the_version(registry: Registry) -> None:
    version, application = served(registry)
    registry.kube.delete(application)
    for api_version, kind, name in (("apps/v1", "Deployment", "mnist-1-0-0"), ("v1", "Service", "mnist")):
        eventually(lambda a=api_version, k=kind, n=name: registry.find(a, k, n) is None)  # type: ignore[misc]
    assert registry.now(version)["status"]["phase"] == "Normal"
    manifest = registry.now(version)["status"]["artifact"]["manifestRef"]["name"]
    assert registry.find("v1", "ConfigMap", manifest) is not None


def test_deleting_a_served_version_leaves_what_runs_and_says_so(registry: Registry) -> None:
    version, application = served(registry)
    manifest = registry.now(version)["status"]["artifact"]["manifestRef"]["name"]
    registry.kube.delete(version)
    registry.until(application, "VersionsResolved", "False", "VersionNotFound")
    assert registry.find("apps/v1", "Deployment", "mnist-1-0-0") is not None
    config_map = registry.find("v1", "ConfigMap", manifest)
    assert config_map is not None
    eventually(lambda: [o["kind"] for o in _owners(registry, manifest)] == ["AIApplication"])


def test_an_application_without_serving_is_managed(registry: Registry) -> None:
    application = registry.kube.apply(
        {
            "apiVersion": "aiapp.dev/v1alpha1",
            "kind": "AIApplication",
            "metadata": {"name": "idle", "namespace": registry.namespace},
            "spec": {},
        }
    )
    registry.until(application, "Ready", "True", "Managed")


def test_an_edit_by_hand_is_mended_and_scaling_is_left_alone(registry: Registry) -> None:
    served(registry)
    deployment = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
    assert deployment is not None
    registry.kube.patch(deployment, {"spec": {"replicas": 3, "progressDeadlineSeconds": 99}})

    def mended() -> bool:
        found = registry.find("apps/v1", "Deployment", "mnist-1-0-0")
        assert found is not None
        assert (found["spec"]["progressDeadlineSeconds"], found["spec"]["replicas"]) == (1200, 3)
        return True

    eventually(mended)


def test_a_pinned_version_outlives_its_store(registry: Registry, operator: Operator) -> None:
    version, _ = served(registry)
    registry.bucket.client.delete_object(Bucket=registry.bucket.name, Key="mnist/model/config.json")
    registry.look_again(version, "now")
    operator.restart()
    assert registry.condition(version, "Ready")["status"] == "True"


def test_a_versions_service_of_an_earlier_release_keeps_its_cluster_ip(registry: Registry, operator: Operator) -> None:
    _, application = served(registry)
    operator.kill()
    before = _of_an_earlier_release(registry)
    assert before["spec"]["clusterIP"] != "None"
    operator.start()

    def upgraded() -> Object:
        found = registry.find("v1", "Service", "mnist-1-0-0")
        assert found is not None
        assert [port["port"] for port in found["spec"]["ports"]] == [80, 8080]
        return found

    after = eventually(upgraded)
    assert (after["metadata"]["uid"], after["spec"]["clusterIP"]) == (
        before["metadata"]["uid"],
        before["spec"]["clusterIP"],
    )
    assert registry.condition(application, "WorkloadsAvailable")["reason"] != "PodRefused"


def _of_an_earlier_release(registry: Registry) -> Object:
    """The version's Service, made again as it was made while versions' Services had cluster IPs."""
    now = registry.find("v1", "Service", "mnist-1-0-0")
    assert now is not None
    registry.kube.delete(now)
    metadata = {key: now["metadata"][key] for key in ("name", "namespace", "labels", "annotations", "ownerReferences")}
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}]
    spec = {"type": "ClusterIP", "selector": now["spec"]["selector"], "ports": ports}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    return registry.kube.apply(service, fieldManager="aiapp-operator")


def test_a_restart_over_what_converged_writes_nothing(registry: Registry, operator: Operator, kube: Kube) -> None:
    version, application = served(registry, replicas=0)
    for one in (version, application):
        registry.until(one, "Ready", "True")
    eventually(lambda: "usedBy" in registry.now(version)["status"])  # what comes last
    operator.kill()
    before = _written(registry)
    operator.start()

    def looked_at() -> bool:
        kinds = ("AIApplication", "AIApplicationVersion")
        looks = {k: operator.metric("controller_runtime_reconcile_total", controller=k) for k in kinds}
        return all(looks[kind] >= len(kube.list(GROUP_VERSION, kind)) > 0 for kind in kinds)

    eventually(looked_at)
    assert _written(registry) == before


def _written(registry: Registry) -> set[tuple[str, str, str]]:
    """Kind, name and resourceVersion of whatever the operator may have written in the namespace."""
    kinds = [(GROUP_VERSION, "AIApplication"), (GROUP_VERSION, "AIApplicationVersion"), ("v1", "Event")]
    kinds += [("apps/v1", "Deployment"), ("apps/v1", "ControllerRevision"), ("v1", "Service"), ("v1", "ConfigMap")]
    found = ((kind, one["metadata"]) for of, kind in kinds for one in registry.kube.list(of, kind, registry.namespace))
    return {(kind, metadata["name"], metadata["resourceVersion"]) for kind, metadata in found}


def _owners(registry: Registry, name: str) -> list[Object]:
    found = registry.find("v1", "ConfigMap", name)
    assert found is not None
    return list(found["metadata"]["ownerReferences"])
