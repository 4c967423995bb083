"""Keys that no file system can hold, from an S3 server that keeps objects in memory (moto)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer
from tests.integration.importing.test_inspect import PACKAGE

from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection, Invalid, Valid
from aiapp.reconcile.sources.importing import inspect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = Credentials("any", "any")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(endpoint: str) -> Iterator["S3Client"]:
    made = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    made.create_bucket(Bucket="models")
    for path, content in PACKAGE.items():
        made.put_object(Bucket="models", Key=f"mnist/{path}", Body=content)
    yield made
    for listed in made.list_objects_v2(Bucket="models")["Contents"]:
        made.delete_object(Bucket="models", Key=listed["Key"])
    made.delete_bucket(Bucket="models")
    made.close()


async def look(endpoint: str, store: S3Store, parser: IsolatedParser) -> Inspection:
    return await inspect(location(ObsSource(uri="obs://models/mnist/", endpoint=endpoint)), KEY, store, parser)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("../x", "part '..'", id="parent"),
        pytest.param("a/../../x", "part '..'", id="parent in the middle"),
        pytest.param("/abs", "absolute", id="absolute"),
        pytest.param("a//b", "empty part", id="double slash"),
        pytest.param("a\x01b", "control character", id="control character that XML cannot hold"),
        pytest.param("b" * 256, "255 bytes", id="longer than a file name may be"),
        pytest.param("Config.json", "collides", id="differs only in case"),
        pytest.param("digits.pth/x", "file and folder", id="a file that is a folder as well"),
    ],
)
async def test_a_hostile_key_is_refused_by_name(
    endpoint: str, client: "S3Client", store: S3Store, parser: IsolatedParser, path: str, words: str
) -> None:
    client.put_object(Bucket="models", Key=f"mnist/model/{path}", Body=b"x")
    found = await look(endpoint, store, parser)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.KEY_REFUSED
    assert words in found.message
    assert found.message.isprintable()


async def test_the_clean_package_beside_them_is_accepted(
    endpoint: str, client: "S3Client", store: S3Store, parser: IsolatedParser
) -> None:
    client.put_object(Bucket="models", Key="mnist/model/文件 名+%25&.txt", Body=b"x")
    found = await look(endpoint, store, parser)
    assert isinstance(found, Valid)
    assert "文件 名+%25&.txt" in [entry.path for entry in found.manifest.entries]
