"""The ConfigMaps of manifests: made once, shared by everything that uses them, all of them or an error."""

import gzip
from typing import Any

import pytest
from tests.support.fake_api import FakeApi

from aiapp.api.version import ManifestReference
from aiapp.domain.desired.manifest import config_map_names, manifest_objects, manifest_reference
from aiapp.domain.manifest import Entry, Manifest, composed
from aiapp.domain.resources import CONFIG_MAPS, Json
from aiapp.ports import ApiError
from aiapp.reconcile.manifests import Manifests, ManifestTakenError, is_shared_with
from aiapp.reconcile.store import Store

MANY = composed(Entry(f"{number:04d}", number, f"{number * 7919:032x}") for number in range(500))
PARTS = manifest_objects(MANY, 2000)
REFERENCE = manifest_reference(MANY, 2000)


def user(uid: str, kind: str = "AIApplicationVersion") -> Json:
    metadata = {"name": "mnist-1.0.0", "namespace": "team", "uid": uid}
    return {"apiVersion": "aiapp.dev/v1alpha1", "kind": kind, "metadata": metadata}


def held(api: FakeApi) -> dict[str, Json]:
    return {name: obj for (_, _, name), obj in api.objects.items()}


async def test_all_parts_are_made_and_owned() -> None:
    api = FakeApi()
    await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v1"))
    assert set(held(api)) == set(config_map_names(REFERENCE))
    assert all(is_shared_with(part, user("v1")) for part in held(api).values())


async def test_keeping_them_again_for_another_user_shares_them() -> None:
    api = FakeApi()
    await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v1"))
    await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v2"))
    assert all(is_shared_with(part, user(uid)) for part in held(api).values() for uid in ("v1", "v2"))


async def test_what_a_crash_left_undone_is_completed() -> None:
    api = FakeApi()
    api.before["create"] = lambda: api.before.update(create=fail)

    def fail() -> None:
        raise ApiError(0, "Lost", "gone")

    with pytest.raises(ApiError):
        await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v1"))
    assert len(held(api)) == 1
    await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v1"))
    assert len(held(api)) == 3


async def test_an_application_shares_all_parts_or_hears_that_one_is_gone() -> None:
    api = FakeApi()
    await Manifests(api, Store(facts=lambda _: None)).keep(PARTS, user("v1"))
    assert await Manifests(api, Store(facts=lambda _: None)).share(REFERENCE, user("a1", "AIApplication"))
    assert all(is_shared_with(part, user("a1")) for part in held(api).values())
    del api.objects[CONFIG_MAPS, "team", f"{REFERENCE.name}-1"]
    assert not await Manifests(api, Store(facts=lambda _: None)).share(REFERENCE, user("a2", "AIApplication"))
    assert not await Manifests(api, Store(facts=lambda _: None)).share(ManifestReference(name="none"), user("a1"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"metadata": {"labels": {}}}, id="somebody else's"),
        pytest.param({"binaryData": {"manifest.gz": "eA=="}}, id="with other content"),
    ],
)
async def test_a_config_map_of_that_name_that_is_another_is_not_touched(change: dict[str, Any]) -> None:
    api = FakeApi()
    (wanted,) = manifest_objects(MANY)
    metadata = wanted["metadata"] | {"namespace": "team"} | change.get("metadata", {})
    api.hold(wanted | change | {"metadata": metadata}, "x")
    with pytest.raises(ManifestTakenError, match="exists and does not hold the manifest"):
        await Manifests(api, Store(facts=lambda _: None)).keep([wanted], user("v1"))


async def test_the_same_manifest_from_another_make_of_gzip_is_the_same() -> None:
    api = FakeApi()
    other = Manifest(MANY.pin, MANY.objects, MANY.bytes, gzip.compress(MANY.canonical, compresslevel=1))
    await Manifests(api, Store(facts=lambda _: None)).keep(manifest_objects(other), user("v1"))
    await Manifests(api, Store(facts=lambda _: None)).keep(manifest_objects(MANY), user("v2"))
    (kept,) = held(api).values()
    assert is_shared_with(kept, user("v2"))
