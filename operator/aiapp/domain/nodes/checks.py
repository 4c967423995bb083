"""What can stand against a node, one check each, in the order in which a node's reason is chosen. Pure."""

from collections.abc import Callable
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.cann import window
from aiapp.domain.nodes.device_memory import device_memory, is_tight, remedy, shortage, tightness
from aiapp.domain.nodes.facts import ARCHITECTURE_LABEL, NodeKind, Taint
from aiapp.domain.nodes.requirement import Requirement, may_use_npu_nodes, resources, tolerates
from aiapp.domain.nodes.tables import Chip, Tables
from aiapp.domain.weights.memory import MemoryNeed

POD_OS: Final = "linux"
LONGEST: Final = 300
"""Characters of a detail or a remedy: a node may have any number of long taints."""
_MOST_NPUS: Final = 64
"""Of one pod."""
CORDON: Final = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
"""The taint that a pod would have to tolerate to be sent to a cordoned node."""


class Mismatch(NamedTuple):
    """Why a node does not fit, or (`certain` False) is not known to fit."""

    reason: Reason
    detail: str = ""
    """What the node has and what is asked for."""
    remedy: str = ""
    """What would fix it; empty where nothing would."""
    certain: bool = True


class Pair(NamedTuple):
    """A requirement and a kind of node, and the facts to judge by."""

    needed: Requirement
    node: NodeKind
    tables: Tables


Check = Callable[[Pair], Mismatch | None]


def has_architecture(pair: Pair) -> Mismatch | None:
    if pair.node.architecture is None:
        return _unstated("its architecture", f"label it with {ARCHITECTURE_LABEL}")
    if pair.node.architecture in pair.needed.architectures:
        return None
    server = pair.needed.server
    detail = f"the node is {pair.node.architecture}, the {server} {' or '.join(sorted(pair.needed.architectures))}"
    return Mismatch(Reason.ARCHITECTURE_MISMATCH, detail, f"{_a(server)} for {pair.node.architecture}")


def has_system(pair: Pair) -> Mismatch | None:
    if pair.node.os in (None, POD_OS):
        return None
    return Mismatch(
        Reason.OPERATING_SYSTEM_MISMATCH, f"the node runs {pair.node.os}, the {pair.needed.server} {POD_OS}"
    )


def has_hardware(pair: Pair) -> Mismatch | None:
    match pair.needed.hardware:
        case "CPU":
            if not pair.node.chips or may_use_npu_nodes(pair.needed, pair.tables):
                return None
            remedy = "tolerate the NPU resource as a taint (serving.scheduling.tolerations)"
            return Mismatch(Reason.HARDWARE_MISSING, "the node is kept for NPU work", remedy)
        case "CUDA":
            return None if _has_any(pair) else Mismatch(Reason.HARDWARE_MISSING, _lacks(pair.needed))
        case "CANN":
            if _has_any(pair):
                return None
            return Mismatch(Reason.HARDWARE_MISSING, "nothing on the node shows an NPU")


def has_chip(pair: Pair) -> Mismatch | None:
    if not pair.needed.is_cann or has_hardware(pair):
        return None
    if pair.needed.unknown_chips and not pair.needed.takes(pair.node.chips):
        unknown = " and ".join(pair.needed.unknown_chips)
        return _unlisted(f"the {pair.needed.server}'s chip {unknown}", f"chips with id: {pair.needed.unknown_chips[0]}")
    if not pair.needed.chips:
        server = pair.needed.server
        return _unstated(f"which chip the {server} is for", f"{_a(server)} that says its chip", who=f"the {server}")
    if pair.node.chips and not pair.needed.takes(pair.node.chips):
        families = " or ".join(sorted(pair.node.chips))
        chip = f"{pair.node.model} ({families})" if pair.node.model else families
        detail = (
            f"the node has {chip}, the {pair.needed.server} is for {' or '.join(chip.id for chip in pair.needed.chips)}"
        )
        return Mismatch(
            Reason.CHIP_MISMATCH, detail, f"{_a(pair.needed.server)} for {chip}", certain=pair.needed.chips_stated
        )
    if pair.node.family is not None:
        return None
    unlisted = _unlisted_chip(pair) or _unlisted_resource(pair)
    return unlisted or _unstated("its chip", f"label it with {pair.tables.labels.chip[-1]}")


def has_npus(pair: Pair) -> Mismatch | None:
    if not pair.needed.devices or not _has_any(pair) or _is_another(pair):
        return None
    if pair.needed.counts and pair.needed.devices not in pair.needed.counts:
        counts = ", ".join(map(str, pair.needed.counts))
        detail = f"{pair.needed.devices} are asked for, the runtime takes {counts}"
        return Mismatch(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"npu.count: one of {counts}")
    if (split := pair.needed.memory.split if pair.needed.memory else None) and split > pair.needed.devices:
        detail = f"tensorParallelSize is {split}, and a pod has {pair.needed.devices}"
        return Mismatch(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"npu.count: {split}, or a smaller tensorParallelSize")
    offered = max(pair.node.allocatable(name) for name in resources(pair.needed, pair.tables))
    if not offered:
        return _no_npus(pair)
    if offered < pair.needed.devices:
        detail = f"{pair.needed.devices} are asked for, the node has {offered}"
        return Mismatch(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"at most {offered} for a pod")
    return _count_rule(pair)


