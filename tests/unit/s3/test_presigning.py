"""Addresses that need no keys: signed as the reference does, good for one object, for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.s3.addressing import address
from aiapp.s3.presigning import Presigner

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_the_example_of_the_specification_is_signed_as_it_stands_there() -> None:
    # "Authenticating Requests: Using Query Parameters" of the S3 API reference.
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    bucket = address(Location("examplebucket", "", "https://s3.amazonaws.com", addressing="Virtual"))
    found = Presigner(bucket, "us-east-1", keys).target(
        "test.txt", None, datetime(2013, 5, 24, tzinfo=UTC), seconds=86400
    )
    assert found.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize(
    ("key", "version"),
    [
        pytest.param("models/mnist/config.json", None, id="a plain key"),
        pytest.param("100%25 of a+b & #c?.txt", None, id="characters that addresses keep for themselves"),
        pytest.param("模型é.pth", None, id="any script"),
        pytest.param("x", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY=", id="a version"),
    ],
)
@pytest.mark.parametrize("token", [None, "session/token+="], ids=["without a token", "with a session token"])
def test_an_address_is_signed_as_botocore_signs_it(
    key: str, version: str | None, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = address(Location("bucket", "", "https://store.example:8443", addressing="Path"))
    query = {} if version is None else {"versionId": version}
    request = AWSRequest("GET", f"https://store.example:8443{where.target(key, query)}")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW)
    keys = BotoCredentials("key-id", "very/secret", token)
    S3SigV4QueryAuth(keys, "s3", "cn-north-4", expires=300).add_auth(request)
    mine = Presigner(where, "cn-north-4", Credentials("key-id", "very/secret", token)).target(key, version, NOW, 300)
    assert _signature(mine) == _signature(str(request.url))
    assert "very/secret" not in mine


def test_no_address_is_good_for_longer_than_stores_allow() -> None:
    where = address(Location("bucket", "", "https://store.example"))
    long = int(timedelta(days=30).total_seconds())
    assert "X-Amz-Expires=604800&" in Presigner(where, "r", Credentials("k", "s")).target("x", None, NOW, long)


def _signature(url: str) -> str:
    return url.rpartition("X-Amz-Signature=")[2].partition("&")[0]
