"""Signatures are those of botocore, the reference that every store is tested with."""

from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.fetch.http.signing import Signer
from aiapp.s3.addressing import address

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def by_botocore(request: AWSRequest, keys: BotoCredentials, region: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The header, at a time of ours."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW)
    S3SigV4Auth(keys, "s3", region).add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize(
    ("key", "query"),
    [
        pytest.param("models/mnist/config.json", {}, id="a plain key"),
        pytest.param("100%25 of a+b & #c?.txt", {}, id="characters that addresses keep for themselves"),
        pytest.param("模型é.pth", {}, id="any script"),
        pytest.param("a~b-c_d.e", {}, id="characters that stay"),
        pytest.param("x", {"versionId": "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY="}, id="a version"),
    ],
)
@pytest.mark.parametrize("token", [None, "session/token+="], ids=["without a token", "with a session token"])
def test_a_request_is_signed_as_botocore_signs_it(
    key: str, query: dict[str, str], token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = address(Location("bucket", "", "https://store.example:8443", addressing="Path")).target(key, query)
    request = AWSRequest("GET", f"https://store.example:8443{requested}")
    expected = by_botocore(request, BotoCredentials("key-id", "very/secret", token), "cn-north-4", monkeypatch)
    sent = Signer("store.example:8443", "cn-north-4", Credentials("key-id", "very/secret", token)).headers(
        requested, NOW
    )
    assert sent["authorization"] == expected
    assert "very/secret" not in str(sent)
