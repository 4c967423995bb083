"""What we claim of a version and a fleet, and how that compares with where the real scheduler bound the pod. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from tests.support.fleet import TABLES, seen
from tests.support.fleets import Kind, Story
from tests.support.records import application, normal_version, observed
from tests.support.verdicts import judged, requirement

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.plan import plan
from aiapp.domain.application.serving_compatibility import asked_devices
from aiapp.domain.nodes.compatibility import Judged, VerdictValue, summary
from aiapp.domain.nodes.placement import beyond_labels, free_devices
from aiapp.domain.nodes.usage import Used, free
from aiapp.domain.records import VersionRecord
from aiapp.domain.weights.memory import memory_need

Object = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """Where a pod may be bound, as we say it."""

    word: VerdictValue
    room: frozenset[str]
    """Nodes that fit or may fit and have what is asked for free."""
    beyond: Mapping[str, Reason]
    """Known difference: unfit nodes that no label keeps the pod off and that have it free, with the reason."""


def rendered(story: Story, selector: Mapping[str, str], nodes: Iterable[Object]) -> Object:
    """The pod template of the story's version, as the operator renders it; `Warn`, so that there always is one, but
    without the nodes that `Warn` lets in.
    """
    runtime, wishes = story.platform.runtime, story.scheduling(selector)
    changes: Object = {"spec__container": {"npu": story.npu.model_dump(by_alias=True)}} if story.npu else {}
    raw = normal_version(**changes).raw
    status = raw["status"] | {"runtime": {"name": runtime, "lifecycle": "Recommended"}}
    if story.weights is not None:
        status["model"] = raw["status"]["model"] | {"weights": story.weights.model_dump(by_alias=True)}
    record = VersionRecord.parse(raw | {"status": status})
    app = application(
        spec__serving__scheduling=wishes.model_dump(by_alias=True, exclude_none=True),
        spec__serving__compatibility="Warn",
    )
    sight = observed(app, record, fleet=tuple(nodes))
    runtimes = {runtime: RuntimeSpec(name=runtime, image="r/runtime:1")}
    with patch("aiapp.domain.application.rollout.trusting", lambda seen: seen):
        found = plan(replace(sight, context=replace(sight.context, runtimes=runtimes))).apply
    (deployment,) = (one for one in found if one["kind"] == "Deployment")
    return dict(deployment["spec"]["template"])


def claim(story: Story, selector: Mapping[str, str], nodes: Iterable[Object], in_use: Used, template: Object) -> Claim:
    """For a pod of this template on these nodes."""
    needed = requirement(RuntimeSpec(name=story.platform.runtime), story.npu, TABLES, story.scheduling(selector))
    needed = replace(needed, memory=memory_need(story.weights) if story.weights else None)
    kinds = judged(needed, seen(*nodes), TABLES)
    resource, devices = asked_devices(template) or (None, 0)
    affinity = template["spec"]["affinity"]["nodeAffinity"]
    beyond = beyond_labels(kinds, affinity, resource, devices, [demand.key for demand in needed.selector])
    return Claim(
        summary(kinds).verdict,
        frozenset(name for name, number in free_devices(kinds, resource or "", in_use) if number >= devices),
        {
            name: kind.against.reason
            for kind in beyond
            for name in _with_room(kind, resource, devices, in_use)
            if kind.against is not None
        },
    )


def _with_room(kind: Judged, resource: str | None, devices: int, in_use: Used) -> list[str]:
    if resource is None:
        return list(kind.group.names)
    return [n for n in kind.group.names if free(kind.group.kind, resource, in_use.get(n, {})) >= devices]


def kind_of(now: Claim, once_free: Claim) -> Kind:
    """What the fleet is for the version, as we say it."""
    return "fits" if now.room else "full" if once_free.room else "unfit"


def disagreement(said: Claim, bound: str | None, *, all_free: bool = False) -> str | None:
    """In words; None where the scheduler did as we said. `all_free`: nothing is in use."""
    if bound is None and (said.room or said.beyond):
        return f"stays unschedulable, yet {sorted(said.room or said.beyond)} is said to have room"
    if bound is not None and bound not in said.room and bound not in said.beyond:
        return f"is bound to {bound}, where there is said to be no room; said to have it: {sorted(said.room)}"
    if all_free and said.word == "Compatible" and not said.room:
        return "is said to fit although no node can ever take it"
    return None
