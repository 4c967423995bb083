"""What a pod asks of a node, wherever the version came from. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aiapp.api.scheduling import Toleration
from aiapp.domain.nodes.facts import Taint
from aiapp.domain.nodes.inventory import Selector
from aiapp.domain.nodes.tables import Chip, Tables
from aiapp.domain.weights.memory import MemoryNeed

Hardware = Literal["CPU", "CUDA", "CANN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a pod asks of a node."""

    architectures: frozenset[str] = frozenset()
    """Any of these, as Kubernetes writes them; empty: what is asked for is unknown, so nothing can be judged."""
    hardware: Hardware = "CPU"
    cann: str | None = None
    """Release of CANN, where the hardware is of that kind and it is known."""
    chips: tuple[Chip, ...] = ()
    """Families of which any will do; none where it is not known for which."""
    chips_stated: bool = True
    """False: the families are deduced, so another one is not refused."""
    unknown_chips: tuple[str, ...] = ()
    """Families that are asked for and that no table knows."""
    devices: int = 0
    """NPUs or GPUs of one pod."""
    resource: str | None = None
    """None: whatever the node offers of the chip."""
    tolerated: tuple[Toleration, ...] = ()
    """Of taints beside the device resource's own."""
    selector: Selector = ()
    """Labels that a user demands."""
    scheduler: str | None = None
    counts: tuple[int, ...] = ()
    """Numbers of devices of which the server takes any; none: it takes what nodes grant."""
    dtype: str | None = None
    """Number format that is asked for."""
    dtypes: tuple[str, ...] = ()
    """Number formats that there are; none: any."""
    memory: MemoryNeed | None = None
    """What has to lie in the memory of the devices, where it is known."""
    server: Literal["runtime", "image"] = "runtime"
    """What asks this, for people."""
    image: str | None = None
    """The runtime's image that asks this, where it has one."""

    @property
    def is_known(self) -> bool:
        return bool(self.architectures)

    @property
    def is_cann(self) -> bool:
        return self.hardware == "CANN"

    def takes(self, families: Iterable[str]) -> tuple[Chip, ...]:
        """The chips asked for that are among these families."""
        among = frozenset(families)
        return tuple(chip for chip in self.chips if chip.id in among)


def resources(needed: Requirement, tables: Tables) -> tuple[str, ...]:
    """Extended resources that would do; the usual one first."""
    if needed.resource is not None:
        return (needed.resource,)
    if not needed.devices:
        return ()
    named = dict.fromkeys(name for chip in needed.chips for name in chip.resources)
    return tuple(named) or tuple(sorted(tables.resources))


def may_use_npu_nodes(needed: Requirement, tables: Tables) -> bool:
    """CPU pods stay off nodes with NPUs as if those were tainted with the NPU resource; a toleration lets them in."""
    unlisted = (one.key for one in needed.tolerated if one.key and tables.is_unlisted_npu(one.key))
    return any(tolerates(needed.tolerated, Taint(name, "", "NoSchedule")) for name in (*tables.resources, *unlisted))


def tolerates(tolerated: Iterable[Toleration], taint: Taint) -> bool:
    """As the scheduler decides it: without a key or an effect for all of them, without a value for the empty one."""
    return any(
        toleration.key in {None, "", taint.key}
        and toleration.effect in {None, taint.effect}
        and (toleration.operator == "Exists" or (toleration.value or "") == taint.value)
        for toleration in tolerated
    )
