"""A cluster in memory: Deployments, their pods and devices, and a gateway, each of which moves one step at a time."""

from dataclasses import dataclass, field
from typing import Final

from tests.support.records import NOON
from tests.support.routes import EDGE

from aiapp.domain.application.plan import ApplicationPlan
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.kubernetes.resources import Json

CARD: Final = "example.com/card"
DEVICES: Final = 6


@dataclass
class Pod:
    number: int
    version: str
    template: str
    bound: bool = False
    ready: bool = False
    leaving: bool = False


@dataclass
class Cluster:
    """Deployments by version, their pods, and devices. A pod holds one device from its binding to its end."""

    deployments: dict[str, Json] = field(default_factory=dict)
    revisions: dict[str, Json] = field(default_factory=dict)
    others: dict[str, Json] = field(default_factory=dict)
    """Services, disruption budgets and the route."""
    generation: int = 0
    """Of the route."""
    taken_up: int = 0
    """The generation of the route by which the gateway sends requests."""
    pods: list[Pod] = field(default_factory=list)
    taken: int = 0
    """Devices that somebody else holds."""
    made: int = 0
    writes: int = 0

    @property
    def free(self) -> int:
        return DEVICES - self.taken - sum(pod.bound for pod in self.pods)

    def of(self, version: str) -> list[Pod]:
        return [pod for pod in self.pods if pod.version == version and not pod.leaving]

    def carry_out(self, wanted: ApplicationPlan) -> None:
        for obj in wanted.apply:
            self._apply(obj)
        for deployment, number in wanted.resize:
            self.writes += 1
            self.deployments[version_of(deployment)]["spec"]["replicas"] = number
        for obj in wanted.grow:
            self._apply(obj)
        for obj in wanted.delete:
            self.writes += 1
            kinds = {"Deployment": self.deployments, "ControllerRevision": self.revisions}
            held = kinds.get(obj["kind"], self.others)
            del held[next(key for key, one in held.items() if (one["kind"], one["metadata"]["name"]) == named(obj))]

    def _apply(self, obj: Json) -> None:
        match obj["kind"]:
            case "ControllerRevision":
                held, key = self.revisions, obj["metadata"]["name"]
            case "Deployment":
                held, key = self.deployments, version_of(obj)
            case _:
                held, key = self.others, f"{obj['kind']}/{obj['metadata']['name']}"
        before = held.get(key)
        spec = {"replicas": 1, **(before["spec"] if before else {}), **obj.get("spec", {})}
        after = obj | ({"spec": spec} if "spec" in obj else {})
        if (
            before is None
            or {**before, "metadata": None} != {**after, "metadata": None}
            or noted(before) != noted(after)
        ):
            self.writes += 1
            held[key] = after
            self.generation += obj["kind"] == "HTTPRoute"

    @property
    def weights(self) -> dict[str, int]:
        """Of the route, by the name of the Service."""
        route = self.others.get("HTTPRoute/mnist")
        return {one["name"]: one["weight"] for one in route["spec"]["rules"][0]["backendRefs"]} if route else {}

    @property
    def beside(self) -> tuple[Json, ...]:
        """What there is beside Deployments and templates, as the API server has it."""
        return tuple(self._route(one) if one["kind"] == "HTTPRoute" else one for one in self.others.values())

    def _route(self, one: Json) -> Json:
        conditions = [{"type": "Accepted", "status": "True", "reason": "", "observedGeneration": self.taken_up}]
        said = {"parentRef": EDGE, "controllerName": "example.com/gateway", "conditions": conditions}
        metadata = one["metadata"] | {"namespace": "team", "uid": "uid-route", "generation": self.generation}
        return one | {"metadata": metadata, "status": {"parents": [said]}}

    def seen(self, version: str) -> Json:
        """The Deployment with the status that its controller would give it."""
        deployment = self.deployments[version]
        pods, current = self.of(version), template_of(deployment)
        status = {
            "observedGeneration": 1,
            "replicas": len(pods),
            "updatedReplicas": sum(pod.template == current for pod in pods),
            "readyReplicas": sum(pod.ready for pod in pods),
            "availableReplicas": sum(pod.ready for pod in pods),
        }
        metadata = deployment["metadata"] | {"uid": version, "generation": 1, "resourceVersion": "1"}
        return deployment | {"metadata": metadata, "status": status}

    def control(self) -> bool:
        """Deployments make or delete pods; whether any did."""
        before = [(pod.number, pod.leaving) for pod in self.pods]
        for pod in self.pods:
            pod.leaving = pod.leaving or pod.version not in self.deployments
        for version, deployment in self.deployments.items():
            self._scale(version, deployment)
        self.pods = [pod for pod in self.pods if pod.bound or not pod.leaving]
        return before != [(pod.number, pod.leaving) for pod in self.pods]

    def _scale(self, version: str, deployment: Json) -> None:
        wanted, limits = deployment["spec"]["replicas"], deployment["spec"]["strategy"]["rollingUpdate"]
        surge, fewer = (absolute(limits[key], wanted, up=key == "maxSurge") for key in ("maxSurge", "maxUnavailable"))
        fewer = fewer if surge else max(fewer, 1)
        current = template_of(deployment)
        while (new := [p for p in self.of(version) if p.template == current]) and len(new) > wanted:
            self._end(new)
        old = [pod for pod in self.of(version) if pod.template != current]
        while len(self.of(version)) < wanted + (surge if old else 0) and len(new) < wanted:
            self.made += 1
            new.append(Pod(self.made, version, current))
            self.pods.append(new[-1])
        while old and len(self.of(version)) - (wanted - fewer) - sum(not p.ready for p in new) > 0:
            ready = sum(pod.ready for pod in self.of(version))
            if all(pod.ready for pod in old) and ready <= wanted - fewer:
                break
            self._end(old)
            old = [pod for pod in old if not pod.leaving]

    def _end(self, pods: list[Pod]) -> None:
        """As a ReplicaSet chooses: what is not bound, then what is not ready."""
        min(pods, key=lambda pod: (pod.bound, pod.ready, -pod.number)).leaving = True

    def schedule(self) -> bool:
        waiting = [pod for pod in self.pods if not pod.bound]
        for pod in waiting[: max(self.free, 0)]:
            pod.bound = True
        return any(pod.bound for pod in waiting)


def version_of(obj: Json) -> str:
    return str(obj["metadata"]["labels"]["aiapp.dev/version"])


def named(obj: Json) -> tuple[str, str]:
    return obj["kind"], obj["metadata"]["name"]


def noted(obj: Json) -> Json:
    return dict(obj["metadata"].get("annotations") or {})


def template_of(deployment: Json) -> str:
    return str(deployment["spec"]["template"]["spec"]["containers"][0].get("env"))


def absolute(amount: int | str, of: int, *, up: bool) -> int:
    if isinstance(amount, int):
        return amount
    hundredths = int(amount.removesuffix("%")) * of
    return -(-hundredths // 100) if up else hundredths // 100


def pod_document(pod: Pod) -> Json:
    waits = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    metadata = {
        "name": f"p-{pod.number}",
        "labels": version_labels("mnist", pod.version),
        "creationTimestamp": NOON.isoformat(),
        **({"deletionTimestamp": NOON.isoformat()} if pod.leaving else {}),
    }
    return {"metadata": metadata, "status": {"conditions": [] if pod.bound else waits}}
