"""What is known of a package without fetching it, and that nothing of this ever fails an import."""

import asyncio
import hashlib
from collections.abc import Mapping

import pytest
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.api.version import ModelStatus
from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.digest_config_map import Known
from aiapp.domain.artifact.manifest import Entry, Listed, composed
from aiapp.domain.artifact.sha256sums import SUMS
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Valid
from aiapp.ports import HashingStore, ObjectChangedError, StoreError
from aiapp.reconcile.sources import checksums
from aiapp.reconcile.sources.access import Access
from aiapp.reconcile.sources.checksums import known_content

FILES = {"config.json": b"{}", "model.bin": b"weights", "readme": b""}
HASHES = {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}
WAY = Access(Location("models", "mnist/", None, "us-east-1", "Auto"), None)


def sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in files.items()).encode()


class Store(HashingStore):
    """Holds `files` below mnist/model/, and knows the hashes of those in `hashed`."""

    def __init__(self, files: Mapping[str, bytes], hashed: tuple[str, ...] = (), fault: Exception | None = None):
        self.files = files
        self.hashed = hashed
        self.fault = fault
        self.asked: list[str] = []

    @property
    def package(self) -> Valid:
        entries = composed(Entry(path, len(data), "e") for path, data in sorted(self.files.items()))
        model = ModelStatus(type="PyTorch", algorithm="x")
        return Valid("obs://models/mnist/model/", "sha256:1", entries, model, None)

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        raise AssertionError

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        return self._get(listed)

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        data = self._get(listed)
        return hashlib.sha256(data).hexdigest() if self.asked[-1] in self.hashed else None

    def _get(self, listed: Listed) -> bytes:
        if self.fault is not None:
            raise self.fault
        self.asked.append(listed.key.removeprefix("mnist/model/"))
        return self.files[self.asked[-1]]


async def known(store: Store, limit: int = 10) -> Known | None:
    return await known_content(store.package, WAY, store, limit)


async def test_the_stores_hashes_of_every_file_make_the_digest() -> None:
    store = Store(FILES, hashed=tuple(FILES))
    assert await known(store) == Known(content(store.package.manifest.entries, HASHES), "Checksums")


async def test_a_package_brings_its_hashes_and_no_model_file_is_asked_for() -> None:
    files = {**FILES, SUMS: sums(FILES)}
    store = Store(files)
    found = await known(store)
    assert found is not None
    assert found.origin == "SHA256SUMS"
    assert found.content.by_path(store.package.manifest.entries) == HASHES | {
        SUMS: hashlib.sha256(files[SUMS]).hexdigest()
    }
    assert store.asked == [SUMS]


async def test_sums_that_miss_a_file_count_for_nothing() -> None:
    assert await known(Store({**FILES, SUMS: sums({"config.json": b"{}"})})) is None


async def test_a_store_without_hashes_is_asked_once() -> None:
    store = Store(FILES)
    assert await known(store) is None
    assert store.asked == ["model.bin"]


async def test_one_file_without_a_hash_leaves_the_digest_unknown() -> None:
    assert await known(Store(FILES, hashed=("model.bin", "readme"))) is None


@pytest.mark.parametrize("limit", [0, 2])
async def test_a_package_of_more_objects_than_the_limit_is_not_asked_about(limit: int) -> None:
    store = Store(FILES, hashed=tuple(FILES))
    assert await known(store, limit) is None
    assert store.asked == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(StoreError(Reason.ACCESS_DENIED, "denied", retryable=False), id="refusal"),
        pytest.param(ObjectChangedError("model.bin"), id="change"),
    ],
)
async def test_a_fault_leaves_the_digest_unknown(fault: Exception) -> None:
    assert await known(Store(FILES, hashed=tuple(FILES), fault=fault)) is None


async def test_a_slow_store_leaves_the_digest_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Store):
        @override
        async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
            return await asyncio.Future()

    monkeypatch.setattr(checksums, "DEADLINE_SECONDS", 0.01)
    assert await known(Slow(FILES)) is None
