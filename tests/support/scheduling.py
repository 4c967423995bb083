"""Fleets on the real API server, their pods before the real scheduler, and what became of each. No kubelet runs."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.support.bulk import Call, create, send
from tests.support.fleets import Story
from tests.support.kube import Kube
from tests.support.oracle import Claim, claim, disagreement, rendered

from aiapp.domain.nodes import facts, usage

Object = dict[str, Any]
FLEET: Final = "oracle.example.com/fleet"
NODES: Final = "/api/v1/nodes"
NOT_READY: Final = "node.kubernetes.io/not-ready"
JUDGED_SECONDS: Final = 60
AGREED_SECONDS: Final = 10
"""The scheduler sees pods and nodes through watches of their own: what it said first may rest on an older node."""


@dataclass
class Trial:
    """A story on the cluster."""

    story: Story
    fleet: str
    template: Object

    @property
    def selector(self) -> Mapping[str, str]:
        return {FLEET: self.fleet}


@dataclass(frozen=True)
class Finding:
    """What was claimed of a trial and what the scheduler did."""

    trial: Trial
    said: Claim
    bound: str | None

    def against(self, *, all_free: bool) -> str | None:
        """The disagreement in words."""
        found = disagreement(self.said, self.bound, all_free=all_free)
        return (
            found and f"{self.trial.story.platform.runtime} x{self.trial.story.devices} on {self.trial.fleet} {found}"
        )


@dataclass(frozen=True)
class Batch:
    """Fleets that share the cluster, each apart from the others by a label."""

    kube: Kube
    namespace: str
    trials: tuple[Trial, ...]
    pods: str

    def judged(self, *, all_free: bool = False) -> list[Finding]:
        """What the scheduler did with each pod, once it has judged all of them and nothing changes any more."""
        _until(self._all_judged, JUDGED_SECONDS)
        deadline = time.monotonic() + AGREED_SECONDS
        while True:
            found = self.findings()
            if time.monotonic() > deadline or not any(one.against(all_free=all_free) for one in found):
                return found
            time.sleep(0.5)

    def release(self) -> None:
        """Free all devices, and let the scheduler look again at whatever waits."""
        self.kube.request("DELETE", self.pods, {"gracePeriodSeconds": 0}, labelSelector="role=holder")
        _until(lambda: not self._listed("role=holder"), JUDGED_SECONDS)

    def _all_judged(self) -> bool:
        return all(_is_judged(pod) for pod in self._listed("role=trial"))

    def _listed(self, selector: str) -> list[Object]:
        return list(self.kube.request("GET", self.pods, labelSelector=selector)["items"])

    def findings(self) -> list[Finding]:
        """From nodes and pods as the operator reads them: trimmed, from the API server."""
        nodes = _by_fleet(self.kube)
        found = self._listed("role")
        in_use = usage.used(
            filter(None, map(usage.trim, (p for p in found if p["metadata"]["labels"]["role"] != "trial")))
        )
        bound = {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in found}
        return [
            Finding(
                trial,
                claim(trial.story, trial.selector, nodes[trial.fleet], in_use, trial.template),
                bound[trial.fleet],
            )
            for trial in self.trials
        ]


@contextmanager
def batch(kube: Kube, namespace: str, prefix: str, stories: Sequence[Story]) -> Iterator[Batch]:
    """Their nodes, the pods that hold devices and one pod of each version; gone afterwards."""
    pods = kube.path("v1", "Pod", namespace)
    fleets = {f"{prefix}-{place}": story for place, story in enumerate(stories)}
    nodes = [_node(one, fleet) for fleet, story in fleets.items() for one in story.nodes]
    try:
        send(kube, create(NODES, nodes))
        send(kube, [Call("PATCH", f"{NODES}/{n['metadata']['name']}", {"spec": {"taints": _taints(n)}}) for n in nodes])
        holders = [
            _holder(fleet, story, *one) for fleet, story in fleets.items() for one in story.held.items() if one[1]
        ]
        send(kube, create(pods, holders))
        seen = _by_fleet(kube)
        trials = tuple(
            Trial(story, fleet, rendered(story, {FLEET: fleet}, seen[fleet])) for fleet, story in fleets.items()
        )
        send(kube, create(pods, map(_pod, trials)))
        yield Batch(kube, namespace, trials, pods)
    finally:
        kube.request("DELETE", pods, {"gracePeriodSeconds": 0}, labelSelector="role")
        kube.request("DELETE", NODES, labelSelector=FLEET)


def _node(one: Object, fleet: str) -> Object:
    """With the status that a kubelet would give it."""
    metadata, status = one["metadata"], one["status"]
    name = f"{fleet}-{metadata['name']}"
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name, **metadata["labels"], FLEET: fleet}
    return {
        **one,
        "metadata": {"name": name, "labels": labels},
        "status": {**status, "capacity": status["allocatable"]},
    }


def _taints(node: Object) -> list[Object]:
    """Every node is created with the taint of one that is not ready; the controller manager is slow to take it away."""
    own: list[Object] = list(node["spec"]["taints"])
    ready = any(one["status"] == "True" for one in node["status"]["conditions"])
    return own if ready else [*own, {"key": NOT_READY, "effect": "NoSchedule"}]


def _holder(fleet: str, story: Story, node: str, number: int) -> Object:
    """A pod that holds devices: with an init container that needs more of them, as long as it is not finished."""
    limits = {"limits": {story.platform.resource: str(number)}}
    containers = [{"name": "c", "image": "r/other:1", "resources": limits if number % 2 else {}}]
    first = [] if number % 2 else [{"name": "i", "image": "r/other:1", "resources": limits}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{fleet}-{node}-holder", "labels": {"role": "holder"}},
        "spec": {
            "nodeName": f"{fleet}-{node}",
            "automountServiceAccountToken": False,
            "tolerations": [{"operator": "Exists"}],
            "initContainers": first,
            "containers": containers,
        },
    }


def _pod(trial: Trial) -> Object:
    metadata = trial.template["metadata"]
    labels = {**metadata["labels"], "role": "trial"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": trial.fleet, "labels": labels, "annotations": metadata["annotations"]},
        "spec": trial.template["spec"],
    }


def _by_fleet(kube: Kube) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for one in kube.request("GET", NODES, labelSelector=FLEET)["items"]:
        found.setdefault(one["metadata"]["labels"][FLEET], []).append(facts.trim(one))
    return found


def _is_judged(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return bool(pod["spec"].get("nodeName")) or any(one["type"] == "PodScheduled" for one in conditions)


def _until(reached: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)
