"""Tickets: for the operator's own pod, and for no other that anybody could make look like it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from tests.support import documents
from tests.support.bucket import Bucket
from tests.support.documents import changed
from tests.support.exeml_world import KEYS, PLACE, RECORD, VERSION
from tests.support.records import SKLEARN, stored
from tests.support.world import MODELS, OPERATOR_NAMESPACE, World

from aiapp.domain.exeml.access import TicketAccess
from aiapp.domain.exeml.tickets import AUDIENCE, Ticket, TicketRefusedError, TicketRequest, proof_hash
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    RUNTIMES,
    VERSIONS,
    Json,
)
from aiapp.reconcile.exeml.records import ModelRecords
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.tickets.protection import Protection
from aiapp.reconcile.tickets.service import TicketPorts, TicketService

PROOF = b"p" * 32
CONFIG = b'{"model_algorithm": "x", "model_type": "Scikit_Learn", "runtime": "%s"}' % SKLEARN.encode()
FILES = {"config.json": CONFIG, "customize_service.py": b"", "a.pkl": b"w"}


class Scene:
    """A version that is served, its pod, and who asks with which token."""

    def __init__(self) -> None:
        self.world = World(Bucket(FILES, prefix=PLACE))
        self.missing: str | None = None
        self.bound = {"pod-name": "mnist-pod", "pod-uid": "uid-pod"}
        self.authenticated = True

    async def ready(self) -> "Scene":
        world = self.world
        world.tickets.access = TicketAccess("https://tickets.svc:9443", "PEM")
        runtime = changed(documents.runtime(SKLEARN), spec__image="r/sklearn:1")
        world.hold(RUNTIMES, stored(runtime), "uid-runtime")
        world.hold(VERSIONS, stored(VERSION), "uid-version")
        world.api.hold(KEYS, "uid-keys")
        world.api.hold(RECORD, "uid-record")
        await world.look()
        await world.of_applications(world.application)
        self._make_pod()
        setattr(world.api, "review", self._review)  # noqa: B010 - tokens are not of this API server
        return self

    def _make_pod(self) -> None:
        (deployment,) = self.of(DEPLOYMENTS)
        template = deployment["spec"]["template"]
        replica_set = made("apps/v1", "ReplicaSet", "mnist-rs", deployment)
        self.world.api.hold(replica_set | {"spec": {"template": template}}, "uid-rs")
        pod = made("v1", "Pod", "mnist-pod", replica_set | {"metadata": replica_set["metadata"] | {"uid": "uid-rs"}})
        ended = {"terminated": {"exitCode": 0, "message": proof_hash(PROOF)}}
        status = {"initContainerStatuses": [{"name": "identify", "state": ended}]}
        spec = deepcopy(template["spec"]) | {"nodeName": "n", "dnsPolicy": "ClusterFirst"}
        self.pod = pod | {"spec": spec, "status": status}

    def of(self, resource: Any) -> list[Json]:
        return [one for (kind, _, _), one in self.world.api.objects.items() if kind == resource]

    async def _review(self, question: Json, _: Any) -> Json:
        extra = {f"authentication.kubernetes.io/{key}": [value] for key, value in self.bound.items()}
        user = {"username": "system:serviceaccount:team:default", "extra": extra}
        assert question["spec"]["audiences"] == [AUDIENCE]
        return {"status": {"authenticated": self.authenticated, "audiences": [AUDIENCE], "user": user}}

    async def ask(self, first: int = 0, proof: bytes = PROOF, pin: str | None = None) -> Ticket:
        world = self.world
        world.api.hold(self.pod, "uid-pod")
        artifact = world.now_of(VERSIONS, "mnist-1.0.0")["status"]["artifact"]

        async def protected() -> str | None:
            return self.missing

        ports = TicketPorts(
            api=world.api,
            cluster=world.cluster,
            records=ModelRecords(world.api, OPERATOR_NAMESPACE, {"models": MODELS}),
            manifests=Manifests(world.shared),
            protected=protected,
            authorities=None,
            seconds=300,
            clock=world.clock,
        )
        return await TicketService(ports).ticket("token", TicketRequest(pin or artifact["pin"], first, proof))


def made(api_version: str, kind: str, name: str, by: Json) -> Json:
    """An object that is controlled by another."""
    owner = {key: by[key] for key in ("apiVersion", "kind")} | {key: by["metadata"][key] for key in ("name", "uid")}
    metadata = {"name": name, "namespace": "team", "ownerReferences": [owner | {"controller": True}]}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata | {"uid": "not yet"}}


async def test_the_pod_gets_addresses_of_its_files_and_of_no_other() -> None:
    scene = await Scene().ready()
    ticket = await scene.ask()
    assert ticket.origin == "https://exeml-models.obs.lan"
    assert [target.partition("?")[0] for target in ticket.targets] == [f"/{PLACE}{name}" for name in sorted(FILES)]
    assert all("X-Amz-Expires=300" in target and "secret-value" not in target for target in ticket.targets)
    assert (await scene.ask(first=2)).targets == ticket.targets[2:]
    assert (await scene.ask(first=100)).targets == ()


def image(scene: Scene) -> None:
    scene.pod["spec"]["containers"][0]["image"] = "mallory/thief:1"


def variable(scene: Scene) -> None:
    scene.pod["spec"]["containers"][0]["env"] = [{"name": "PYTHONPATH", "value": "/x"}]


def ephemeral(scene: Scene) -> None:
    scene.pod["spec"]["ephemeralContainers"] = [{"name": "x", "image": "x"}]


def other_uid(scene: Scene) -> None:
    scene.bound["pod-uid"] = "another"


def going(scene: Scene) -> None:
    scene.pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"


def no_node(scene: Scene) -> None:
    del scene.pod["spec"]["nodeName"]


def no_owner(scene: Scene) -> None:
    del scene.pod["metadata"]["ownerReferences"]


def forged_owner(scene: Scene) -> None:
    scene.pod["metadata"]["ownerReferences"][0]["uid"] = "another"


def own_replica_set(scene: Scene) -> None:
    mine = made(
        "apps/v1", "ReplicaSet", "mine", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "uid": "x"}}
    )
    scene.world.api.hold(mine, "uid-mine")
    scene.pod["metadata"]["ownerReferences"][0] |= {"name": "mine", "uid": "uid-mine"}


def not_authenticated(scene: Scene) -> None:
    scene.authenticated = False


def unbound(scene: Scene) -> None:
    scene.bound = {}


def proof_unknown(scene: Scene) -> None:
    scene.pod["status"] = {}


def not_served(scene: Scene) -> None:
    application = scene.world.now_of(APPLICATIONS, "mnist")
    scene.world.api.hold(changed(application, spec__serving={"versions": []}), application["metadata"]["uid"])


def no_record(scene: Scene) -> None:
    scene.world.api.objects = {
        place: one for place, one in scene.world.api.objects.items() if one["metadata"].get("uid") != "uid-record"
    }


def changed_version(scene: Scene) -> None:
    version = scene.world.now_of(VERSIONS, "mnist-1.0.0")
    scene.world.api.hold(changed(version, spec__runtime=SKLEARN), version["metadata"]["uid"])


def no_policy(scene: Scene) -> None:
    scene.missing = "ValidatingAdmissionPolicy x is not in force"


def no_template(scene: Scene) -> None:
    for one in scene.of(CONTROLLER_REVISIONS):
        one["metadata"]["ownerReferences"] = []


WHY: dict[Callable[[Scene], None], str] = {
    image: "pod",
    variable: "pod",
    ephemeral: "pod",
    other_uid: "pod",
    going: "pod",
    no_node: "pod",
    no_template: "pod",
    no_owner: "owner",
    forged_owner: "owner",
    own_replica_set: "owner",
    not_served: "owner",
    not_authenticated: "token",
    unbound: "token",
    proof_unknown: "proof",
    no_record: "record",
    changed_version: "record",
    no_policy: "policy",
}


@pytest.mark.parametrize("trick", WHY, ids=lambda trick: trick.__name__)
async def test_nobody_else_gets_one(trick: Callable[[Scene], None]) -> None:
    scene = await Scene().ready()
    trick(scene)
    with pytest.raises(TicketRefusedError) as refused:
        await scene.ask()
    assert refused.value.why == WHY[trick]
    for word in ("exeml-models", PLACE, "secret-value", "exeml-keys", PROOF.hex()):
        assert word not in refused.value.message


async def test_another_secret_or_another_manifest_is_refused() -> None:
    scene = await Scene().ready()
    with pytest.raises(TicketRefusedError, match="does not have the proof"):
        await scene.ask(proof=b"q" * 32)
    with pytest.raises(TicketRefusedError, match="not pinned to what was asked for"):
        await scene.ask(pin=f"sha256:{'0' * 64}")


POLICY = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}


async def test_the_policies_are_in_force_only_with_bindings_that_deny_everywhere() -> None:
    world = World()

    def hold(kind: str, name: str, spec: Json) -> None:
        world.api.hold(
            {"apiVersion": POLICY["apiVersion"], "kind": kind, "metadata": {"name": name}, "spec": spec}, name
        )

    assert "aiapp-exeml-versions is not in force" in str(await Protection(world.api, lambda: 0)())
    for name in ("aiapp-exeml-versions", "aiapp-exeml-pods"):
        hold("ValidatingAdmissionPolicy", name, {})
        hold("ValidatingAdmissionPolicyBinding", name, {"policyName": name, "validationActions": ["Deny"]})
    assert await Protection(world.api, lambda: 1)() is None
    for spec in ({"validationActions": ["Warn"]}, {"validationActions": ["Deny"], "matchResources": {"x": "y"}}):
        hold("ValidatingAdmissionPolicyBinding", "aiapp-exeml-pods", {"policyName": "aiapp-exeml-pods"} | spec)
        assert "aiapp-exeml-pods" in str(await Protection(world.api, lambda: 1)())
