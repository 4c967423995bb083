"""What pods tell of the content they fetched: believed of our own, recorded once, whoever else tells something else."""

import json
from typing import Any

import pytest
from tests.support.documents import ABSENT, changed
from tests.support.records import NORMAL, PIN, deployed, normal_version, pod
from tests.support.world import World

from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import KnownContent, digest_object
from aiapp.domain.artifact.sharing import is_used_by, used_by
from aiapp.domain.kubernetes.naming import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    digest_config_map,
    manifest_config_map,
    pinned_label,
)
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, DEPLOYMENTS, PODS, VERSIONS, Json
from aiapp.domain.version.plan import Recording
from aiapp.reconcile.shared_config_maps import TakenError

ONE, OTHER = f"sha256:{'d1' * 32}", f"sha256:{'d2' * 32}"
NAME = digest_config_map(PIN)
ONE_ON_RECORD = Recording(PIN, KnownContent(Content(ONE), "SHA256SUMS"))
APPLICATION = {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication", "name": "mnist", "uid": "uid-mnist"}
REPLICA_SET: Json = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "metadata": {
        "name": "mnist-1-0-0-abc",
        "namespace": "team",
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": "mnist-1-0-0",
                "uid": "uid-deployment-1.0.0",
                "controller": True,
            }
        ],
    },
    "spec": {"template": {"spec": {"initContainers": [{"name": "fetch", "args": ["fetch", "--pin", PIN]}]}}},
}


class PinnedWorld(World):
    """A pinned version that is deployed."""

    def __init__(self) -> None:
        super().__init__()
        self.knows()
        self.hold_manifest(used_by(self.now_of(VERSIONS, "mnist-1.0.0")))
        owned = changed(deployed(), metadata__ownerReferences=[APPLICATION | {"controller": True}])
        self.hold(DEPLOYMENTS, owned, "uid-deployment-1.0.0")
        self.replica_set()

    def hold_manifest(self, used: Json) -> None:
        labels = {MANAGED_BY_LABEL: MANAGED_BY} | used.pop("labels")
        metadata = {"name": manifest_config_map(PIN), "namespace": "team", "labels": labels} | used
        self.hold(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, "uid-manifest")

    def replica_set(self, **changes: Any) -> None:
        self.api.hold(changed(REPLICA_SET, **changes), "uid-rs")

    def told(self, digest: str, name: str = "mnist-1-0-0-abc-x", **changes: Any) -> None:
        """A pod has fetched."""
        ended = {
            "exitCode": 0,
            "message": json.dumps({"digest": digest}),
            "finishedAt": f"2026-01-02T03:04:{len(self.store.all(PODS)):02d}Z",
        }
        spoken = pod(name=name, initContainerStatuses=[{"name": "fetch", "state": {"terminated": ended}}])
        maker = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "mnist-1-0-0-abc", "uid": "uid-rs"}
        owned = changed(spoken, metadata__ownerReferences=[maker | {"controller": True}])
        self.hold(PODS, changed(owned | {"apiVersion": "v1", "kind": "Pod"}, **changes), f"uid-{name}")

    def recorded(self, digest: str) -> None:
        """Somebody has put a digest on record already."""
        known = digest_object(PIN, KnownContent(Content(digest), "Fetch"))
        metadata = known["metadata"] | {"namespace": "team"}
        self.hold(CONFIG_MAPS, known | {"metadata": metadata}, "uid-record")

    def vouched(self, digest: str, origin: str = "Fetch", pin: str = PIN) -> None:
        """Another version's status, which users cannot write, tells a digest of the same pin."""
        known = {"pin": pin, "digest": digest, "digestFrom": origin}
        sibling = changed(normal_version("1.0.1").raw, status__artifact=NORMAL["artifact"] | known)  # type: ignore[operator]
        self.hold(VERSIONS, sibling, "uid-sibling")
        used = used_by(self.now_of(VERSIONS, "mnist-1.0.0"))
        used["labels"] |= {pinned_label("mnist-1.0.1"): "uid-sibling"}
        self.hold_manifest(used)

    def knows(self, **artifact: Any) -> None:
        """The version's status has this already."""
        self.set_status(NORMAL | {"artifact": NORMAL["artifact"] | artifact})  # type: ignore[operator]

    @property
    def record_data(self) -> dict[str, str] | None:
        found = self.api.objects.get((CONFIG_MAPS, "team", NAME))
        return None if found is None else dict(found["data"])

    async def doubt(self) -> str:
        """What is said of the pin beside its usual words."""
        await self.look()
        return str(self.condition(VERSIONS, "mnist-1.0.0", "ArtifactPinned")["message"]).partition("; ")[2]

    async def kept(self) -> tuple[str | None, str | None, bool]:
        """Digest, where it is known from, whether a fetch has confirmed it: as the status says after a look."""
        await self.look()
        artifact = self.status["artifact"]
        return artifact.get("digest"), artifact.get("digestFrom"), "verifiedAt" in artifact


