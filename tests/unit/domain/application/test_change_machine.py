"""Changes of an application against a small cluster in memory: whatever happens in between, what must never happen.

The planner is the real one. The cluster makes, binds, readies and deletes pods as Kubernetes does, one thing at a time
and in any order; somebody else takes devices and gives them back.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.fleet import node
from tests.support.records import NOON, application, normal_version, observed
from tests.support.routes import EDGE
from tests.support.small_cluster import CARD, DEVICES, Cluster, noted, pod_document, template_of
from typing_extensions import override

from aiapp.api.strategy import Strategy
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import ApplicationPlan, plan
from aiapp.domain.application.status import assess
from aiapp.domain.application.surge import limits
from aiapp.domain.kubernetes.naming import workload
from aiapp.domain.kubernetes.resources import Json

VERSIONS: Final = ("1.0.0", "1.1.0", "1.2.0")


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
        self.history: list[Json] = []
        self.gateway: Json = {}
        self.env = 0

    # What people do

    @initialize(replicas=st.integers(1, 4), taken=st.integers(0, DEVICES), behind=st.booleans())
    def start(self, replicas: int, taken: int, behind: bool) -> None:
        self.gateway = {"gateway": {"parentRefs": [EDGE]}} if behind else {}
        self.spec = {"versions": [{"version": "1.0.0", "replicas": replicas}]}
        self.cluster.taken = min(taken, DEVICES - replicas)

    @rule(version=st.sampled_from(VERSIONS), replicas=st.none() | st.integers(0, 4), strategy=EXPLICIT)
    def serve_one(self, version: str, replicas: int | None, strategy: Json) -> None:
        number = {} if replicas is None else {"replicas": replicas}
        env = [{"name": "A", "value": str(self.env)}]
        self.spec = {"versions": [{"version": version, "env": env, **number}], "strategy": strategy}

    @rule(
        some=st.lists(
            st.tuples(st.sampled_from(VERSIONS), st.integers(1, 3)),
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

    @rule()
    def the_gateway_takes_up_the_route(self) -> None:
        self.cluster.taken_up = self.cluster.generation

    # What the operator does

    @rule()
    def the_operator_looks(self) -> None:
        self.look()

    def look(self) -> int:
        """One pass; how much it wrote."""
        before, seen = self.cluster.writes, self.observed()
        serving_before, asked, routed = self.serving(), self.asked(), dict(self.cluster.weights)
        made = plan(seen)
        self.cluster.carry_out(made)
        self.judge_numbers(asked, made)
        self.judge_route(routed, serving_before)
        said = assess(seen, made)
        self.history = said.status["history"]
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

    def asked(self) -> dict[str, int]:
        return {v: one["spec"]["replicas"] for v, one in self.cluster.deployments.items()}

    def judge_numbers(self, before: Mapping[str, int], made: ApplicationPlan) -> None:
        """Pods in all: never more than are wanted or were there, and the surge."""
        after = self.asked()
        wanted = sum(one.wanted for one in made.scaling.pods.values())
        surge = limits(Strategy.model_validate(self.spec.get("strategy", {})), wanted, has_room=True).surge
        assert sum(after.values()) <= max(wanted, sum(before.values())) + surge, (before, after, self.spec)

    def judge_route(self, routed: Mapping[str, int], serving: Mapping[str, int]) -> None:
        """Whom the gateway sends requests keeps a ready pod, unless the only one has to make room."""
        if not routed or sum(self.asked().values()) < 2 or self.may_lose_all():
            return
        after = self.serving()
        for version, number in serving.items():
            assert after.get(version) or not number or not routed.get(workload("mnist", version)), (serving, after)

    def may_lose_all(self) -> bool:
        wanted = self.wanted()
        return (
            limits(Strategy.model_validate(self.spec.get("strategy", {})), wanted, has_room=False).unavailable >= wanted
        )

    def judge(self, before: Mapping[str, int]) -> None:
        """What a pass may never do."""
        after = self.serving()
        if sum(before.values()) and not self.may_lose_all():
            assert sum(after.values()), f"the last ready pod was given up: {before} -> {after} of {self.spec}"

    def wanted(self) -> int:
        numbers = [one.get("replicas") for one in self.spec["versions"]]
        return sum(1 if number is None else number for number in numbers)

    def observed(self) -> Any:
        app = application(spec__serving=self.spec | self.gateway)
        status = {"observedGeneration": 1, "conditions": self.conditions, "history": self.history}
        parsed = app.parsed.model_validate({**app.raw, "status": status})
        versions = [normal_version(v, spec__container={"resources": {"limits": {CARD: "1"}}}) for v in VERSIONS]
        cluster = self.cluster
        children = Children(
            deployments=tuple(cluster.seen(version) for version in cluster.deployments),
            revisions=tuple(cluster.revisions.values()),
            others=cluster.beside,
            ready={v: number for v in VERSIONS if (number := sum(pod.ready for pod in cluster.of(v)))},
            pods=tuple(pod_document(pod) for pod in cluster.pods if not pod.bound),
        )
        seen = observed(
            replace(app, parsed=parsed), *versions, children=children, fleet=(node("n", resources={CARD: DEVICES}),)
        )
        in_use = {"n": {CARD: DEVICES - cluster.free}}
        leaving = {"n": {CARD: sum(pod.bound and pod.leaving for pod in cluster.pods)}}
        context = replace(seen.context, in_use=in_use, leaving=leaving)
        return replace(seen, context=context, is_gateway_api_served=True, now=NOON + timedelta(minutes=1))

    # What has to hold

    @invariant()
    def no_device_is_held_twice(self) -> None:
        assert self.cluster.free >= 0

    @invariant()
    def a_route_never_says_nothing(self) -> None:
        assert sum(self.cluster.weights.values()) == 100 if self.cluster.weights else True

    @override
    def teardown(self) -> None:
        """Left alone, with everything that is bound becoming ready, it comes to rest and stays there."""
        cluster = self.cluster
        self.spec = self.spec | {"strategy": {}}
        cluster.taken = self.taken_in_the_end()
        for _ in range(120):
            wrote = self.look()
            moved = cluster.control() or cluster.taken_up != cluster.generation
            cluster.taken_up = cluster.generation
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

    def taken_in_the_end(self) -> int:
        """Devices that somebody else keeps."""
        unset = any("replicas" not in one for one in self.spec["versions"])
        return 0 if unset else min(self.cluster.taken, max(DEVICES - self.wanted(), 0))

    def at_rest(self) -> None:
        cluster = self.cluster
        served = {one["version"] for one in self.spec["versions"]}
        assert set(cluster.deployments) == served, (self.asked(), cluster.weights, cluster.pods, self.spec)
        for one in self.spec["versions"]:
            number = cluster.deployments[one["version"]]["spec"]["replicas"]
            assert number == one.get("replicas", number), (self.asked(), cluster.weights, cluster.pods, self.spec)
            assert not noted(cluster.deployments[one["version"]])
            pods = cluster.of(one["version"])
            assert len(pods) == number
            assert {pod.template for pod in pods} <= {template_of(cluster.deployments[one["version"]])}
            assert all(pod.ready for pod in pods) or not cluster.free


Changes.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestChanges = Changes.TestCase