def has_dtype(pair: Pair) -> Mismatch | None:
    asked, offered = pair.needed.dtype, pair.needed.dtypes
    if asked is None or not offered or asked in offered or has_hardware(pair) or _is_another(pair):
        return None
    usable = " or ".join(offered)
    detail = f"{asked} is asked for, on the node's chip the runtime has {usable}"
    return Mismatch(Reason.DTYPE_UNSUPPORTED, detail, f"container.parameters.dtype {usable}")


def has_memory(pair: Pair) -> Mismatch | None:
    """Certain only if no form that an engine may give the weights fits, spread over all NPUs of the pod."""
    need = _judged_memory(pair)
    if need is None:
        return None
    memory, npus = device_memory(pair.node, pair.tables), need.npus(pair.needed.devices)
    if memory is None:
        return _unstated("the memory of its NPUs", f"label it with {pair.tables.labels.memory[-1]}")
    if need.weights_on(npus) <= memory:
        return None
    would_do = remedy(need, npus, memory, _permitted(pair), _narrow_dtype(pair))
    certain = need.least_on(pair.needed.devices) > memory
    return Mismatch(Reason.MEMORY_TOO_SMALL, shortage(need, npus, memory), would_do, certain=certain)


def tight_memory(pair: Pair) -> str:
    """What will hardly do on a node although it fits; empty for most."""
    need = _judged_memory(pair)
    memory = None if need is None else device_memory(pair.node, pair.tables)
    if need is None or memory is None:
        return ""
    npus = need.npus(pair.needed.devices)
    if not is_tight(need, npus, memory):
        return ""
    return tightness(need, npus, memory, remedy(need, npus, memory, _permitted(pair), _narrow_dtype(pair)))


def _judged_memory(pair: Pair) -> MemoryNeed | None:
    """What has to fit, where no earlier check denies the NPUs."""
    needed = pair.needed
    if needed.memory is None or not needed.devices or not needed.is_cann:
        return None
    return None if not _has_any(pair) or _is_another(pair) or has_npus(pair) else needed.memory


def _permitted(pair: Pair) -> tuple[int, ...]:
    """Numbers of NPUs that a pod can have on the node."""
    most = max((pair.node.allocatable(name) for name in resources(pair.needed, pair.tables)), default=0)
    rules = [chip.counts_of(pair.node.server) for chip in _possible(pair)]
    among = pair.needed.counts or range(1, min(most, _MOST_NPUS) + 1)
    return tuple(n for n in among if n <= most and (not rules or any(rule.permit(n) for rule in rules)))


def _narrow_dtype(pair: Pair) -> str | None:
    """A number format of 16 bits that the runtime has."""
    return next((dtype for dtype in ("bfloat16", "float16") if dtype in (pair.needed.dtypes or (dtype,))), None)


def _no_npus(pair: Pair) -> Mismatch | None:
    """Certain, unless the node has some under a name that no table knows."""
    unlisted = _unlisted_resource(pair) if pair.needed.resource is None else None
    if unlisted is None:
        return Mismatch(Reason.NPU_RESOURCE_MISSING, *_missing(pair))
    return unlisted if pair.node.family is not None or not pair.needed.is_cann else None


def _count_rule(pair: Pair) -> Mismatch | None:
    """What no node of the kind is ever asked for in vain: rings, halves of servers, slices."""
    if pair.needed.resource is not None and pair.tables.is_part(pair.needed.resource):
        slices = f"{pair.needed.devices} slices are asked for, a pod gets exactly one"
        return Mismatch(Reason.NPU_COUNT_IMPOSSIBLE, slices, "one slice") if pair.needed.devices != 1 else None
    rules = {chip.id: chip.counts_of(pair.node.server) for chip in _possible(pair)}
    if not rules or any(rule.permit(pair.needed.devices) for rule in rules.values()):
        return None
    usual = next(iter(rules.values()))
    detail = f"{pair.needed.devices} are asked for, {' or '.join(rules)} grants {usual}"
    return Mismatch(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"one of {usual}")


def has_driver(pair: Pair) -> Mismatch | None:
    if pair.needed.cann is None or not _has_any(pair):
        return None
    if pair.node.driver is None:
        return _unstated("its driver", f"label it with {_driver_label(pair.tables)}")
    families = frozenset(chip.id for chip in _possible(pair))
    judged = window(pair.needed.cann, pair.node.driver, pair.tables, families)
    if judged.reason is None:
        return None
    remedy = f"driver {judged.driver} or newer" if judged.driver else f"{_a(pair.needed.server)} with another CANN"
    return Mismatch(judged.reason, judged.detail, remedy, certain=judged.verdict == "Incompatible")


def has_labels(pair: Pair) -> Mismatch | None:
    if not pair.node.lacking:
        return None
    wanted = ", ".join(pair.node.lacking)
    return Mismatch(
        Reason.SELECTOR_MISMATCH, f"serving.scheduling asks for {wanted}", "label it so, or change serving.scheduling"
    )


