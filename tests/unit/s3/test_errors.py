"""What answers and silences of a store mean: one table for import, check and fetch."""

import socket
import ssl

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.endpoints.connection_errors import CUT_OFF, NO_CONNECTION, diagnose_failure, host_down
from aiapp.endpoints.diagnosis import unreachable
from aiapp.s3.addressing import address
from aiapp.s3.errors import (
    CLI_HINTS,
    MANIFEST_HINTS,
    ErrorResponse,
    Hints,
    RequestContext,
    diagnose_response,
    error_response,
)

UNREACHABLE = Reason.ENDPOINT_UNREACHABLE


def asking(
    key: str | None = None,
    version_id: str | None = None,
    *,
    anonymous: bool = False,
    hints: Hints = MANIFEST_HINTS,
    endpoint: str | None = "https://obs.example.com",
) -> RequestContext:
    where = Location("models", "mnist/", endpoint)
    return RequestContext(where, address(where), anonymous, hints, key, version_id)


LISTING, OBJECT, VERSION = asking(), asking("mnist/a"), asking("mnist/a", "v1")


@pytest.mark.parametrize(
    ("answer", "context", "reason", "words"),
    [
        pytest.param(
            ErrorResponse(403, "AccessDenied"),
            LISTING,
            Reason.ACCESS_DENIED,
            "lacks the right to list it",
            id="no right",
        ),
        pytest.param(
            ErrorResponse(403, "AccessDenied"),
            OBJECT,
            Reason.ACCESS_DENIED,
            "lacks the right to read it",
            id="no right to read",
        ),
        pytest.param(
            ErrorResponse(403, "AccessDenied"),
            VERSION,
            Reason.ACCESS_DENIED,
            "allow GetObjectVersion",
            id="old versions",
        ),
        pytest.param(
            ErrorResponse(403, "SignatureDoesNotMatch"),
            VERSION,
            Reason.ACCESS_DENIED,
            "the secret access key is not the one of the access key id (403 SignatureDoesNotMatch)",
            id="a wrong key is no matter of versions",
        ),
        pytest.param(
            ErrorResponse(400, "ExpiredToken"), LISTING, Reason.ACCESS_DENIED, "token has expired", id="old token"
        ),
        pytest.param(
            ErrorResponse(404, "XAdminUserNotFound"),
            OBJECT,
            Reason.ACCESS_DENIED,
            "does not know the access key",
            id="no user",
        ),
        pytest.param(
            ErrorResponse(403, "RequestTimeTooSkewed"), LISTING, Reason.ACCESS_DENIED, "set the clocks", id="clocks"
        ),
        pytest.param(ErrorResponse(401), LISTING, Reason.ACCESS_DENIED, "denies access", id="plain 401"),
        pytest.param(
            ErrorResponse(403),
            OBJECT,
            Reason.ACCESS_DENIED,
            "no S3 error code, so something else",
            id="a gateway's 403",
        ),
        pytest.param(
            ErrorResponse(403, "InArrearOrInsufficientBalance"),
            LISTING,
            Reason.ACCESS_DENIED,
            "in arrears",
            id="arrears",
        ),
        pytest.param(
            ErrorResponse(403, "AccountProblem"), VERSION, Reason.ACCESS_DENIED, "ask the provider", id="frozen"
        ),
        pytest.param(
            ErrorResponse(403, "InvalidObjectState"), VERSION, Reason.OBJECT_ARCHIVED, "restore it first", id="archived"
        ),
        pytest.param(
            ErrorResponse(403, "VirtualHostDomainRequired"),
            LISTING,
            Reason.BUCKET_NOT_FOUND,
            "set addressing: Virtual",
            id="the bucket belongs into the host",
        ),
        pytest.param(
            ErrorResponse(404, "NoSuchBucket"), OBJECT, Reason.BUCKET_NOT_FOUND, "no bucket 'models'", id="no bucket"
        ),
        pytest.param(
            ErrorResponse(404),
            LISTING,
            Reason.BUCKET_NOT_FOUND,
            "no S3 error code, so something else",
            id="a gateway's 404",
        ),
        pytest.param(
            ErrorResponse(400, "AuthorizationHeaderMalformed", "eu-west-1"),
            OBJECT,
            Reason.BUCKET_NOT_FOUND,
            "is not in region 'us-east-1' of models.obs.example.com",
            id="another region",
        ),
        pytest.param(
            ErrorResponse(301, "PermanentRedirect", "eu-west-1"),
            LISTING,
            Reason.BUCKET_NOT_FOUND,
            "redirects are not followed): the source needs region 'eu-west-1'",
            id="another region, which the store names",
        ),
        pytest.param(
            ErrorResponse(307), OBJECT, Reason.BUCKET_NOT_FOUND, "needs another region or endpoint", id="a redirect"
        ),
        pytest.param(ErrorResponse(404, "NoSuchKey"), OBJECT, Reason.CONTENT_CHANGED, "404 NoSuchKey", id="no object"),
        pytest.param(ErrorResponse(412), OBJECT, Reason.CONTENT_CHANGED, "412", id="another object"),
        pytest.param(ErrorResponse(416), OBJECT, Reason.CONTENT_CHANGED, "416", id="a shorter object"),
        pytest.param(
            ErrorResponse(400, "InvalidArgument"), OBJECT, UNREACHABLE, "answered 400 InvalidArgument", id="400"
        ),
        pytest.param(ErrorResponse(501), LISTING, UNREACHABLE, "answered 501", id="unsupported"),
    ],
)
def test_what_a_person_must_mend_has_a_reason_and_words(
    answer: ErrorResponse, context: RequestContext, reason: Reason, words: str
) -> None:
    found = diagnose_response(answer, context)
    assert (found.reason, found.retryable) == (reason, False)
    assert words in found.message
    assert "GetObjectVersion" not in found.message or (context is VERSION and answer.code == "AccessDenied")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_worth_another_try(status: int) -> None:
    for context in (LISTING, OBJECT):
        found = diagnose_response(ErrorResponse(status, "SlowDown"), context)
        assert (found.reason, found.retryable, found.host_down) == (UNREACHABLE, True, False)
        assert f"models.obs.example.com answered {status} SlowDown" in found.message


