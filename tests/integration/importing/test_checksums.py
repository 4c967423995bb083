"""What real S3 servers say of an object's SHA-256."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer
from tests.support.sandbox import Bucket

from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = os.urandom(4096)
KEY = "mnist/model.bin"


@dataclass(frozen=True)
class Server:
    """A bucket on one S3 server."""

    client: "S3Client"
    location: Location
    keys: Credentials

    def listed(self) -> Listed:
        """The object as the listing shows it."""
        found = self.client.list_objects_v2(Bucket=self.location.bucket, Prefix=KEY)["Contents"][0]
        return Listed(found["Key"], found["Size"], found["ETag"])

    def upload(self, **how: Any) -> None:
        self.client.put_object(Bucket=self.location.bucket, Key=KEY, Body=CONTENT, **how)

    def upload_in_parts(self, **how: Any) -> None:
        """One part is enough for the server to keep a checksum over checksums."""
        name: dict[str, Any] = {"Bucket": self.location.bucket, "Key": KEY}
        upload = self.client.create_multipart_upload(**name, **how)["UploadId"]
        part = self.client.upload_part(**name, UploadId=upload, PartNumber=1, Body=CONTENT, **how)
        told: Any = {"ETag": part["ETag"], "PartNumber": 1, "ChecksumSHA256": part["ChecksumSHA256"]}
        self.client.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={"Parts": [told]})


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["versitygw", "moto"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "versitygw":
        bucket: Bucket = request.getfixturevalue("bucket")
        where = Location(bucket.name, "mnist/", bucket.endpoint, bucket.region, "Path")
        yield Server(bucket.client, where, Credentials(bucket.access_key, bucket.secret_key))
        return
    endpoint = request.getfixturevalue("moto")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="models")
    yield Server(client, Location("models", "mnist/", endpoint, "us-east-1", "Path"), Credentials("any", "any"))
    client.delete_object(Bucket="models", Key=KEY)
    client.delete_bucket(Bucket="models")
    client.close()


async def test_the_hash_of_an_object_that_was_uploaded_with_one_is_told(server: Server, store: S3Store) -> None:
    server.upload(ChecksumAlgorithm="SHA256")
    found = await store.sha256(server.location, server.keys, server.listed())
    assert found == hashlib.sha256(CONTENT).hexdigest()


async def test_an_object_with_another_checksum_has_no_hash(server: Server, store: S3Store) -> None:
    server.upload(ChecksumAlgorithm="CRC32")
    assert await store.sha256(server.location, server.keys, server.listed()) is None


async def test_a_checksum_over_parts_is_not_the_hash_of_the_object(server: Server, store: S3Store) -> None:
    server.upload_in_parts(ChecksumAlgorithm="SHA256")
    assert await store.sha256(server.location, server.keys, server.listed()) is None


async def test_an_object_that_was_replaced_has_no_hash_of_before(server: Server, store: S3Store) -> None:
    server.upload(ChecksumAlgorithm="SHA256")
    listed = server.listed()
    server.client.put_object(Bucket=server.location.bucket, Key=KEY, Body=b"other", ChecksumAlgorithm="SHA256")
    assert await store.sha256(server.location, server.keys, listed) is None
