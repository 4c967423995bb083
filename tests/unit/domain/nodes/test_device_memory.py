"""Weights and the memory of NPUs: refused only where they cannot fit, and what would do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fleet import TABLES, mindcluster, node, seen
from tests.support.verdicts import judged, requirement

from aiapp.api.conditions import Reason
from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.weights import WeightsStatus
from aiapp.domain.nodes.compatibility import Judged, Verdict, summary
from aiapp.domain.nodes.device_memory import device_memory
from aiapp.domain.nodes.facts import facts
from aiapp.domain.nodes.overlay import overlaid
from aiapp.domain.nodes.placement import placement
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.weights.memory import memory_need

GIB = 1024**3
RUNTIME = RuntimeSpec(name="vllm_0.9.1-cann_8.0.rc3-py_3.11-ubuntu_22.04-aarch64-snt9b")
DRIVER = "24.1.rc3"
MEMORY = "mind-cluster/npu-chip-memory"


def weights(gib: float, stored: str = "BF16", **fields: Any) -> WeightsStatus:
    size = int(gib * GIB)
    return WeightsStatus(format="Safetensors", bytes=size, size="", tensor_bytes={stored: size}, **fields)


def needed(found: WeightsStatus, npus: int = 1, **asked: Any) -> Requirement:
    wanted = requirement(RUNTIME, Npu(count=npus), TABLES)
    dtypes = asked.pop("dtypes", ())
    return replace(wanted, memory=memory_need(found, **asked), dtypes=dtypes)


def a2(name: str = "npu-1", chip: str = "910B3", memory: str | None = None, npus: int = 8) -> dict[str, Any]:
    more = {MEMORY: memory} if memory else {}
    return mindcluster(name, chip, driver=DRIVER, npus=npus, **more)


def word(wanted: Requirement, *nodes: dict[str, Any]) -> Verdict:
    return summary(judged(wanted, seen(*nodes), TABLES))


def only(wanted: Requirement, one: dict[str, Any]) -> Judged:
    (found,) = judged(wanted, seen(one), TABLES)
    return found


@pytest.mark.parametrize(
    ("labels", "size"),
    [
        pytest.param({MEMORY: "64G"}, 64 * GIB, id="the plugin's label"),
        pytest.param({"huawei.com/npu.chip.memory": "32G", MEMORY: "64G"}, 32 * GIB, id="the newer key first"),
        pytest.param({MEMORY: "65536Mi"}, 64 * GIB, id="in MiB"),
        pytest.param({"node.kubernetes.io/npu.chip.name": "910B3"}, 64 * GIB, id="by the chip's name"),
        pytest.param({"node.kubernetes.io/npu.chip.name": "910B4"}, None, id="a name with two sizes"),
        pytest.param({"node.kubernetes.io/npu.chip.name": "910B3", MEMORY: "32G"}, 32 * GIB, id="the label counts"),
        pytest.param({MEMORY: "0G"}, None, id="nothing"),
        pytest.param({MEMORY: "many"}, None, id="no number"),
        pytest.param({}, None, id="no label"),
    ],
)
def test_the_memory_of_an_npu_is_that_of_its_label_else_of_its_name(labels: dict[str, str], size: int | None) -> None:
    assert device_memory(facts(node(labels=labels), TABLES).kind, TABLES) == size


def test_an_administrator_may_add_sizes() -> None:
    tables = overlaid(TABLES, "chips: [{id: Ascend910B, memory: {910B4: 32, 910B3: 60}}]")
    one = facts(node(labels={"node.kubernetes.io/npu.chip.name": "910B4"}), tables).kind
    assert device_memory(one, tables) == 32 * GIB
    assert {chip.id: chip.memory for chip in tables.chips}["Ascend910B"]["910B3"] == 60


@pytest.mark.parametrize(
    ("wanted", "detail", "remedy"),
    [
        pytest.param(
            needed(weights(140, context_length=4096, cache_values=163840, key_value_heads=8, attention_heads=64)),
            "the weights take 140.0 GiB on an NPU, which has 64.0 GiB",
            "npu.count 4: 4 NPUs would do",
            id="more NPUs",
        ),
        pytest.param(
            needed(weights(140, attention_heads=28), npus=2),
            "the weights take 70.0 GiB on each of 2 NPUs, which have 64.0 GiB",
            "npu.count 4: 4 NPUs would do",
            id="a number that divides the heads",
        ),
        pytest.param(
            needed(weights(100, "F32"), dtype="float32"),
            "the weights take 100.0 GiB on an NPU in float32, which has 64.0 GiB",
            "container.parameters.dtype bfloat16 instead of float32",
            id="a narrower format",
        ),
        pytest.param(
            needed(weights(100, "F32"), dtype="float32", dtypes=("float16", "float32")),
            "in float32",
            "container.parameters.dtype float16 instead of float32",
            id="the one that the runtime has",
        ),
        pytest.param(
            needed(weights(160, "F32"), dtype="float32", dtypes=("float32",)),
            "in float32",
            "npu.count 3: 3 NPUs would do",
            id="a runtime that has none",
        ),
        pytest.param(
            needed(weights(800, "F32", attention_heads=8), dtype="float32"),
            "in float32",
            "container.parameters.dtype bfloat16 instead of float32 and npu.count 8: 8 NPUs would do",
            id="both",
        ),
        pytest.param(needed(weights(1400)), "the weights take 1.4 TiB", "", id="nothing would do"),
        pytest.param(
            needed(weights(500), npus=2, split=2),
            "the weights take 250.0 GiB on each of 2 NPUs",
            "",
            id="more than the node has",
        ),
        pytest.param(
            needed(weights(200), npus=2, split=2),
            "the weights take 100.0 GiB on each of 2 NPUs",
            "npu.count 4 and container.parameters.tensorParallelSize 4: 4 NPUs would do",
            id="a split that was asked for",
        ),
    ],
)
def test_weights_that_cannot_fit_are_refused_with_what_would_do(wanted: Requirement, detail: str, remedy: str) -> None:
    found = word(wanted, a2())
    assert (found.verdict, found.reasons[0].reason) == ("Incompatible", Reason.MEMORY_TOO_SMALL)
    assert detail in found.reasons[0].detail
    assert [near.remedy for near in found.near_fits] == ([remedy] if remedy else [])
    assert detail in found.message


def test_more_parts_of_a_layer_than_a_pod_has_npus_are_refused() -> None:
    found = word(needed(weights(10), npus=2, split=4), a2())
    assert (found.verdict, found.reasons[0].reason) == ("Incompatible", Reason.NPU_COUNT_IMPOSSIBLE)
    assert found.reasons[0].detail == "tensorParallelSize is 4, and a pod has 2"
    assert found.near_fits[0].remedy == "npu.count: 4, or a smaller tensorParallelSize"


def test_weights_that_an_engine_may_narrow_are_not_refused() -> None:
    found = word(needed(weights(100, "F32", dtype="float32")), a2())
    assert (found.verdict, found.reasons[0].reason) == ("Unknown", Reason.MEMORY_TOO_SMALL)
    assert found.near_fits[0].remedy == "container.parameters.dtype bfloat16 instead of float32"


def test_npus_that_a_split_leaves_aside_may_take_other_layers() -> None:
    found = word(needed(weights(100), npus=2, split=1), a2())
    assert (found.verdict, found.reasons[0].reason) == ("Unknown", Reason.MEMORY_TOO_SMALL)


def test_a_node_that_does_not_say_its_memory_is_unknown() -> None:
    found = word(needed(weights(1)), a2(chip="910B4"))
    assert (found.verdict, found.reasons[0].reason) == ("Unknown", Reason.FACTS_MISSING)
    assert found.near_fits[0].remedy == f"label it with {MEMORY}"
    assert found.message.endswith("the node does not state the memory of its NPUs)")


@pytest.mark.parametrize(
    ("wanted", "note"),
    [
        pytest.param(
            needed(weights(50, context_length=131072, cache_values=65536, key_value_heads=8)),
            "of 64.0 GiB an NPU the weights take 50.0 GiB and the cache of 131072 tokens 16.0 GiB, there is room for "
            "62259: container.parameters.contextLength or npu.count 2: 2 NPUs would do",
            id="too long a context",
        ),
        pytest.param(
            needed(weights(60, context_length=4096, cache_values=65536, key_value_heads=8)),
            "of 64.0 GiB an NPU the weights take 60.0 GiB and the cache of 4096 tokens 512.0 MiB, there is room for "
            "none: npu.count 2: 2 NPUs would do",
            id="no room at all",
        ),
        pytest.param(
            needed(weights(60)),
            "of 64.0 GiB an NPU the weights take 60.0 GiB, which leaves less than the tenth that engines keep free: "
            "npu.count 2: 2 NPUs would do",
            id="an unknown context",
        ),
        pytest.param(
            needed(weights(60, "F32"), dtype="float32"),
            "of 64.0 GiB an NPU the weights take 60.0 GiB, which leaves less than the tenth that engines keep free: "
            "container.parameters.dtype bfloat16 instead of float32",
            id="a narrower format",
        ),
        pytest.param(
            needed(weights(488), npus=8),
            "of 64.0 GiB an NPU the weights take 61.0 GiB, which leaves less than the tenth that engines keep free",
            id="nothing would do",
        ),
    ],
)
def test_a_node_on_which_weights_just_fit_is_taken_with_a_warning(wanted: Requirement, note: str) -> None:
    found = word(wanted, a2("npu-1"), a2("npu-2"))
    assert (found.verdict, found.compatible) == ("Compatible", 2)
    assert found.message == f"2 of 2 nodes fit; warning: {note} (npu-1, npu-2)"


def test_a_shorter_context_takes_the_warning_away() -> None:
    found = weights(50, context_length=131072, cache_values=65536, key_value_heads=8)
    assert word(needed(found, context=62259), a2()).message == "1 of 1 nodes fits"
    assert "warning" in word(needed(found, context=62300), a2()).message


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(mindcluster("n", "910ProB", driver=DRIVER, npus=8, **{MEMORY: "32G"}), id="another chip"),
        pytest.param(a2(npus=0), id="no NPU"),
        pytest.param(node(arch="arm64"), id="no hardware"),
    ],
)
def test_what_an_earlier_check_denies_is_not_weighed(one: dict[str, Any]) -> None:
    assert Reason.MEMORY_TOO_SMALL not in {found.reason for found in only(needed(weights(1000)), one).mismatches}


def test_without_npus_nothing_is_weighed() -> None:
    cpu = RuntimeSpec(name="vllm_0.9.1-cpu-py_3.11-ubuntu_22.04-x86_64")
    wanted = replace(requirement(cpu, None, TABLES), memory=memory_need(weights(1000)))
    assert word(wanted, node()).verdict == "Compatible"


def test_pods_are_kept_off_nodes_with_too_little_memory() -> None:
    wanted = needed(weights(40))
    small, large = a2("small", "910B4", "32G"), a2("large", "910B4", "64G")
    placed = placement(wanted, judged(wanted, seen(small, large), TABLES), TABLES)
    assert placed.node_affinity is not None
    (term,) = placed.node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert {"key": MEMORY, "operator": "NotIn", "values": ["32G"]} in term["matchExpressions"]


@given(
    gib=st.integers(1, 600),
    dtype=st.sampled_from(["BF16", "F32", "I8"]),
    asked=st.sampled_from([None, "float32", "bfloat16"]),
    npus=st.sampled_from([1, 2, 4, 8]),
    memory=st.sampled_from([None, 8, 32, 64, 128]),
    split=st.sampled_from([None, 1, 2, 4, 8]),
)
def test_the_verdict_is_that_of_a_plain_count(
    gib: int, dtype: str, asked: str | None, npus: int, memory: int | None, split: int | None
) -> None:
    """An oracle in floating point, written without the code's own words."""
    wide = {"float32": 2.0, "bfloat16": 1.0}
    factor = {"BF16": wide, "F32": {"float32": 1.0, "bfloat16": 0.5}, "I8": {"float32": 1.0, "bfloat16": 1.0}}[dtype]
    stored = gib * (factor[asked] if asked else 1.0)
    smallest = stored if asked or dtype != "F32" else gib / 2
    spread = min(split or npus, npus)
    expected = (
        "Incompatible"
        if split and split > npus
        else "Unknown"
        if memory is None
        else "Incompatible"
        if smallest / npus > memory
        else "Unknown"
        if stored / spread > memory
        else "Compatible"
    )
    one = a2(chip="910B4", memory=None if memory is None else f"{memory}G")
    assert word(needed(weights(gib, dtype), npus, dtype=asked, split=split), one).verdict == expected
