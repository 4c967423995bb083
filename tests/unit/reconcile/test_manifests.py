"""The ConfigMaps of manifests: made once, shared by everything that uses them, all of them or an error."""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.documents import changed
from tests.support.world import FakeCluster

from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Manifest, composed
from aiapp.domain.artifact.manifest_config_map import config_map_names, manifest_objects, manifest_reference
from aiapp.domain.artifact.sharing import is_used_by
from aiapp.domain.kubernetes.naming import owner
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json
from aiapp.ports.kubernetes import ApiError, ConflictError, NotFoundError
from aiapp.reconcile.shared_config_maps import TakenError

MANY = composed(Entry(f"{n:05d}", n, hashlib.sha256(str(n).encode()).hexdigest()) for n in range(45_000))
"""Too large for one ConfigMap."""
SMALL = composed([Entry("a", 1, "e")])
NAMES = config_map_names(manifest_reference(MANY))
(NAME,) = config_map_names(manifest_reference(SMALL))


def user(uid: str, kind: str = "AIApplicationVersion") -> Json:
    metadata = {"name": "mnist-1.0.0", "namespace": "team", "uid": uid}
    return {"apiVersion": "aiapp.dev/v1alpha1", "kind": kind, "metadata": metadata}


class Rig(FakeCluster):
    """What keeps manifests, over an API server in memory whose watch tells nothing before `see`."""

    def put(self, config_map: Json, **changes: Any) -> None:
        """Somebody else's hand."""
        metadata = config_map["metadata"] | {"namespace": "team"}
        self.api.hold(changed(config_map | {"metadata": metadata}, **changes), "uid-other")

    def see(self) -> None:
        """The watch has told of everything."""
        for document in self.api.objects.values():
            self.store.put(CONFIG_MAPS, document)


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_all_parts_are_made_and_owned_and_named_by_the_version(rig: Rig) -> None:
    await rig.manifests.keep(MANY, user("v1"))
    assert (set(rig.config_maps), len(NAMES)) == (set(NAMES), 3)
    assert all(is_used_by(part, user("v1")) for part in rig.config_maps.values())
    assert all(part["metadata"]["labels"]["version.aiapp.dev/mnist-1.0.0"] == "v1" for part in rig.config_maps.values())


async def test_keeping_them_again_for_another_user_shares_them(rig: Rig) -> None:
    await rig.manifests.keep(MANY, user("v1"))
    await rig.manifests.keep(MANY, changed(user("v2"), metadata__name="mnist-1.0.1"))
    owners = [[owner["uid"] for owner in part["metadata"]["ownerReferences"]] for part in rig.config_maps.values()]
    assert owners == [["v1", "v2"]] * 3


async def test_what_a_crash_left_undone_is_completed(rig: Rig) -> None:
    def fail() -> None:
        raise ApiError(0, "Lost", "gone")

    rig.api.before["create"] = lambda: rig.api.before.update(create=fail)
    with pytest.raises(ApiError):
        await rig.manifests.keep(MANY, user("v1"))
    assert len(rig.config_maps) == 1
    await rig.manifests.keep(MANY, user("v1"))
    assert len(rig.config_maps) == 3


async def test_an_application_shares_all_parts_or_hears_which_is_gone(rig: Rig) -> None:
    await rig.manifests.keep(MANY, user("v1"))
    assert await rig.shared.share(NAMES, user("a1", "AIApplication")) == []
    assert all(is_used_by(part, user("a1", "AIApplication")) for part in rig.config_maps.values())
    rig.store.remove(CONFIG_MAPS, rig.api.objects.pop((CONFIG_MAPS, "team", NAMES[1])))
    assert await rig.shared.share(NAMES, user("a2", "AIApplication")) == [NAMES[1]]


async def test_what_is_shared_already_costs_no_request(rig: Rig) -> None:
    await rig.manifests.keep(MANY, user("v1"))
    rig.api.calls.clear()
    assert await rig.shared.share(NAMES, user("v1")) == []
    assert rig.api.calls == []


