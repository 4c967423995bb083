"""What can stand against a node, one check each, in the order in which a node's reason is chosen. Pure."""

from collections.abc import Callable
from typing import Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.cann import window
from aiapp.domain.nodes.facts import ARCHITECTURE_LABEL, NodeKind, Taint
from aiapp.domain.nodes.requirement import Requirement, may_use_npu_nodes, resources, tolerates
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.runtime_name import RuntimeName

POD_OS: Final = "linux"
LONGEST: Final = 300
"""Characters of a detail or a remedy: a node may have any number of long taints."""
CORDON: Final = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
"""The taint that a pod would have to tolerate to be sent to a cordoned node."""


class Against(NamedTuple):
    """Why a node does not fit, or (`certain` False) cannot be said to fit."""

    reason: Reason
    detail: str = ""
    """What the node has and what is asked for."""
    remedy: str = ""
    """What would mend it; empty where nothing would."""
    certain: bool = True


Check = Callable[[Requirement, RuntimeName, NodeKind, Tables], Against | None]


def has_architecture(_: Requirement, runtime: RuntimeName, node: NodeKind, __: Tables) -> Against | None:
    if node.architecture is None:
        return _unknown("its architecture", f"label it with {ARCHITECTURE_LABEL}")
    if node.architecture == runtime.architecture:
        return None
    detail = f"the node is {node.architecture}, the runtime {runtime.architecture}"
    return Against(Reason.ARCHITECTURE_MISMATCH, detail, f"a runtime for {node.architecture}")


def has_system(_: Requirement, __: RuntimeName, node: NodeKind, ___: Tables) -> Against | None:
    if node.os in (None, POD_OS):
        return None
    return Against(Reason.OPERATING_SYSTEM_MISMATCH, f"the node runs {node.os}, the runtime {POD_OS}")


def has_hardware(needed: Requirement, runtime: RuntimeName, node: NodeKind, tables: Tables) -> Against | None:
    match runtime.hardware.kind:
        case "CPU":
            if not node.chips or may_use_npu_nodes(needed, tables):
                return None
            remedy = "tolerate the NPU resource as a taint (serving.scheduling.tolerations)"
            return Against(Reason.HARDWARE_MISSING, "the node is kept for NPU work", remedy)
        case "CUDA":
            return None if _has_any(needed, node) else Against(Reason.HARDWARE_MISSING, _lacks(needed))
        case "CANN":
            if _has_any(needed, node):
                return None
            return Against(Reason.HARDWARE_MISSING, "nothing on the node tells of an NPU")


def has_chip(needed: Requirement, runtime: RuntimeName, node: NodeKind, tables: Tables) -> Against | None:
    if not needed.is_cann or has_hardware(needed, runtime, node, tables):
        return None
    if needed.chip is None:
        return _unknown("which chip the runtime is for", "a runtime whose name says its chip", who="the name")
    if node.chips and needed.chip.id not in node.chips:
        families = " or ".join(sorted(node.chips))
        said = f"{node.model} ({families})" if node.model else families
        detail = f"the node has {said}, the runtime is for {needed.chip.id}"
        return Against(Reason.CHIP_MISMATCH, detail, f"a runtime for {said}", certain=needed.chip_stated)
    if node.family is not None:
        return None
    return _unknown("its chip", f"label it with {tables.labels.chip[-1]}")


def has_npus(needed: Requirement, _: RuntimeName, node: NodeKind, tables: Tables) -> Against | None:
    if not needed.devices or not _has_any(needed, node) or _is_another(needed, node):
        return None
    offered = max(node.allocatable(name) for name in resources(needed, tables))
    if not offered:
        return Against(Reason.NPU_RESOURCE_MISSING, *_missing(needed, node, tables))
    if offered < needed.devices:
        detail = f"{needed.devices} are asked for, the node has {offered}"
        return Against(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"at most {offered} for a pod")
    return _count_rule(needed, node, tables)


def _count_rule(needed: Requirement, node: NodeKind, tables: Tables) -> Against | None:
    """What no node of the kind is ever asked for in vain: rings, halves of servers, slices."""
    if needed.resource is not None and tables.is_part(needed.resource):
        slices = f"{needed.devices} slices are asked for, a pod gets exactly one"
        return Against(Reason.NPU_COUNT_IMPOSSIBLE, slices, "one slice") if needed.devices != 1 else None
    own = needed.chip.id if needed.chip is not None and needed.chip_stated and needed.chip.id in node.chips else None
    families = [own] if own else sorted(node.chips)
    rules = [tables.by_id[family].counts_of(node.server) for family in families]
    if not rules or any(rule.permit(needed.devices) for rule in rules):
        return None
    detail = f"{needed.devices} are asked for, {' or '.join(families)} grants {rules[0]}"
    return Against(Reason.NPU_COUNT_IMPOSSIBLE, detail, f"one of {rules[0]}")


