"""Signatures of the import's requests."""

import logging
import re
from collections.abc import Mapping

import pytest

from aiapp.adapters.objectstore.signing import signed
from aiapp.domain.objectstore.credentials import Credentials

HEADERS = {
    "Host": "store.example:8443",
    "User-Agent": "aiapp-operator",
    "Accept-Encoding": "identity",
    "if-match": '"e"',
    "x-amz-checksum-mode": "ENABLED",
}


def sign(token: str | None = None) -> Mapping[str, str]:
    url = "https://store.example:8443/models/a?versionId=1"
    return signed("HEAD", url, HEADERS, "cn-north-4", Credentials("key-id", "very/secret", token))


def test_only_headers_that_nothing_changes_on_the_way_are_signed() -> None:
    authorization = sign()["Authorization"]
    names = re.findall(r"SignedHeaders=([^,]+)", authorization)[0].split(";")
    assert names == ["host", "x-amz-checksum-mode", "x-amz-content-sha256", "x-amz-date"]
    assert "Credential=key-id/" in authorization
    assert "/cn-north-4/s3/aws4_request" in authorization


def test_all_headers_are_sent_and_no_secret_is() -> None:
    sent = sign("session-token")
    assert HEADERS.items() <= sent.items()
    assert sent["X-Amz-Security-Token"] == "session-token"
    assert "very/secret" not in str(sent)


def test_no_log_however_detailed_has_a_token_or_a_signature(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        signature = sign("session-token")["Authorization"].rpartition("=")[2]
    assert "session-token" not in caplog.text
    assert signature not in caplog.text
