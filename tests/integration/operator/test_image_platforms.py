"""Images for several platforms in one fleet: the verdict on each node is that of the child for its architecture."""

from collections.abc import Iterator

import pytest
from tests.support import registries
from tests.support.images import multi
from tests.support.kube import Kube, Object
from tests.support.packages import Registry
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.profiles import SimulatedNode

ONE_FITS = {"resources": {"requests": {"cpu": "600m"}}}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    """A registry that is open to everybody, without TLS."""
    with registries.running(tmp_path_factory.mktemp("platforms")) as found:
        yield found


@pytest.fixture
def fleet(sandbox: Sandbox) -> Iterator[None]:
    """A node of each of three architectures, on which one of the test's pods fits."""
    with sandbox.simulated():
        for arch in ("amd64", "arm64", "s390x"):
            sandbox.simulate(SimulatedNode(name=arch, labels={"kubernetes.io/arch": arch}, capacity={"cpu": "1"}))
        yield


def registered(registry: Registry, images: registries.Registry, repository: str) -> Object:
    source = {"image": {"reference": f"{images.address}/{repository}:1.0", "plainHttp": True}}
    version = registry.version(source=source, container=ONE_FITS)
    registry.until(version, "Ready", "True")
    return version


def placed(kube: Kube, registry: Registry) -> dict[str | None, str]:
    """The image of each pod, by its node; None: it waits for one."""
    pods = kube.list("v1", "Pod", registry.namespace)
    return {pod["spec"].get("nodeName"): pod["spec"]["containers"][0]["image"] for pod in pods}


@pytest.mark.usefixtures("fleet")
def test_an_index_runs_on_both_architectures_of_one_fleet_by_one_digest_and_on_no_other(
    kube: Kube, registry: Registry, images: registries.Registry
) -> None:
    pinned = f"{images.address}/team/both@{images.push('team/both', multi('amd64', 'arm64/v8'), '1.0')}"
    version = registered(registry, images, "team/both")
    said = eventually(lambda: compatibility(registry, version, nodes=2))
    assert said["verdict"] == "Compatible"
    assert [(one["reason"], one["nodes"]) for one in said["reasons"]] == [("ArchitectureMismatch", 1)]
    registry.application(replicas=3)
    eventually(lambda: _same(placed(kube, registry), {"amd64": pinned, "arm64": pinned, None: pinned}))
    waiting = next(pod for pod in kube.list("v1", "Pod", registry.namespace) if "nodeName" not in pod["spec"])
    (term,) = waiting["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    architectures = next(one for one in term["matchExpressions"] if one["key"] == "kubernetes.io/arch")
    assert (architectures["operator"], sorted(architectures["values"])) == ("In", ["amd64", "arm64"])


@pytest.mark.usefixtures("fleet")
def test_of_an_index_that_a_mirror_has_in_part_pods_go_only_where_there_is_a_child(
    kube: Kube, registry: Registry, images: registries.Registry
) -> None:
    pushed = multi("amd64", "arm64", run={"Cmd": ["mirrored"]})
    images.push("team/mirror", pushed, "1.0")
    images.delete("team/mirror", pushed.children[1].digest)
    version = registered(registry, images, "team/mirror")
    assert registry.now(version)["status"]["image"]["absentPlatforms"] == ["linux/arm64"]
    said = eventually(lambda: compatibility(registry, version, nodes=1))
    assert [(one["reason"], one["nodes"]) for one in said["reasons"]] == [("ArchitectureMismatch", 2)]
    registry.application(replicas=2)
    eventually(lambda: _same(set(placed(kube, registry)), {"amd64", None}))


def compatibility(registry: Registry, version: Object, *, nodes: int) -> Object:
    found: Object = registry.now(version)["status"].get("compatibility", {})
    assert found.get("compatible") == nodes, found
    return found


def _same(found: object, wanted: object) -> bool:
    assert found == wanted
    return True
