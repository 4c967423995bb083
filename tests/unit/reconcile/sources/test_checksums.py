"""What is known of a package without fetching it, and that nothing of this ever fails an import."""

import hashlib
from collections.abc import Iterable, Mapping

import pytest
from tests.support.bucket import Bucket

from aiapp.api.conditions import Reason
from aiapp.api.version import ModelStatus
from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.manifest import from_listing
from aiapp.domain.artifact.sha256sums import SUMS
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Valid
from aiapp.ports.objectstore import ObjectChangedError, StoreError
from aiapp.reconcile.sources import checksums
from aiapp.reconcile.sources.access import StoreAccess
from aiapp.reconcile.sources.checksums import known_content

FILES = {"config.json": b"{}", "model.bin": b"weights", "readme": b""}
HASHES = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}
WAY = StoreAccess(Location("models", "mnist/", None, "us-east-1", "Auto"), None)


def sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in files.items()).encode()


def bucket(files: Mapping[str, bytes], hashed: Iterable[str] = ()) -> Bucket:
    """The package lies in `model/` of the source's folder."""
    return Bucket(files, "mnist/model/", hashed)


def package(store: Bucket) -> Valid:
    """What an import has found there."""
    manifest = from_listing(Listing.of(store.objects), store.prefix)
    return Valid("obs://models/mnist/model/", "sha256:1", manifest, ModelStatus(type="PyTorch", algorithm="x"), None)


async def known(store: Bucket, limit: int = 10) -> KnownContent | None:
    return await known_content(package(store), WAY, store, limit)


async def test_the_stores_hashes_of_every_file_make_the_digest() -> None:
    store = bucket(FILES, hashed=FILES)
    assert await known(store) == KnownContent(content(package(store).manifest.entries, HASHES), "Checksums")


async def test_a_package_brings_its_hashes_and_no_model_file_is_asked_for() -> None:
    files = {**FILES, SUMS: sums(FILES)}
    store = bucket(files)
    found = await known(store)
    assert found is not None
    assert found.origin == "SHA256SUMS"
    assert found.content.by_path(package(store).manifest.entries) == HASHES | {
        SUMS: hashlib.sha256(files[SUMS]).hexdigest()
    }
    assert store.asked == [SUMS]


async def test_sums_that_miss_a_file_count_for_nothing() -> None:
    assert await known(bucket({**FILES, SUMS: sums({"config.json": b"{}"})})) is None


async def test_a_store_without_hashes_is_asked_once() -> None:
    store = bucket(FILES)
    assert await known(store) is None
    assert store.asked == ["model.bin"]


async def test_one_file_without_a_hash_leaves_the_digest_unknown() -> None:
    assert await known(bucket(FILES, hashed=("model.bin", "readme"))) is None


@pytest.mark.parametrize("limit", [0, 2])
async def test_a_package_of_more_objects_than_the_limit_is_not_asked_about(limit: int) -> None:
    store = bucket(FILES, hashed=FILES)
    assert await known(store, limit) is None
    assert store.asked == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(StoreError(Reason.ACCESS_DENIED, "denied", retryable=False), id="refusal"),
        pytest.param(ObjectChangedError("model.bin"), id="change"),
    ],
)
async def test_a_fault_leaves_the_digest_unknown(fault: StoreError) -> None:
    store = bucket(FILES, hashed=FILES)
    store.fault = fault
    assert await known(store) is None


async def test_a_slow_store_leaves_the_digest_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bucket(FILES)
    store.answers.clear()
    monkeypatch.setattr(checksums, "DEADLINE_SECONDS", 0.01)
    assert await known(store) is None
