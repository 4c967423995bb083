"""Whatever people ask for, pods do and gateways say: invariants of an application behind a gateway, at every step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.support.records import NOON, application, normal_version, observed
from tests.support.routes import EDGE
from typing_extensions import override

from aiapp.domain.application.observed import Children, ObservedApplication, version_of, wanted_pods
from aiapp.domain.application.plan import ApplicationPlan, plan
from aiapp.domain.application.status import assess
from aiapp.domain.application.traffic.log import KEPT
from aiapp.domain.application.traffic.route_weights import shares_of
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord

NUMBERS: Final = ("1.0.0", "1.1.0", "1.2.0")
SPLITS: Final = ((100,), (90, 10), (50, 50), (1, 99), (0, 100), (80, 15, 5), (0, 50, 50))
PASSES: Final = 30
"""After so many passes in a calm world nothing is left to do."""


class BehindGateway(RuleBasedStateMachine):
    """A cluster of one application: objects as its API server has them, and what its gateway has taken up."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[tuple[str, str], Json] = {}
        self.ready: dict[str, int] = {}
        """Pods that are ready, by version."""
        self.programmed: Mapping[str, int] = {}
        """Weights by which the gateway works."""
        self.has_gateway_api = True
        self.is_broken: set[str] = set()
        """Versions whose pods do not become ready."""
        self.uids, self.seconds, self.generation = count(), 0.0, 0
        self.status: Json = {}
        self.serving: Json | None = None
        self.ask((50, 50), NUMBERS, 1, behind=True)
        for _ in range(3):
            self.the_operator_and_the_gateway_go_on()

    # What people do

    @rule(split=st.sampled_from(SPLITS), order=st.permutations(NUMBERS), pods=st.integers(1, 3), behind=st.booleans())
    def ask(self, split: tuple[int, ...], order: list[str] | tuple[str, ...], pods: int, *, behind: bool) -> None:
        versions = [{"version": v, "weight": w, "replicas": pods} for v, w in zip(order, split, strict=False)]
        gateway = {"gateway": {"parentRefs": [EDGE]}} if behind else {}
        self.serving, self.generation = {"versions": versions} | gateway, self.generation + 1

    @rule()
    def install_or_remove_the_gateway_api(self) -> None:
        self.has_gateway_api = not self.has_gateway_api
        if not self.has_gateway_api:
            self.objects.pop(("HTTPRoute", "mnist"), None)
            self.programmed = {}

    # What the cluster does

    @rule()
    def pods_become_ready(self) -> None:
        for version in NUMBERS:
            deployment = self._deployment(version)
            if deployment is not None and version not in self.is_broken:
                self.ready[version] = wanted_pods(deployment)

    @rule(version=st.sampled_from(NUMBERS))
    def a_pod_is_lost(self, version: str) -> None:
        self.ready[version] = max(self.ready.get(version, 0) - 1, 0)

    @rule(version=st.sampled_from(NUMBERS))
    def a_version_breaks_or_is_mended(self, version: str) -> None:
        self.is_broken ^= {version}
        self.ready[version] = 0 if version in self.is_broken else self.ready.get(version, 0)

    @rule()
    def the_gateway_takes_up_the_route(self) -> None:
        route = self.objects.get(("HTTPRoute", "mnist"))
        self.programmed = {} if route is None else shares_of("mnist", route)
        if route is not None:
            generation = route["metadata"]["generation"]
            said = [{"type": "Accepted", "status": "True", "reason": "Accepted", "observedGeneration": generation}]
            route["status"] = {"parents": [{"parentRef": EDGE, "controllerName": "x", "conditions": said}]}

    @rule()
    def the_operator_and_the_gateway_go_on(self) -> None:
        self.pods_become_ready()
        self._pass()
        self.the_gateway_takes_up_the_route()

    # What the operator does

    @rule()
    def the_operator_looks(self) -> None:
        self._pass()

    def _pass(self) -> ApplicationPlan:
        made = plan(self._observed())
        asked = {v: n for v, n in self.ready.items() if n and self.programmed.get(v) and self._is_behind()}
        for one in (*made.apply, *made.grow):
            self._apply(one)
        for smaller in made.resize:
            self._resize(smaller.deployment, smaller.replicas)
        for one in made.delete:
            self._delete(one)
        for version in asked:
            deployment = self._deployment(version)
            assert deployment is not None, f"{version} is gone under traffic"
            assert wanted_pods(deployment), f"{version} has no pods under traffic"
        self.status = assess(self._observed(), made).status
        self.seconds += 1
        return made

    def _apply(self, desired: Json) -> None:
        key = desired["kind"], desired["metadata"]["name"]
        there = self.objects.get(key)
        metadata: Json = {"uid": f"u{next(self.uids)}", "generation": 0} if there is None else there["metadata"]
        same = there is not None and there.get("spec") == desired.get("spec")
        generation = metadata["generation"] + (not same)
        kept = {"status": {} if there is None else there.get("status", {})}
        self.objects[key] = kept | desired | {"metadata": metadata | desired["metadata"] | {"generation": generation}}

    def _resize(self, deployment: Json, replicas: int) -> None:
        there = self.objects[deployment["kind"], deployment["metadata"]["name"]]
        there["spec"] = there["spec"] | {"replicas": replicas}

    def _delete(self, doomed: Json) -> None:
        version = version_of(doomed)
        self.objects.pop((doomed["kind"], doomed["metadata"]["name"]), None)
        if doomed["kind"] == "HTTPRoute":
            self.programmed = {}  # whoever has it deleted asks for that
        if doomed["kind"] == "Deployment" and version is not None:
            self.ready.pop(version, None)

    # What is always true

    @invariant()
    def the_route_sends_nothing_to_what_cannot_answer(self) -> None:
        route = self.objects.get(("HTTPRoute", "mnist"))
        if route is None:
            return
        weights = shares_of("mnist", route)
        assert sum(weights.values()) == 100
        assert all(("Service", f"mnist-{v.replace('.', '-')}") in self.objects for v in weights)

    @invariant()
    def the_log_is_bounded_and_tells_the_last_split(self) -> None:
        log = self.status.get("trafficLog", [])
        assert len(log) <= KEPT
        now = {
            t["version"]: t["actualWeight"] for t in self.status.get("traffic", ()) if t["actualWeight"] and t["ready"]
        }
        assert (log[0]["to"] if log else {}) == now

    @override
    def teardown(self) -> None:
        """In a calm world the wish comes true, and then nothing is left to do."""
        self.is_broken.clear()
        for _ in range(PASSES):
            self.pods_become_ready()
            self._pass()
            self.the_gateway_takes_up_the_route()
        objects = dict(self.objects)
        made = self._pass()
        assert (made.delete, made.resize, made.grow) == ((), (), ())
        assert self.objects == objects
        if self._is_behind() and self.serving is not None:
            wish = {one["version"]: one["weight"] for one in self.serving["versions"]}
            assert self.programmed == wish
            assert {t["version"]: t["actualWeight"] for t in self.status["traffic"]} == wish

    # Helpers

    def _is_behind(self) -> bool:
        return self.has_gateway_api and self.serving is not None and "gateway" in self.serving

    def _deployment(self, version: str) -> Json | None:
        return self.objects.get(("Deployment", f"mnist-{version.replace('.', '-')}"))

    def _observed(self) -> ObservedApplication:
        made = application(spec__serving=self.serving)
        metadata = made.raw["metadata"] | {"generation": self.generation}
        record = ApplicationRecord.parse(made.raw | {"metadata": metadata, "status": self.status})
        kinds = {kind: tuple(o for (k, _), o in self.objects.items() if k == kind) for kind in ("ControllerRevision",)}
        children = Children(
            deployments=tuple(self._as_it_fares(o) for (kind, _), o in self.objects.items() if kind == "Deployment"),
            revisions=kinds["ControllerRevision"],
            others=tuple(
                o for (kind, _), o in self.objects.items() if kind in ("Service", "HTTPRoute", "PodDisruptionBudget")
            ),
            ready={v: n for v, n in self.ready.items() if n},
        )
        seen = observed(record, *map(normal_version, NUMBERS), children=children)
        now = NOON + timedelta(seconds=self.seconds)
        return replace(seen, is_gateway_api_served=self.has_gateway_api, now=now)

    def _as_it_fares(self, deployment: Json) -> Json:
        """With the status that its controller would give it."""
        version, wanted = str(version_of(deployment)), wanted_pods(deployment)
        ready = self.ready[version] = min(self.ready.get(version, 0), wanted)
        status = {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
        return deployment | {"status": status | {"observedGeneration": deployment["metadata"]["generation"]}}


TestBehindGateway = BehindGateway.TestCase
TestBehindGateway.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
