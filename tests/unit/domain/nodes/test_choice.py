"""One of several images, and the nodes that go with it."""

import pytest
from tests.support.fleet import TABLES, mindcluster, node, seen

from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.nodes.choice import best, choices, verdict_of
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.runtime_requirement import PlacementRequest, requirements

A2 = {"image": "r/e:a2", "chips": ["Ascend910B"]}
A3 = {"image": "r/e:a3", "chips": ["Ascend910C"], "cann": "8.5.0", "npuCounts": [2, 4]}
RUNTIME = RuntimeSpec.model_validate({"name": "e_1.0-cann_9.1.0-py_3.11-ubuntu_22.04-aarch64", "images": [A2, A3]})
OLD = "25.0.rc1"
"""A driver that serves CANN 8.5.0 and not 9.1.0."""


def needs(count: int = 2, runtime: RuntimeSpec = RUNTIME) -> tuple[Requirement, ...]:
    return requirements(runtime, PlacementRequest(npu=Npu(count=count)), TABLES)


def test_each_node_is_judged_by_the_cann_of_the_image_that_its_pods_would_get() -> None:
    fleet = seen(mindcluster("a2", "910B3", driver=OLD), mindcluster("a3", "910C", driver=OLD))
    found = verdict_of(needs(), fleet, TABLES)
    assert (found.compatible, found.nodes) == (1, 2)
    assert [(one.reason, one.examples) for one in found.reasons] == [(Reason.CANN_TOO_NEW, ("a2",))]


def test_a_node_of_another_chip_than_any_image_s_says_so() -> None:
    found = verdict_of(needs(), seen(mindcluster("first", "910ProB", driver="25.5.0")), TABLES)
    assert [one.reason for one in found.reasons] == [Reason.CHIP_MISMATCH]


def test_a_near_miss_is_told_rather_than_that_another_image_is_for_another_chip() -> None:
    found = verdict_of(needs(1), seen(mindcluster("a3", "910C", driver="25.5.0")), TABLES)
    assert [(one.missing, one.remedy) for one in found.near_fits] == [
        (Reason.NPU_COUNT_IMPOSSIBLE, "npu.count: one of 2, 4")
    ]


@pytest.mark.parametrize(
    ("chips", "image"),
    [
        (("910B3", "910C"), "r/e:a2"),
        (("910B3", "910C", "910C"), "r/e:a3"),
        (("910C",), "r/e:a3"),
        (("910ProB",), "r/e:a2"),
    ],
)
def test_the_image_is_the_one_for_which_most_nodes_fit_and_else_the_first(chips: tuple[str, ...], image: str) -> None:
    fleet = seen(*(mindcluster(f"n{place}", chip, driver="25.5.0") for place, chip in enumerate(chips)))
    assert best(choices(needs(), fleet, TABLES)).needed.image == image


def test_without_any_fit_the_image_for_the_nearest_node_comes_first() -> None:
    fleet = seen(node("cpu"), mindcluster("a3", "910C", driver="25.5.0"))
    assert best(choices(needs(1), fleet, TABLES)).needed.image == "r/e:a3"


def test_an_image_that_nobody_has_set_yet_leaves_its_nodes_out() -> None:
    half = RuntimeSpec.model_validate({"name": RUNTIME.name, "images": [{"chips": ["Ascend910B"]}, A3]})
    assert [one.image for one in needs(runtime=half)] == ["r/e:a3"]
    neither = RuntimeSpec.model_validate({"name": RUNTIME.name, "images": [{"chips": ["Ascend910B"]}]})
    assert [one.image for one in needs(runtime=neither)] == [None]


def test_an_image_for_both_architectures_runs_on_either() -> None:
    both = RuntimeSpec.model_validate({"name": RUNTIME.name, "images": [A2 | {"architectures": ["arm64", "amd64"]}]})
    fleet = seen(mindcluster("a", "910B3", driver="25.5.0"), mindcluster("x", "910B3", driver="25.5.0", arch="amd64"))
    assert verdict_of(needs(runtime=both), fleet, TABLES).compatible == 2