@pytest.fixture
def world() -> PinnedWorld:
    return PinnedWorld()


async def test_the_first_fetch_tells_the_digest_and_it_is_recorded(world: PinnedWorld) -> None:
    world.told(ONE)
    assert await world.kept() == (ONE, "Fetch", True)
    assert world.record_data == {"digest": ONE, "from": "Fetch"}
    assert is_used_by(world.now_of(CONFIG_MAPS, NAME), world.now_of(VERSIONS, "mnist-1.0.0"))


async def test_the_first_one_wins_and_the_record_never_changes(world: PinnedWorld) -> None:
    world.told(ONE)
    world.told(OTHER, "mnist-1-0-0-abc-y")
    assert await world.kept() == (ONE, "Fetch", True)
    world.knows(digest=ONE, digestFrom="Fetch", verifiedAt="2026-01-02T03:04:00Z")
    assert await world.kept() == (ONE, "Fetch", True)
    assert world.record_data == {"digest": ONE, "from": "Fetch"}


async def test_a_record_made_meanwhile_stands_against_a_pod_if_a_version_vouches_for_it(
    world: PinnedWorld,
) -> None:
    world.told(OTHER)
    world.vouched(ONE)
    world.api.before["create"] = lambda: world.recorded(ONE)
    assert await world.kept() == (ONE, "Fetch", False)
    assert world.record_data == {"digest": ONE, "from": "Fetch"}


async def test_what_another_version_of_the_same_content_learnt_is_known_at_once(world: PinnedWorld) -> None:
    world.vouched(ONE, "SHA256SUMS")
    assert await world.kept() == (ONE, "SHA256SUMS", False)
    assert world.record_data == {"digest": ONE, "from": "SHA256SUMS"}


NO_EVIDENCE = [
    pytest.param({"origin": "Spec"}, id="a digest that its source states"),
    pytest.param({"pin": f"sha256:{'0' * 64}"}, id="the digest of another pin"),
]


@pytest.mark.parametrize("told", NO_EVIDENCE)
async def test_another_version_is_no_evidence_by(world: PinnedWorld, told: dict[str, str]) -> None:
    world.vouched(ONE, **told)
    assert await world.kept() == (None, None, False)


async def test_a_record_that_nobody_vouches_for_is_not_believed_but_said(world: PinnedWorld) -> None:
    world.recorded(ONE)
    assert await world.kept() == (None, None, False)
    assert f"ConfigMap {NAME} states a digest that no version here vouches for" in await world.doubt()


async def test_a_record_of_a_backup_is_believed_once_a_fetch_has_found_the_same(world: PinnedWorld) -> None:
    world.recorded(ONE)
    world.told(ONE)
    assert await world.kept() == (ONE, "Fetch", True)
    assert "vouches" not in await world.doubt()


async def test_a_record_that_contradicts_the_first_fetch_is_said(world: PinnedWorld) -> None:
    world.recorded(ONE)
    world.told(OTHER)
    assert await world.kept() == (None, None, False)
    assert f"ConfigMap {NAME} exists and does not hold the digest {OTHER}: delete it" in await world.doubt()


async def test_an_import_believes_its_own_computation_and_no_record(world: PinnedWorld) -> None:
    world.recorded(OTHER)
    with pytest.raises(TakenError, match=f"does not hold the digest {ONE}"):
        await world.digests.record(ONE_ON_RECORD, world.now_of(VERSIONS, "mnist-1.0.0"))


