"""What a runtime asks of a node: from its name and its entry in the catalogue, and from what the pods ask for. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from aiapp.api.meta import Npu, Resources
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling
from aiapp.domain.nodes.facts import GPU_RESOURCE, count
from aiapp.domain.nodes.inventory import Demand, Selector
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.tables import Chip, Tables
from aiapp.domain.runtimes.editions import Edition, editions
from aiapp.domain.runtimes.name import RuntimeName, RuntimeNameError, parse


class _Chips(NamedTuple):
    known: tuple[Chip, ...] = ()
    stated: bool = True
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """What a version or an application asks for that bears on nodes."""

    npu: Npu | None = None
    scheduling: Scheduling | None = None
    dtype: str | None = None
    """Number format; None: the runtime's, else any."""


def requirements(runtime: RuntimeSpec, asked: PlacementRequest, tables: Tables) -> tuple[Requirement, ...]:
    """What each of the runtime's images asks of a node; at least one."""
    return tuple(_requirement(runtime, edition, asked, tables) for edition in editions(runtime))


def _requirement(runtime: RuntimeSpec, edition: Edition, wanted: PlacementRequest, tables: Tables) -> Requirement:
    """With the devices that are asked for; CANN and CUDA without a number mean one."""
    asked, npu = wanted.scheduling or Scheduling(), wanted.npu
    selector = demands(asked)
    try:
        name = parse(runtime.name)
    except RuntimeNameError:
        return Requirement(selector=selector, image=edition.image)
    kind = name.hardware.kind
    chips = _chips(edition.chips, name, tables) if kind == "CANN" else _Chips()
    usual = {"CPU": None, "CUDA": GPU_RESOURCE, "CANN": None}[kind]
    return Requirement(
        architectures=frozenset(edition.architectures or (name.architecture,)),
        hardware=kind,
        cann=(edition.cann or name.hardware.version) if kind == "CANN" else None,
        chips=chips.known,
        chips_stated=chips.stated,
        unknown_chips=chips.unknown,
        devices=0 if kind == "CPU" else npu.count if npu else 1,
        resource=None if kind == "CPU" else (npu.resource_name if npu else None) or usual,
        tolerated=asked.tolerations or (),
        selector=selector,
        scheduler=asked.scheduler_name,
        counts=edition.npu_counts,
        dtype=wanted.dtype or default_dtype(runtime),
        dtypes=edition.dtypes,
        image=edition.image,
    )


def default_dtype(runtime: RuntimeSpec) -> str | None:
    """The number format that the runtime's server computes in where a version names none."""
    parameters = runtime.server.parameters if runtime.server else None
    return parameters.dtype if parameters else None


def demands(asked: Scheduling) -> Selector:
    """What the user demands of a node's labels: its nodeSelector and the required part of its nodeAffinity."""
    selected = (Demand(key, "In", (value,)) for key, value in (asked.node_selector or {}).items())
    required = (asked.node_affinity.required if asked.node_affinity else None) or ()
    return tuple(sorted([*selected, *(Demand(one.key, one.operator, one.values or ()) for one in required)]))


def wanted_npu(asked: Npu | None, runtime: RuntimeSpec | None, resources: Resources | None = None) -> Npu | None:
    """What was asked for; GPUs may stand among the other resources; the runtime may name the resource if nothing else
    does.
    """
    gpus = count(((resources.limits if resources else None) or {}).get(GPU_RESOURCE, 0))
    if asked is None and gpus:
        return Npu(count=gpus, resource_name=GPU_RESOURCE)
    if runtime is None or runtime.npu_resource_name is None or (asked is not None and asked.resource_name is not None):
        return asked
    return Npu(count=asked.count if asked else 1, resource_name=runtime.npu_resource_name)


def _chips(listed: tuple[str, ...], name: RuntimeName, tables: Tables) -> _Chips:
    """The families that an image was made for: those `listed` in the catalogue, else the one that the name means."""
    if listed:
        known = tuple(tables.by_id[chip] for chip in listed if chip in tables.by_id)
        return _Chips(known, unknown=tuple(chip for chip in listed if chip not in tables.by_id))
    if name.chip is not None:
        chip = tables.of_token(name.chip)
        return _Chips((chip,), name.chip not in chip.deduced) if chip else _Chips(stated=False)
    if name.architecture != tables.unnamed.architecture:
        return _Chips(stated=False)
    return _Chips((tables.by_id[tables.unnamed.chip],), name.hardware.version in tables.unnamed.stated)