def is_ready(pair: Pair) -> Mismatch | None:
    if not pair.node.ready:
        return Mismatch(Reason.NODE_NOT_READY, "the node is not Ready", "the node has to become Ready")
    if pair.node.cordoned and not tolerates(pair.needed.tolerated, CORDON):
        return Mismatch(Reason.NODE_NOT_READY, "the node is cordoned", "kubectl uncordon")
    return None


def is_tolerated(pair: Pair) -> Mismatch | None:
    own = set(resources(pair.needed, pair.tables))
    keeps = [t for t in pair.node.taints if t.key not in own and not tolerates(pair.needed.tolerated, t)]
    if not keeps:
        return None
    taints = ", ".join(f"{t.key}{'=' if t.value else ''}{t.value}:{t.effect}" for t in keeps)
    return Mismatch(Reason.TAINTED, f"the node has taint {taints}", f"serving.scheduling.tolerations for {taints}")


CHECKS: Final[tuple[Check, ...]] = (
    has_architecture,
    has_system,
    has_hardware,
    has_chip,
    has_npus,
    has_dtype,
    has_memory,
    has_driver,
    has_labels,
    is_ready,
    is_tolerated,
)
"""What is lasting comes before what passes. A check says nothing of what an earlier one already denies."""


def findings(needed: Requirement, node: NodeKind, tables: Tables) -> tuple[Mismatch, ...]:
    """Every mismatch of the node, in order."""
    if not needed.is_known:
        return (_unstated("what it needs", "a runtime whose name follows the grammar", who="the runtime's name"),)
    pair = Pair(needed, node, tables)
    return tuple(_cut(found) for check in CHECKS if (found := check(pair)) is not None)


def note(needed: Requirement, node: NodeKind, tables: Tables) -> str:
    """What a user should know of a node that fits; empty for most."""
    return _shortened(tight_memory(Pair(needed, node, tables)))


def first(mismatches: tuple[Mismatch, ...]) -> Mismatch | None:
    """The first certain one, else the first uncertain one, else None: the node fits."""
    return next((one for one in mismatches if one.certain), next(iter(mismatches), None))


def _cut(mismatch: Mismatch) -> Mismatch:
    return mismatch._replace(detail=_shortened(mismatch.detail), remedy=_shortened(mismatch.remedy))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _a(server: str) -> str:
    return f"an {server}" if server == "image" else f"a {server}"


def _unstated(fact: str, remedy: str, who: str = "the node") -> Mismatch:
    return Mismatch(Reason.FACTS_MISSING, f"{who} does not state {fact}", remedy, certain=False)


def _unlisted(subject: str, entry: str) -> Mismatch:
    """Something of a name that is in no table: it may be anything."""
    remedy = f"add it to ConfigMap aiapp-node-facts: {entry}"
    return Mismatch(Reason.FACTS_MISSING, f"{subject} is in no table of facts", remedy, certain=False)


def _unlisted_chip(pair: Pair) -> Mismatch | None:
    if pair.node.model is None or pair.tables.names_chip(pair.node.model):
        return None
    return _unlisted(f"the node's chip {pair.node.model}", "names of its family in chips")


def _unlisted_resource(pair: Pair) -> Mismatch | None:
    found = (name for name, number in pair.node.devices if number and pair.tables.is_unlisted_npu(name))
    unlisted = next(found, None)
    return _unlisted(f"the node's resource {unlisted}", "resources of its family in chips") if unlisted else None


def _possible(pair: Pair) -> tuple[Chip, ...]:
    """The families of the node's chips that matter: on others the runtime does not run anyway."""
    wanted = pair.needed.takes(pair.node.chips) if pair.needed.chips_stated else ()
    return wanted or tuple(pair.tables.by_id[family] for family in sorted(pair.node.chips))


def _offers(pair: Pair) -> bool:
    return pair.needed.resource is not None and pair.node.allocatable(pair.needed.resource) > 0


def _has_any(pair: Pair) -> bool:
    """Hardware of the kind that is asked for, whatever it is in detail."""
    return _offers(pair) or (pair.needed.is_cann and bool(pair.node.chips))


def _is_another(pair: Pair) -> bool:
    """Another chip has other resources and numbers."""
    return bool(pair.needed.chips) and bool(pair.node.chips) and not pair.needed.takes(pair.node.chips)


def _lacks(needed: Requirement) -> str:
    return f"the node offers no {needed.resource}"


def _missing(pair: Pair) -> tuple[str, str]:
    wanted = " or ".join(resources(pair.needed, pair.tables)[:2])
    others = [name for name, number in pair.node.devices if number and pair.tables.families(name)]
    detail = f"the node offers no {wanted}"
    if not others:
        return detail, "its device plugin has to offer healthy NPUs"
    return f"{detail}, but {', '.join(others[:3])}", f"npu.resourceName {others[0]}"


def _driver_label(tables: Tables) -> str:
    """The one that device plugins of today write."""
    keys = tables.labels.driver
    return keys[1] if len(keys) > 1 else keys[0]
