"""What a failed request means: a reason, words, and whether to try again."""

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.fetch.http.diagnosis import BrokenAnswerError, RefusedError, diagnosis, refusal
from aiapp.fetch.http.exchange import Answer
from aiapp.fetch.http.stream import ProtocolError, Stream
from aiapp.s3.addressing import address
from aiapp.s3.errors import MANIFEST_HINTS, RequestContext

UNREACHABLE = Reason.ENDPOINT_UNREACHABLE
WHERE = Location("models", "mnist/", "https://obs.example.com")
ASKED = RequestContext(WHERE, address(WHERE), anonymous=False, hints=MANIFEST_HINTS, key="mnist/a")


class Silent:
    """A connection over which nothing comes."""

    def recv_into(self, _: memoryview) -> int:
        return 0


def refused(status: int, body: bytes = b"", **headers: str) -> RefusedError:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return refusal(Answer(status, named, Stream(Silent()), persistent=True), body)


@pytest.mark.parametrize(
    ("error", "reason", "words", "retryable"),
    [
        pytest.param(refused(503), UNREACHABLE, "answered 503", True, id="503 passes"),
        pytest.param(
            refused(404, b"<Error><Code>NoSuchBucket</Code></Error>"),
            Reason.BUCKET_NOT_FOUND,
            "has no bucket 'models' (404 NoSuchBucket)",
            False,
            id="404 for the bucket",
        ),
        pytest.param(
            refused(301, x_amz_bucket_region="eu-west-1"),
            Reason.BUCKET_NOT_FOUND,
            "needs region 'eu-west-1'",
            False,
            id="a redirect that names a region",
        ),
        pytest.param(ConnectionRefusedError(), UNREACHABLE, "refuses connections", True, id="nothing listens"),
        pytest.param(ProtocolError(), UNREACHABLE, "cut off its answer", True, id="not HTTP"),
        pytest.param(BrokenAnswerError("sent more"), UNREACHABLE, "sent more", True, id="another length"),
    ],
)
def test_an_error_means(error: Exception, reason: Reason, words: str, *, retryable: bool) -> None:
    found = diagnosis(error, ASKED)
    assert (found.reason, found.retryable) == (reason, retryable)
    assert found.message.startswith(("models.obs.example.com ", "the bucket"))
    assert words in found.message


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
