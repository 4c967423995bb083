"""Random edits of an application, pods that fail and recover, operators that die: always told, always converging.

The API server, its controllers and the operator are real; a pretended kubelet says which pods are ready. Hypothesis
chooses; a failure prints the steps that led to it.
"""

import os
from contextlib import ExitStack
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from tests.support.gateway_api import API, EDGE, answer, gateway_api, weights
from tests.support.kube import ApiError, Kube, Object
from tests.support.kubelet import kubelet
from tests.support.operator import Operator
from tests.support.packages import Registry, keys, package, upload
from tests.support.sandbox import Bucket, fresh_namespace
from tests.support.waiting import eventually
from typing_extensions import override

pytestmark = pytest.mark.timeout(900)

NAME: Final = "mnist"
NUMBERS: Final = ("1.0.0", "1.1.0", "1.2.0")
THOROUGH: Final = "RANDOM_EDITS" in os.environ
EXAMPLES: Final = int(os.environ.get("RANDOM_EDITS", "2"))
"""More on demand, other ones each time, and gateways that come and go: `RANDOM_EDITS=50`."""
STEPS: Final = 10
CHILDREN: Final = (("apps/v1", "Deployment"), ("v1", "Service"), ("apps/v1", "ControllerRevision"))


@st.composite
def wishes(draw: st.DrawFn) -> Object:
    """`spec.serving` with any split, and any number of pods or none that is said."""
    numbers = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3, unique=True))
    cuts = sorted(draw(st.integers(0, 100)) for _ in numbers[1:])
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    versions = []
    for number, weight in zip(numbers, weights, strict=True):
        replicas = draw(st.none() | st.integers(0, 3))
        versions.append({"version": number, "weight": weight} | ({} if replicas is None else {"replicas": replicas}))
    gateway = {"gateway": {"parentRefs": [EDGE]}} if draw(st.booleans()) else {}
    surge = draw(st.sampled_from(["Auto", "Full", "RollingIncrease", "RollingDecrease"]))
    stopped = draw(st.integers(0, 4)) == 0
    return {"versions": versions, "stopped": stopped, "strategy": {"surge": surge}} | gateway


