"""Weights in a real S3 server: their headers are read by ranges of exactly the objects that were listed."""

import pytest
from tests.integration.importing.conftest import Inspect, Upload
from tests.support.sandbox import Bucket
from tests.support.weights import folder, safetensors, sharded

from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Invalid, Valid
from aiapp.ports.objectstore import ObjectChangedError


async def listed(bucket: Bucket, store: S3Store, credentials: Credentials) -> tuple[Location, Listed]:
    """The one object `mnist/w.safetensors` of 256 bytes, each its own number."""
    bucket.client.put_object(Bucket=bucket.name, Key="mnist/w.safetensors", Body=bytes(range(256)))
    where = Location(bucket.name, "mnist/", bucket.endpoint)
    (one,) = await store.list(where, credentials)
    return where, one


async def test_a_folder_of_shards_is_described(look: Inspect, upload: Upload) -> None:
    upload(sharded())
    found = await look()
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.tensor_bytes == {"BF16": 256 * 64 * 2, "F32": 256}
    assert (found.model.weights.license, found.model.weights.tokenizer) == ("apache-2.0", True)


async def test_a_long_header_takes_a_second_range(look: Inspect, upload: Upload) -> None:
    upload(folder(model__safetensors=safetensors({f"layer.{n}": ("F32", (1,)) for n in range(3000)})))
    found = await look()
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.parameters == 3000


async def test_a_broken_header_is_refused_by_the_files_name(look: Inspect, upload: Upload) -> None:
    upload(folder(model__safetensors=b"\xff" * 64))
    found = await look()
    assert isinstance(found, Invalid)
    assert found.reason is Reason.WEIGHTS_INVALID
    assert found.message == "model.safetensors: its header claims 18446744073709551615 bytes of the file's 64"


@pytest.mark.parametrize(("start", "length"), [(0, 8), (8, 200), (255, 1), (0, 256)])
async def test_a_range_is_those_bytes(
    bucket: Bucket, store: S3Store, credentials: Credentials, start: int, length: int
) -> None:
    where, one = await listed(bucket, store, credentials)
    found = await store.read_range(where, credentials, one, start, length)
    assert found == bytes(range(256))[start : start + length]


async def test_of_an_object_that_was_replaced_no_range_is_read(
    bucket: Bucket, store: S3Store, credentials: Credentials
) -> None:
    where, one = await listed(bucket, store, credentials)
    bucket.client.put_object(Bucket=bucket.name, Key=one.key, Body=b"x" * 256)
    with pytest.raises(ObjectChangedError):
        await store.read_range(where, credentials, one, 0, 8)


async def test_a_range_beyond_its_end_means_that_it_changed(
    bucket: Bucket, store: S3Store, credentials: Credentials
) -> None:
    where, one = await listed(bucket, store, credentials)
    with pytest.raises(ObjectChangedError):
        await store.read_range(where, credentials, one, 200, 100)
