"""Changes of an application against a small cluster in memory: whatever happens in between, what must never happen.

The planner is the real one. The cluster makes, binds, readies and deletes pods as Kubernetes does, one thing at a time
and in any order; somebody else takes devices and gives them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.fleet import node
from tests.support.records import NOON, application, normal_version, observed
from typing_extensions import override

from aiapp.api.strategy import Strategy
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import ApplicationPlan, plan
from aiapp.domain.application.status import assess
from aiapp.domain.application.surge import limits
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.kubernetes.resources import Json

CARD: Final = "example.com/card"
VERSIONS: Final = ("1.0.0", "1.1.0", "1.2.0")
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
    """Services and disruption budgets."""
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


AMOUNTS: Final = st.one_of(st.integers(1, 3), st.sampled_from(["25%", "50%", "100%"]))
STRATEGIES: Final[st.SearchStrategy[Json]] = st.one_of(
    st.just({}),
    st.just({"surge": "Auto"}),
    st.just({"surge": "RollingDecrease"}),
    st.fixed_dictionaries({"maxUnavailable": AMOUNTS}, optional={"maxSurge": AMOUNTS}),
)
"""Those that need no device more than there are. With the others a change waits as long as there is none."""
EXPLICIT: Final[st.SearchStrategy[Json]] = st.one_of(
    STRATEGIES,
    st.just({"surge": "Full"}),
    st.just({"surge": "RollingIncrease"}),
    st.fixed_dictionaries({"maxSurge": AMOUNTS}),
)


class Changes(RuleBasedStateMachine):
    """Edits, the cluster's steps and somebody else's pods in any order, and a pass of the operator now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.spec: Json = {"versions": [{"version": "1.0.0", "replicas": 2}]}
        self.conditions: list[Json] = []
        self.env = 0

    # What people do

    @initialize(replicas=st.integers(1, 4), taken=st.integers(0, DEVICES))
    def start(self, replicas: int, taken: int) -> None:
        self.spec = {"versions": [{"version": "1.0.0", "replicas": replicas}]}
        self.cluster.taken = min(taken, DEVICES - replicas)

    @rule(version=st.sampled_from(VERSIONS), replicas=st.none() | st.integers(0, 4), strategy=EXPLICIT)
    def serve_one(self, version: str, replicas: int | None, strategy: Json) -> None:
        number = {} if replicas is None else {"replicas": replicas}
        env = [{"name": "A", "value": str(self.env)}]
        self.spec = {"versions": [{"version": version, "env": env, **number}], "strategy": strategy}

    @rule(
        some=st.lists(
            st.tuples(st.sampled_from(VERSIONS), st.integers(0, 3)),
            min_size=2,
            max_size=2,
            unique_by=lambda one: one[0],
        )
    )
    def serve_two(self, some: list[tuple[str, int]]) -> None:
        env = [{"name": "A", "value": str(self.env)}]
        self.spec = {"versions": [{"version": v, "weight": 50, "replicas": number, "env": env} for v, number in some]}

    @rule()
    def change_the_template(self) -> None:
        self.env += 1
        self.spec["versions"] = [
            one | {"env": [{"name": "A", "value": str(self.env)}]} for one in self.spec["versions"]
        ]

    # What the cluster does

    @rule(taken=st.integers(0, DEVICES))
    def somebody_else_comes_or_goes(self, taken: int) -> None:
        self.cluster.taken = min(taken, self.cluster.taken + max(self.cluster.free, 0))

    @rule()
    def deployments_make_and_delete_pods(self) -> None:
        self.cluster.control()

    @rule()
    def the_scheduler_binds_pods(self) -> None:
        self.cluster.schedule()

    @precondition(lambda self: any(pod.bound for pod in self.cluster.pods))
    @rule(data=st.data())
    def a_pod_becomes_ready_or_loses_it(self, data: st.DataObject) -> None:
        pod = data.draw(st.sampled_from([pod for pod in self.cluster.pods if pod.bound]))
        pod.ready = not pod.ready and not pod.leaving

    @precondition(lambda self: any(pod.leaving for pod in self.cluster.pods))
    @rule()
    def a_deleted_pod_is_gone(self) -> None:
        self.cluster.pods.remove(next(pod for pod in self.cluster.pods if pod.leaving))

    # What the operator does

    @rule()
    def the_operator_looks(self) -> None:
        self.look()

    def look(self) -> int:
        """One pass; how much it wrote."""
        before, seen = self.cluster.writes, self.observed()
        serving_before = self.serving()
        made = plan(seen)
        self.cluster.carry_out(made)
        said = assess(seen, made)
        self.conditions = [
            {
                "type": one.type,
                "status": one.state,
                "reason": one.reason,
                "lastTransitionTime": NOON.isoformat(),
            }
            for one in said.findings
        ]
        self.judge(serving_before)
        return self.cluster.writes - before

    def serving(self) -> dict[str, int]:
        """Ready pods by version, of those that are asked for."""
        ready = {v: sum(pod.ready for pod in self.cluster.of(v)) for v in self.cluster.deployments}
        return {v: min(number, self.cluster.deployments[v]["spec"]["replicas"]) for v, number in ready.items()}

    def judge(self, before: Mapping[str, int]) -> None:
        """What a pass may never do."""
        after = self.serving()
        wanted = self.wanted()
        allowed = limits(Strategy.model_validate(self.spec.get("strategy", {})), wanted, has_room=False)
        if sum(before.values()) and allowed.unavailable < wanted:
            assert sum(after.values()), f"the last ready pod was given up: {before} -> {after} of {self.spec}"

    def wanted(self) -> int:
        numbers = [one.get("replicas") for one in self.spec["versions"]]
        return sum(1 if number is None else number for number in numbers)

    def observed(self) -> Any:
        app = application(spec__serving=self.spec)
        parsed = app.parsed.model_validate(
            {**app.raw, "status": {"observedGeneration": 1, "conditions": self.conditions}}
        )
        versions = [normal_version(v, spec__container={"resources": {"limits": {CARD: "1"}}}) for v in VERSIONS]
        cluster = self.cluster
        children = Children(
            deployments=tuple(cluster.seen(version) for version in cluster.deployments),
            revisions=tuple(cluster.revisions.values()),
            others=tuple(cluster.others.values()),
            pods=tuple(pod_document(pod) for pod in cluster.pods if not pod.bound),
        )
        seen = observed(
            replace(app, parsed=parsed), *versions, children=children, fleet=(node("n", resources={CARD: DEVICES}),)
        )
        in_use = {"n": {CARD: DEVICES - cluster.free}}
        leaving = {"n": {CARD: sum(pod.bound and pod.leaving for pod in cluster.pods)}}
        context = replace(seen.context, in_use=in_use, leaving=leaving)
        return replace(seen, context=context, now=NOON + timedelta(minutes=1))

    # What has to hold

    @invariant()
    def no_device_is_held_twice(self) -> None:
        assert self.cluster.free >= 0

    @override
    def teardown(self) -> None:
        """Left alone, with everything that is bound becoming ready, it comes to rest and stays there."""
        cluster = self.cluster
        self.spec = self.spec | {"strategy": {}}
        unset = any("replicas" not in one for one in self.spec["versions"])
        cluster.taken = 0 if unset else min(cluster.taken, max(DEVICES - self.wanted(), 0))
        for _ in range(120):
            wrote = self.look()
            moved = cluster.control()
            cluster.pods = [pod for pod in cluster.pods if not pod.leaving]
            moved |= cluster.schedule()
            for pod in cluster.pods:
                moved |= pod.bound and not pod.ready
                pod.ready = pod.bound
            if not wrote and not moved:
                break
        else:
            raise AssertionError("it does not come to rest")
        self.at_rest()

    def at_rest(self) -> None:
        cluster = self.cluster
        served = {one["version"] for one in self.spec["versions"]}
        assert set(cluster.deployments) == served
        for one in self.spec["versions"]:
            number = cluster.deployments[one["version"]]["spec"]["replicas"]
            assert number == one.get("replicas", number)
            assert not noted(cluster.deployments[one["version"]])
            pods = cluster.of(one["version"])
            assert len(pods) == number
            assert {pod.template for pod in pods} <= {template_of(cluster.deployments[one["version"]])}
            assert all(pod.ready for pod in pods) or not cluster.free


Changes.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestChanges = Changes.TestCase