class Edits(RuleBasedStateMachine):
    """One application over its life."""

    operator: Operator
    bucket: Bucket
    kube: Kube

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()
        self.gateways = self.ends.enter_context(ExitStack())
        self.gateways.enter_context(gateway_api(self.kube))
        self.looks = 0

    @initialize(wish=wishes())
    def create(self, wish: Object) -> None:
        space = self.ends.enter_context(fresh_namespace(self.kube))
        self.kube.create(keys(self.bucket, space))
        self.registry = Registry(self.kube, space, self.bucket)
        self.pods = self.ends.enter_context(kubelet(self.kube, space))
        for number in NUMBERS:
            self.registry.until(self.registry.version(number=number), "Ready", "True")
        self._ask(wish)

    @rule(wish=wishes())
    def edit(self, wish: Object) -> None:
        self._ask(wish)

    @rule(number=st.sampled_from(NUMBERS))
    def fail(self, number: str) -> None:
        """Its pods lose readiness, and new ones do not become ready."""
        self.pods.unready.add(number)
        for pod in self.pods.pods(number):
            self.pods.lose(pod)

    @rule()
    def recover(self) -> None:
        self._recover()

    @rule(number=st.sampled_from(NUMBERS))
    def lose_pods(self, number: str) -> None:
        for pod in self.pods.pods(number):
            self._delete(pod, gracePeriodSeconds=0)

    @rule(kind=st.sampled_from(CHILDREN[:2]))
    def lose_children(self, kind: tuple[str, str]) -> None:
        """Somebody deletes by hand what the operator made."""
        for child in self._children(*kind):
            self._delete(child)

    @rule()
    def die(self) -> None:
        self.operator.restart()

    @precondition(lambda _: THOROUGH)
    @rule()
    def lose_gateways(self) -> None:
        """The Gateway API is taken away, and comes back."""
        self.gateways.close()
        eventually(self._is_told)
        self.gateways.enter_context(gateway_api(self.kube))

    @rule()
    def converge(self) -> None:
        """With all pods well, what exists is what is asked for, and nothing is written any more."""
        self._recover()
        eventually(self._is_as_asked)
        self._require_rest()

    @override
    def teardown(self) -> None:
        with self.ends:
            self.converge()

    def _delete(self, obj: Object, **query: Any) -> None:
        """Unless a controller has been first."""
        try:
            self.registry.kube.delete(obj, **query)
        except ApiError as error:
            if error.status != 404:
                raise

    def _ask(self, wish: Object) -> None:
        self.wish = wish
        self.registry.serving(NAME, **wish)
        eventually(self._is_told)

    def _recover(self) -> None:
        self.pods.unready.clear()
        for number in NUMBERS:
            for pod in self.pods.pods(number):
                self.pods.recover(pod)

    def _now(self) -> Object:
        found = self.registry.find("aiapp.dev/v1alpha1", "AIApplication", NAME)
        assert found is not None
        return found

    def _children(self, api_version: str, kind: str) -> list[Object]:
        found = self.registry.kube.list(
            api_version, kind, self.registry.namespace, labelSelector=f"aiapp.dev/application={NAME}"
        )
        return [child for child in found if "deletionTimestamp" not in child["metadata"]]

    def _is_told(self) -> bool:
        """The status speaks of this very spec, and its shares are whole."""
        application = self._now()
        status = application.get("status", {})
        assert status.get("observedGeneration") == application["metadata"]["generation"], status
        _require_whole(status["traffic"])
        if (route := self._route()) is not None:
            assert sum(weights(route).values()) == 100, route["spec"]
        return True

    def _route(self) -> Object | None:
        return self.registry.find(API, "HTTPRoute", NAME) if "gateway" in self.wish else None

    def _is_as_asked(self) -> bool:
        self._is_told()
        if (route := self._route()) is not None:
            answer(self.kube, route)
        application, deployments = self._now(), self._children("apps/v1", "Deployment")
        ready = next(one for one in application["status"]["conditions"] if one["type"] == "Ready")
        assert ready["status"] == "True", application["status"]["conditions"]
        there = {one["metadata"]["labels"]["aiapp.dev/version"]: one["spec"]["replicas"] for one in deployments}
        if self.wish["stopped"]:
            assert not any(there.values()), there
            return True
        asked = {one["version"]: one.get("replicas") if one["weight"] else 0 for one in self.wish["versions"]}
        assert set(there) == set(asked), (there, asked)
        assert {v: n for v, n in there.items() if asked[v] is not None} == _said(asked), (there, asked)
        return True

    def _require_rest(self) -> None:
        """Looks at what has converged write nothing, once what came with it is written."""
        eventually(self._is_as_asked)
        eventually(self._is_quiet)

    def _is_quiet(self) -> bool:
        """Two looks: the first may end with a pass that had begun before."""
        before = self.operator.writes()
        self._look()
        self._look()
        assert self.operator.writes() == before
        return True

    def _look(self) -> None:
        self.looks += 1
        seen = self._reconciles()
        self.registry.look_again(self._now(), f"look {self.looks}")
        eventually(lambda: self._reconciles() > seen)

    def _reconciles(self) -> float:
        return self.operator.metric("controller_runtime_reconcile_total", controller="AIApplication")


def _said(asked: dict[str, int | None]) -> dict[str, int]:
    return {version: number for version, number in asked.items() if number is not None}


def _require_whole(traffic: list[Any]) -> None:
    """Shares add up to 100 as soon as anything is ready, and none is negative."""
    total = sum(one["actualWeight"] for one in traffic)
    assert total == (100 if any(one["ready"] for one in traffic) else total), traffic
    assert total in {0, 100}, traffic


@pytest.mark.usefixtures("runtime_image")
def test_an_application_converges_whatever_is_done_to_it(operator: Operator, bucket: Bucket, kube: Kube) -> None:
    upload(bucket, NAME, package())
    Edits.operator, Edits.bucket, Edits.kube = operator, bucket, kube
    run_state_machine_as_test(
        Edits,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=not THOROUGH,
        ),
    )
