"""The memory of one NPU of a node, and what would let weights fit that do not. Pure."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from aiapp.domain.nodes.facts import NodeKind
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.sizes import human_size
from aiapp.domain.weights.memory import MemoryNeed

GIB: Final = 1024**3

_WRITTEN: Final = re.compile(r"([1-9]\d{0,5})\s?(G|GB|GI|GIB|M|MB|MI|MIB)", re.ASCII | re.IGNORECASE)


def device_memory(node: NodeKind, tables: Tables) -> int | None:
    """In bytes: as its label says it (the device plugin divides MiB by 1,024 and writes `64G`), else that of its chip's
    name where the vendor makes it with one size only. None where neither says it.
    """
    written = _WRITTEN.fullmatch(node.memory or "")
    if written is not None:
        return int(written[1]) * (GIB if written[2].upper().startswith("G") else 1024**2)
    known = (chip.memory[node.model] for chip in tables.chips if node.model and node.model in chip.memory)
    return next((size * GIB for size in known), None)


def shortage(need: MemoryNeed, npus: int, memory: int) -> str:
    """What stands against the weights."""
    form = f" in {need.dtype}" if need.dtype else ""
    each, has = (f"on each of {npus} NPUs", "have") if npus > 1 else ("on an NPU", "has")
    return f"the weights take {_size(need.weights_on(npus))} {each}{form}, which {has} {_size(memory)}"


def remedy(need: MemoryNeed, npus: int, memory: int, among: Iterable[int], dtype: str | None) -> str:
    """What would give weights and cache enough room: the number format `dtype` (None: there is none to go to), more
    NPUs of those numbers `among` which a pod can have, or both; empty where nothing would.
    """
    halves, more = need.halves(), tuple(number for number in among if number > npus)
    narrower = f"container.parameters.dtype {dtype} instead of {need.dtype or 'the stored one'}"
    if dtype and need.halved < need.weights and halves.is_roomy(npus, memory):
        return narrower
    if (enough := need.fewest(more, memory)) is not None:
        return _number(need, enough)
    if dtype and need.halved < need.weights and (enough := halves.fewest(more, memory)) is not None:
        return f"{narrower} and {_number(need, enough)}"
    return ""


def is_tight(need: MemoryNeed, npus: int, memory: int) -> bool:
    """Whether the weights fit, and not all that there has to be room for."""
    return need.weights_on(npus) <= memory and not need.is_roomy(npus, memory)


def tightness(need: MemoryNeed, npus: int, memory: int, would_do: str) -> str:
    """Why the memory hardly suffices although the weights fit, and what `would_do`."""
    weights, cache = _size(need.weights_on(npus)), _size(need.cache_on(npus))
    tokens = need.tokens_on(npus, memory)
    short = f"of {_size(memory)} an NPU the weights take {weights}"
    instead = (would_do,) if would_do else ()
    if tokens is None or not need.context:
        return ": ".join((f"{short}, which leaves less than the tenth that engines keep free", *instead))
    message = f"{short} and the cache of {need.context} tokens {cache}, there is room for {tokens or 'none'}"
    shorter = ("container.parameters.contextLength",) if tokens else ()
    return ": ".join(filter(None, (message, " or ".join((*shorter, *instead)))))


def _number(need: MemoryNeed, enough: int) -> str:
    also = f" and container.parameters.tensorParallelSize {enough}" if need.split else ""
    return f"npu.count {enough}{also}: {enough} NPUs would do"


def _size(size: Fraction | int) -> str:
    return human_size(int(size))
