"""What a failed request means: a reason, words, and whether to try again."""

import socket
import ssl

import pytest

from aiapp.api.conditions import Reason
from aiapp.fetch.diagnosis import BrokenAnswerError, Diagnosis, RefusedError, diagnosis, refusal
from aiapp.fetch.exchange import Answer
from aiapp.fetch.stream import ProtocolError, Stream

UNREACHABLE = Reason.ENDPOINT_UNREACHABLE


class Silent:
    """A connection over which nothing comes."""

    def recv_into(self, _: memoryview) -> int:
        return 0


def refused(status: int, body: bytes = b"", **headers: str) -> RefusedError:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return refusal(Answer(status, named, Stream(Silent()), persistent=True), body)


def certificate(number: int, message: str = "strange") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = number, message
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(refused(503), (UNREACHABLE, "503", False), id="503 passes"),
        pytest.param(refused(429), (UNREACHABLE, "429", False), id="429 passes"),
        pytest.param(refused(408), (UNREACHABLE, "408", False), id="408 passes"),
        pytest.param(refused(400), (Reason.FETCH_FAILED, "400", True), id="400 does not pass"),
        pytest.param(refused(404), (Reason.CONTENT_CHANGED, "404", True), id="404"),
        pytest.param(
            refused(404, b"<Error><Code>NoSuchBucket</Code></Error>"),
            (Reason.BUCKET_NOT_FOUND, "404 NoSuchBucket", True),
            id="404 for the bucket",
        ),
        pytest.param(
            refused(400, b"<Error><Code>ExpiredToken</Code></Error>"),
            (Reason.ACCESS_DENIED, "400 ExpiredToken", True),
            id="an expired token comes with 400",
        ),
        pytest.param(
            refused(403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>"),
            (Reason.ACCESS_DENIED, "403 RequestTimeTooSkewed", True),
            id="403 with its code",
        ),
        pytest.param(
            refused(301, b"<Error><Code>PermanentRedirect</Code></Error>"),
            (
                Reason.BUCKET_NOT_FOUND,
                "301 PermanentRedirect: redirects are not followed, another region or endpoint may hold the bucket",
                True,
            ),
            id="a redirect",
        ),
        pytest.param(
            certificate(10), (Reason.TLS_NOT_TRUSTED, "its certificate has expired", True), id="an expired certificate"
        ),
        pytest.param(
            certificate(999),
            (Reason.TLS_NOT_TRUSTED, "its certificate: strange", True),
            id="a fault of a certificate that nobody foresaw",
        ),
        pytest.param(tls("WRONG_VERSION_NUMBER"), (Reason.TLS_NOT_TRUSTED, "it does not speak TLS", True), id="no TLS"),
        pytest.param(tls("UNEXPECTED_EOF"), (UNREACHABLE, "the answer was cut off", False), id="TLS that breaks off"),
        pytest.param(
            ConnectionRefusedError(111, "Connection refused"),
            (UNREACHABLE, "no connection: Connection refused", False),
            id="nobody listens",
        ),
        pytest.param(
            socket.gaierror(-2, "Name or service not known"),
            (UNREACHABLE, "its name cannot be resolved (Name or service not known)", False),
            id="an unknown name",
        ),
        pytest.param(TimeoutError("timed out"), (UNREACHABLE, "no answer in time", False), id="a timeout"),
        pytest.param(TimeoutError("too few bytes"), (UNREACHABLE, "too few bytes", False), id="a trickle"),
        pytest.param(ConnectionResetError(), (UNREACHABLE, "the answer was cut off", False), id="a closed connection"),
        pytest.param(ProtocolError(), (UNREACHABLE, "the answer was cut off", False), id="not HTTP"),
        pytest.param(BrokenAnswerError("another length"), (UNREACHABLE, "another length", False), id="another length"),
    ],
)
def test_an_error_means(error: Exception, expected: tuple[Reason, str, bool]) -> None:
    assert diagnosis(error) == Diagnosis(*expected)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, 0.0, id="no header"),
        pytest.param({"Retry_After": "17"}, 17.0, id="seconds"),
        pytest.param(
            {"Retry_After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            30.0,
            id="a date, by the store's own clock",
        ),
        pytest.param({"Retry_After": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0, id="a date without one to compare"),
        pytest.param({"Retry_After": "soon"}, 0.0, id="nonsense"),
        pytest.param({"Retry_After": "-5"}, 0.0, id="a negative number"),
    ],
)
def test_a_store_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert refused(503, b"", **headers).retry_after == seconds
