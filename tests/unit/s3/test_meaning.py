"""What answers and silences of a store mean: one table for import, check and fetch."""

import socket
import ssl

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.s3.addressing import address
from aiapp.s3.failures import CUT_OFF, NO_CONNECTION, failed, silent
from aiapp.s3.meaning import IN_VERSIONS, ON_COMMAND_LINE, Advice, Answered, Asked, answered, meaning

UNREACHABLE = Reason.ENDPOINT_UNREACHABLE


def asking(
    key: str | None = None,
    version_id: str | None = None,
    *,
    anonymous: bool = False,
    advice: Advice = IN_VERSIONS,
    endpoint: str = "https://obs.example.com",
) -> Asked:
    where = Location("models", "mnist/", endpoint)
    return Asked(where, address(where), anonymous, advice, key, version_id)


LISTING, OBJECT, VERSION = asking(), asking("mnist/a"), asking("mnist/a", "v1")


@pytest.mark.parametrize(
    ("answer", "asked", "reason", "words"),
    [
        pytest.param(
            Answered(403, "AccessDenied"), LISTING, Reason.ACCESS_DENIED, "lacks the right to list it", id="no right"
        ),
        pytest.param(
            Answered(403, "AccessDenied"),
            OBJECT,
            Reason.ACCESS_DENIED,
            "lacks the right to read it",
            id="no right to read",
        ),
        pytest.param(
            Answered(403, "AccessDenied"), VERSION, Reason.ACCESS_DENIED, "allow GetObjectVersion", id="old versions"
        ),
        pytest.param(
            Answered(403, "SignatureDoesNotMatch"),
            VERSION,
            Reason.ACCESS_DENIED,
            "the secret access key is not the one of the access key id (403 SignatureDoesNotMatch)",
            id="a wrong key is no matter of versions",
        ),
        pytest.param(Answered(400, "ExpiredToken"), LISTING, Reason.ACCESS_DENIED, "token has expired", id="old token"),
        pytest.param(
            Answered(404, "XAdminUserNotFound"),
            OBJECT,
            Reason.ACCESS_DENIED,
            "does not know the access key",
            id="no user",
        ),
        pytest.param(
            Answered(403, "RequestTimeTooSkewed"), LISTING, Reason.ACCESS_DENIED, "set the clocks", id="clocks"
        ),
        pytest.param(Answered(401), LISTING, Reason.ACCESS_DENIED, "denies access", id="plain 401"),
        pytest.param(
            Answered(403), OBJECT, Reason.ACCESS_DENIED, "no S3 error code, so something else", id="a gateway's 403"
        ),
        pytest.param(
            Answered(403, "InArrearOrInsufficientBalance"), LISTING, Reason.ACCESS_DENIED, "in arrears", id="arrears"
        ),
        pytest.param(Answered(403, "AccountProblem"), VERSION, Reason.ACCESS_DENIED, "ask the provider", id="frozen"),
        pytest.param(
            Answered(403, "InvalidObjectState"), VERSION, Reason.OBJECT_ARCHIVED, "restore it first", id="archived"
        ),
        pytest.param(
            Answered(403, "VirtualHostDomainRequired"),
            LISTING,
            Reason.BUCKET_NOT_FOUND,
            "set addressing: Virtual",
            id="the bucket belongs into the host",
        ),
        pytest.param(
            Answered(404, "NoSuchBucket"), OBJECT, Reason.BUCKET_NOT_FOUND, "no bucket 'models'", id="no bucket"
        ),
        pytest.param(
            Answered(404), LISTING, Reason.BUCKET_NOT_FOUND, "no S3 error code, so something else", id="a gateway's 404"
        ),
        pytest.param(
            Answered(400, "AuthorizationHeaderMalformed", "eu-west-1"),
            OBJECT,
            Reason.BUCKET_NOT_FOUND,
            "is not in region 'us-east-1' of models.obs.example.com",
            id="another region",
        ),
        pytest.param(
            Answered(301, "PermanentRedirect", "eu-west-1"),
            LISTING,
            Reason.BUCKET_NOT_FOUND,
            "redirects are not followed): the source needs region 'eu-west-1'",
            id="another region, which the store names",
        ),
        pytest.param(
            Answered(307), OBJECT, Reason.BUCKET_NOT_FOUND, "needs another region or endpoint", id="a redirect"
        ),
        pytest.param(Answered(404, "NoSuchKey"), OBJECT, Reason.CONTENT_CHANGED, "404 NoSuchKey", id="no object"),
        pytest.param(Answered(412), OBJECT, Reason.CONTENT_CHANGED, "412", id="another object"),
        pytest.param(Answered(416), OBJECT, Reason.CONTENT_CHANGED, "416", id="a shorter object"),
        pytest.param(Answered(400, "InvalidArgument"), OBJECT, UNREACHABLE, "answered 400 InvalidArgument", id="400"),
        pytest.param(Answered(501), LISTING, UNREACHABLE, "answered 501", id="unsupported"),
    ],
)
def test_what_a_person_must_mend_has_a_reason_and_words(
    answer: Answered, asked: Asked, reason: Reason, words: str
) -> None:
    found = meaning(answer, asked)
    assert (found.reason, found.passing) == (reason, False)
    assert words in found.message
    assert "GetObjectVersion" not in found.message or (asked is VERSION and answer.code == "AccessDenied")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_worth_another_try(status: int) -> None:
    for asked in (LISTING, OBJECT):
        found = meaning(Answered(status, "SlowDown"), asked)
        assert (found.reason, found.passing, found.down) == (UNREACHABLE, True, False)
        assert f"models.obs.example.com answered {status} SlowDown" in found.message