def has_driver(needed: Requirement, runtime: RuntimeName, node: NodeKind, tables: Tables) -> Against | None:
    if not needed.is_cann or runtime.hardware.version is None or not _has_any(needed, node):
        return None
    if node.driver is None:
        return _unknown("its driver", f"label it with {_driver_label(tables)}")
    judged = window(runtime.hardware.version, node.driver, tables, node.family)
    if judged.reason is None:
        return None
    remedy = f"driver {judged.driver} or newer" if judged.driver else "a runtime with another CANN"
    return Against(judged.reason, judged.detail, remedy, certain=judged.verdict == "Incompatible")


def has_labels(_: Requirement, __: RuntimeName, node: NodeKind, ___: Tables) -> Against | None:
    if not node.lacking:
        return None
    wanted = ", ".join(node.lacking)
    detail = f"scheduling.nodeSelector asks for {wanted}"
    return Against(Reason.SELECTOR_MISMATCH, detail, f"label it with {wanted}, or change scheduling.nodeSelector")


def is_ready(needed: Requirement, _: RuntimeName, node: NodeKind, __: Tables) -> Against | None:
    if not node.ready:
        return Against(Reason.NODE_NOT_READY, "the node is not Ready", "the node has to become Ready")
    if node.cordoned and not tolerates(needed.tolerated, CORDON):
        return Against(Reason.NODE_NOT_READY, "the node is cordoned", "kubectl uncordon")
    return None


def is_tolerated(needed: Requirement, _: RuntimeName, node: NodeKind, tables: Tables) -> Against | None:
    own = set(resources(needed, tables))
    keeps = [t for t in node.taints if t.key not in own and not tolerates(needed.tolerated, t)]
    if not keeps:
        return None
    said = ", ".join(f"{t.key}{'=' if t.value else ''}{t.value}:{t.effect}" for t in keeps)
    return Against(Reason.TAINTED, f"the node has taint {said}", f"serving.scheduling.tolerations for {said}")


CHECKS: Final[tuple[Check, ...]] = (
    has_architecture,
    has_system,
    has_hardware,
    has_chip,
    has_npus,
    has_driver,
    has_labels,
    is_ready,
    is_tolerated,
)
"""What is lasting comes before what passes. A check says nothing of what an earlier one already denies."""


def findings(needed: Requirement, node: NodeKind, tables: Tables) -> tuple[Against, ...]:
    """Everything that stands against the node, in order."""
    if needed.runtime is None:
        return (_unknown("what it needs", "a runtime whose name follows the grammar", who="the runtime's name"),)
    runtime = needed.runtime
    return tuple(_cut(found) for check in CHECKS if (found := check(needed, runtime, node, tables)) is not None)


def first(found: tuple[Against, ...]) -> Against | None:
    """The first certain one, else the first uncertain one, else None: the node fits."""
    return next((one for one in found if one.certain), next(iter(found), None))


def _cut(found: Against) -> Against:
    return found._replace(detail=_shortened(found.detail), remedy=_shortened(found.remedy))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _unknown(what: str, remedy: str, who: str = "the node") -> Against:
    return Against(Reason.FACTS_MISSING, f"{who} does not tell {what}", remedy, certain=False)


def _offers(needed: Requirement, node: NodeKind) -> bool:
    return needed.resource is not None and node.allocatable(needed.resource) > 0


def _has_any(needed: Requirement, node: NodeKind) -> bool:
    """Hardware of the kind that is asked for, whatever it is in detail."""
    return _offers(needed, node) or (needed.is_cann and bool(node.chips))


def _is_another(needed: Requirement, node: NodeKind) -> bool:
    """Another chip has other resources and numbers."""
    return needed.chip is not None and bool(node.chips) and needed.chip.id not in node.chips


def _lacks(needed: Requirement) -> str:
    return f"the node offers no {needed.resource}"


def _missing(needed: Requirement, node: NodeKind, tables: Tables) -> tuple[str, str]:
    wanted = " or ".join(resources(needed, tables)[:2])
    others = [name for name, number in node.devices if number and tables.families(name)]
    detail = f"the node offers no {wanted}"
    if not others:
        return detail, "its device plugin has to offer healthy NPUs"
    return f"{detail}, but {', '.join(others[:3])}", f"npu.resourceName {others[0]}"


def _driver_label(tables: Tables) -> str:
    """The one that device plugins of today write."""
    keys = tables.labels.driver
    return keys[1] if len(keys) > 1 else keys[0]
