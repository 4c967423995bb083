"""No secret survives in text that other libraries wrote."""

import pytest

from aiapp.adapters.redact import HIDDEN, redact

SIGNED = (
    "https://models.s3.amazonaws.com/mnist/model.pth?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122&X-Amz-Security-Token=tok3n&X-Amz-Signature=51gnature"
)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        pytest.param(f'Could not connect to "{SIGNED}"', ("AKIA", "51gnature", "tok3n"), id="signed URL"),
        pytest.param("https://user:pa55@store/x", ("user", "pa55"), id="user and password in a URL"),
        pytest.param("Authorization: AWS4-HMAC-SHA256 Credential=AKID/2026", ("AKID",), id="authorization header"),
        pytest.param("Authorization: OBS key:s1gn", ("s1gn",), id="OBS authorization header"),
        pytest.param("authorization: Bearer abc.def", ("abc",), id="bearer token"),
        pytest.param("AWSAccessKeyId=AK123&Signature=s1gn", ("AK123", "s1gn"), id="older query signature"),
        pytest.param(
            '{"secretAccessKey": "s3cr3t", "sessionToken": "t0k"}', ("s3cr3t", "t0k"), id="the content of a Secret"
        ),
        pytest.param("x-amz-security-token: t0k", ("t0k",), id="token header"),
        pytest.param("the key ASIAIOSFODNN7EXAMPLE is unknown", ("ASIAIOSFODNN7EXAMPLE",), id="key id in a sentence"),
        pytest.param("the key AKIAIOSFODNN7EXAMPLE" * 40, ("AKIAIOSFODNN7EXAMPLE",), id="many"),
    ],
)
def test_secrets_are_hidden(text: str, secrets: tuple[str, ...]) -> None:
    shown = redact(text)
    assert HIDDEN in shown
    for secret in secrets:
        assert secret not in shown


def test_what_helps_stays() -> None:
    shown = redact(SIGNED)
    assert shown.startswith("https://models.s3.amazonaws.com/mnist/model.pth?")
    assert redact("connection refused by store:443") == "connection refused by store:443"


def test_a_message_stays_on_one_line_and_bounded() -> None:
    assert redact("a\n\tb") == "a b"
    assert len(redact("x" * 100_000)) < 400