async def test_a_stated_digest_is_confirmed_by_a_fetch(world: PinnedWorld) -> None:
    world.knows(digest=ONE, digestFrom="Spec", verification="SHA256")
    assert await world.kept() == (ONE, "Spec", False)
    assert world.record_data is None
    world.told(ONE)
    assert await world.kept() == (ONE, "Fetch", True)
    assert world.record_data == {"digest": ONE, "from": "Fetch"}


@pytest.mark.parametrize(
    ("origin", "on_record"),
    [
        pytest.param("Spec", None, id="from the source"),
        pytest.param("SHA256SUMS", {"digest": ONE, "from": "SHA256SUMS"}, id="from the package"),
    ],
)
async def test_a_pod_is_not_heard_that_contradicts_what_is_known(
    world: PinnedWorld, origin: str, on_record: dict[str, str] | None
) -> None:
    world.knows(digest=ONE, digestFrom=origin, verification="SHA256")
    world.told(OTHER)
    assert await world.kept() == (ONE, origin, False)
    assert world.record_data == on_record


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"metadata__ownerReferences": ABSENT}, id="a pod that nobody made"),
        pytest.param({"metadata__ownerReferences__0__uid": "uid-else"}, id="of a ReplicaSet that was deleted"),
        pytest.param({"metadata__ownerReferences__0__kind": "Job"}, id="of a Job"),
        pytest.param({"metadata__ownerReferences__0__name": "gone"}, id="of a ReplicaSet that does not exist"),
    ],
)
async def test_a_pod_is_not_believed(world: PinnedWorld, changes: dict[str, Any]) -> None:
    owners = changes.pop("metadata__ownerReferences", None)
    world.told(ONE)
    spoken = world.store.all(PODS)[0]
    reference = spoken["metadata"]["ownerReferences"][0]
    for field, value in changes.items():
        reference[field.rpartition("__")[2]] = value
    if owners is ABSENT:
        del spoken["metadata"]["ownerReferences"]
    assert await world.kept() == (None, None, False)
    assert world.record_data is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"metadata__ownerReferences": []}, id="that a person made"),
        pytest.param(
            {"metadata__ownerReferences": [{"kind": "Deployment", "uid": "uid-else", "controller": True}]},
            id="of another Deployment",
        ),
        pytest.param(
            {"spec__template__spec__initContainers": [{"name": "fetch", "args": ["--pin", ONE]}]}, id="of another pin"
        ),
        pytest.param({"spec__template__spec__initContainers": []}, id="that fetches nothing"),
    ],
)
async def test_a_pod_is_not_believed_of_a_replica_set(world: PinnedWorld, changes: dict[str, Any]) -> None:
    world.replica_set(**changes)
    world.told(ONE)
    assert await world.kept() == (None, None, False)
    assert world.record_data is None


async def test_a_record_that_was_deleted_is_made_anew(world: PinnedWorld) -> None:
    world.knows(digest=ONE, digestFrom="Checksums", verifiedAt="2026-01-02T03:04:00Z", verification="SHA256")
    assert await world.kept() == (ONE, "Checksums", True)
    assert world.record_data == {"digest": ONE, "from": "Checksums"}


async def test_what_is_as_it_should_be_costs_no_request(world: PinnedWorld) -> None:
    world.told(ONE)
    await world.kept()
    world.api.calls.clear()
    await world.kept()
    assert world.api.calls == []


async def test_an_application_shares_the_record(world: PinnedWorld) -> None:
    user = {"apiVersion": "aiapp.dev/v1alpha1", "kind": "AIApplication"}
    application = user | {"metadata": {"name": "mnist", "namespace": "team", "uid": "uid-app"}}
    await world.shared.share_known(NAME, application)
    assert world.api.calls == []
    world.recorded(ONE)
    await world.shared.share_known(NAME, application)
    assert is_used_by(world.api.objects[CONFIG_MAPS, "team", NAME], application)


async def test_a_config_map_of_somebody_else_is_left_alone_and_said(world: PinnedWorld) -> None:
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": "team"}}
    world.api.hold(stranger, "uid-stranger")
    with pytest.raises(TakenError, match=f"ConfigMap {NAME} exists and does not hold the digest"):
        await world.digests.record(ONE_ON_RECORD, world.now_of(VERSIONS, "mnist-1.0.0"))
