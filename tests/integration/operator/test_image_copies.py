"""Images that are copied to the installation's own registry, on the real API server and two real registries."""

import os
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from tests.integration.operator.test_images import look
from tests.support import registries
from tests.support.fault_proxy import NO_FAULT, Fault, fault_proxy
from tests.support.images import image, multi
from tests.support.kube import Object
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry
from tests.support.registries import running
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.adapters.registry.pieces import PIECE_BYTES


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    """The installation's own registry."""
    with running(tmp_path_factory.mktemp("own")) as found:
        yield found


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    """A registry of somebody else."""
    with running(tmp_path_factory.mktemp("theirs")) as found:
        yield found


@pytest.fixture(scope="module")
def operator(
    sandbox: Sandbox, installed: None, own: registries.Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """It has a registry."""
    environment = {"AIAPP_REGISTRY": f"{own.address}/copies", "AIAPP_REGISTRY_PLAIN_HTTP": "true"}
    with running_operator(sandbox, tmp_path_factory, environment) as started:
        yield started


def sourced(registry: Registry, reference: str, name: str = "mnist", **image: object) -> Object:
    return registry.version(name, source={"image": {"reference": reference, "plainHttp": True} | image})


def test_pods_run_a_copy_that_nothing_which_happens_to_the_original_hurts(
    registry: Registry, own: registries.Registry, theirs: registries.Registry
) -> None:
    pushed = multi("amd64", "arm64/v8", run={"Cmd": ["model"]})
    theirs.push("team/model", pushed, "1.0")
    version = sourced(registry, f"{theirs.address}/team/model:1.0")
    registry.until(version, "Ready", "True")
    status = registry.now(version)["status"]
    copy = status["image"]["image"]
    assert copy.startswith(f"{own.address}/copies/{registry.namespace}/")
    assert copy.endswith(f"team/model@{pushed.digest}")
    assert status["image"]["replicated"]
    assert status["artifact"]["image"] == f"{theirs.address}/team/model@{pushed.digest}"
    registry.application()
    deployment = eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
    assert deployment is not None
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == copy
    theirs.delete("team/model", pushed.digest)
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("False", "SourceChanged")
    assert f"pods run the copy {copy}" in told["message"]


def test_a_copy_that_the_own_registry_has_lost_is_made_again(
    registry: Registry, own: registries.Registry, theirs: registries.Registry
) -> None:
    pushed = multi("amd64", run={"Cmd": ["lost"]})
    theirs.push("team/lost", pushed, "1.0")
    version = sourced(registry, f"{theirs.address}/team/lost:1.0")
    registry.until(version, "Ready", "True")
    repository, _, _ = registry.now(version)["status"]["image"]["image"].removeprefix(f"{own.address}/").partition("@")
    own.delete(repository, pushed.digest)
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("Unknown", "ImageCopying")

    def there_again() -> bool:
        status, _, _ = own.request("HEAD", f"/v2/{repository}/manifests/{pushed.digest}")
        return status == 200

    eventually(there_again)
    assert look(registry, version, "2")["status"] == "True"


def test_who_wants_no_copy_gets_none(registry: Registry, own: registries.Registry, theirs: registries.Registry) -> None:
    pushed = theirs.push("team/alone", multi("amd64", run={"Cmd": ["alone"]}), "1.0")
    version = sourced(registry, f"{theirs.address}/team/alone:1.0", replicate=False)
    registry.until(version, "Ready", "True")
    assert registry.now(version)["status"]["image"]["image"] == f"{theirs.address}/team/alone@{pushed}"


def test_a_restart_goes_on_with_a_copy_and_writes_nothing_of_one_that_is_there(
    registry: Registry, operator: Operator, theirs: registries.Registry
) -> None:
    theirs.push("team/again", multi("amd64", run={"Cmd": ["again"]}), "1.0")
    version = sourced(registry, f"{theirs.address}/team/again:1.0", "first")
    registry.until(version, "Ready", "True")
    before = registry.now(version)
    second = sourced(registry, f"{theirs.address}/team/again:1.0", "second")
    operator.restart()
    registry.until(second, "Ready", "True")
    assert registry.now(version) == before


def test_a_restart_goes_on_in_the_midst_of_a_layer(
    registry: Registry, operator: Operator, own: registries.Registry, theirs: registries.Registry
) -> None:
    pushed = image(layers=[os.urandom(PIECE_BYTES + 1000)])
    theirs.push("team/long", pushed, "1.0")
    second_piece = f"bytes={PIECE_BYTES}-"
    with fault_proxy(f"http://{theirs.address}") as proxy:
        away = Fault(status=HTTPStatus.BAD_GATEWAY)
        proxy.rule = lambda request: away if second_piece in request.headers.get("range", "") else NO_FAULT
        version = sourced(registry, f"{proxy.address}/team/long:1.0")
        registry.until(version, "ArtifactPinned", "False", reason="EndpointUnreachable")
        operator.stop()
        proxy.rule = lambda _: NO_FAULT
        proxy.requests.clear()
        operator.start()
        registry.until(version, "Ready", "True")
    assert proxy.ranges == [f"{second_piece}{PIECE_BYTES + 999}"]
