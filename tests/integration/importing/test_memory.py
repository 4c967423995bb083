"""What listings and files take of the operator's memory is shared among namespaces."""

import asyncio

import pytest
from tests.support.packages import package
from tests.support.sandbox import Bucket

from aiapp.adapters.objectstore import memory
from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import location
from aiapp.ports.objectstore import PackageStore, StoreError


@pytest.fixture
def where(bucket: Bucket) -> ObsSource:
    for path, content in package().items():
        bucket.client.put_object(Bucket=bucket.name, Key=f"mnist/{path}", Body=content)
    return ObsSource(uri=f"obs://{bucket.name}/mnist", endpoint=bucket.endpoint)


async def listed(store: PackageStore, where: ObsSource, credentials: Credentials) -> Listing:
    return await store.list(location(where), credentials)


async def test_a_large_listing_waits_while_its_namespace_has_another(
    store: S3Store, where: ObsSource, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SMALL_BYTES", 0)
    async with store.session("hostile") as first, store.session("hostile") as second, store.session("team") as other:
        for _ in range(2):
            assert len(await listed(first, where, credentials)) == 3
        waiting = asyncio.create_task(listed(second, where, credentials))
        assert len(await listed(other, where, credentials)) == 3
        assert not waiting.done()
        waiting.cancel()
    async with store.session("hostile") as third:
        assert len(await listed(third, where, credentials)) == 3


@pytest.mark.parametrize("is_part", [False, True])
async def test_a_large_file_waits_while_its_namespace_reads_another(
    store: S3Store, where: ObsSource, credentials: Credentials, monkeypatch: pytest.MonkeyPatch, *, is_part: bool
) -> None:
    monkeypatch.setattr(memory, "SHORT_READ_BYTES", 0)
    (first_listed, *_) = await listed(store, where, credentials)

    async def read(session: PackageStore) -> bytes:
        if is_part:
            return await session.read_range(location(where), credentials, first_listed, 0, 1)
        return await session.read(location(where), credentials, first_listed, first_listed.size)

    async with store.session("hostile") as first, store.session("hostile") as second, store.session("team") as other:
        assert all(await asyncio.gather(read(first), read(first)))
        waiting = asyncio.create_task(read(second))
        for _ in range(9):
            assert await read(other)
        assert not waiting.done()
        waiting.cancel()


async def test_a_listing_that_could_not_be_pinned_is_refused(
    store: S3Store, where: ObsSource, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 0)
    async with store.session("team") as session:
        with pytest.raises(StoreError, match="when they are compressed") as caught:
            await listed(session, where, credentials)
    assert caught.value.reason is Reason.LIMIT_EXCEEDED
