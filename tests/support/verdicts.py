"""What a runtime with one image asks of nodes, and the verdict over them, as the operator comes to it."""

from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling
from aiapp.domain.nodes.choice import choices, verdict_of
from aiapp.domain.nodes.compatibility import Judged, Verdict
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.runtime_requirement import PlacementRequest, requirements
from aiapp.domain.nodes.tables import Tables


def requirement(
    runtime: RuntimeSpec, npu: Npu | None, tables: Tables, scheduling: Scheduling | None = None
) -> Requirement:
    """Of the runtime's only image, or its first."""
    return requirements(runtime, PlacementRequest(npu=npu, scheduling=scheduling), tables)[0]


def judged(needed: Requirement, nodes: NodeInventory, tables: Tables) -> tuple[Judged, ...]:
    """Every kind of node."""
    ((_, kinds),) = choices((needed,), nodes, tables)
    return kinds


def verdict(needed: Requirement, nodes: NodeInventory, tables: Tables) -> Verdict:
    """Over all nodes."""
    return verdict_of((needed,), nodes, tables)