async def test_a_stray_404_does_not_make_a_manifest_gone(rig: Rig) -> None:
    await rig.manifests.keep(SMALL, user("v1"))

    def not_found() -> None:
        raise NotFoundError(404, "NotFound", "stray")

    rig.api.before["patch"] = not_found
    with pytest.raises(ConflictError):
        await rig.shared.share([NAME], user("a1", "AIApplication"))
    assert await rig.shared.share([NAME], user("a1", "AIApplication")) == []


async def test_a_config_map_of_somebody_else_is_never_owned(rig: Rig) -> None:
    rig.put(manifest_objects(SMALL)[0], metadata__labels={})
    assert await rig.shared.share([NAME], user("a1", "AIApplication")) == [NAME]
    assert "ownerReferences" not in rig.config_maps[NAME]["metadata"]


OTHERS = [
    pytest.param({"metadata__labels": {}}, id="somebody else's"),
    pytest.param({"binaryData": {"manifest.gz": "eA=="}}, id="that holds no manifest"),
    pytest.param({"binaryData": {}}, id="that holds nothing"),
    pytest.param({"binaryData": manifest_objects(MANY)[0]["binaryData"]}, id="that holds another manifest"),
]


@pytest.mark.parametrize("change", OTHERS)
async def test_a_config_map_of_that_name_is_not_touched(rig: Rig, change: dict[str, Any]) -> None:
    rig.put(manifest_objects(SMALL)[0], **change)
    before = dict(rig.config_maps)
    with pytest.raises(TakenError, match="exists and does not hold the manifest: delete it"):
        await rig.manifests.keep(SMALL, user("v1"))
    assert rig.config_maps == before


async def test_the_same_manifest_from_another_make_of_gzip_is_the_same(rig: Rig) -> None:
    other = Manifest(SMALL.pin, SMALL.objects, SMALL.bytes, gzip.compress(SMALL.canonical, compresslevel=1))
    await rig.manifests.keep(other, user("v1"))
    await rig.manifests.keep(SMALL, user("v2"))
    assert is_used_by(rig.config_maps[NAME], user("v2"))


async def test_the_last_user_takes_a_manifest_along(rig: Rig) -> None:
    application = user("a1", "AIApplication")
    await rig.manifests.keep(SMALL, user("v1"))
    rig.api.hold(application, "a1")
    await rig.shared.share([NAME], application)
    await rig.shared.release([NAME], user("v1"))
    metadata = rig.config_maps[NAME]["metadata"]
    assert ([owner["uid"] for owner in metadata["ownerReferences"]], metadata["labels"].keys()) == (
        ["a1"],
        {"app.kubernetes.io/managed-by", "app.kubernetes.io/component"},
    )
    await rig.shared.release([NAME], application)
    assert (rig.config_maps, rig.store.config_maps("team")) == ({}, [])


def shared_by(rig: Rig, user: Json) -> Callable[[], None]:
    """Somebody shares it, just before the next request."""

    def share() -> None:
        metadata = rig.config_maps[NAME]["metadata"] | {"ownerReferences": [owner(user, controller=False)]}
        rig.api.hold(rig.config_maps[NAME] | {"metadata": metadata}, metadata["uid"])

    return share


async def test_a_manifest_that_somebody_shares_at_the_same_moment_stays(rig: Rig) -> None:
    await rig.manifests.keep(SMALL, user("v1"))
    rig.api.hold(user("v2"), "v2")
    rig.api.before["delete"] = shared_by(rig, user("v2"))
    await rig.shared.release([NAME], user("v1"))
    assert [one["uid"] for one in rig.api.objects[CONFIG_MAPS, "team", NAME]["metadata"]["ownerReferences"]] == ["v2"]


async def test_owners_that_are_gone_do_not_keep_a_manifest(rig: Rig) -> None:
    await rig.manifests.keep(SMALL, user("v1"))
    rig.api.hold(user("another-life"), "another-life")
    await rig.shared.share([NAME], user("deleted"))
    await rig.shared.release([NAME], user("v1"))
    assert (CONFIG_MAPS, "team", NAME) not in rig.api.objects
