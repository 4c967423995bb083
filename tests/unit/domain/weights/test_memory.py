"""What weights and cache take of NPUs: plain arithmetic, held against figures that engines themselves have told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.api.weights import WeightsStatus
from aiapp.domain.weights.memory import MemoryNeed, memory_need

GIB = 1024**3


def weights(**fields: object) -> WeightsStatus:
    tensors = fields.pop("tensor_bytes", {"BF16": 16 * GIB})
    assert isinstance(tensors, dict)
    size = sum(tensors.values())
    given = {"format": "Safetensors", "bytes": size, "size": "", "tensor_bytes": tensors, **fields}
    return WeightsStatus.model_validate(given)


def need(
    found: WeightsStatus, dtype: str | None = None, context: int | None = None, split: int | None = None
) -> MemoryNeed:
    made = memory_need(found, dtype=dtype, context=context, split=split)
    assert made is not None
    return made


def test_the_cache_is_what_vllm_says_of_llama_4_scout() -> None:
    """`240.00 GiB KV cache is needed` for 10,485,760 tokens on eight (vllm-project/vllm#19407)."""
    scout = weights(cache_values=2 * 48 * 8 * 128, key_value_heads=8, context_length=10_485_760)
    assert need(scout).cache_on(8) == 240 * GIB


@pytest.mark.parametrize(
    ("tensors", "dtype", "kept", "least"),
    [
        pytest.param({"F32": 8}, None, 8, 4, id="as stored, or in 16 bits, as vLLM loads float32"),
        pytest.param({"F32": 8}, "float32", 8, 8, id="asked to stay wide"),
        pytest.param({"F32": 8}, "bfloat16", 4, 4, id="asked to be narrow"),
        pytest.param({"BF16": 8}, None, 8, 8, id="16 bits are never halved"),
        pytest.param({"BF16": 8}, "float32", 16, 16, id="widened"),
        pytest.param({"F64": 16, "F16": 2}, None, 18, 6, id="several formats"),
        pytest.param({"I32": 8, "F16": 2}, "float32", 12, 12, id="quantized numbers stay as they are"),
        pytest.param({"F8_E4M3": 8}, "bfloat16", 8, 8, id="eight bits too"),
        pytest.param({}, None, 0, 0, id="no tensors"),
    ],
)
def test_floats_are_counted_in_the_format_that_is_asked_for(
    tensors: dict[str, int], dtype: str | None, kept: int, least: int
) -> None:
    found = need(weights(tensor_bytes=tensors), dtype)
    assert (found.weights, found.least) == (kept, least)


def test_weights_that_nobody_looked_into_are_not_judged() -> None:
    assert memory_need(WeightsStatus(format="Other", bytes=10**12, size="")) is None


@given(
    st.integers(1, 10**13),
    st.integers(0, 10**7),
    st.sampled_from([1, 2, 4, 8, 64]),
    st.integers(0, 10**6),
    st.integers(1, 64),
)
def test_nothing_is_lost_when_it_is_spread(size: int, values: int, heads: int, context: int, npus: int) -> None:
    fields = {"cache_values": values or None, "context_length": context or None}
    found = need(weights(tensor_bytes={"BF16": size}, key_value_heads=heads, **fields))
    assert found.weights_on(npus) * npus == size
    assert found.cache_on(npus) * min(npus, heads) == 2 * values * context
    assert found.total_on(npus) <= found.total_on(1)


@given(st.integers(1, 200), st.integers(1, 10**6), st.integers(1, 64), st.integers(1, 1000))
def test_the_longest_context_just_fits(gib: int, values: int, npus: int, memory: int) -> None:
    found = need(weights(tensor_bytes={"BF16": gib * GIB}, cache_values=values, key_value_heads=8, context_length=1))
    tokens = found.tokens_on(npus, memory * GIB)
    assert tokens is not None
    room = memory * GIB * 9 / 10 - gib * GIB / npus
    each = 2 * values / min(npus, 8)
    assert tokens == pytest.approx(max(room / each, 0), abs=1.001)


def test_a_number_of_npus_has_to_divide_the_attention_heads() -> None:
    found = need(weights(tensor_bytes={"BF16": 100 * GIB}, attention_heads=28))
    assert found.fewest(range(1, 9), 64 * GIB) == 2
    assert found.fewest(range(1, 9), 30 * GIB) == 4
    assert found.fewest([3, 5, 6], 30 * GIB) is None
    assert need(weights(tensor_bytes={"BF16": 100 * GIB})).fewest(range(1, 9), 40 * GIB) == 3


def test_a_smaller_split_leaves_devices_aside_and_a_larger_one_cannot_be() -> None:
    assert need(weights(), split=2).npus(8) == 2
    assert need(weights(), split=8).npus(4) == 4
    assert need(weights()).npus(4) == 4
