"""Which nodes an image fits: by its platforms, by what it says of itself, by what pods ask for."""

from typing import Any

import pytest
from tests.support.fleet import TABLES, mindcluster, node, seen
from tests.support.known_images import found
from tests.support.verdicts import verdict

from aiapp.api.meta import Npu
from aiapp.api.scheduling import Scheduling
from aiapp.domain.images.hints import CANN_LABEL, CHIPS_LABEL, HARDWARE_LABEL
from aiapp.domain.images.requirement import image_requirement
from aiapp.domain.images.status import image_status
from aiapp.domain.nodes.compatibility import Verdict
from aiapp.domain.nodes.facts import GPU_RESOURCE

A2 = mindcluster("a2", "910B3", driver="25.0.rc1")
VLLM = {"ASCEND_TOOLKIT_HOME": "/usr/local/Ascend/ascend-toolkit/latest", "SOC_VERSION": "ascend910b1"}


def judged(
    *platforms: str, npu: Npu | None = None, nodes: tuple[Any, ...] = (node("cpu"), A2), **config: Any
) -> Verdict:
    image = image_status(found(*platforms, **config))
    return verdict(image_requirement(image, npu, TABLES), seen(*nodes), TABLES)


def reasons(of: Verdict) -> dict[str, tuple[str, ...]]:
    return {str(one.reason): one.examples for one in of.reasons}


def test_every_platform_of_an_index_is_an_architecture_that_fits() -> None:
    assert judged("linux/amd64").compatible == 1
    assert judged("linux/amd64", "linux/arm64/v8", nodes=(node("amd"), node("arm", arch="arm64"))).compatible == 2


def test_a_node_of_another_architecture_is_named() -> None:
    assert reasons(judged("linux/arm64", nodes=(node("cpu"),))) == {"ArchitectureMismatch": ("cpu",)}


def test_an_image_without_a_word_is_for_cpus_and_asks_for_no_device() -> None:
    needed = image_requirement(image_status(found()), None, TABLES)
    assert (needed.hardware, needed.devices, needed.resource) == ("CPU", 0, None)


def test_an_image_for_one_chip_fits_no_other_and_takes_one_npu() -> None:
    needed = image_requirement(image_status(found("linux/arm64", environment=VLLM)), None, TABLES)
    assert (needed.hardware, [chip.id for chip in needed.chips], needed.devices) == ("CANN", ["Ascend910B"], 1)
    other = mindcluster("a1", "910ProB", driver="25.0.rc1")
    told = judged("linux/arm64", "linux/amd64", environment=VLLM, nodes=(A2, other))
    assert (told.compatible, reasons(told)) == (1, {"ChipMismatch": ("a1",)})


def test_a_cann_that_the_driver_does_not_serve_is_told_before_any_pod() -> None:
    labels = {CANN_LABEL: "9.0.0", CHIPS_LABEL: "Ascend910B"}
    old = mindcluster("old", "910B3", driver="23.0.rc1")
    assert reasons(judged("linux/arm64", "linux/amd64", labels=labels, nodes=(old,))) == {"CannTooNew": ("old",)}


def test_a_chip_that_no_table_knows_leaves_it_open() -> None:
    told = judged("linux/arm64", "linux/amd64", labels={CHIPS_LABEL: "Ascend1234"}, nodes=(A2,))
    assert told.verdict == "Unknown"


def test_who_asks_for_npus_gets_a_node_with_npus_whatever_the_image_says() -> None:
    told = judged("linux/amd64", "linux/arm64", npu=Npu(count=2), labels={CHIPS_LABEL: "Ascend910B"})
    assert (told.compatible, list(reasons(told))) == (1, ["HardwareMissing"])


def test_an_image_that_does_not_say_its_chip_leaves_it_open_and_is_told_how_to() -> None:
    told = judged("linux/amd64", "linux/arm64", npu=Npu(count=2))
    assert (told.verdict, told.reasons[0].detail) == ("Unknown", "the image does not state which chip the image is for")
    assert told.near_fits[0].remedy == "an image that says its chip"


def test_an_image_for_cuda_asks_for_the_gpu_that_there_is() -> None:
    needed = image_requirement(image_status(found(labels={HARDWARE_LABEL: "CUDA"})), None, TABLES)
    assert (needed.hardware, needed.devices, needed.resource) == ("CUDA", 1, GPU_RESOURCE)


def test_an_image_upon_that_of_cuda_runs_on_cpus_unless_gpus_are_asked_for() -> None:
    needed = image_requirement(image_status(found(environment={"CUDA_VERSION": "12.4.1"})), None, TABLES)
    assert (needed.hardware, needed.devices, needed.resource) == ("CPU", 0, None)


def test_a_number_of_devices_is_of_those_that_the_image_needs() -> None:
    cuda = image_status(found(environment={"CUDA_VERSION": "12.4.1"}))
    needed = image_requirement(cuda, Npu(count=2), TABLES)
    assert (needed.hardware, needed.devices, needed.resource) == ("CUDA", 2, GPU_RESOURCE)
    named = image_requirement(cuda, Npu(count=2, resource_name="huawei.com/Ascend910"), TABLES)
    assert (named.hardware, named.resource) == ("CANN", "huawei.com/Ascend910")


def test_what_the_application_demands_of_nodes_counts() -> None:
    asked = Scheduling(node_selector={"pool": "models"})
    needed = image_requirement(image_status(found()), None, TABLES, asked)
    told = verdict(needed, seen(node("cpu")), TABLES)
    assert list(reasons(told)) == ["SelectorMismatch"]


@pytest.mark.parametrize("system", ["windows", "freebsd"])
def test_a_platform_without_linux_is_no_architecture(system: str) -> None:
    needed = image_requirement(image_status(found(f"{system}/amd64", "linux/arm64")), None, TABLES)
    assert needed.architectures == {"arm64"}
