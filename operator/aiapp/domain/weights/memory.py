"""What weights and their cache take of the memory of NPUs: plain arithmetic, on the safe side of a refusal. Pure.

Weights: the tensors' own bytes, split evenly over the NPUs. That is the least that an NPU holds, since norms and often
embeddings are on each of them.

Cache: what attention keeps of one sequence of the whole context, at 16 bits a number. vLLM does not start unless that
fits (vllm-project/vllm#2418, #19407: 240 GiB an NPU for 10,485,760 tokens of Llama 4 Scout on eight, which is what this
arithmetic gives). Key-value heads are split over the NPUs; where there are fewer of them, they are repeated.

The rest: a tenth of an NPU's memory for activations, graphs and communication, which engines leave free by default
(vLLM's `gpu_memory_utilization` of 0.9).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from aiapp.api.weights import WeightsStatus
from aiapp.domain.weights.safetensors import BITS

USABLE: Final = Fraction(9, 10)
"""The part of an NPU's memory that weights and cache may take."""
CACHE_BYTES: Final = 2
"""Of one number in the cache."""
HALF_BITS: Final = 16

_ASKED_BITS: Final[Mapping[str, int]] = {"float32": 32, "float16": HALF_BITS, "bfloat16": HALF_BITS}
_FLOATS: Final = frozenset({"F64", "F32", "F16", "BF16"})
"""Formats that an engine converts when it loads weights; others are quantized and stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """What is to lie in the memory of all NPUs of a pod together, in bytes."""

    weights: int
    """In the number format that is asked for, else as they are stored."""
    least: int
    """In the smallest form that an engine may give them: where no format is asked for, wide floats in 16 bits."""
    halved: int
    """With wide floats in 16 bits, whatever is asked for."""
    dtype: str | None = None
    """The number format that `weights` is in, where most of them are floats."""
    cache_per_token: int = 0
    """Of one token; 0 where it is not known."""
    context: int = 0
    """Tokens of one sequence; 0 where it is not known."""
    attention_heads: int = 0
    """A number of NPUs has to divide it; 0 where it is not known."""
    key_value_heads: int = 1
    split: int | None = None
    """NPUs over which each layer is split, where that is asked for; None: all NPUs of the pod."""

    def npus(self, devices: int) -> int:
        """Of a pod's devices those over which it is spread."""
        return min(self.split or devices, devices)

    def weights_on(self, npus: int) -> Fraction:
        """Bytes on each of so many NPUs, at least."""
        return Fraction(self.weights, npus)

    def least_on(self, npus: int) -> Fraction:
        """The same in the smallest form."""
        return Fraction(self.least, npus)

    def cache_on(self, npus: int) -> Fraction:
        """Bytes of one sequence of the whole context on each."""
        return self._token_on(npus) * self.context

    def total_on(self, npus: int) -> Fraction:
        """Weights and cache on each."""
        return self.weights_on(npus) + self.cache_on(npus)

    def tokens_on(self, npus: int, memory: int) -> int | None:
        """The longest context for which there is room on NPUs of that memory; None where it is not known."""
        token = self._token_on(npus)
        return max(int((memory * USABLE - self.weights_on(npus)) / token), 0) if token else None

    def halves(self) -> "MemoryNeed":
        """The same with wide floats in 16 bits."""
        return replace(self, weights=self.halved, least=self.halved)

    def is_roomy(self, npus: int, memory: int) -> bool:
        """Whether weights and cache leave the rest free on NPUs of that memory."""
        return self.total_on(npus) <= memory * USABLE

    def fewest(self, among: Iterable[int], memory: int) -> int | None:
        """The smallest of these numbers of NPUs that is roomy and can split the attention heads."""
        return next((n for n in sorted(among) if self._divides(n) and self.is_roomy(n, memory)), None)

    def _divides(self, npus: int) -> bool:
        return not self.attention_heads % npus

    def _token_on(self, npus: int) -> Fraction:
        return Fraction(self.cache_per_token, min(npus, self.key_value_heads))


def memory_need(
    weights: WeightsStatus, *, dtype: str | None = None, context: int | None = None, split: int | None = None
) -> MemoryNeed | None:
    """With the number format, context length and split that are asked for; None where the tensors are not known."""
    if weights.tensor_bytes is None:
        return None
    halved = _bytes(weights.tensor_bytes, HALF_BITS, widens=False)
    asked = _bytes(weights.tensor_bytes, bits) if (bits := _ASKED_BITS.get(dtype or "")) else None
    return MemoryNeed(
        weights=weights.bytes if asked is None else asked,
        least=halved if asked is None else asked,
        halved=halved,
        dtype=dtype or weights.dtype,
        cache_per_token=(weights.cache_values or 0) * CACHE_BYTES,
        context=context or weights.context_length or 0,
        attention_heads=weights.attention_heads or 0,
        key_value_heads=weights.key_value_heads or 1,
        split=split,
    )


def _bytes(tensors: Mapping[str, int], bits: int, *, widens: bool = True) -> int:
    """Of all tensors when floats are converted to so many bits; without `widens` only from wider ones."""
    return sum(
        size * bits // BITS[name] if name in _FLOATS and (widens or BITS[name] > bits) else size
        for name, size in tensors.items()
    )
