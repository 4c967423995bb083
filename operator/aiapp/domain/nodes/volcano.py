"""What MindCluster's plugin for the Volcano scheduler reads of a pod; without that scheduler nothing is set. Pure.

The plugin groups NPUs by the annotation `huawei.com/schedule_policy` (MindCluster from 7.3 on); without it pods on a
newer chip are judged by the rules of the 910A. Older releases read only the pod's nodeSelector `accelerator-type`.

Volcano makes one PodGroup of the pods of a ReplicaSet, which the plugin takes for one job: it waits for all of them and
reads the ReplicaSet's annotations instead of the pods', unless the pods say how many of them are enough.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiapp.domain.kubernetes.naming import POLICY_ANNOTATION
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.compatibility import Judged
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.tables import Chip, Server, Tables

SCHEDULER: Final = "volcano"
LEAST_PODS_ANNOTATION: Final = "huawei.com/schedule_minAvailable"
RING_LABEL: Final = "ring-controller.atlas"
DEVICES_VARIABLE: Final = "ASCEND_VISIBLE_DEVICES"
SERVED: Final = frozenset(f"huawei.com/{name}" for name in ("Ascend310", "Ascend310P", "Ascend910", "npu"))
"""Resources that the plugin knows. Of HAMi's names Volcano itself writes another text under the key from which the
variable is taken, of the cloud's and of mixed cards' names nothing: either would hide what the device plugin sets.
"""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Additions to a pod template."""

    labels: Json = field(default_factory=dict)
    annotations: Json = field(default_factory=dict)
    environment: tuple[Json, ...] = ()


def grouping(needed: Requirement, resource: str | None, kinds: Sequence[Judged], tables: Tables) -> Grouping:
    """For pods with NPUs that Volcano schedules."""
    if needed.scheduler != SCHEDULER or not needed.is_cann or resource is None:
        return Grouping()
    chips = needed.chips or _only(tables.families(resource), tables)
    rings = {chip.ring for chip in chips if chip.ring}
    ring = {RING_LABEL: rings.pop()} if len(rings) == 1 else {}
    if tables.is_part(resource):
        return Grouping(labels=ring)
    if resource not in SERVED:
        return Grouping()
    policy = _policy(chips, resource, kinds)
    # Volcano writes the numbers of the NPUs into an annotation that is called like the resource.
    source = {"fieldRef": {"fieldPath": f"metadata.annotations['{resource}']"}}
    return Grouping(
        labels=ring,
        annotations={LEAST_PODS_ANNOTATION: "1"} | ({POLICY_ANNOTATION: policy} if policy else {}),
        environment=({"name": DEVICES_VARIABLE, "valueFrom": source},),
    )


def of_owner(template: Json) -> Json:
    """What a Deployment with this template says too: it hands its annotations to its ReplicaSets."""
    annotations = template["metadata"].get("annotations", {})
    return {key: annotations[key] for key in (POLICY_ANNOTATION,) if key in annotations}


def _only(families: frozenset[str] | None, tables: Tables) -> tuple[Chip, ...]:
    """None where several families share the resource."""
    return tuple(tables.by_id[family] for family in families or ()) if families and len(families) == 1 else ()


def _policy(chips: Sequence[Chip], resource: str, kinds: Iterable[Judged]) -> str | None:
    """Of the server that most nodes which may fit are: by their label, else by their number of NPUs."""
    found: Counter[str] = Counter()
    for kind in kinds:
        server = _server(chips, kind, resource)
        if kind.verdict != "Incompatible" and server is not None and server.policy:
            found[server.policy] += len(kind.group.names)
    usual = next((server.policy for chip in chips for server in chip.servers if server.policy), None)
    return max(found, key=lambda policy: (found[policy], policy)) if found else usual


def _server(chips: Sequence[Chip], kind: Judged, resource: str) -> Server | None:
    node = kind.group.kind
    own = [chip for chip in chips if chip.id in node.chips] or chips
    labelled = (server for chip in own if (server := chip.server(node.server)) is not None)
    sized = (server for chip in own if (server := _of_size(chip, node.allocatable(resource))) is not None)
    return next(labelled, None) or next(sized, None)


def _of_size(chip: Chip, npus: int) -> Server | None:
    return next((server for server in chip.servers if server.npus == npus), None)