@pytest.mark.parametrize(
    ("hints", "words"),
    [(MANIFEST_HINTS, "credentialsSecretRef of spec.source"), (CLI_HINTS, "AWS_ACCESS_KEY_ID")],
    ids=["in a version", "on the command line"],
)
@pytest.mark.parametrize("key", [None, "mnist/a"])
def test_without_keys_it_is_said_that_access_was_anonymous(hints: Hints, words: str, key: str | None) -> None:
    found = diagnose_response(ErrorResponse(403, "AccessDenied"), asking(key, anonymous=True, hints=hints))
    assert "access was anonymous" in found.message
    assert words in found.message
    assert "access key" not in found.message


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        pytest.param(b"<Error><Code>NoSuchKey</Code></Error>", "", ErrorResponse(404, "NoSuchKey"), id="a code"),
        pytest.param(
            b"<Code>KMS.NotFoundException</Code><Region>eu-west-1</Region>",
            "",
            ErrorResponse(404, "KMS.NotFoundException", "eu-west-1"),
            id="a code and a region",
        ),
        pytest.param(b"", "eu-west-1", ErrorResponse(404, "", "eu-west-1"), id="a region in the header"),
        pytest.param(b"<Code>\x1b[31m</Code>", "<script>", ErrorResponse(404), id="neither in its form"),
        pytest.param(b"<html>404</html>", "", ErrorResponse(404), id="something else"),
    ],
)
def test_of_a_bodys_text_only_code_and_region_are_kept(body: bytes, header: str, expected: ErrorResponse) -> None:
    assert error_response(404, body, header) == expected


def certificate(number: int, message: str = "strange") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = number, message
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "reason", "words", "retryable", "down"),
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
            ConnectionRefusedError(111, "x"), UNREACHABLE, "refuses connections", True, True, id="nothing listens"
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
    error: OSError, reason: Reason, words: str, *, retryable: bool, down: bool
) -> None:
    found = diagnose_failure(error, LISTING)
    assert (found.reason, found.retryable, found.host_down) == (reason, retryable, down)
    assert found.message.startswith("models.obs.example.com ")
    assert words in found.message


def test_a_host_without_the_bucket_in_it_gets_no_advice_about_addressing() -> None:
    context = asking(endpoint="https://10.0.0.1:9000")
    assert (
        diagnose_failure(socket.gaierror(-2, "x"), context).message
        == "10.0.0.1:9000 cannot be found: its name does not resolve"
    )
    assert diagnose_failure(certificate(62), context).message.endswith("its certificate is for another name")


@pytest.mark.parametrize(
    ("hints", "advice"),
    [(MANIFEST_HINTS, "set endpoint for any other store"), (CLI_HINTS, "without --endpoint AWS is asked")],
)
def test_a_source_without_an_endpoint_is_told_that_aws_was_asked(hints: Hints, advice: str) -> None:
    found = diagnose_failure(socket.gaierror(-2, "x"), asking(endpoint=None, hints=hints))
    assert found.message.startswith("models.s3.")
    assert advice in found.message
    assert "ddressing" not in found.message


def test_only_what_accepts_no_connections_is_down() -> None:
    assert host_down(NO_CONNECTION, LISTING).host_down
    assert not unreachable(CUT_OFF, LISTING).host_down