@pytest.mark.parametrize(
    ("advice", "words"),
    [(IN_VERSIONS, "spec.source.obs.credentialsSecretRef"), (ON_COMMAND_LINE, "AWS_ACCESS_KEY_ID")],
    ids=["in a version", "on the command line"],
)
@pytest.mark.parametrize("key", [None, "mnist/a"])
def test_without_keys_it_is_said_that_access_was_anonymous(advice: Advice, words: str, key: str | None) -> None:
    found = meaning(Answered(403, "AccessDenied"), asking(key, anonymous=True, advice=advice))
    assert "access was anonymous" in found.message
    assert words in found.message
    assert "access key" not in found.message


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        pytest.param(b"<Error><Code>NoSuchKey</Code></Error>", "", Answered(404, "NoSuchKey"), id="a code"),
        pytest.param(
            b"<Code>KMS.NotFoundException</Code><Region>eu-west-1</Region>",
            "",
            Answered(404, "KMS.NotFoundException", "eu-west-1"),
            id="a code and a region",
        ),
        pytest.param(b"", "eu-west-1", Answered(404, "", "eu-west-1"), id="a region in the header"),
        pytest.param(b"<Code>\x1b[31m</Code>", "<script>", Answered(404), id="neither in its form"),
        pytest.param(b"<html>404</html>", "", Answered(404), id="something else"),
    ],
)
def test_of_a_bodys_text_only_code_and_region_are_kept(body: bytes, header: str, expected: Answered) -> None:
    assert answered(404, body, header) == expected


def certificate(number: int, message: str = "strange") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = number, message
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "reason", "words", "passing", "down"),
    [
        pytest.param(certificate(10), Reason.TLS_NOT_TRUSTED, "has expired", False, False, id="an expired certificate"),
        pytest.param(certificate(18), Reason.TLS_NOT_TRUSTED, "caBundleRef", False, False, id="an unknown authority"),
        pytest.param(
            certificate(62),
            Reason.TLS_NOT_TRUSTED,
            "another name: set addressing: Path",
            False,
            False,
            id="another name",
        ),
        pytest.param(certificate(999), Reason.TLS_NOT_TRUSTED, "certificate: strange", False, False, id="unforeseen"),
        pytest.param(tls("WRONG_VERSION_NUMBER"), UNREACHABLE, "does not speak TLS", False, False, id="no TLS"),
        pytest.param(tls("UNEXPECTED_EOF"), UNREACHABLE, "cut off", True, False, id="TLS that breaks off"),
        pytest.param(
            ConnectionRefusedError(111, "x"), UNREACHABLE, "refuses connections", True, True, id="nobody listens"
        ),
        pytest.param(
            OSError(113, "No route to host"), UNREACHABLE, "connected to: No route to host", True, True, id="no way"
        ),
        pytest.param(
            socket.gaierror(-2, "x"), UNREACHABLE, "does not resolve: set addressing: Path", True, False, id="no name"
        ),
        pytest.param(TimeoutError("timed out"), UNREACHABLE, "did not answer in time", True, False, id="silence"),
        pytest.param(ConnectionResetError(), UNREACHABLE, "cut off its answer", True, False, id="a reset"),
    ],
)
def test_a_failed_connection_names_the_host_that_was_asked(
    error: OSError, reason: Reason, words: str, *, passing: bool, down: bool
) -> None:
    found = failed(error, LISTING)
    assert (found.reason, found.passing, found.down) == (reason, passing, down)
    assert found.message.startswith("models.obs.example.com ")
    assert words in found.message


def test_a_host_without_the_bucket_in_it_gets_no_advice_about_addressing() -> None:
    asked = asking(endpoint="https://10.0.0.1:9000")
    assert failed(socket.gaierror(-2, "x"), asked).message == "10.0.0.1:9000 cannot be found: its name does not resolve"
    assert failed(certificate(62), asked).message.endswith("its certificate is for another name")


def test_only_what_accepts_no_connections_is_down() -> None:
    assert silent(NO_CONNECTION, LISTING).down
    assert not silent(CUT_OFF, LISTING).down
