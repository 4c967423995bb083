"""What obstore says of a failed request, turned into a reason, words, and whether to try again."""

import pytest
from obstore.exceptions import GenericError

from aiapp.api.conditions import Reason
from aiapp.fetch.diagnosis import Diagnosis, diagnosis


def of_status(status: int, body: str = "") -> str:
    return (
        f"Generic S3 error: Error performing GET http://store/b/key in 1ms - Server returned non-2xx status code: "
        f'{status} Some Phrase: {body}\n\nDebug source:\nGeneric {{\n    store: "S3",\n}}'
    )


def of_connection(inner: str, kind: str = "Connect") -> str:
    return (
        "Generic S3 error: Error performing GET https://store/b/InvalidCertificate(Expired) in 1ms - HTTP error: error "
        f"sending request\n\nDebug source:\nGeneric {{\n    HttpError {{\n        kind: {kind},\n{inner}\n    }},\n}}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(of_status(503), (Reason.ENDPOINT_UNREACHABLE, "503", False), id="503 passes"),
        pytest.param(of_status(429), (Reason.ENDPOINT_UNREACHABLE, "429", False), id="429 passes"),
        pytest.param(of_status(408), (Reason.ENDPOINT_UNREACHABLE, "408", False), id="408 passes"),
        pytest.param(of_status(400), (Reason.FETCH_FAILED, "400", True), id="400 does not pass"),
        pytest.param(of_status(404), (Reason.CONTENT_CHANGED, "404", True), id="404"),
        pytest.param(
            of_status(404, "<Error><Code>NoSuchBucket</Code></Error>"),
            (Reason.BUCKET_NOT_FOUND, "404 NoSuchBucket", True),
            id="404 for the bucket",
        ),
        pytest.param(
            of_status(400, "<Error><Code>ExpiredToken</Code></Error>"),
            (Reason.ACCESS_DENIED, "400 ExpiredToken", True),
            id="an expired token comes with 400",
        ),
        pytest.param(
            of_status(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
            (Reason.ACCESS_DENIED, "403 RequestTimeTooSkewed", True),
            id="403 with its code",
        ),
        pytest.param(
            of_connection("InvalidCertificate(\n      Expired,\n    )"),
            (Reason.TLS_NOT_TRUSTED, "its certificate has expired", True),
            id="an expired certificate",
        ),
        pytest.param(
            of_connection("InvalidCertificate(\n      Strange,\n    )"),
            (Reason.TLS_NOT_TRUSTED, "its certificate: Strange", True),
            id="a fault of a certificate that nobody foresaw",
        ),
        pytest.param(
            of_connection("InvalidMessage(\n      InvalidContentType,\n    )"),
            (Reason.TLS_NOT_TRUSTED, "it does not speak TLS", True),
            id="a server without TLS",
        ),
        pytest.param(
            of_connection('message: "Connection refused",'),
            (Reason.ENDPOINT_UNREACHABLE, "no connection: Connection refused", False),
            id="a key that looks like a fault of a certificate is none",
        ),
        pytest.param(
            of_connection("", kind="Timeout"), (Reason.ENDPOINT_UNREACHABLE, "no answer in time", False), id="a timeout"
        ),
        pytest.param(
            "Strange: http://store/b/k?X-Amz-Signature=secret",
            (Reason.ENDPOINT_UNREACHABLE, "Strange: http://store/b/k", False),
            id="a signed query is not shown",
        ),
    ],
)
def test_an_error_means(text: str, expected: tuple[Reason, str, bool]) -> None:
    assert diagnosis(GenericError(text)) == Diagnosis(*expected)
