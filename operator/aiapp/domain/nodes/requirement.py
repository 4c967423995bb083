"""What a version asks of a node, from its runtime's name, its devices and its wishes about scheduling. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiapp.api.application import Scheduling, Toleration
from aiapp.api.meta import Npu, Resources
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.nodes.facts import GPU_RESOURCE, Taint, count
from aiapp.domain.nodes.fleet import Selector
from aiapp.domain.nodes.tables import Chip, Tables
from aiapp.domain.runtime_name import RuntimeName, RuntimeNameError, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a version asks of a node."""

    runtime: RuntimeName | None
    """None: the runtime's name says nothing, so nothing can be judged."""
    chip: Chip | None = None
    chip_stated: bool = True
    """False: the chip is deduced from the name, so another one is not refused."""
    devices: int = 0
    """NPUs or GPUs of one pod."""
    resource: str | None = None
    """None: whatever the node offers of the chip."""
    tolerated: tuple[Toleration, ...] = ()
    """Of taints beside the device resource's own."""
    selector: Selector = ()
    """Labels that a person demands."""
    scheduler: str | None = None

    @property
    def is_cann(self) -> bool:
        return self.runtime is not None and self.runtime.hardware.kind == "CANN"


def requirement(name: str, npu: Npu | None, tables: Tables, scheduling: Scheduling | None = None) -> Requirement:
    """From a runtime's full name and the devices that are asked for; CANN and CUDA without a number mean one."""
    wishes = scheduling or Scheduling()
    selector = tuple(sorted((wishes.node_selector or {}).items()))
    try:
        runtime = parse(name)
    except RuntimeNameError:
        return Requirement(runtime=None, selector=selector)
    kind = runtime.hardware.kind
    chip, stated = _chip(runtime, tables) if kind == "CANN" else (None, True)
    usual = {"CPU": None, "CUDA": GPU_RESOURCE, "CANN": None}[kind]
    return Requirement(
        runtime=runtime,
        chip=chip,
        chip_stated=stated,
        devices=0 if kind == "CPU" else npu.count if npu else 1,
        resource=None if kind == "CPU" else (npu.resource_name if npu else None) or usual,
        tolerated=wishes.tolerations or (),
        selector=selector,
        scheduler=wishes.scheduler_name,
    )


def wanted_npu(asked: Npu | None, runtime: RuntimeSpec | None, resources: Resources | None = None) -> Npu | None:
    """What was asked for; GPUs may stand among the other resources; the runtime may name the resource if nobody else
    does.
    """
    gpus = count(((resources.limits if resources else None) or {}).get(GPU_RESOURCE, 0))
    if asked is None and gpus:
        return Npu(count=gpus, resource_name=GPU_RESOURCE)
    if runtime is None or runtime.npu_resource_name is None or (asked is not None and asked.resource_name is not None):
        return asked
    return Npu(count=asked.count if asked else 1, resource_name=runtime.npu_resource_name)


def resources(needed: Requirement, tables: Tables) -> tuple[str, ...]:
    """Extended resources that would do; the usual one first."""
    if needed.resource is not None:
        return (needed.resource,)
    if not needed.devices:
        return ()
    return needed.chip.resources if needed.chip else tuple(sorted(tables.resources))


def may_use_npu_nodes(needed: Requirement, tables: Tables) -> bool:
    """CPU pods stay off nodes with NPUs as if those were tainted with the NPU resource; a toleration lets them in."""
    return any(tolerates(needed.tolerated, Taint(name, "", "NoSchedule")) for name in tables.resources)


def tolerates(tolerated: Iterable[Toleration], taint: Taint) -> bool:
    """As the scheduler decides it: without a key or an effect for all of them, without a value for the empty one."""
    return any(
        wish.key in {None, "", taint.key}
        and wish.effect in {None, taint.effect}
        and (wish.operator == "Exists" or (wish.value or "") == taint.value)
        for wish in tolerated
    )


def _chip(runtime: RuntimeName, tables: Tables) -> tuple[Chip | None, bool]:
    """The family that the runtime was made for, and whether a document says so."""
    if runtime.chip is not None:
        chip = tables.of_token(runtime.chip)
        return chip, chip is not None and runtime.chip not in chip.deduced
    if runtime.architecture != tables.unnamed.architecture:
        return None, False
    return tables.by_id[tables.unnamed.chip], runtime.hardware.version in tables.unnamed.stated
