"""What a container image asks of a node: from its platforms and what it says of itself, and from what pods ask for."""

from aiapp.api.image import ImageHints, ImageStatus
from aiapp.api.meta import Npu
from aiapp.api.scheduling import Scheduling
from aiapp.domain.nodes.facts import GPU_RESOURCE
from aiapp.domain.nodes.requirement import Hardware, Requirement
from aiapp.domain.nodes.runtime_requirement import demands
from aiapp.domain.nodes.tables import Tables


def image_requirement(
    image: ImageStatus, npu: Npu | None, tables: Tables, scheduling: Scheduling | None = None
) -> Requirement:
    """Any of its Linux platforms will do. Of the devices that it needs it gets one, unless more are asked for."""
    asked, hints = scheduling or Scheduling(), image.hints or ImageHints()
    hardware = _hardware(hints, npu)
    return Requirement(
        architectures=frozenset(one.architecture for one in image.platforms if one.os == "linux"),
        hardware=hardware,
        cann=hints.cann if hardware == "CANN" else None,
        chips=tuple(tables.by_id[chip] for chip in hints.chips if chip in tables.by_id),
        chips_stated=bool(hints.chips),
        unknown_chips=tuple(chip for chip in hints.chips if chip not in tables.by_id),
        devices=npu.count if npu else 0 if hardware == "CPU" else 1,
        resource=(npu.resource_name if npu else None) or (GPU_RESOURCE if hardware == "CUDA" else None),
        tolerated=asked.tolerations or (),
        selector=demands(asked),
        scheduler=asked.scheduler_name,
        server="image",
    )


def _hardware(hints: ImageHints, npu: Npu | None) -> Hardware:
    """Who names a device gets a node with it, whatever the image says; a mere number is of what the image can use."""
    if npu is None and not hints.certain:
        return "CPU"
    if npu is None or (npu.resource_name is None and hints.hardware != "CPU"):
        return hints.hardware
    return "CUDA" if npu.resource_name == GPU_RESOURCE else "CANN"
