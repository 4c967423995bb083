"""Where a served version could run now, with the application's own settings, whatever was decided at its rollout.

Never touches what runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.container import Container
from aiapp.api.image import ImageStatus
from aiapp.api.parameters import ServerParameters
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling
from aiapp.api.serving import ServedVersion, Serving
from aiapp.api.version import ModelStatus, VersionSpec
from aiapp.domain.conditions import Finding, fails, holds, unknown
from aiapp.domain.images.requirement import image_requirement
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.choice import best, choices, together
from aiapp.domain.nodes.compatibility import EXAMPLES, Judged, Verdict, summary
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.placement import beyond_labels, free_devices
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.runtime_requirement import PlacementRequest, requirements, wanted_npu
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import named_only
from aiapp.domain.runtimes.server.placeholders import parameters
from aiapp.domain.weights.memory import MemoryNeed, memory_need

ON_TRUST: Final = frozenset(
    {
        Reason.CHIP_MISMATCH,
        Reason.NPU_COUNT_IMPOSSIBLE,
        Reason.DTYPE_UNSUPPORTED,
        Reason.MEMORY_TOO_SMALL,
        Reason.CANN_TOO_NEW,
        Reason.CANN_TOO_OLD,
    }
)
"""What we take from tables and a person may know better: `serving.compatibility: Warn`."""


@dataclass(frozen=True, slots=True)
class ServingCompatibility:
    """What a served version asks of nodes, and what stands against each kind of them."""

    needed: Requirement
    """Of a runtime with several images: with the one that its pods have or would get."""
    kinds: tuple[Judged, ...]
    verdict: Verdict
    note: str = ""
    """Which of several images it is."""


def serving_requirements(
    served: ServedVersion, serving: Serving, record: VersionRecord, runtime: RuntimeSpec | None, tables: Tables
) -> tuple[Requirement, ...]:
    """What its pods ask of a node, with each image that they may have. `runtime` is the catalogue's entry of the
    version's runtime, if there still is one.
    """
    status = record.status
    server = status.image or runtime or named_only(status.runtime.name if status.runtime else "")
    return required(record.spec, served, serving.scheduling, server, tables, status.model)


def serving_compatibility(
    needs: Sequence[Requirement], inventory: NodeInventory, tables: Tables, running: str | None
) -> ServingCompatibility:
    """Judges every node. `running` is the image in the template that goes on: of several, only its nodes count then."""
    found = choices(tuple(one for one in needs if running in {one.image} - {None}) or needs, inventory, tables)
    chosen = best(found)
    return ServingCompatibility(chosen.needed, chosen.kinds, summary(together(found)), _note(chosen.needed, needs))


def trusting(compatibility: ServingCompatibility) -> ServingCompatibility:
    """The compatibility without the reasons in `ON_TRUST`, for a version that a user wants rolled out all the same.

    Of several images each is for its own chips: nobody wants that of one on another.
    """
    trusted = ON_TRUST - {Reason.CHIP_MISMATCH} if compatibility.note else ON_TRUST
    kinds = (
        kind._replace(mismatches=tuple(one for one in kind.mismatches if one.reason not in trusted))
        for kind in compatibility.kinds
    )
    needed = compatibility.needed if compatibility.note else replace(compatibility.needed, chips_stated=False)
    return replace(compatibility, needed=needed, kinds=tuple(kinds))


def required(
    version: VersionSpec,
    served: ServedVersion | None,
    scheduling: Scheduling | None,
    server: RuntimeSpec | ImageStatus,
    tables: Tables,
    model: ModelStatus | None = None,
) -> tuple[Requirement, ...]:
    """What a version asks of a node with each image of its runtime, or with an image of its own: the application's
    fields where it serves the version, else the version's own. `model`: what is known of its content.
    """
    container = version.container or Container()
    npu = (served.npu if served else None) or container.npu
    resources = (served.resources if served else None) or container.resources
    match server:
        case ImageStatus():
            needs: tuple[Requirement, ...] = (
                image_requirement(server, wanted_npu(npu, None, resources), tables, scheduling),
            )
            memory = _memory(model, None, None)
        case RuntimeSpec():
            dtype = container.parameters.dtype if container.parameters else None
            asked = PlacementRequest(npu=wanted_npu(npu, server, resources), scheduling=scheduling, dtype=dtype)
            needs = requirements(server, asked, tables)
            memory = _memory(model, container.parameters, server.server.parameters if server.server else None)
    return tuple(replace(needed, memory=memory) for needed in needs)


def _memory(
    model: ModelStatus | None, asked: ServerParameters | None, usual: ServerParameters | None
) -> MemoryNeed | None:
    """What weights take of NPUs, by the version's parameters, else the runtime's."""
    if model is None or model.weights is None:
        return None
    told = parameters(asked, usual)
    return memory_need(model.weights, dtype=told.dtype, context=told.context_length, split=told.tensor_parallel_size)


def _note(needed: Requirement, every: Sequence[Requirement]) -> str:
    """Nothing where there is no choice."""
    if len(every) == 1:
        return ""
    nodes = " and ".join(chip.id for chip in needed.chips) or " and ".join(sorted(needed.architectures))
    return f"of {len(every)} images the one for {nodes}, {needed.image}"


def nodes_available(compatibilities: Sequence[tuple[str, ServingCompatibility, Json | None]]) -> Finding:
    """The condition over all served versions, each by name with its template: not part of Ready, it stops nothing."""
    words = [(name, compatibility.verdict) for name, compatibility, _ in compatibilities]
    lost = [f"version {name}: {verdict.message}" for name, verdict in words if verdict.verdict == "Incompatible"]
    if lost:
        return fails(ConditionType.NODES_AVAILABLE, Reason.WAITING_FOR_NODES, "; ".join(lost))
    images = [
        f"version {name}: {compatibility.note}" for name, compatibility, _ in compatibilities if compatibility.note
    ]
    open_ = [name for name, verdict in words if verdict.verdict == "Unknown"]
    if open_ or not compatibilities:
        message = f"no node is known to fit {', '.join(open_)}" if open_ else "no version is Normal yet"
        reason = Reason.UNKNOWN if any(verdict.nodes for _, verdict in words) else Reason.NO_NODES
        return unknown(
            ConditionType.NODES_AVAILABLE, reason if open_ else Reason.PENDING, "; ".join([message, *images])
        )
    beyond = [note for each in compatibilities if (note := _beyond_labels(*each))]
    return holds(ConditionType.NODES_AVAILABLE, "; ".join([*beyond, *images]), Reason.COMPATIBLE)


def no_room(name: str, compatibility: ServingCompatibility, template: Json, in_use: Used | None) -> str | None:
    """Why pods of the template have to wait although nodes fit: all their devices are in use. None: that is not why."""
    asked = asked_devices(template)
    if in_use is None or asked is None:
        return None
    resource, number = asked
    left = free_devices(compatibility.kinds, resource, in_use)
    if not left or any(free >= number for _, free in left):
        return None
    largest = ", ".join(f"{node} {free}" for node, free in sorted(left, key=lambda one: (-one[1], one[0]))[:EXAMPLES])
    one, several = ("fits", "fit") if compatibility.verdict.compatible else ("may fit", "may fit")
    fits = f"1 node {one}, it has not" if len(left) == 1 else f"{len(left)} nodes {several}, none has"
    return f"version {name}: {fits} {number} free of {resource} (free: {largest})"


def asked_devices(template: Json) -> tuple[str, int] | None:
    """The extended resource that a rendered template asks for, and how many."""
    limits = template["spec"]["containers"][0]["resources"].get("limits", {})
    return next(((name, int(number)) for name, number in limits.items() if "/" in name), None)


def _beyond_labels(name: str, compatibility: ServingCompatibility, template: Json | None) -> str:
    if template is None:
        return ""
    affinity = template["spec"].get("affinity", {}).get("nodeAffinity")
    resource, number = asked_devices(template) or (None, 0)
    demanded = [demand.key for demand in compatibility.needed.selector]
    found = beyond_labels(compatibility.kinds, affinity, resource, number, demanded)
    nodes = sorted(node for kind in found for node in kind.group.names)
    if not nodes:
        return ""
    more = ", ..." if len(nodes) > EXAMPLES else ""
    return f"version {name}: no label keeps its pods off {', '.join(nodes[:EXAMPLES])}{more}, which do not fit"
